//! What the examples of the official provider's documentation do with key pairs, in our own words: made, changed,
//! imported under the same configuration, and destroyed. Instances stand ready, as another provider makes them.

use ecs_simulator::Instance;

use crate::harness::keys::B_FINGERPRINT;
use crate::harness::{Case, REGION, acceptance};

/// One situation.
struct Situation {
    /// The configuration, and what of it is replaced for the second step.
    config: &'static str,
    change: (&'static str, &'static str),
    /// The resource, and what the change does to it.
    address: &'static str,
    action: &'static str,
}

const SITUATIONS: &[Situation] = &[
    // A key pair by its old argument's name, and nothing else.
    Situation {
        config: r#"resource "alicloud_key_pair" "basic" {
  key_name = "terraform-basic"
}"#,
        change: ("terraform-basic", "terraform-other"),
        address: "alicloud_key_pair.basic",
        action: "delete/create",
    },
    // One whose name is made up from a prefix.
    Situation {
        config: r#"resource "alicloud_key_pair" "prefixed" {
  key_name_prefix = "terraform-"
}"#,
        change: ("terraform-", "tf-"),
        address: "alicloud_key_pair.prefixed",
        action: "delete/create",
    },
    // One of a key that exists.
    Situation {
        config: r#"resource "alicloud_key_pair" "imported" {
  key_name   = "from-public-key"
  public_key = local.a
}"#,
        change: ("local.a", "local.b"),
        address: "alicloud_key_pair.imported",
        action: "delete/create",
    },
    // By the newer names of type and argument, with a group and tags.
    Situation {
        config: r#"resource "alicloud_ecs_key_pair" "tagged" {
  key_pair_name     = "tagged"
  public_key        = local.a
  resource_group_id = "rg-default"
  tags = {
    Created = "TF"
    For     = "example"
  }
}"#,
        change: ("\"rg-default\"", "\"rg-other\""),
        address: "alicloud_ecs_key_pair.tagged",
        action: "update",
    },
    // On all of several instances, under the older names.
    Situation {
        config: r#"resource "alicloud_key_pair" "pair" {
  key_name   = "for-instances"
  public_key = local.a
}

resource "alicloud_key_pair_attachment" "attachment" {
  key_name     = alicloud_key_pair.pair.id
  instance_ids = [for n in range(2) : "i-${n}"]
}"#,
        change: ("range(2)", "range(3)"),
        address: "alicloud_key_pair_attachment.attachment",
        action: "update",
    },
    // On one instance, under the newer names, rebooted for it.
    Situation {
        config: r#"resource "alicloud_ecs_key_pair" "pair" {
  key_pair_name = "for-an-instance"
  public_key    = local.a
}

resource "alicloud_ecs_key_pair_attachment" "attachment" {
  key_pair_name = alicloud_ecs_key_pair.pair.key_pair_name
  instance_ids  = ["i-0"]
  force         = true
}"#,
        change: ("[\"i-0\"]", "[\"i-1\"]"),
        address: "alicloud_ecs_key_pair_attachment.attachment",
        action: "update",
    },
];

#[test]
fn each_situation_is_made_changed_imported_and_destroyed() {
    for situation in SITUATIONS {
        acceptance(|case| {
            with_instances(case, |case| {
                case.write(situation.config);
                case.apply();
                case.settled();
                let (before, after) = situation.change;
                let changed = situation.config.replace(before, after);
                case.step(&changed, &[(situation.address, situation.action)]);
                let id = case.state().text(situation.address, "id").to_owned();
                case.run(&["state", "rm", situation.address]).succeeded();
                case.run(&["import", "-no-color", situation.address, &id]).succeeded();
                // What only the configuration has (force, a prefix) is recorded at the next apply, without a replacement.
                case.write(&changed);
                let plan = case.plan();
                let replaced = plan.changes().iter().any(|(_, action)| action.contains("delete"));
                assert!(!replaced, "{}: {:?}", situation.address, plan.changes());
                case.apply_plan();
                case.settled();
                case.destroy().succeeded();
                assert!(case.state().is_empty() && case.names().is_empty());
            });
        });
    }
}

#[test]
fn key_pairs_are_looked_up_by_name_and_by_id() {
    for (types, name_argument) in [("key_pair", "key_name"), ("ecs_key_pair", "key_pair_name")] {
        acceptance(|case| {
            let resource = format!(
                "resource \"alicloud_{types}\" \"one\" {{\n  {name_argument} = \"looked-up\"\n  public_key = local.a\n}}\n"
            );
            let config = format!(
                "{resource}\ndata \"alicloud_{types}s\" \"by_name\" {{\n  name_regex = \"^looked-\"\n  depends_on = \
                 [alicloud_{types}.one]\n}}\n\ndata \"alicloud_{types}s\" \"by_id\" {{\n  ids = \
                 [alicloud_{types}.one.id]\n}}\n\noutput \"found\" {{\n  value = \
                 [data.alicloud_{types}s.by_name.key_pairs[0].id, data.alicloud_{types}s.by_id.names[0], \
                 data.alicloud_{types}s.by_id.key_pairs[0].finger_print]\n}}\n"
            );
            case.write(&config);
            case.apply();
            case.settled();
            case.write(&config.replace("local.a", "local.b"));
            case.apply();
            case.settled();
            let run = case.run(&["output", "-json", "found"]).succeeded();
            let found: Vec<String> = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(found, ["looked-up", "looked-up", B_FINGERPRINT]);
            case.destroy().succeeded();
        });
    }
}

fn with_instances(case: &mut Case, test: impl FnOnce(&mut Case)) {
    case.simulator.world(|world| {
        for number in 0..3 {
            world.add_instance(Instance::new(REGION, &format!("i-{number}")));
        }
    });
    test(case);
    case.simulator.world(|world| world.instances.clear());
}
