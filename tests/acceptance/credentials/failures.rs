//! What is said when there are no credentials.

use ecs_simulator::Identity;
use serde_json::json;

use super::{USER_ID, USER_SECRET, arn, block, without_key, write_profiles};
use crate::harness::Case;

/// The only error of a plan, without what differs from run to run.
#[track_caller]
fn error(case: &mut Case) -> String {
    let error = case.plan_fails().error();
    let detail = error.detail.replace(&case.home("").display().to_string(), "HOME/");
    let detail = detail.replace(&case.simulator.address().to_string(), "SIMULATOR");
    let ids = case.simulator.calls().into_iter().map(|call| call.request_id);
    let detail =
        ids.fold(detail, |detail, id| if id.is_empty() { detail } else { detail.replace(&id, "ID") });
    format!("{}\n\n{detail}", error.summary)
}

#[test]
fn print_them() {
    without_key(|case| {
        eprintln!("NOTHING\n{}\n", error(case));
        write_profiles(
            case,
            &[
                json!({"name": "one", "mode": "AK", "access_key_id": USER_ID, "access_key_secret": USER_SECRET}),
                json!({"name": "two"}),
            ],
        );
        block(case, "profile = \"three\"");
        eprintln!("MISSING PROFILE\n{}\n", error(case));
        let role = arn(case.simulator.account(), "role", "next");
        block(case, &format!("profile = \"one\"\nassume_role {{\n  role_arn = {role:?}\n}}"));
        eprintln!("ROLE REFUSED\n{}\n", error(case));
        case.write_home(
            ".aliyun/config.json",
            "{\n  \"current\": \"a\",\n  \"profiles\": [{\"name\": \"a\" \"mode\": 1}]\n}\n",
        );
        block(case, "");
        eprintln!("MALFORMED\n{}\n", error(case));
        block(case, "ecs_role_name = \"machine\"");
        case.set_env("ALICLOUD_ECS_METADATA_ENDPOINT", "http://127.0.0.1:9");
        eprintln!("METADATA\n{}\n", error(case));
        write_profiles(
            case,
            &[
                json!({"name": "x", "mode": "External", "process_command": "sh -c 'echo no ticket >&2; exit 3'"}),
            ],
        );
        block(case, "");
        eprintln!("EXTERNAL\n{}\n", error(case));
        let token = case.simulator.identity(|identity| identity.log_in_at_sso("1", "ac-1"));
        case.simulator.identity(Identity::expire_sso_logins);
        write_profiles(
            case,
            &[
                json!({"name": "x", "mode": "CloudSSO", "cloud_sso_sign_in_url": case.simulator.url(), "cloud_sso_account_id": "1", "cloud_sso_access_config": "ac-1", "access_token": token, "cloud_sso_access_token_expire": 2_000_000_000}),
            ],
        );
        eprintln!("SSO\n{}\n", error(case));
        case.set_env("ALICLOUD_ACCESS_KEY", "STS.abcdefgh");
        case.set_env("ALICLOUD_SECRET_KEY", "temporary-secret");
        case.set_env("ALICLOUD_SECURITY_TOKEN", "temporary-token");
        let key = ecs_simulator::AccessKey::new("STS.abcdefgh", "temporary-secret", "1");
        case.simulator.add_access_key(key.with_token("temporary-token").expires_in(-1));
        eprintln!("EXPIRED\n{}\n", error(case));
    });
}
