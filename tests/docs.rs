//! The reference pages say what the provider that was just built says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;
use xtask::docs::Pages;
use xtask::host::Host;

/// The messages in the guide to authentication are those of the cases that show them.
#[test]
fn the_messages_in_the_guide_are_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/guides/authentication.md")).unwrap();
    let mut said = String::new();
    for case in std::fs::read_dir(root.join("tests/credentials/cases")).unwrap() {
        said.push_str(
            &std::fs::read_to_string(case.unwrap().path().join("expected.txt")).unwrap_or_default(),
        );
    }
    let said = said.replace("HOME/", "~/");
    let messages: Vec<&str> =
        guide.split("```text\n").skip(1).filter_map(|it| it.split("\n```").next()).collect();
    assert!(messages.len() >= 12, "{messages:?}");
    for message in messages {
        assert!(said.lines().any(|line| line == message), "no case ends in: {message}");
    }
}

/// Every mode of a profile has an example, of fields that the cases of the mode have, and a message after it.
#[test]
fn the_guide_has_an_example_of_every_mode() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/guides/authentication.md")).unwrap();
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in std::fs::read_dir(root.join("tests/credentials/cases")).unwrap() {
        let file = case.unwrap().path().join("home/.aliyun/config.json");
        let file: Value =
            std::fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        for profile in file["profiles"].as_array().into_iter().flatten().filter_map(Value::as_object) {
            let Some(mode) = profile.get("mode").and_then(Value::as_str) else { continue };
            fields.entry(mode.to_owned()).or_default().extend(profile.keys().cloned());
        }
    }
    let modes = [
        "AK",
        "StsToken",
        "RamRoleArn",
        "ChainableRamRoleArn",
        "EcsRamRole",
        "RamRoleArnWithRoleName",
        "OIDC",
        "CredentialsURI",
        "External",
        "CloudSSO",
        "OAuth",
    ];
    for mode in modes {
        assert!(guide.contains(&format!("| `{mode}` |")), "{mode} is not in the table");
        let start = format!("\n`{mode}`:\n\n```json\n");
        let (_, rest) = guide.split_once(&start).unwrap_or_else(|| panic!("{mode} has no example"));
        let (example, rest) = rest.split_once("\n```").unwrap();
        let example: Value = serde_json::from_str(example).unwrap();
        assert_eq!(example["mode"], mode);
        let unknown: Vec<_> =
            example.as_object().unwrap().keys().filter(|field| !fields[mode].contains(*field)).collect();
        assert!(unknown.is_empty(), "{mode}: no case has {unknown:?}");
        // That it is a real one, the other test sees.
        assert!(rest.starts_with("\n\n```text\n"), "{mode} has no message");
    }
}

/// Every variable that the sources of credentials read is in the guide.
#[test]
fn the_guide_has_every_variable_of_credentials() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/guides/authentication.md")).unwrap();
    let sources = std::fs::read_dir(root.join("src/alicloud/credentials")).unwrap();
    let config = ["credentials.rs", "roles.rs"].map(|file| root.join("src/provider/config").join(file));
    let files = sources.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).chain(config);
    let mut variables = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let texts =
            text.split('"').filter(|text| text.starts_with("ALICLOUD_") || text.starts_with("ALIBABA"));
        variables.extend(
            texts
                .filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
                .map(str::to_owned),
        );
    }
    assert!(variables.contains("ALIBABA_CLOUD_ECS_METADATA_DISABLED"), "{variables:?}");
    let missing: Vec<_> = variables.iter().filter(|name| !guide.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_reference_pages_are_up_to_date() {
    let host = match Host::find() {
        Ok(host) => host,
        Err(error) if std::env::var_os("CI").is_none() => {
            // Unlike what `eprintln!` says, the test runner does not swallow this.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED: the reference pages were not compared. {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud"));
    let pages = Pages::generate(&host, provider.parent().unwrap()).unwrap();
    let different = pages.differences().unwrap();
    assert!(different.is_empty(), "run `cargo xtask docs`; it will change {different:?}");
}
