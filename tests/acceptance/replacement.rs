//! What replaces a key pair, and what does not.

use crate::harness::keys::B;
use crate::harness::{REGION, acceptance};

const K: &str = "alicloud_key_pair.k";

fn config(body: &str) -> String {
    format!("resource \"alicloud_key_pair\" \"k\" {{\n{body}\n}}\n")
}

#[test]
fn another_name_and_another_key_replace() {
    acceptance(|case| {
        case.step(&config("key_pair_name = \"web\"\npublic_key = local.a"), &[(K, "create")]);
        // The same key, written in another way.
        case.step(&config("key_pair_name = \"web\"\npublic_key = local.a_respelt"), &[]);
        // No key in the configuration is no other key.
        case.step(&config("key_pair_name = \"web\""), &[]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 1);

        let plan =
            case.step(&config("key_pair_name = \"web\"\npublic_key = local.b"), &[(K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["public_key"]);
        assert!(plan.warnings().is_empty(), "its own name is not taken: {:?}", plan.warnings());
        let made = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
        assert_eq!(made.public_key, B);

        let plan =
            case.step(&config("key_pair_name = \"site\"\npublic_key = local.b"), &[(K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["key_pair_name"]);
        assert_eq!(case.names(), ["site"]);
    });
}

#[test]
fn another_prefix_replaces() {
    acceptance(|case| {
        case.step(&config("key_name_prefix = \"a-\"\npublic_key = local.a"), &[(K, "create")]);
        let plan =
            case.step(&config("key_name_prefix = \"b-\"\npublic_key = local.a"), &[(K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["key_name_prefix"]);
        assert!(case.names()[0].starts_with("b-"), "{:?}", case.names());
        // Taken away, it is only forgotten.
        let plan = case.step(&config("public_key = local.a"), &[(K, "update")]);
        assert_eq!(plan.changed(K), ["key_name_prefix"]);
        assert_eq!(case.simulator.count("ImportKeyPair"), 2);
    });
}

#[test]
fn another_key_file_replaces() {
    acceptance(|case| {
        let (first, second) = (case.key_path("first"), case.key_path("second"));
        let body = |path: &std::path::Path| config(&format!("key_pair_name = \"web\"\nkey_file = {path:?}"));
        case.step(&body(&first), &[(K, "create")]);
        let plan = case.step(&body(&second), &[(K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["key_file"]);
        assert!(first.exists() && second.exists());
    });
}
