//! The ways in which hosts start the provider.

use std::process::{Command, Stdio};

use xtask::host::Kind;
use xtask::workdir::SOURCE;

use crate::harness::acceptance;
use crate::harness::process::{self, Running};

const K: &str = "alicloud_key_pair.k";

const CONFIG: &str = r#"
resource "alicloud_key_pair" "k" {
  key_pair_name = "web"
  public_key    = local.a
}
"#;

const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-alicloud");

#[test]
fn without_tls() {
    acceptance(|case| {
        case.set_env("TF_DISABLE_PLUGIN_TLS", "1");
        case.step(CONFIG, &[(K, "create")]);
    });
}

#[test]
fn without_a_provider_block() {
    acceptance(|case| {
        std::fs::write(
            case.path("provider.tf"),
            format!("terraform {{\n  required_providers {{\n    alicloud = {{\n      source = {SOURCE:?}\n    }}\n  }}\n}}\n"),
        )
        .unwrap();
        case.set_env("ALICLOUD_REGION", "cn-hangzhou");
        for name in ["ALIBABA_CLOUD_ENDPOINT_ECS", "ALIBABA_CLOUD_ENDPOINT_STS"] {
            case.set_env(name, case.simulator.url());
        }
        case.step(CONFIG, &[(K, "create")]);
        assert_eq!(case.names(), ["web"]);
    });
}

#[test]
fn a_value_of_ten_mebibytes_passes() {
    acceptance(|case| {
        std::fs::write(case.path("large"), "x".repeat(10 << 20)).unwrap();
        case.write(&CONFIG.replace("local.a", "\"${local.a} ${file(\"large\")}\""));
        let run = case.run(&["plan", "-json", "-out=tfplan"]).succeeded();
        assert!(run.diagnostics().is_empty(), "{:?}", run.diagnostics());
    });
}

#[test]
fn the_schema_is_shown() {
    acceptance(|case| {
        case.write(CONFIG);
        let shown = case.run(&["providers", "schema", "-json"]).succeeded();
        let providers = shown.document()["provider_schemas"].as_object().unwrap();
        let (_, schema) = providers.iter().find(|(name, _)| name.ends_with(SOURCE)).unwrap();
        let attributes = &schema["resource_schemas"]["alicloud_key_pair"]["block"]["attributes"];
        assert_eq!(attributes["key_name"]["deprecated"], true);
        assert_eq!(attributes["public_key"]["type"], "string");
        for name in ["access_key", "secret_key", "security_token"] {
            assert_eq!(schema["provider"]["block"]["attributes"][name]["sensitive"], true, "{name}");
        }
    });
}

#[test]
fn plain_output_holds_no_log() {
    acceptance(|case| {
        for name in ["TF_LOG_PROVIDER", "TF_LOG_PATH"] {
            case.remove_env(name);
        }
        case.write(CONFIG);
        let run = case.run(&["apply", "-auto-approve", "-no-color"]).succeeded();
        for part in ["@level", "[DEBUG]", "[INFO]", "[TRACE]"] {
            assert!(!run.text().contains(part), "{run}");
        }
        assert!(case.log().is_empty());
    });
}

#[test]
fn a_process_in_debug_mode_serves_one_command_after_another() {
    acceptance(|case| {
        let mut command = Command::new(PROVIDER);
        let environment = [
            ("TMPDIR", case.temporary().display().to_string()),
            ("ALICLOUD_ACCESS_KEY", case.simulator.access_key_id().to_owned()),
            ("ALICLOUD_SECRET_KEY", case.simulator.access_key_secret().to_owned()),
        ];
        command.args(["--debug"]).envs(environment).stdin(Stdio::null());
        let mut debugged = Running::start(command, &["--debug"]);
        let line = debugged.wait_for_line("TF_REATTACH_PROVIDERS=");
        let (_, value) = line.split_once("TF_REATTACH_PROVIDERS=").unwrap();
        case.set_env("TF_REATTACH_PROVIDERS", value.trim().trim_matches('\''));

        case.step(CONFIG, &[(K, "create")]);
        // The same process, configured otherwise.
        case.set_region("cn-beijing");
        let error = case.plan_fails().error();
        assert_eq!(error.summary, "The key pair \"web\" is in another region");
        case.set_region("cn-hangzhou");
        case.destroy().succeeded();
        // Each configuration asks for its account at most once: those that create, refresh or destroy do.
        assert_eq!(case.simulator.count("GetCallerIdentity"), 4);

        case.remove_env("TF_REATTACH_PROVIDERS");
        process::signal("INT", debugged.id());
        case.ended(debugged).succeeded();
    });
}

#[test]
fn from_a_mirror_on_disk() {
    acceptance(|case| {
        let version = case.run(&["version", "-json"]).succeeded();
        let platform = version.document()["platform"].as_str().unwrap().to_owned();
        let registry = match case.host().kind {
            Kind::Terraform => "registry.terraform.io",
            Kind::OpenTofu => "registry.opentofu.org",
        };
        let mirror = case.path("mirror");
        let version = env!("CARGO_PKG_VERSION");
        let package = mirror.join(registry).join(SOURCE).join(version).join(platform);
        std::fs::create_dir_all(&package).unwrap();
        let program = package.join(format!("terraform-provider-alicloud_v{version}"));
        std::fs::hard_link(PROVIDER, &program)
            .or_else(|_| std::fs::copy(PROVIDER, &program).map(drop))
            .unwrap();
        let cli_config = case.path("mirror.tfrc");
        std::fs::write(
            &cli_config,
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n    include = \
                 [\"{registry}/{SOURCE}\"]\n  }}\n}}\n"
            ),
        )
        .unwrap();
        case.set_env("TF_CLI_CONFIG_FILE", cli_config.display().to_string());
        case.write(CONFIG);
        case.run(&["init", "-no-color"]).succeeded();
        let lock = std::fs::read_to_string(case.path(".terraform.lock.hcl")).unwrap();
        assert!(
            lock.contains(&format!("provider \"{registry}/{SOURCE}\"")) && lock.contains("h1:"),
            "{lock}"
        );
        case.step(CONFIG, &[(K, "create")]);
        case.destroy().succeeded();
        // Large, and no secrets are looked for in programs.
        std::fs::remove_dir_all(&mirror).unwrap();
    });
}
