//! What users and pipelines do beside plain plans and applies.

use ecs_simulator::Fault;

use crate::harness::{Feature, REGION, acceptance, acceptance_with};

const K: &str = "alicloud_key_pair.k";
const L: &str = "alicloud_key_pair.l";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

#[test]
fn tainted_and_replaced_at_will() {
    acceptance(|case| {
        case.step(CONFIG, &[(K, "create")]);
        case.run(&["taint", K]).succeeded();
        case.step(CONFIG, &[(K, "delete/create")]);
        case.plan_with(&["-replace", K]).expect(&[(K, "delete/create")]);
        case.apply_plan();
        case.settled();
        assert_eq!(case.simulator.count("ImportKeyPair"), 3);
    });
}

#[test]
fn create_before_destroy_cannot_work_with_a_fixed_name() {
    acceptance(|case| {
        let config = CONFIG.replace("}\n", "  lifecycle {\n    create_before_destroy = true\n  }\n}\n");
        case.step(&config, &[(K, "create")]);
        let other = config.replace("local.a", "local.b");
        case.write(&other);
        case.plan().expect(&[(K, "create/delete")]);
        case.apply_fails().error().says(
            "A key pair \"web\" exists already",
            "key_pair_name",
            &["create_before_destroy", "the old one still has the name: let the name change with the key"],
        );
        assert_eq!((case.state().deposed(), case.names()), (0, vec!["web".to_owned()]));
        // Not even the same key is adopted: the old object's destruction would delete it.
        case.write(&config);
        case.run(&["apply", "-auto-approve", "-json", "-replace", K]).failed().error().says(
            "A key pair \"web\" exists already",
            "key_pair_name",
            &["It holds the same public key", "key_name_prefix"],
        );
        case.step(&config, &[]);
        assert_eq!(case.simulator.count("DeleteKeyPairs"), 0);
    });
}

#[test]
fn create_before_destroy_works_with_a_prefix_and_its_leftovers_are_cleaned_up() {
    acceptance(|case| {
        let config = r#"
resource "alicloud_key_pair" "k" {
  key_name_prefix = "web-"
  public_key      = local.a
  lifecycle {
    create_before_destroy = true
  }
}
"#;
        case.step(config, &[(K, "create")]);
        let old = case.names();
        case.step(&config.replace("local.a", "local.b"), &[(K, "create/delete")]);
        assert!(case.names().len() == 1 && case.names() != old);

        let fault = case.simulator.fail(Fault::on("DeleteKeyPairs").refuse(403, "Forbidden.RAM", "No."));
        case.write(config);
        let error = case.apply_fails().error();
        assert!(error.summary.starts_with("Could not delete the key pair \"web-"), "{error:?}");
        assert_eq!((case.state().deposed(), case.names().len()), (1, 2));
        fault.remove();
        case.step(config, &[(K, "deposed delete")]);
        assert_eq!((case.state().deposed(), case.names().len()), (0, 1));
    });
}

#[test]
fn a_removed_block_forgets() {
    acceptance_with(Feature::RemovedBlocks, |case| {
        case.step(CONFIG, &[(K, "create")]);
        let removed = "removed {\n  from = alicloud_key_pair.k\n  lifecycle {\n    destroy = false\n  }\n}\n";
        case.step(removed, &[(K, "forget")]);
        assert!(case.state().is_empty());
        assert_eq!(case.names(), ["web"]);
        case.simulator.world(|world| world.remove_key_pair(REGION, "web"));
    });
}

#[test]
fn a_removed_block_destroys() {
    acceptance_with(Feature::RemovedBlocks, |case| {
        case.step(CONFIG, &[(K, "create")]);
        let removed = "removed {\n  from = alicloud_key_pair.k\n  lifecycle {\n    destroy = true\n  }\n}\n";
        case.step(removed, &[(K, "delete")]);
        assert!(case.names().is_empty());
    });
}

#[test]
fn a_target_leaves_the_others_alone() {
    acceptance(|case| {
        let two = format!("{CONFIG}{}", CONFIG.replace("\"k\"", "\"l\"").replace("\"web\"", "\"site\""));
        case.write(&two);
        case.plan_with(&["-target", K]).expect(&[(K, "create")]);
        case.apply_plan();
        assert_eq!(case.names(), ["web"]);
        case.step(&two, &[(L, "create")]);
        case.run(&["apply", "-destroy", "-auto-approve", "-json", "-target", L]).succeeded();
        assert_eq!(case.names(), ["web"]);
        case.step(CONFIG, &[]);
    });
}

#[test]
fn ignored_changes_are_ignored() {
    acceptance(|case| {
        let config = CONFIG.replace(
            "}\n",
            "  tags = { env = \"dev\" }\n  lifecycle {\n    ignore_changes = [tags, public_key]\n  }\n}\n",
        );
        case.step(&config, &[(K, "create")]);
        case.simulator.world(|world| world.key_pair_mut(REGION, "web").unwrap().tags.clear());
        case.step(&config.replace("local.a", "local.b").replace("dev", "prod"), &[]);
        assert_eq!(case.simulator.count("TagResources"), 0);
    });
}

#[test]
fn thirty_at_a_time_and_one_by_one() {
    acceptance(|case| {
        case.write(
            r#"
resource "alicloud_key_pair" "k" {
  for_each      = toset([for n in range(30) : format("web-%02d", n)])
  key_pair_name = each.key
  public_key    = local.a
  tags          = { name = each.key }
}
"#,
        );
        for parallelism in ["-parallelism=10", "-parallelism=1"] {
            case.simulator.forget_calls();
            case.run(&["apply", "-auto-approve", "-json", parallelism]).succeeded();
            assert_eq!((case.names().len(), case.simulator.count("ImportKeyPair")), (30, 30));
            case.settled();
            case.run(&["apply", "-destroy", "-auto-approve", "-json", parallelism]).succeeded();
            assert!(case.names().is_empty() && case.state().is_empty());
        }
    });
}

#[test]
fn a_half_made_set_can_be_destroyed() {
    acceptance(|case| {
        case.simulator.world(|world| {
            world.key_pair_quota = 2;
        });
        case.write(
            r#"
resource "alicloud_key_pair" "k" {
  for_each      = toset(["a1", "b2", "c3"])
  key_pair_name = each.key
  public_key    = local.a
}
"#,
        );
        let error = case.apply_fails().error();
        assert!(error.summary.starts_with("Could not create the key pair "), "{error:?}");
        error.says(&error.summary, "resource", &["QuotaExceed.KeyPair", "Quota Center"]);
        assert_eq!((case.names().len(), case.state().addresses().len()), (2, 2));
        case.destroy().succeeded();
        assert!(case.names().is_empty() && case.state().is_empty());
    });
}
