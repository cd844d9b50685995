//! Values that are known only after apply.

use std::fmt::Write as _;

use crate::harness::acceptance;

const K: &str = "alicloud_key_pair.k";
const X: &str = "terraform_data.x";

/// Each argument from a resource that does not exist yet, in a resource of its own.
#[test]
fn of_each_argument_come_true() {
    acceptance(|case| {
        let file = case.key_path("made");
        let arguments = [
            "key_pair_name = terraform_data.x.output.name\n  public_key = local.a".to_owned(),
            "key_name = \"${terraform_data.x.output.name}-old\"\n  public_key = local.a".to_owned(),
            "key_name_prefix = terraform_data.x.output.name\n  public_key = local.a".to_owned(),
            "key_pair_name = \"key\"\n  public_key = terraform_data.x.output.key".to_owned(),
            "key_pair_name = \"file\"\n  key_file = terraform_data.x.output.file".to_owned(),
            "key_pair_name = \"group\"\n  public_key = local.a\n  resource_group_id = terraform_data.x.output.group"
                .to_owned(),
            "key_pair_name = \"tag\"\n  public_key = local.a\n  tags = { env = terraform_data.x.output.name }".to_owned(),
            "key_pair_name = \"tags\"\n  public_key = local.a\n  tags = terraform_data.x.output.tags".to_owned(),
            "key_pair_name = \"time\"\n  public_key = local.a\n  timeouts {\n    create = terraform_data.x.output.time\n  }"
                .to_owned(),
        ];
        let mut config = format!(
            "resource \"terraform_data\" \"x\" {{\n  input = {{\n    name  = \"web\"\n    key   = local.b\n    \
             file  = {file:?}\n    group = \"rg-other\"\n    time  = \"5m\"\n    tags  = {{ env = \"dev\" }}\n  }}\n}}\n"
        );
        let mut changes = vec![(X.to_owned(), "create".to_owned())];
        for (number, body) in arguments.iter().enumerate() {
            write!(config, "resource \"alicloud_key_pair\" \"k{number}\" {{\n  {body}\n}}\n").unwrap();
            changes.push((format!("{K}{number}"), "create".to_owned()));
        }
        let changes: Vec<(&str, &str)> = changes.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        case.step(&config, &changes);
        let state = case.state();
        assert_eq!(state.text("alicloud_key_pair.k0", "id"), "web");
        assert_eq!(state.text("alicloud_key_pair.k3", "public_key"), crate::harness::keys::B);
        assert_eq!(state.text("alicloud_key_pair.k5", "resource_group_id"), "rg-other");
        assert_eq!(state.get("alicloud_key_pair.k7", "tags")["env"], "dev");
        assert!(file.exists());
    });
}

#[test]
fn that_replace_or_change_keep_what_was_planned() {
    acceptance(|case| {
        let config = |input: &str| {
            format!(
                r#"
resource "terraform_data" "x" {{
  input = {{ {input} }}
}}

resource "alicloud_key_pair" "k" {{
  key_pair_name = terraform_data.x.output.name
  public_key    = local.a
  tags          = {{ env = terraform_data.x.output.env }}
}}
"#
            )
        };
        case.step(&config("name = \"web\", env = \"dev\""), &[(X, "create"), (K, "create")]);
        // What changes is not told in the plan, so a name that may change plans a replacement.
        let plan =
            case.step(&config("name = \"site\", env = \"dev\""), &[(X, "update"), (K, "delete/create")]);
        assert_eq!(plan.replace_paths(K), ["key_pair_name"]);
        assert_eq!(case.names(), ["site"]);

        let tags = |env: &str| {
            format!(
                "resource \"terraform_data\" \"x\" {{\n  input = {env:?}\n}}\nresource \"alicloud_key_pair\" \"k\" {{\n  \
                 key_pair_name = \"site\"\n  public_key = local.a\n  tags = {{ env = terraform_data.x.output }}\n}}\n"
            )
        };
        case.step(&tags("prod"), &[(X, "update"), (K, "update")]);
        let pair = case.simulator.world(|world| world.key_pair("cn-hangzhou", "site").cloned()).unwrap();
        assert_eq!(pair.tags["env"], "prod");
        // Unknown again, and the same in the end.
        case.plan_with(&["-replace", X]).expect(&[(X, "delete/create"), (K, "update")]);
        case.apply_plan();
        case.settled();
    });
}

#[test]
fn in_the_provider_block_as_credentials_are_told_when_they_are_needed() {
    acceptance(|case| {
        let arguments = [
            "access_key",
            "secret_key",
            "security_token",
            "profile",
            "shared_credentials_file",
            "credentials_uri",
            "ecs_role_name",
        ];
        let mut block = "region = \"cn-hangzhou\"\n".to_owned();
        for argument in arguments {
            writeln!(block, "{argument} = terraform_data.x.output").unwrap();
        }
        case.set_provider(&block);
        let resource = "resource \"terraform_data\" \"x\" {\n  input = \"x\"\n}\n";
        case.write(&format!(
            "{resource}resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  public_key = local.a\n}}\n"
        ));
        case.plan().expect(&[(X, "create"), (K, "create")]);
        case.write(&format!("{resource}data \"alicloud_key_pairs\" \"all\" {{\n}}\n"));
        let run = case.run(&["plan", "-json"]);
        run.error().says("The provider block is not complete yet", "data", &[&arguments.join(", ")]);
        assert!(case.simulator.calls().is_empty());
    });
}

#[test]
fn in_the_provider_block_need_no_cloud_in_the_plan() {
    acceptance(|case| {
        let url = case.simulator.url();
        let id = case.simulator.access_key_id().to_owned();
        case.remove_env("ALICLOUD_ACCESS_KEY");
        case.set_provider(
            "region = terraform_data.x.output.region\naccess_key = terraform_data.x.output.id\nprotocol = \
             terraform_data.x.output.protocol\nclient_read_timeout = terraform_data.x.output.timeout\nendpoints {\n  \
             ecs = terraform_data.x.output.url\n  sts = terraform_data.x.output.url\n}\n",
        );
        case.write(&format!(
            "resource \"terraform_data\" \"x\" {{\n  input = {{\n    region = \"cn-hangzhou\"\n    id = {id:?}\n    \
             protocol = \"HTTP\"\n    timeout = 30000\n    url = {:?}\n  }}\n}}\nresource \"alicloud_key_pair\" \"k\" {{\n  \
             key_pair_name = \"web\"\n  public_key = local.a\n}}\n",
            url.trim_start_matches("http://")
        ));
        let plan = case.plan();
        plan.expect(&[(X, "create"), (K, "create")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        assert!(case.simulator.calls().is_empty());
        case.apply_plan();
        case.settled();
        assert_eq!(case.names(), ["web"]);

        // Unknown once more, when the cloud is needed.
        let run = case.run(&["plan", "-json", "-replace", X]);
        run.error().says(
            "The provider block is not complete yet",
            "resource",
            &["region, access_key, protocol"],
        );
    });
}
