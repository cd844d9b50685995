//! Another key for a key pair that instances have, as the guide "Rotating keys" tells it.

use ecs_simulator::{Fault, Instance};

use crate::harness::{Case, Feature, REGION, acceptance, acceptance_with, words};

const K: &str = "alicloud_key_pair.k";
const X: &str = "alicloud_key_pair_attachment.x";

fn with_instances(case: &mut Case) {
    case.simulator.world(|world| {
        for id in ["i-1", "i-2"] {
            world.add_instance(Instance::new(REGION, id));
        }
    });
}

fn config(name: &str, key: &str, reference: &str, pair: &str, attachment: &str) -> String {
    format!(
        "resource \"alicloud_key_pair\" \"k\" {{\n  {name}\n  public_key = local.{key}\n{pair}}}\n\
         resource \"alicloud_key_pair_attachment\" \"x\" {{\n  key_pair_name = alicloud_key_pair.k.{reference}\n  \
         instance_ids = [\"i-1\", \"i-2\"]\n{attachment}}}\n"
    )
}

const CREATE_FIRST: &str = "  lifecycle {\n    create_before_destroy = true\n  }\n";

/// The calls that change something, in order.
fn changes(case: &Case) -> Vec<String> {
    let calls = case.simulator.calls();
    let changing = ["ImportKeyPair", "AttachKeyPair", "DetachKeyPair", "DeleteKeyPairs", "RebootInstance"];
    let actions = calls.into_iter().map(|call| call.action);
    actions.filter(|action| changing.contains(&action.as_str())).collect()
}

fn bound(case: &Case) -> Vec<String> {
    let [name] = case.names().try_into().unwrap();
    case.simulator.world(|world| world.bound_instances(REGION, &name))
}

#[test]
fn with_another_name_the_instances_are_never_without_a_key_and_nothing_is_warned_of() {
    acceptance(|case| {
        with_instances(case);
        for name in
            ["key_name_prefix = \"web-\"", "key_pair_name = \"web-${substr(sha256(local.KEY), 0, 8)}\""]
        {
            let config = |key: &str| {
                let name = name.replace("KEY", key);
                config(&name, key, "key_pair_name", CREATE_FIRST, CREATE_FIRST)
            };
            case.step(&config("a"), &[(K, "create"), (X, "create")]);
            let before = case.names();
            case.simulator.forget_calls();
            case.write(&config("b"));
            let plan = case.plan();
            plan.expect(&[(K, "create/delete"), (X, "create/delete")]);
            assert!(plan.unknown(K).contains(&"id".to_owned()), "{:?}", plan.unknown(K));
            assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
            let run = case.apply_plan();
            assert!(run.diagnostics().is_empty(), "{run}");
            assert_eq!(changes(case), ["ImportKeyPair", "AttachKeyPair", "DeleteKeyPairs"]);
            assert!(case.names() != before && bound(case) == ["i-1", "i-2"]);
            case.settled();
            case.destroy().succeeded();
        }
    });
}

#[test]
fn a_rotation_that_fails_in_the_middle_goes_on() {
    acceptance(|case| {
        with_instances(case);
        let config = |key: &str| {
            config("key_name_prefix = \"web-\"", key, "key_pair_name", CREATE_FIRST, CREATE_FIRST)
        };
        case.step(&config("a"), &[(K, "create"), (X, "create")]);
        let old = case.names();
        let fault = case.simulator.fail(Fault::on("AttachKeyPair").refuse(403, "Forbidden.RAM", "No."));
        case.write(&config("b"));
        case.apply_fails();
        let held = case.simulator.world(|world| world.bound_instances(REGION, &old[0]));
        assert_eq!((held.len(), case.names().len()), (2, 2), "the old one is still there");
        fault.remove();
        case.apply();
        assert!(case.names() != old && bound(case) == ["i-1", "i-2"] && case.state().deposed() == 0);
        case.settled();
    });
}

#[test]
fn a_fixed_name_takes_one_apply_if_the_attachment_follows_the_id() {
    acceptance_with(Feature::ReplaceTriggeredBy, |case| {
        with_instances(case);
        let triggered = "  lifecycle {\n    replace_triggered_by = [alicloud_key_pair.k.id]\n  }\n";
        for (reference, lifecycle) in [("id", ""), ("key_pair_name", triggered)] {
            let config = |key: &str| config("key_pair_name = \"web\"", key, reference, "", lifecycle);
            case.step(&config("a"), &[(K, "create"), (X, "create")]);
            case.simulator.forget_calls();
            case.write(&config("b"));
            let plan = case.plan();
            plan.expect(&[(K, "delete/create"), (X, "delete/create")]);
            assert!(plan.unknown(K).contains(&"id".to_owned()), "{:?}", plan.unknown(K));
            // The key pair is planned before its attachment, so that the plan can only say what it depends on.
            plan.warning().says(
                "The key pair \"web\" is bound to 2 instances",
                "resource",
                &[
                    "If this plan replaces the attachment, too, nothing is left to do.",
                    "refer to the key pair's id",
                ],
            );
            let run = case.apply_plan();
            assert!(run.diagnostics().is_empty(), "{run}");
            assert_eq!(changes(case), ["DetachKeyPair", "DeleteKeyPairs", "ImportKeyPair", "AttachKeyPair"]);
            assert_eq!(bound(case), ["i-1", "i-2"]);
            case.settled();
            case.destroy().succeeded();
        }
    });
}

#[test]
fn a_replacement_that_is_refused_tells_how_to_rotate() {
    acceptance(|case| {
        with_instances(case);
        let config = |key: &str| config("key_pair_name = \"web\"", key, "key_pair_name", "", "");
        case.step(&config("a"), &[(K, "create"), (X, "create")]);
        case.write(&config("b"));
        let error = case.apply_fails().error();
        error.says(
            "The key pair \"web\" can't be replaced while it is bound to 2 instances",
            "",
            &[
                "- Without a gap: let the name change with the key",
                "- With the same name: in the attachment, refer to the key pair's id instead of its key_pair_name.",
                "A running instance keeps its present key until its next start; force = true on the attachment reboots",
                "See the guide \"Rotating keys\".",
            ],
        );
        // It is the same key pair as before, in the state, too, and nothing of the plan stays there.
        assert!(!case.state().is_tainted(K) && bound(case) == ["i-1", "i-2"]);
        let state = std::fs::read_to_string(case.path("terraform.tfstate")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        let resources = state["resources"].as_array().unwrap();
        let private = |it: &serde_json::Value| it["instances"][0]["private"].as_str().map(str::to_owned);
        // Base64 of `"replaced"` at the three offsets that it may have.
        let marks = ["InJlcGxhY2Vk", "JyZXBsYWNlZC", "icmVwbGFjZWQi"];
        for private in resources.iter().filter_map(private) {
            assert!(marks.iter().all(|mark| !private.contains(mark)), "{private}");
        }
        // With -replace, the first of the two plans does not know that it is one.
        case.write(&config("a"));
        let run = case.run(&["apply", "-auto-approve", "-json", "-replace", K]).failed();
        assert_eq!(run.error().summary, error.summary);
        // A plain destroy says nothing of a rotation.
        case.run(&["state", "rm", X]).succeeded();
        let error = case.destroy().failed().error();
        assert_eq!(error.summary, "The key pair \"web\" is bound to 2 instances");
        case.simulator.world(|world| ["i-1", "i-2"].map(|id| world.unbind(id)));
    });
}

#[test]
fn create_before_destroy_with_a_fixed_name_is_told_by_the_apply_and_the_cure_comes_first() {
    acceptance(|case| {
        let config = |key: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.{key}\n{CREATE_FIRST}}}\n"
            )
        };
        case.step(&config("a"), &[(K, "create")]);
        case.write(&config("b"));
        let plan = case.plan();
        plan.expect(&[(K, "create/delete")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        let error = case.apply_fails().error();
        error.says("A key pair \"web\" exists already", "key_pair_name", &[]);
        let detail = words(&error.detail);
        let place = |part: &str| detail.find(part).unwrap_or_else(|| panic!("{part:?} is not in {detail}"));
        assert!(place("If this apply replaces the key pair (create_before_destroy)") < place("import"));
        assert_eq!(case.names(), ["web"]);
    });
}

#[test]
fn a_destroy_says_how_long_it_will_wait() {
    acceptance(|case| {
        let config = |wait: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n{wait}}}\n"
            )
        };
        case.simulator.world(|world| world.add_instance(Instance::new(REGION, "i-1").bound_to("web")));
        case.step(&config("  wait_for_unbind = \"20s\"\n"), &[(K, "create")]);
        let warning = case.plan_with(&["-destroy"]).warning();
        let summary = "The key pair \"web\" is bound to 1 instance";
        warning.says(summary, "resource", &["will wait up to 20 s for that (wait_for_unbind)"]);
        assert!(!warning.detail.contains("10m"), "{warning:?}");
        case.step(&config(""), &[(K, "update")]);
        let warning = case.plan_with(&["-destroy"]).warning();
        warning.says(summary, "resource", &["set wait_for_unbind = \"10m\""]);
        case.simulator.world(|world| world.instances.clear());
    });
}
