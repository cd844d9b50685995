//! A profile of a login in a file, and what the services answer.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::alicloud::credentials::logins::{Given, Login, Mode};
use crate::alicloud::credentials::source::{NotLoaded, Source as _};
use crate::alicloud::testing::{Act, Script, answer, world};

/// 2016-02-23T12:46:24Z, when the clock of the tests starts.
pub(crate) const NOW: i64 = 1_456_231_584;

pub(crate) const END: &str = "2016-02-23T13:46:24Z";

/// A profile in a file, beside another one.
pub(crate) struct File(pub(crate) TempDir);

impl File {
    pub(crate) fn new(mode: Mode, changes: &[(&str, Value)]) -> Self {
        let profile = match mode {
            Mode::CloudSso => json!({
                "name": "p", "mode": "CloudSSO", "cloud_sso_sign_in_url": "https://signin.example.com/d/login",
                "cloud_sso_account_id": "12", "cloud_sso_access_config": "ac-1", "access_token": "access-1",
                "cloud_sso_access_token_expire": NOW + 3600,
            }),
            Mode::Oauth => json!({
                "name": "p", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": "access-1",
                "oauth_refresh_token": "refresh-1", "oauth_access_token_expire": NOW + 3600,
            }),
        };
        let Value::Object(mut profile) = profile else { panic!() };
        for (name, value) in changes {
            profile.insert((*name).to_owned(), value.clone());
        }
        let file = Self(tempfile::tempdir().unwrap());
        file.write(&json!({"current": "p", "profiles": [profile, {"name": "q", "unknown": [1]}], "else": 1}));
        file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("config.json")
    }

    pub(crate) fn write(&self, content: &Value) {
        std::fs::write(self.path(), content.to_string()).unwrap();
    }

    pub(crate) fn read(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path()).unwrap()).unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Value {
        self.read()["profiles"][0][name].clone()
    }

    pub(crate) fn login(&self, mode: Mode, script: &Script) -> Login {
        Login::new(&world(&[], script.clone()), mode, self.path(), "p".to_owned(), &Given::default())
    }
}

pub(crate) async fn id(login: &Login) -> Result<String, String> {
    match login.load().await {
        Ok(key) => Ok(key.access_key_id().to_owned()),
        Err(NotLoaded::Failed(error)) => Err(error.to_string()),
        Err(NotLoaded::Absent(why)) => panic!("{why}"),
    }
}

pub(crate) fn sso_session(id: &str) -> Act {
    let session =
        json!({"AccessKeyId": id, "AccessKeySecret": "s3cret", "SecurityToken": "t0ken", "Expiration": END});
    answer(200, &json!({"RequestId": "R", "CloudCredential": session}).to_string())
}

pub(crate) fn oauth_session(id: &str) -> Act {
    let session =
        json!({"accessKeyId": id, "accessKeySecret": "s3cret", "securityToken": "t0ken", "expiration": END});
    answer(200, &session.to_string())
}

pub(crate) fn tokens(number: u8) -> Act {
    let tokens = json!({
        "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "expires_in": 10_800, "token_type": "Bearer",
    });
    answer(200, &tokens.to_string())
}

pub(crate) fn kept(id: &str, left: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("access_key_id", json!(id)),
        ("access_key_secret", json!("s3cret")),
        ("sts_token", json!("t0ken")),
        ("sts_expiration", json!(NOW + left)),
    ]
}
