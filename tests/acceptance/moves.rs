//! `moved` blocks across the names of a type and from the official provider.

use serde_json::Value;

use crate::harness::{Case, Feature, acceptance_with};
use crate::official_states::{Recording, init_beside_the_official_one};

/// The private data of the only object in the state, decoded.
fn private(case: &Case) -> String {
    use base64::Engine as _;
    let text = std::fs::read_to_string(case.path("terraform.tfstate")).unwrap();
    let state: Value = serde_json::from_str(&text).unwrap();
    let private = state["resources"][0]["instances"][0]["private"].as_str().unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(private).unwrap();
    String::from_utf8(decoded).unwrap()
}

#[test]
fn a_key_pair_goes_from_one_name_of_the_type_to_the_other_and_back() {
    acceptance_with(Feature::MovesAcrossTypes, |case| {
        let config = |type_name: &str, from: &str, to: &str| {
            let block = format!(
                "resource {type_name:?} {to:?} {{\n  key_pair_name = \"web\"\n  public_key = local.a\n  tags = {{ a = \
                 \"b\" }}\n}}\n"
            );
            if from.is_empty() {
                return block;
            }
            format!("moved {{\n  from = {from}\n  to = {type_name}.{to}\n}}\n{block}")
        };
        case.step(&config("alicloud_key_pair", "", "a"), &[("alicloud_key_pair.a", "create")]);
        let remembered = private(case);
        for (type_name, from, to) in [
            ("alicloud_ecs_key_pair", "alicloud_key_pair.a", "b"),
            ("alicloud_key_pair", "alicloud_ecs_key_pair.b", "c"),
        ] {
            case.write(&config(type_name, from, to));
            case.plan().expect(&[]);
            case.apply_plan();
            case.settled();
            assert_eq!(case.state().addresses(), [format!("{type_name}.{to}")]);
            assert_eq!(private(case), remembered, "what was known of it is still known");
        }
    });
}

#[test]
fn a_key_pair_comes_from_the_official_provider() {
    for (from, to) in [("key_pair", "ecs_key_pair"), ("ecs_key_pair", "key_pair"), ("key_pair", "key_pair")] {
        acceptance_with(Feature::MovesAcrossTypes, |case| {
            let recording = Recording::of(format!("{from}-public-key"));
            recording.restore_world(case);
            recording.restore_state(case);
            let block = recording.config().replacen(
                &format!("resource \"alicloud_{from}\" \"k\""),
                &format!("resource \"alicloud_{to}\" \"mine\""),
                1,
            );
            case.write(&format!(
                "moved {{\n  from = alicloud_{from}.k\n  to = alicloud_{to}.mine\n}}\n{block}"
            ));
            init_beside_the_official_one(case);
            case.plan().expect(&[]);
            case.apply_plan();
            case.settled();
            assert_eq!(case.state().addresses(), [format!("alicloud_{to}.mine")]);
            assert!(!private(case).contains("e2bfb730"), "{}", private(case));
        });
    }
}

#[test]
fn what_is_no_key_pair_cannot_become_one() {
    acceptance_with(Feature::MovesAcrossTypes, |case| {
        case.write("resource \"terraform_data\" \"d\" {\n}\n");
        case.apply();
        case.write(
            "moved {\n  from = terraform_data.d\n  to = alicloud_key_pair.k\n}\nresource \"alicloud_key_pair\" \"k\" \
             {\n  public_key = local.a\n}\n",
        );
        let error = case.plan_fails().error();
        assert_eq!(error.summary, "This object cannot be moved here");
        case.write("");
    });
}
