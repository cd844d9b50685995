//! Arguments that are empty, and tags that are null: what modules hand over for what is not set.

use std::fs;

use crate::harness::{Case, REGION, acceptance};
use crate::key_file::forbid_content;

const K: &str = "alicloud_key_pair.k";
const IN_MODULE: &str = "module.key.alicloud_ecs_key_pair.this[0]";

/// A module whose arguments are empty unless they are given.
const MODULE: &str = r#"
terraform {
  required_providers {
    alicloud = {
      source = "SOURCE"
    }
  }
}

variable "create" {
  type    = bool
  default = true
}

variable "name" {
  type    = string
  default = ""
}

variable "public_key" {
  type    = string
  default = ""
}

variable "key_file" {
  type    = string
  default = ""
}

variable "resource_group_id" {
  type    = string
  default = ""
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "alicloud_ecs_key_pair" "this" {
  count = var.create ? 1 : 0

  key_pair_name     = var.name
  public_key        = var.public_key
  key_file          = var.key_file
  resource_group_id = var.resource_group_id
  tags              = var.tags
}

output "name" {
  value = concat(alicloud_ecs_key_pair.this[*].key_name, [""])[0]
}

output "fingerprint" {
  value = concat(alicloud_ecs_key_pair.this[*].finger_print, [""])[0]
}
"#;

fn write_module(case: &mut Case) {
    let directory = case.path("key");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("main.tf"), MODULE.replace("SOURCE", xtask::workdir::SOURCE)).unwrap();
    case.write(&using("name = \"web\""));
    case.run(&["get"]).succeeded();
}

fn using(arguments: &str) -> String {
    format!(
        "module \"key\" {{\n  source = \"./key\"\n  {arguments}\n}}\noutput \"name\" {{\n  value = \
         module.key.name\n}}\noutput \"fingerprint\" {{\n  value = module.key.fingerprint\n}}\n"
    )
}

#[test]
fn a_module_with_empty_arguments_is_applied_once_and_for_all() {
    acceptance(|case| {
        write_module(case);
        let plan = case.step(&using("name = \"web\""), &[(IN_MODULE, "create")]);
        let summary = "Nobody will hold the private key of the key pair \"web\"";
        assert_eq!(plan.warning().summary, summary);
        // Terraform demands that what was planned is stored. The next refresh reads the key.
        assert_eq!(case.state().text(IN_MODULE, "public_key"), "");
        case.run(&["apply", "-refresh-only", "-auto-approve", "-json"]).succeeded();
        let made = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
        assert_eq!(case.state().text(IN_MODULE, "public_key"), made.public_key);
        case.settled();
        case.destroy().succeeded();

        // With a file, the key is in it.
        let path = case.key_path("web.pem");
        let with_file = using(&format!("name = \"web\"\n  key_file = {path:?}"));
        let plan = case.step(&with_file, &[(IN_MODULE, "create")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        forbid_content(case, &path);
        // Without one again, and then without its own key.
        case.step(&using("name = \"web\""), &[(IN_MODULE, "update")]);
        let plan =
            case.step(&using("name = \"web\"\n  public_key = local.a"), &[(IN_MODULE, "delete/create")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        case.step(&using("name = \"web\""), &[]);
    });
}

#[test]
fn a_tag_whose_value_is_null_is_no_tag() {
    acceptance(|case| {
        let config = |tags: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n  {tags}\n}}\n"
            )
        };
        let tags = |case: &Case| {
            let pair = case.simulator.world(|world| world.key_pair(REGION, "web").cloned()).unwrap();
            pair.tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
        };
        case.step(&config("tags = { a = 1, b = null }"), &[(K, "create")]);
        assert_eq!(tags(case), ["a=1"]);
        assert_eq!(case.state().get(K, "tags"), &serde_json::json!({"a": "1", "b": null}));
        case.step(&config("tags = { a = 1 }"), &[]);
        let plan = case.step(&config("tags = { a = 1, b = \"x\" }"), &[(K, "update")]);
        assert_eq!(plan.changed(K), ["tags"]);
        assert_eq!(tags(case), ["a=1", "b=x"]);
        case.step(&config("tags = { a = 1, b = null }"), &[(K, "update")]);
        assert_eq!(tags(case), ["a=1"]);
        case.step(&config("tags = { a = null }"), &[(K, "update")]);
        assert!(tags(case).is_empty());
        case.step(&config("tags = {}"), &[]);
        case.step(&config(""), &[]);
    });
}
