//! What changes in place.

use ecs_simulator::{Call, Fault};

use crate::harness::{Case, REGION, acceptance};

const K: &str = "alicloud_key_pair.k";

fn config(body: &str) -> String {
    format!(
        "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n{body}\n}}\n"
    )
}

fn calls(case: &Case, action: &str) -> Vec<Call> {
    case.simulator.calls().into_iter().filter(|call| call.action == action).collect()
}

/// The values of parameters such as `Tag.1.Key`, by the order of their numbers.
fn values(call: &Call, start: &str, end: &str) -> Vec<String> {
    let all = call.parameters.iter();
    all.filter(|(name, _)| name.starts_with(start) && name.ends_with(end))
        .map(|(_, value)| value.clone())
        .collect()
}

#[test]
fn of_tags_only_the_difference_is_sent() {
    acceptance(|case| {
        case.step(&config("tags = { same = 1, changed = 1, removed = 1 }"), &[(K, "create")]);
        // A service of the cloud tags the key pair too.
        case.simulator.world(|world| {
            let pair = world.key_pair_mut(REGION, "web").unwrap();
            pair.tags.insert("acs:rm:rgId".to_owned(), "rg-x".to_owned());
        });
        case.settled();
        let plan = case.step(&config("tags = { same = 1, changed = 2, added = 1 }"), &[(K, "update")]);
        assert_eq!(plan.changed(K), ["tags"]);
        let (untagged, tagged) = (calls(case, "UntagResources"), calls(case, "TagResources"));
        assert_eq!((untagged.len(), tagged.len()), (1, 1));
        assert_eq!(values(&untagged[0], "TagKey.", ""), ["removed"]);
        assert_eq!(values(&tagged[0], "Tag.", ".Key"), ["added", "changed"]);
        let tags = case.simulator.world(|world| world.key_pair(REGION, "web").unwrap().tags.clone());
        let expected = [("acs:rm:rgId", "rg-x"), ("added", "1"), ("changed", "2"), ("same", "1")];
        assert_eq!(tags, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());

        // No tags and an empty map of them are alike.
        case.step(&config("tags = {}"), &[(K, "update")]);
        case.step(&config(""), &[]);
        let tags = case.simulator.world(|world| world.key_pair(REGION, "web").unwrap().tags.clone());
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["acs:rm:rgId"]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);
    });
}

#[test]
fn what_is_null_for_good_is_not_called_unknown() {
    acceptance(|case| {
        case.simulator.world(|world| {
            world.add_key_pair(REGION, "web", crate::harness::keys::A);
            world.shows_public_keys = false;
        });
        let config = |env: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  tags = {{ env = {env:?} }}\n}}\n"
            )
        };
        case.write(&config("dev"));
        case.run(&["import", K, "web"]).succeeded();
        let plan = case.step(&config("prod"), &[(K, "update")]);
        assert_eq!(plan.unknown(K), [""; 0]);
        assert!(case.state().get(K, "public_key").is_null());
    });
}

#[test]
fn the_resource_group_changes_in_place() {
    acceptance(|case| {
        case.simulator.world(|world| world.default_resource_group = "rg-default".to_owned());
        case.step(&config(""), &[(K, "create")]);
        assert_eq!(case.state().text(K, "resource_group_id"), "rg-default");
        let plan = case.step(&config("resource_group_id = \"rg-other\""), &[(K, "update")]);
        assert_eq!(plan.changed(K), ["resource_group_id"]);
        // Taken out of the configuration, it stays where it is.
        case.step(&config(""), &[]);
        let group =
            case.simulator.world(|world| world.key_pair(REGION, "web").unwrap().resource_group_id.clone());
        assert_eq!(group, "rg-other");
        assert_eq!(case.simulator.count("JoinResourceGroup"), 1);

        case.write(&config("resource_group_id = \"rg-none\""));
        case.apply_fails().error().says(
            "Could not move the key pair \"web\" to the resource group rg-none",
            "resource",
            &["InvalidResourceGroup.NotFound", "Check resource_group_id"],
        );
        case.step(&config(""), &[]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);
    });
}

#[test]
fn an_update_that_fails_halfway_leaves_a_true_state() {
    acceptance(|case| {
        case.step(&config("tags = { removed = 1 }"), &[(K, "create")]);
        let fault = case.simulator.fail(Fault::on("TagResources").refuse(403, "Forbidden.RAM", "No."));
        case.write(&config("tags = { added = 1 }"));
        let error = case.apply_fails().error();
        error.says(
            "Could not change the tags of the key pair \"web\"",
            "tags",
            &["Forbidden.RAM", "permission"],
        );
        assert_eq!(
            case.state().get(K, "tags").as_object().map(serde_json::Map::len),
            Some(0),
            "one is removed"
        );
        assert!(!case.state().is_tainted(K));
        fault.remove();
        case.step(&config("tags = { added = 1 }"), &[(K, "update")]);
    });
}

#[test]
fn timeouts_are_only_recorded() {
    acceptance(|case| {
        case.step(&config("timeouts {\n    create = \"90s\"\n  }"), &[(K, "create")]);
        case.simulator.forget_calls();
        let plan = case.step(&config("timeouts {\n    delete = \"1h30m\"\n  }"), &[(K, "update")]);
        assert_eq!(plan.changed(K), ["timeouts"]);
        case.step(&config(""), &[(K, "update")]);
        let reads = ["DescribeKeyPairs", "GetCallerIdentity"];
        assert!(case.simulator.calls().iter().all(|call| reads.contains(&call.action.as_str())));
    });
}

#[test]
fn a_change_in_place_stays_one_where_the_cloud_shows_no_public_key() {
    acceptance(|case| {
        let silent = |body: &str| {
            format!("resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n{body}\n}}\n")
        };
        case.simulator.world(|world| {
            world.shows_public_keys = false;
            world.add_key_pair(REGION, "web", "ssh-rsa AAAAB3NzaC1yc2E=");
        });
        case.write(&silent(""));
        case.run(&["import", K, "web"]).succeeded();
        let plan = case.step(&silent("tags = { a = 1 }"), &[(K, "update")]);
        assert!(plan.replace_paths(K).is_empty());
    });
}
