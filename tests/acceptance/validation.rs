//! What a configuration is told before anything is asked of the cloud.

use std::fmt::Write as _;

use crate::harness::acceptance;
use crate::harness::keys::A;

/// What a resource's body is told: nothing, or a summary at a place.
#[derive(Clone, Copy)]
enum Verdict {
    Fine,
    Error(&'static str, &'static str),
    Warning(&'static str, &'static str),
}

use Verdict::{Error, Fine, Warning};

const BAD_NAME: &str = "Invalid key pair name";
const BAD_KEY: &str = "Invalid public key";
const DOUBTFUL_KEY: &str = "The cloud may refuse this public key";

fn name(name: &str) -> String {
    format!("key_pair_name = {name:?}\n  public_key = local.a")
}

fn key(key: &str) -> String {
    format!("key_pair_name = \"web\"\n  public_key = {key}")
}

fn tag(key: &str, value: &str) -> String {
    format!("public_key = local.a\n  tags = {{\n    {key:?} = {value:?}\n  }}")
}

fn timeout(value: &str) -> String {
    format!("public_key = local.a\n  timeouts {{\n    delete = {value:?}\n  }}")
}

fn rules() -> Vec<(String, Verdict)> {
    let long = "x".repeat(129);
    let twenty = |last: usize| {
        let tags: Vec<String> = (1..=last).map(|n| format!("k{n} = \"v\"")).collect();
        format!("public_key = local.a\n  tags = {{ {} }}", tags.join(", "))
    };
    let cut = A.split(' ').nth(1).unwrap_or_default().get(..200).unwrap_or_default();
    vec![
        // Names.
        (name("web-1_a:B"), Fine),
        (name("密钥对"), Fine),
        (name("1web"), Error(BAD_NAME, "key_pair_name")),
        (name("-web"), Error(BAD_NAME, "key_pair_name")),
        (name("we b"), Error(BAD_NAME, "key_pair_name")),
        (name("web*"), Error(BAD_NAME, "key_pair_name")),
        (name("a"), Error(BAD_NAME, "key_pair_name")),
        (name(&long), Error(BAD_NAME, "key_pair_name")),
        (name(&long[1..]), Fine),
        (name("http://web"), Error(BAD_NAME, "key_pair_name")),
        (name("https://web"), Error(BAD_NAME, "key_pair_name")),
        // What ECS may refuse is told by the plan that first uses the name.
        (name("web.example"), Fine),
        (name("ключ"), Fine),
        ("key_name_prefix = \"9-\"\n  public_key = local.a".into(), Error(BAD_NAME, "key_name_prefix")),
        (
            format!("key_name_prefix = {:?}\n  public_key = local.a", &long[..101]),
            Error(BAD_NAME, "key_name_prefix"),
        ),
        (format!("key_name_prefix = {:?}\n  public_key = local.a", &long[..100]), Fine),
        // Empty texts are not set, but for names.
        (name(""), Error(BAD_NAME, "key_pair_name")),
        (
            "key_pair_name = \"\"\n  key_name_prefix = \"we\"\n  public_key = local.a".into(),
            Error(BAD_NAME, "key_pair_name"),
        ),
        ("key_name_prefix = \"\"\n  public_key = local.a".into(), Error(BAD_NAME, "key_name_prefix")),
        (
            "key_pair_name = \"web\"\n  key_name_prefix = \"\"\n  public_key = local.a".into(),
            Error(BAD_NAME, "key_name_prefix"),
        ),
        ("public_key = local.a\n  key_file = \"\"".into(), Fine),
        ("public_key = \"\"\n  key_file = \"web.pem\"".into(), Fine),
        ("public_key = local.a\n  resource_group_id = \"\"\n  wait_for_unbind = \"\"".into(), Fine),
        // What cannot go together.
        (
            "key_pair_name = \"web\"\n  key_name_prefix = \"we\"\n  public_key = local.a".into(),
            Error("A name and a prefix for one key pair", "key_name_prefix"),
        ),
        (
            "key_pair_name = \"web\"\n  public_key = local.a\n  key_file = \"web.pem\"".into(),
            Warning("key_file is not used", "key_file"),
        ),
        // Public keys.
        (key("local.a_respelt"), Fine),
        (key("\"ssh-rsa\""), Error(BAD_KEY, "public_key")),
        (key("\"AAAAB3NzaC1yc2E=\""), Error(BAD_KEY, "public_key")),
        (key("\"ssh-rsa this+is#not base64\""), Error(BAD_KEY, "public_key")),
        (key("\"${local.a}\\n${local.b}\""), Error(BAD_KEY, "public_key")),
        (key("\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n\""), Error(BAD_KEY, "public_key")),
        (key("\"\""), Fine),
        (key("\" \""), Error(BAD_KEY, "public_key")),
        (key("\"\\ufeff${local.a}\""), Fine),
        (key("local.ed25519"), Warning(DOUBTFUL_KEY, "public_key")),
        (key(&format!("\"ssh-rsa {cut}\"")), Warning(DOUBTFUL_KEY, "public_key")),
        (key("replace(local.a, \"ssh-rsa\", \"ssh-dss\")"), Warning(DOUBTFUL_KEY, "public_key")),
        // Tags.
        (twenty(20), Fine),
        (twenty(21), Error("Too many tags", "tags")),
        (tag("", "v"), Error("Invalid tag", "\"\"")),
        (tag("acs:x", "v"), Error("Invalid tag", "\"acs:x\"")),
        (tag("aliyun-x", "v"), Error("Invalid tag", "\"aliyun-x\"")),
        (tag("see-http://x", "v"), Error("Invalid tag", "\"see-http://x\"")),
        (tag("k", "https://x"), Error("Invalid tag", "\"k\"")),
        (tag("k", &long), Error("Invalid tag", "\"k\"")),
        (tag("k", ""), Fine),
        ("public_key = local.a\n  tags = {\n    \"k\" = null\n  }".to_owned(), Fine),
        // Ids.
        (key("local.a\n  resource_group_id = \"rg-1\""), Fine),
        (key("local.a\n  resource_group_id = \"\""), Fine),
        (
            key("local.a\n  resource_group_id = \"production\""),
            Warning("\"production\" may not be the id of a resource group", "resource_group_id"),
        ),
        // Timeouts.
        (timeout("1h30m"), Fine),
        (timeout("5"), Error("Invalid duration", "delete")),
        (timeout("-5m"), Error("Invalid duration", "delete")),
        (timeout("soon"), Error("Invalid duration", "delete")),
    ]
}

#[test]
fn each_rule_is_told_at_its_place() {
    acceptance(|case| {
        let rules = rules();
        let mut config = String::new();
        for (number, (body, _)) in rules.iter().enumerate() {
            write!(config, "resource \"alicloud_key_pair\" \"case_{number}\" {{\n  {body}\n}}\n\n").unwrap();
        }
        case.write(&config);
        let told = case.run(&["validate", "-json"]).failed().diagnostics();
        for (number, (body, verdict)) in rules.iter().enumerate() {
            let here = format!("\"case_{number}\"");
            let expected = match *verdict {
                Fine => Vec::new(),
                Error(summary, place) => vec![("error", summary, place)],
                Warning(summary, place) => vec![("warning", summary, place)],
            };
            let found: Vec<(&str, &str, &str)> = told
                .iter()
                .filter(|it| it.context.ends_with(&here))
                .map(|it| (it.severity.as_str(), it.summary.as_str(), it.place()))
                .collect();
            assert_eq!(found, expected, "{body}");
        }
        case.plan_fails();
        assert!(case.simulator.calls().is_empty(), "{:?}", case.simulator.calls());
    });
}

#[test]
fn two_different_names_conflict_and_equal_ones_do_not() {
    acceptance(|case| {
        let config = |name: &str| {
            format!(
                "resource \"alicloud_key_pair\" \"k\" {{\n  key_pair_name = \"web\"\n  key_name = {name:?}\n  \
                 public_key = local.a\n}}\n"
            )
        };
        case.write(&config("site"));
        let run = case.run(&["validate", "-json"]);
        run.error().says("Two names for one key pair", "key_name", &["Set key_pair_name only."]);
        case.write(&config("web"));
        case.run(&["validate", "-json"]).succeeded();
    });
}

#[test]
fn what_the_cloud_alone_refuses_is_told_at_the_attribute() {
    acceptance(|case| {
        for (body, summary, place, code) in [
            (
                key("local.ed25519"),
                "Could not create the key pair \"web\"",
                "public_key",
                "InvalidPublicKeyBody.Malformed",
            ),
            (
                key("local.a\n  resource_group_id = \"rg-none\""),
                "Could not create the key pair \"web\"",
                "resource_group_id",
                "InvalidResourceGroup.NotFound",
            ),
            (
                key("local.a\n  tags = { Env = 1, env = 2 }"),
                "Could not create the key pair \"web\"",
                "tags",
                "Duplicate.TagKey",
            ),
        ] {
            case.write(&format!("resource \"alicloud_key_pair\" \"k\" {{\n  {body}\n}}\n"));
            case.apply_fails().error().says(summary, place, &[code]);
            assert!(case.state().is_empty() && case.names().is_empty());
        }
    });
}

#[test]
fn the_provider_block_is_judged_at_its_place() {
    acceptance(|case| {
        case.write("resource \"alicloud_key_pair\" \"k\" {\n  public_key = local.a\n}\n");
        for (body, summary, place) in [
            ("protocol = \"gopher\"\n", "Invalid protocol", "protocol"),
            ("client_read_timeout = 0\n", "Invalid timeout", "client_read_timeout"),
            ("client_connect_timeout = 1.5\n", "Invalid timeout", "client_connect_timeout"),
            ("region = \"Mars/1\"\n", "Invalid region", "region"),
            ("endpoints {\n  ecs = \"ftp://x\"\n}\n", "Invalid endpoint", "provider"),
            (
                "endpoints {\n  ecs = \"a\"\n}\nendpoints {\n  ecs = \"b\"\n}\n",
                "Two endpoints for one service",
                "provider",
            ),
        ] {
            case.set_provider(body);
            case.plan_fails().error().says(summary, place, &[]);
        }
        assert!(case.simulator.calls().is_empty());
    });
}

#[test]
fn values_that_cannot_be_right_are_told_by_validate() {
    acceptance(|case| {
        case.write(
            "resource \"alicloud_key_pair_attachment\" \"x\" {\n  key_pair_name = \"web\"\n  instance_ids = [\"web-1\"]\n}\n\
             data \"alicloud_key_pairs\" \"all\" {\n  resource_group_id = \"production\"\n}\n",
        );
        for (body, summary, place) in [
            ("source_ip = \"not-an-ip\"\n", "Invalid source_ip", "source_ip"),
            ("secure_transport = \"yes\"\n", "Invalid secure_transport", "secure_transport"),
            ("security_transport = \"1\"\n", "Invalid security_transport", "security_transport"),
            ("account_type = \"Foo\"\n", "Invalid account_type", "account_type"),
        ] {
            case.set_provider(body);
            let run = case.run(&["validate", "-json"]);
            run.error().says(summary, place, &[]);
        }
        case.set_provider(
            "source_ip = \"2001:db8::1\"\nsecure_transport = \"false\"\nsecurity_transport = \"\"\naccount_type = \"International\"\n",
        );
        let warnings = case.run(&["validate", "-json"]).succeeded().warnings();
        let mut told: Vec<_> = warnings.iter().map(|it| (it.summary.as_str(), it.place())).collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                ("\"production\" may not be the id of a resource group", "resource_group_id"),
                ("These may not be the ids of instances", "instance_ids"),
            ]
        );
        case.write("");
    });
}

#[test]
fn without_credentials_the_first_use_tells_what_was_looked_at() {
    acceptance(|case| {
        for name in ["ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY"] {
            case.remove_env(name);
        }
        // Without profiles of whoever runs the tests.
        case.set_env("HOME", case.temporary().display().to_string());
        case.write(
            "resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n  public_key = local.a\n}\n",
        );
        case.plan();
        case.apply_fails().error().says(
            "Could not create the key pair \"web\"",
            "resource",
            &["ALICLOUD_ACCESS_KEY", "ALIBABA_CLOUD_ACCESS_KEY_ID", "not set"],
        );
        assert!(case.simulator.calls().is_empty());
        // Credentials in the provider block, as its only complete source.
        let (id, secret) =
            (case.simulator.access_key_id().to_owned(), case.simulator.access_key_secret().to_owned());
        let block = format!(
            "region = \"cn-hangzhou\"\naccess_key = var.id\nsecret_key = var.secret\n{}",
            case.endpoints()
        );
        case.set_provider(&block);
        case.write(
            "variable \"id\" {}\nvariable \"secret\" {\n  sensitive = true\n}\nresource \"alicloud_key_pair\" \"k\" {\n  \
             public_key = local.a\n}\n",
        );
        case.set_env("TF_VAR_id", id);
        case.set_env("TF_VAR_secret", secret);
        case.apply();
        case.settled();
    });
}
