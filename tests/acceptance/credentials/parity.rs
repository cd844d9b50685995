//! The official Python package finds the same credentials in the same places.

use std::path::PathBuf;
use std::process::Command;

use super::{USER_ID, USER_SECRET, actor, arn, look, profiles, without_key, write_profiles};
use crate::harness::{Case, loud};

const PACKAGE: &str = "alibabacloud_credentials==1.0.12";

/// A Python with the package; without one: a failure in CI, and a loud skip elsewhere.
fn python() -> Option<PathBuf> {
    match xtask::python::with_package(&xtask::target_dir().join("credentials"), PACKAGE) {
        Ok(python) => Some(python),
        Err(error) if std::env::var_os("CI").is_some() => panic!("{error}"),
        Err(error) => {
            loud(&format!("SKIPPED: the official package is not compared with: {error}"));
            None
        }
    }
}

/// Who the package would call as.
fn theirs(case: &Case, python: &PathBuf, variables: &[(&str, String)]) -> String {
    let address = case.simulator.address();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/acceptance/credentials/parity.py"))
        .args([address.ip().to_string(), address.port().to_string()])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", case.home(""))
        .env("NO_PROXY", "127.0.0.1")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    role(&actor(case, &text(&output.stdout)))
}

/// Without the session, whose name is each tool's own.
fn role(actor: &str) -> String {
    actor.split('/').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn both_find(case: &mut Case, python: &PathBuf, expected: &str, variables: &[(&str, String)]) {
    for (name, value) in variables {
        case.set_env(name, value.clone());
    }
    let ours: Vec<String> = look(case).iter().map(|actor| role(actor)).collect();
    let theirs = theirs(case, python, variables);
    for (name, _) in variables {
        case.remove_env(name);
    }
    assert_eq!((ours, theirs), (vec![expected.to_owned()], expected.to_owned()), "{variables:?}");
}

/// Modes that the package has not.
const OURS_ALONE: [&str; 2] = ["RamRoleArnWithRoleName", "CredentialsURI"];

#[test]
fn the_official_package_finds_the_same() {
    let Some(python) = python() else { return };
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let deploy = arn(&account, "role", "deploy");
        let provider = arn(&account, "oidc-provider", "ci");
        let profiles = profiles(case);
        let token_file = case.home("token").display().to_string();
        let key = [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", USER_ID.to_owned()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", USER_SECRET.to_owned()),
        ];
        let session = [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.temporary".to_owned()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "temporary-secret".to_owned()),
            ("ALIBABA_CLOUD_SECURITY_TOKEN", "temporary-token".to_owned()),
        ];
        let rrsa = [
            ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token_file.clone()),
            ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", provider.clone()),
            ("ALIBABA_CLOUD_ROLE_ARN", deploy.clone()),
        ];
        both_find(case, &python, USER_ID, &key);
        both_find(case, &python, "STS.temporary", &session);
        both_find(case, &python, "deploy", &rrsa);
        let uri = ("ALIBABA_CLOUD_CREDENTIALS_URI", case.simulator.credentials_uri());
        both_find(case, &python, "pod", &[uri, ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true".to_owned())]);

        let ini_key = format!("access_key_id = {USER_ID}\naccess_key_secret = {USER_SECRET}\n");
        for (expected, section) in [
            (USER_ID, format!("type = access_key\n{ini_key}")),
            (
                "deploy",
                format!("type = ram_role_arn\n{ini_key}role_arn = {deploy}\nrole_session_name = ini\n"),
            ),
            ("machine", "type = ecs_ram_role\nrole_name = machine\n".to_owned()),
            (
                "deploy",
                format!(
                    "type = oidc_role_arn\nrole_arn = {deploy}\noidc_provider_arn = {provider}\n\
                     oidc_token_file_path = {token_file}\nrole_session_name = ini\n"
                ),
            ),
        ] {
            case.write_home(".alibabacloud/credentials.ini", &format!("[default]\n{section}"));
            both_find(case, &python, expected, &[]);
        }

        // The file of the command line comes before that of the SDKs.
        let named: Vec<_> = profiles.iter().map(|(_, profile)| profile.clone()).collect();
        write_profiles(case, &named);
        both_find(case, &python, USER_ID, &[]);
        for (actor, profile) in &profiles {
            let mode = profile["mode"].as_str().unwrap();
            if !OURS_ALONE.contains(&mode) {
                both_find(case, &python, &role(actor), &[("ALIBABA_CLOUD_PROFILE", mode.to_owned())]);
            }
        }
        // The environment comes before a current profile, and so does a token of an identity provider.
        both_find(case, &python, "STS.temporary", &session);
        both_find(case, &python, "deploy", &rrsa);
    });
}
