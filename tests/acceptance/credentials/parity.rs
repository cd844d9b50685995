//! The official Python package finds the same credentials in the same places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ecs_simulator::AccessKey;
use serde_json::Value;

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

/// The access keys that are no session's, each with its secret and its token: of the services, and of the directories.
const KEYS: [(&str, &str, Option<&str>); 7] = [
    (USER_ID, USER_SECRET, None),
    ("STS.temporary", "temporary-secret", Some("temporary-token")),
    ("LTAI5tHIDDENabcd", "s3cret-of-the-key", None),
    ("LTAI5tHIDDENbbbb", "s3cret-of-the-key", None),
    ("LTAI5tHIDDENxxxx", "s3cret-of-the-key", None),
    ("LTAI5tHIDDENyyyy", "s3cret-of-the-key", None),
    ("STS.NHIDDENwxyz", "s3cret-of-the-key", Some("s3cret-token")),
];

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
    let said = text(&output.stdout);
    let (id, secret, token): (String, String, Option<String>) =
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{variables:?}: {said}"));
    if let Some((_, known_secret, known_token)) = KEYS.iter().find(|(known, ..)| *known == id) {
        assert_eq!((secret.as_str(), token.as_deref()), (*known_secret, *known_token), "{id}");
    } else {
        let issued = case.simulator.identity(|identity| identity.issued_secrets().to_vec());
        assert!(issued.contains(&secret) && token.is_some_and(|token| issued.contains(&token)), "{id}");
    }
    role(&actor(case, &id))
}

/// Without the session, whose name is each tool's own.
fn role(actor: &str) -> String {
    actor.split('/').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn both_find(case: &mut Case, python: &PathBuf, expected: &str, variables: &[(&str, String)]) {
    assert_eq!(found_by_both(case, python, variables), expected, "{variables:?}");
}

/// What both find in the home directory and these variables. That our calls were accepted shows that we have the right
/// secret.
#[track_caller]
fn found_by_both(case: &mut Case, python: &PathBuf, variables: &[(&str, String)]) -> String {
    for (name, value) in variables {
        case.set_env(name, value.clone());
    }
    let ours: Vec<String> = look(case).iter().map(|actor| role(actor)).collect();
    let theirs = theirs(case, python, variables);
    for (name, _) in variables {
        case.remove_env(name);
    }
    assert_eq!(ours, [theirs.as_str()], "{variables:?}");
    theirs
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

#[test]
fn the_official_package_finds_the_same_in_the_cases_for_both() {
    let Some(python) = python() else { return };
    without_key(|case| {
        case.forbid("s3cret");
        for (id, secret, token) in KEYS {
            let key = AccessKey::new(id, secret, case.simulator.account()).of_user("someone");
            case.simulator.add_access_key(token.into_iter().fold(key, AccessKey::with_token));
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/credentials/cases");
        let mut compared = 0;
        for entry in fs::read_dir(root).unwrap() {
            let directory = entry.unwrap().path();
            let about: Value =
                serde_json::from_str(&fs::read_to_string(directory.join("case.json")).unwrap()).unwrap();
            if about["parity"] != true {
                continue;
            }
            fs::remove_dir_all(case.home("")).unwrap();
            copy_into_home(case, &directory.join("home"), "");
            let text = fs::read_to_string(directory.join("env")).unwrap_or_default();
            let home = case.home("").display().to_string();
            let variables: Vec<(&str, String)> = text
                .lines()
                .filter_map(|line| line.split_once('='))
                .map(|(name, value)| (name, value.replace("$HOME", home.trim_end_matches('/'))))
                .collect();
            let found = found_by_both(case, &python, &variables);
            let end = about["expect"]["access_key"].as_str().unwrap().trim_start_matches('*');
            assert!(!end.is_empty() && found.ends_with(end), "{}: {found}", directory.display());
            compared += 1;
        }
        assert!(compared >= 8, "only {compared} compared");
    });
}

/// Copies the files of a directory, if there is one, into a directory of the home directory.
fn copy_into_home(case: &Case, from: &Path, to: &str) {
    fs::create_dir_all(case.home(to)).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = format!("{to}/{}", path.file_name().unwrap().to_str().unwrap());
        let name = name.trim_start_matches('/');
        if path.is_dir() {
            copy_into_home(case, &path, name);
        } else {
            fs::copy(&path, case.home(name)).unwrap();
        }
    }
}
