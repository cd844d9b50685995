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
        assert_eq!(plan.unknown(K), ["create_time", "finger_print", "id", "key_name", "resource_group_id"]);
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
        for (action, calls) in [("ImportKeyPair", 1), ("DeleteKeyPairs", 1), ("CreateKeyPair", 0)] {
            assert_eq!(case.simulator.count(action), calls, "{action}");
        }
        assert_eq!(case.simulator.count("GetCallerIdentity"), 1);
        assert!(!case.log().is_empty());
    });
}
