//! The official credentials package for Python finds the same keys in the same files and variables.

use std::process::Command;

use serde_json::{Value as Json, json};

use super::*;

const PACKAGE: &str = "alibabacloud_credentials==1.0.12";

const SCRIPT: &str = "import json
from alibabacloud_credentials.client import Client
key = Client().get_credential()
print(json.dumps([key.access_key_id, key.access_key_secret, key.security_token]))
";

#[tokio::test]
async fn the_official_package_finds_the_same_keys() {
    let python = match xtask::python::with_package(&xtask::target_dir().join("credentials"), PACKAGE) {
        Ok(python) => python,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "{PACKAGE} must be had here: {why}");
            eprintln!("SKIPPED: the official package was not asked, since {why}");
            return;
        }
    };
    let mut compared = 0;
    for directory in cases() {
        let case = object(&read(&directory.join("case.json")).unwrap());
        if case.get("parity") != Some(&Json::Bool(true)) {
            continue;
        }
        let home = directory.join("home");
        let environment = environment(&directory, home.to_str().unwrap());
        let said =
            Command::new(&python).args(["-c", SCRIPT]).env_clear().envs(&environment).output().unwrap();
        let theirs: Json = serde_json::from_slice(&said.stdout)
            .unwrap_or_else(|_| panic!("{}: {}", directory.display(), String::from_utf8_lossy(&said.stderr)));
        let surroundings = Surroundings { environment: Arc::new(environment), ..Surroundings::default() };
        let mut diagnostics = Diagnostics::new();
        let config = ProviderModel::default();
        let cloud = configure(&config, &Host::default(), &surroundings, &mut diagnostics).unwrap();
        let ours = cloud.client().unwrap().credentials().credentials().await.unwrap();
        let ours = json!([ours.access_key_id(), ours.access_key_secret(), ours.security_token()]);
        assert_eq!(ours, theirs, "{}", directory.display());
        compared += 1;
    }
    assert!(compared >= 8, "only {compared} compared");
}
