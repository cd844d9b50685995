//! The policies in the guide to permissions are enough for what they are said to be for, and no less is.

use std::collections::BTreeMap;

use ecs_simulator::{Denial, Instance};
use serde_json::Value;

use crate::harness::{Case, REGION, acceptance, keys};

/// What RAM knows of key pairs and their instances.
const ACTIONS: [&str; 10] = [
    "AttachKeyPair",
    "DeleteKeyPairs",
    "DescribeInstances",
    "DescribeKeyPairs",
    "DetachKeyPair",
    "ImportKeyPair",
    "JoinResourceGroup",
    "RebootInstance",
    "TagResources",
    "UntagResources",
];

/// The actions that the policy of each heading allows, without the product.
fn policies() -> BTreeMap<String, Vec<String>> {
    let page = std::fs::read_to_string(xtask::project_root().join("docs/guides/permissions.md")).unwrap();
    let sections = page.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
    let with_policies = sections.filter_map(|(heading, text)| {
        let policy = text.split_once("```json\n")?.1.split_once("```")?.0;
        let policy: Value = serde_json::from_str(policy).unwrap();
        let statements = policy["Statement"].as_array().unwrap().iter();
        let actions = statements.flat_map(|it| it["Action"].as_array().unwrap().clone());
        let actions = actions.map(|it| it.as_str().unwrap().strip_prefix("ecs:").unwrap().to_owned());
        Some((heading.to_owned(), actions.collect()))
    });
    with_policies.collect()
}

/// Allows these actions, and denies all others.
fn allow_only(case: &Case, allowed: &[String]) {
    let denied = ACTIONS.into_iter().filter(|action| !allowed.iter().any(|allowed| allowed == action));
    case.simulator.world(|world| world.denials = denied.map(Denial::of).collect());
}

/// Tries the policy of `heading`, with that of another heading if it goes with one, and then without each of its
/// actions. `works` tells whether all was as it should be.
fn try_policy(heading: &str, beside: Option<&str>, works: impl Fn(&mut Case) -> bool) {
    let policies = policies();
    let policy = &policies[heading];
    let rest = beside.map_or_else(Vec::new, |beside| policies[beside].clone());
    let without = policy.iter().map(Some).chain([None]);
    for missing in without {
        acceptance(|case| {
            let mut allowed: Vec<String> =
                policy.iter().filter(|action| Some(*action) != missing).cloned().collect();
            allowed.extend(rest.iter().cloned());
            allow_only(case, &allowed);
            let worked = works(case);
            assert_eq!(worked, missing.is_none(), "{heading} without {missing:?}");
            case.simulator.world(|world| {
                world.denials.clear();
                world.instances.clear();
                world.key_pairs.clear();
            });
            case.destroy().succeeded();
        });
    }
}

fn key_pair(body: &str) -> String {
    format!(
        "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n{body}\n}}\n"
    )
}

/// Applies, and tells whether that went well.
fn applies(case: &mut Case, config: &str) -> bool {
    case.write(config);
    case.apply_anyway().code == Some(0)
}

fn destroys(case: &mut Case) -> bool {
    case.destroy().code == Some(0)
}

fn add_instance(case: &Case, key_pair: &str) {
    case.simulator.world(|world| world.add_instance(Instance::new(REGION, "i-1").bound_to(key_pair)));
}

#[test]
fn key_pairs() {
    try_policy("Key pairs", None, |case| {
        applies(case, &key_pair("tags = { a = 1 }"))
            && applies(case, &key_pair("tags = { a = 1 }"))
            && destroys(case)
    });
}

#[test]
fn changes_of_tags_and_of_the_resource_group() {
    try_policy("Changes of tags and of the resource group", Some("Key pairs"), |case| {
        applies(case, &key_pair("tags = { a = 1, b = 1 }"))
            && applies(case, &key_pair("tags = { a = 2 }\n  resource_group_id = \"rg-other\""))
    });
}

#[test]
fn bound_instances() {
    try_policy("Bound instances", Some("Key pairs"), |case| {
        assert!(applies(case, &key_pair("")));
        add_instance(case, "web");
        let plan = case.run(&["plan", "-destroy", "-json"]).succeeded();
        let warned = plan.text().contains("i-1");
        let refused = case.destroy().failed();
        assert_eq!(warned, refused.text().contains("i-1"), "{refused}");
        warned
    });
}

#[test]
fn attachments() {
    try_policy("Attachments", None, |case| {
        case.simulator.world(|world| _ = world.add_key_pair(REGION, "web", keys::A));
        add_instance(case, "");
        let config = "resource \"alicloud_key_pair_attachment\" \"a\" {\n  key_pair_name = \"web\"\n  instance_ids = \
                      [\"i-1\"]\n  force = true\n}\n";
        applies(case, config) && applies(case, config) && destroys(case)
    });
}

#[test]
fn data_sources() {
    try_policy("Data sources", None, |case| {
        case.simulator.world(|world| _ = world.add_key_pair(REGION, "web", keys::A));
        add_instance(case, "web");
        let config = "data \"alicloud_key_pairs\" \"all\" {}\n\noutput \"ids\" {\n  value = \
                      flatten(data.alicloud_key_pairs.all.key_pairs[*].instances[*].instance_id)\n}\n";
        applies(case, config) && case.run(&["output", "-json", "ids"]).text().contains("i-1")
    });
}
