//! What changes behind Terraform's back is seen, and set right.

use ecs_simulator::{Fault, FingerprintStyle};

use crate::harness::keys::{A, B, B_FINGERPRINT};
use crate::harness::{Case, REGION, acceptance};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name     = "web"
  public_key        = local.a
  resource_group_id = "rg-default"
  tags              = { env = "dev" }
}
"#;

fn change(case: &Case, change: impl FnOnce(&mut ecs_simulator::KeyPair)) {
    case.simulator.world(|world| change(world.key_pair_mut(REGION, "web").unwrap()));
}

#[test]
fn of_tags_and_group_is_set_right_in_place() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        for (drift, attribute) in [
            ((|pair| pair.tags.clear()) as fn(&mut ecs_simulator::KeyPair), "tags"),
            (|pair| _ = pair.tags.insert("more".to_owned(), "1".to_owned()), "tags"),
            (|pair| _ = pair.tags.insert("env".to_owned(), "prod".to_owned()), "tags"),
            (|pair| "rg-other".clone_into(&mut pair.resource_group_id), "resource_group_id"),
        ] {
            change(case, drift);
            let plan = case.step(CONFIG, &[(K, "update")]);
            assert_eq!(plan.changed(K), [attribute]);
            let pair = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
            assert_eq!(pair.tags, [("env".to_owned(), "dev".to_owned())].into());
            assert_eq!(pair.resource_group_id, "rg-default");
        }
    });
}

#[test]
fn of_the_key_replaces() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        change(case, |pair| {
            B.clone_into(&mut pair.public_key);
            B_FINGERPRINT.clone_into(&mut pair.fingerprint);
        });
        let plan = case.step(CONFIG, &[(K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["public_key"]);
        let key = case.simulator.world(|world| world.key_pair(REGION, "web").unwrap().public_key.clone());
        assert_eq!(key, A);
    });
}

#[test]
fn of_the_fingerprint_alone_replaces_only_where_its_making_is_known() {
    acceptance(|case| {
        case.simulator.world(|world| world.shows_public_keys = false);
        case.step(CONFIG, &[(K, "create")]);
        change(case, |pair| B_FINGERPRINT.clone_into(&mut pair.fingerprint));
        case.step(CONFIG, &[(K, "delete/create")]);

        // A cloud that makes fingerprints in another way.
        case.simulator.world(|world| world.fingerprint_style = FingerprintStyle::Sha1Colons);
        case.write(&format!("{CONFIG}{}", CONFIG.replace("\"k\"", "\"l\"").replace("\"web\"", "\"site\"")));
        case.apply();
        case.settled();
        case.simulator.world(|world| {
            "aa:bb".clone_into(&mut world.key_pair_mut(REGION, "site").unwrap().fingerprint);
        });
        let plan = case.plan();
        plan.expect(&[]);
        let warning = plan.warning();
        assert_eq!(warning.summary, "The key pair \"site\" may hold another key than the state says");
        assert!(warning.detail.contains("aa:bb"), "{warning:?}");
    });
}

#[test]
fn a_key_pair_that_is_gone_is_made_again() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
        case.step(CONFIG, &[(K, "create")]);
        assert_eq!(case.names(), ["web"]);
        // Deleting what is gone already is no failure.
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
        case.run(&["apply", "-destroy", "-auto-approve", "-json", "-refresh=false"]).succeeded();
        assert!(case.state().is_empty());
    });
}

#[test]
fn a_failing_look_is_not_gone() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        for (status, code) in [
            (404, "InvalidKeyPairName.NotFound"),
            (404, "InvalidAccessKeyId.NotFound"),
            (404, "InvalidRegionId.NotFound"),
            (403, "Forbidden.RAM"),
        ] {
            let fault = case.simulator.fail(Fault::on("DescribeKeyPairs").refuse(status, code, "Not here."));
            case.plan_fails().error().says(
                "Could not read the key pair \"web\"",
                "resource",
                &["Not here.", code],
            );
            fault.remove();
        }
        case.settled();
    });
}
