//! Data sources: all key pairs, and one.

use ecs_simulator::{Denial, Instance};
use serde_json::Value;

use crate::harness::keys::{A, A_FINGERPRINT, B, ED25519};
use crate::harness::{Case, REGION, acceptance};
use crate::official_states::Recording;

/// The outputs of the state, by name.
fn output(case: &mut Case, name: &str) -> Value {
    let run = case.run(&["output", "-json", name]).succeeded();
    serde_json::from_str(&run.stdout).unwrap()
}

/// Makes key pairs that no configuration has, and takes them away again.
fn beside(case: &mut Case, names: &[&str], test: impl FnOnce(&mut Case)) {
    case.simulator.world(|world| {
        for name in names {
            world.add_key_pair(REGION, name, A);
        }
    });
    test(case);
    case.simulator.world(|world| world.key_pairs.clear());
}

#[test]
fn answers_are_those_of_the_official_provider() {
    for prefix in ["key_pair", "ecs_key_pair"] {
        acceptance(|case| {
            let recording = Recording::of(format!("{prefix}-data"));
            recording.restore_world(case);
            case.write(&recording.text("1.tf"));
            case.apply();
            case.settled();
            let address = format!("alicloud_{prefix}s.d");
            let ours = case.state().attributes(&address).clone();
            let theirs: Value = serde_json::from_str(&recording.text("tfstate")).unwrap();
            let data =
                theirs["resources"].as_array().unwrap().iter().find(|it| it["mode"] == "data").unwrap();
            // The simulator knows of no descriptions, and neither did the recorded world have any.
            assert_eq!(ours, data["instances"][0]["attributes"]);
            let written = std::fs::read_to_string(case.path("out.json")).unwrap();
            assert_eq!(written, recording.text("output_file.json"));
            case.destroy().succeeded();
            case.simulator.world(|world| world.key_pairs.clear());
        });
    }
}

#[test]
fn each_argument_narrows_the_answer() {
    acceptance(|case| {
        beside(case, &["web-1", "web-2", "db:1"], |case| {
            case.simulator.world(|world| {
                let pair = world.add_key_pair(REGION, "app", B);
                pair.tags = [("env", "prod"), ("acs:x", "y")].map(|(k, v)| (k.into(), v.into())).into();
                pair.resource_group_id = "rg-other".to_owned();
                world.key_pair_mut(REGION, "web-2").unwrap().tags = [("env".into(), "dev".into())].into();
                world.add_instance(Instance::new(REGION, "i-1").bound_to("web-1"));
                world.add_instance(Instance::new(REGION, "i-2").bound_to("web-1"));
            });
            let questions = [
                ("all", "", vec!["app", "db:1", "web-1", "web-2"]),
                ("empty", "ids = []\n  name_regex = \"\"", vec!["app", "db:1", "web-1", "web-2"]),
                ("ids", "ids = [\"web-2\", \"db:1\", \"nope\", \"web\"]", vec!["db:1", "web-2"]),
                ("regex", r#"name_regex = "^\\Qweb\\E-\\d$""#, vec!["web-1", "web-2"]),
                ("print", &format!("finger_print = {A_FINGERPRINT:?}"), vec!["db:1", "web-1", "web-2"]),
                ("group", "resource_group_id = \"rg-other\"", vec!["app"]),
                ("tags", "tags = { env = \"prod\" }", vec!["app"]),
                ("both", "name_regex = \"web\"\n  tags = { env = \"prod\" }", vec![]),
            ];
            let blocks = questions.iter().map(|(name, arguments, _)| {
                format!(
                    "data \"alicloud_key_pairs\" \"{name}\" {{\n  {arguments}\n}}\noutput \"{name}\" {{\n  value = \
                     data.alicloud_key_pairs.{name}\n}}\n"
                )
            });
            let config: String = blocks.collect();
            case.write(&config);
            case.apply();
            for (name, _, expected) in &questions {
                let answer = output(case, name);
                assert_eq!(answer["names"], serde_json::json!(expected), "{name}");
                assert_eq!(answer["ids"], answer["names"], "{name}");
                assert_eq!(answer["pairs"], answer["key_pairs"], "{name}");
            }
            let all = output(case, "all");
            assert_eq!(all["pairs"][0]["tags"], serde_json::json!({"env": "prod"}));
            assert_eq!(all["pairs"][2]["instances"].as_array().unwrap().len(), 2);
            assert_eq!(all["pairs"][3]["instances"], serde_json::json!([]));
            case.destroy().succeeded();
        });
    });
}

#[test]
fn five_hundred_key_pairs_take_no_more_calls_than_there_are_pages() {
    acceptance(|case| {
        case.simulator.world(|world| {
            for n in 0..500 {
                world.add_key_pair(REGION, &format!("k-{n:03}"), A);
                world
                    .add_instance(Instance::new(REGION, &format!("i-{n:03}")).bound_to(&format!("k-{n:03}")));
            }
        });
        case.write(
            "data \"alicloud_key_pairs\" \"all\" {\n}\noutput \"n\" {\n  value = [for p in \
             data.alicloud_key_pairs.all.pairs : p.instances[0].instance_id]\n}\n",
        );
        case.plan();
        assert_eq!(case.simulator.count("DescribeKeyPairs"), 10);
        assert_eq!(case.simulator.count("DescribeInstances"), 5);
        case.apply();
        assert_eq!(output(case, "n").as_array().unwrap().len(), 500);
        // Two of them, in a region of many instances, are asked for by name.
        case.simulator.forget_calls();
        case.write("data \"alicloud_key_pairs\" \"two\" {\n  ids = [\"k-001\", \"k-002\"]\n}\n");
        case.plan();
        assert!(case.simulator.count("DescribeInstances") <= 4);
        case.write("");
        case.apply();
        case.simulator.world(|world| world.key_pairs.clear());
    });
}

#[test]
fn one_key_pair_by_its_exact_name() {
    acceptance(|case| {
        beside(case, &["web", "web-1"], |case| {
            case.simulator.world(|world| {
                world.add_key_pair(REGION, "modern", ED25519);
                world.add_instance(Instance::new(REGION, "i-1").bound_to("web"));
                world.add_instance(Instance::new(REGION, "i-2").bound_to("web-1"));
            });
            case.write(
                "data \"alicloud_key_pair\" \"web\" {\n  key_pair_name = \"web\"\n}\ndata \"alicloud_key_pair\" \"modern\" \
                 {\n  key_pair_name = \"modern\"\n}\noutput \"web\" {\n  value = data.alicloud_key_pair.web\n}\noutput \
                 \"modern\" {\n  value = data.alicloud_key_pair.modern\n}\n",
            );
            case.apply();
            let web = output(case, "web");
            for (attribute, expected) in
                [("id", "web"), ("public_key", A), ("key_type", "ssh-rsa"), ("finger_print", A_FINGERPRINT)]
            {
                assert_eq!(web[attribute], expected);
            }
            assert_eq!(web["instance_ids"], serde_json::json!(["i-1"]));
            assert_eq!(output(case, "modern")["key_type"], "ssh-ed25519");

            for (name, summary) in [
                ("we", "There is no key pair \"we\""),
                ("web*", "Invalid key pair name"),
                ("", "Invalid key pair name"),
            ] {
                case.write(&format!("data \"alicloud_key_pair\" \"x\" {{\n  key_pair_name = {name:?}\n}}\n"));
                case.plan_fails().error().says(summary, "key_pair_name", &[]);
            }
            case.write("");
            case.apply();
        });
    });
}

#[test]
fn a_question_that_depends_on_a_resource_waits_for_it() {
    acceptance(|case| {
        case.write(
            "resource \"alicloud_key_pair\" \"k\" {\n  key_name_prefix = \"web-\"\n  public_key = local.a\n}\ndata \
             \"alicloud_key_pair\" \"k\" {\n  key_pair_name = alicloud_key_pair.k.id\n}\ndata \"alicloud_key_pairs\" \"k\" \
             {\n  ids = [alicloud_key_pair.k.id]\n}\noutput \"same\" {\n  value = data.alicloud_key_pair.k.finger_print \
             == data.alicloud_key_pairs.k.pairs[0].finger_print\n}\n",
        );
        case.apply();
        assert_eq!(output(case, "same"), true);
        case.settled();
    });
}

#[test]
fn wrong_expressions_and_missing_permissions_are_told() {
    acceptance(|case| {
        case.write("data \"alicloud_ecs_key_pairs\" \"d\" {\n  name_regex = \"(?=a)\"\n}\n");
        let error = case.run(&["validate", "-json"]).failed().error();
        error.says("Invalid regular expression", "name_regex", &["(?= is not supported"]);
        beside(case, &["web"], |case| {
            case.simulator.world(|world| world.denials.push(Denial::of("DescribeInstances")));
            // The list is refused or, as it was before, empty: the key pairs are shown all the same.
            for older in [false, true] {
                case.simulator.world(|world| world.denied_instances_are_empty = older);
                for source in [
                    "data \"alicloud_ecs_key_pairs\" \"d\" {\n}\n",
                    "data \"alicloud_key_pair\" \"d\" {\n  key_pair_name = \"web\"\n}\n",
                ] {
                    case.write(source);
                    let warning = case.plan().warning();
                    assert_eq!(warning.summary, "The instances that carry key pairs are not shown");
                    assert!(warning.detail.contains("ecs:DescribeInstances"), "{warning:?}");
                }
            }
        });
        case.write("");
    });
}
