//! A key pair's whole life.

use crate::harness::keys::{A, A_FINGERPRINT};
use crate::harness::{REGION, acceptance};

const K: &str = "alicloud_key_pair.k";

#[test]
fn created_and_destroyed() {
    acceptance(|case| {
        let plan = case.step(
            r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
  tags          = { env = "dev" }
}
"#,
            &[(K, "create")],
        );
        assert_eq!(plan.unknown(K), ["create_time", "finger_print", "id", "resource_group_id"]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());

        let state = case.state();
        for (attribute, expected) in [
            ("id", "web"),
            ("key_pair_name", "web"),
            ("key_name", "web"),
            ("public_key", A),
            ("finger_print", A_FINGERPRINT),
        ] {
            assert_eq!(state.text(K, attribute), expected);
        }
        assert_eq!(state.get(K, "tags")["env"], "dev");
        assert!(state.get(K, "key_file").is_null() && state.get(K, "key_name_prefix").is_null());
        let made = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
        assert_eq!(state.text(K, "create_time"), made.creation_time);
        assert_eq!(made.public_key, A);
        assert_eq!(made.tags, [("env".to_owned(), "dev".to_owned())].into());

        case.destroy().succeeded();
        assert!(case.state().is_empty());
        assert!(case.names().is_empty());
        // The account is asked for by each process that creates, refreshes or destroys.
        let expected =
            [("ImportKeyPair", 1), ("DeleteKeyPairs", 1), ("CreateKeyPair", 0), ("GetCallerIdentity", 4)];
        for (action, calls) in expected {
            assert_eq!(case.simulator.count(action), calls, "{action}");
        }
        assert!(!case.log().is_empty());
    });
}

#[test]
fn the_old_argument_for_the_name_works_and_the_new_one_takes_over() {
    acceptance(|case| {
        let old =
            "resource \"alicloud_key_pair\" \"k\" {\n  key_name   = \"web\"\n  public_key = local.a\n}\n";
        case.step(old, &[(K, "create")]);
        let checked = case.run(&["validate", "-json"]).succeeded().warnings();
        assert_eq!(checked.len(), 1, "{checked:?}");
        checked[0].says("The argument key_name is deprecated", "key_name", &["Use key_pair_name instead."]);
        assert_eq!(case.state().text(K, "key_pair_name"), "web");
        case.step(&old.replace("key_name  ", "key_pair_name"), &[]);
    });
}

#[test]
fn names_are_made_where_none_is_given() {
    acceptance(|case| {
        let plan = case.step(
            r#"
resource "alicloud_key_pair" "k" {
  key_name_prefix = "web-"
  public_key      = local.a
}

resource "alicloud_key_pair" "l" {
  public_key = local.a
}
"#,
            &[(K, "create"), ("alicloud_key_pair.l", "create")],
        );
        for address in [K, "alicloud_key_pair.l"] {
            for attribute in ["id", "key_pair_name", "key_name"] {
                assert!(plan.unknown(address).contains(&attribute.to_owned()), "{address} {attribute}");
            }
        }
        let state = case.state();
        assert!(state.text(K, "id").starts_with("web-"));
        assert!(state.text("alicloud_key_pair.l", "id").starts_with("terraform-"));
        let mut names = [state.text(K, "key_pair_name"), state.text("alicloud_key_pair.l", "key_pair_name")];
        names.sort_unstable();
        assert_eq!(case.names(), names);
    });
}

#[test]
fn without_a_key_one_is_made_that_nobody_holds() {
    acceptance(|case| {
        let plan = case
            .step("resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n}\n", &[(K, "create")]);
        plan.warning().says(
            "Nobody will hold the private key of the key pair \"web\"",
            "resource",
            &["private half is dropped", "key_file"],
        );
        assert!(plan.unknown(K).contains(&"public_key".to_owned()));
        let made = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
        let state = case.state();
        assert!(made.public_key.starts_with("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"), "2048 bits");
        assert_eq!(state.text(K, "public_key"), made.public_key);
        assert_eq!(state.text(K, "finger_print"), made.fingerprint);
        assert_eq!(case.simulator.count("CreateKeyPair"), 0);
    });
}
