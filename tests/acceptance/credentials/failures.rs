//! What is said when there are no credentials.

use std::path::Path;

use ecs_simulator::AccessKey;
use serde_json::json;

use super::{USER_ID, USER_SECRET, actors, arn, block, without_key, write_profiles};
use crate::harness::{Case, Nobody, words};

/// The only error of a plan must be that of `tests/golden/credentials/NAME.txt`, but for what differs from run to run;
/// `UPDATE_GOLDEN=1` writes it.
#[track_caller]
fn fails(case: &mut Case, name: &str) {
    let error = case.plan_fails().error();
    let detail = error.detail.replace(&case.home("").display().to_string(), "HOME/");
    let detail = detail.replace(&case.simulator.address().to_string(), "SIMULATOR");
    let ids = case.simulator.calls().into_iter().map(|call| call.request_id).filter(|id| !id.is_empty());
    let detail = ids.fold(detail, |detail, id| detail.replace(&id, "ID"));
    let text = format!("{}\n\n{}\n", error.summary, detail.trim_end());
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/credentials").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "{}", path.display());
}

#[test]
fn nothing_a_wrong_name_and_a_broken_file() {
    without_key(|case| {
        fails(case, "nothing");
        let key =
            |name: &str| json!({"name": name, "access_key_id": USER_ID, "access_key_secret": USER_SECRET});
        write_profiles(case, &[key("one"), key("two")]);
        block(case, "profile = \"three\"");
        fails(case, "profile-missing");
        let broken = "{\n  \"current\": \"a\",\n  \"profiles\": [{\"name\": \"a\" \"mode\": 1}]\n}\n";
        case.write_home(".aliyun/config.json", broken);
        fails(case, "profile-malformed");
        assert!(case.simulator.calls().is_empty(), "nobody was asked, with whatever key");
    });
}

#[test]
fn a_role_that_does_not_trust() {
    without_key(|case| {
        case.set_env("ALICLOUD_ACCESS_KEY", USER_ID);
        case.set_env("ALICLOUD_SECRET_KEY", USER_SECRET);
        let role = arn(case.simulator.account(), "role", "next");
        block(case, &format!("assume_role {{\n  role_arn = {role:?}\n}}"));
        fails(case, "role-refused");
        assert!(actors(case).is_empty(), "the user's own key was used instead");
    });
}

#[test]
fn no_metadata_service() {
    without_key(|case| {
        block(case, "ecs_role_name = \"machine\"");
        let nobody = Nobody::new();
        let address = nobody.address;
        case.set_env("ALICLOUD_ECS_METADATA_ENDPOINT", format!("http://{address}"));
        let error = case.plan_fails().error();
        let where_to = format!("The metadata service at http://{address} can't be reached");
        for part in [where_to.as_str(), "ALIBABA_CLOUD_ECS_METADATA_DISABLED=true"] {
            assert!(words(&error.detail).contains(part), "{error:#?}");
        }
    });
}

#[test]
fn a_key_and_a_login_that_ran_out() {
    without_key(|case| {
        let key = AccessKey::new("STS.that-ran-out", "temporary-secret", case.simulator.account());
        case.simulator.add_access_key(key.with_token("temporary-token").expires_in(-1));
        case.forbid("temporary-");
        for (name, value) in [
            ("ALICLOUD_ACCESS_KEY", "STS.that-ran-out"),
            ("ALICLOUD_SECRET_KEY", "temporary-secret"),
            ("ALICLOUD_SECURITY_TOKEN", "temporary-token"),
        ] {
            case.set_env(name, value);
        }
        fails(case, "key-ran-out");
        case.use_no_credentials();
        case.remove_env("ALICLOUD_SECURITY_TOKEN");

        let token = case.simulator.identity(|identity| {
            let token = identity.log_in_at_sso("1", "ac-1");
            identity.expire_sso_logins();
            token
        });
        write_profiles(
            case,
            &[json!({"name": "work", "mode": "CloudSSO", "access_token": token,
            "cloud_sso_sign_in_url": case.simulator.url(), "cloud_sso_account_id": "1",
            "cloud_sso_access_config": "ac-1", "cloud_sso_access_token_expire": 2_000_000_000})],
        );
        fails(case, "login-ran-out");
    });
}

#[test]
fn a_program_that_fails() {
    without_key(|case| {
        let command = format!("sh -c 'echo {USER_SECRET}; echo No ticket. >&2; exit 3'");
        write_profiles(case, &[json!({"name": "work", "mode": "External", "process_command": command})]);
        fails(case, "program-failed");
        case.set_env("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "1");
        fails(case, "program-forbidden");
    });
}
