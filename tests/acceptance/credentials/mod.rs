//! Every source of credentials, with the real host and the services of the simulator.

mod failures;
mod parity;
mod refresh;
mod renewal;
mod sources;

use std::collections::BTreeSet;

use ecs_simulator::{AccessKey, Metadata, Role};
use serde_json::{Value, json};

use crate::harness::{Case, REGION, acceptance};

const USER_ID: &str = "LTAIuser000001";
const USER_SECRET: &str = "secret-of-ann";
const TOKEN: &str = "eyJ-a-token-of-the-pipeline";

/// Something that needs the cloud, and is soon done.
const LOOK: &str = "data \"alicloud_key_pairs\" \"all\" {\n}\n";

fn arn(account: &str, kind: &str, name: &str) -> String {
    format!("acs:ram::{account}:{kind}/{name}")
}

/// Runs a test without credentials in the environment, in a cloud with a user, roles that trust it, and all the
/// services that hand out sessions.
fn without_key(test: impl FnOnce(&mut Case)) {
    acceptance(|case| {
        case.use_no_credentials();
        let account = case.simulator.account().to_owned();
        let of = |kind: &str, name: &str| arn(&account, kind, name);
        case.simulator.add_access_key(AccessKey::new(USER_ID, USER_SECRET, &account).of_user("ann"));
        case.simulator.identity(|identity| {
            identity.add_role(
                Role::new(&of("role", "deploy"))
                    .trusting(&of("user", "ann"))
                    .trusting(&of("role", "machine"))
                    .trusting(&of("oidc-provider", "ci")),
            );
            identity.add_role(
                Role::new(&of("role", "next")).trusting(&of("role", "deploy")).with_external_id("x"),
            );
            identity.add_oidc_token(&of("oidc-provider", "ci"), TOKEN);
            identity.set_metadata(Metadata { role: Some(of("role", "machine")), ..Metadata::default() });
            identity.set_credentials_uri_role(Some(&of("role", "pod")));
        });
        case.set_env("ALICLOUD_ECS_METADATA_ENDPOINT", case.simulator.url());
        case.set_env("ALICLOUD_OAUTH_ENDPOINT", case.simulator.url());
        case.forbid(USER_SECRET);
        block(case, "");
        case.write(LOOK);
        test(case);
    });
}

/// Writes a provider block with these arguments.
fn block(case: &Case, arguments: &str) {
    case.set_provider(&body(case, arguments));
}

/// What is in a provider block with these arguments.
fn body(case: &Case, arguments: &str) -> String {
    format!("region = {REGION:?}\n{}{arguments}\n", case.endpoints())
}

/// Writes the file of the official command line, with these profiles; the first one is the current one.
fn write_profiles(case: &Case, profiles: &[Value]) {
    let file = json!({"current": profiles[0]["name"], "profiles": profiles, "meta_path": ""});
    case.write_home(".aliyun/config.json", &format!("{file:#}"));
}

/// A profile of each mode, named like it, with who calls by it. The first one has a key of its own.
fn profiles(case: &mut Case) -> Vec<(String, Value)> {
    let account = case.simulator.account().to_owned();
    let (deploy, next) = (arn(&account, "role", "deploy"), arn(&account, "role", "next"));
    let (sso, oauth) = case.simulator.identity(|identity| {
        (identity.log_in_at_sso(&account, "ac-1"), identity.log_in_with_oauth(&account))
    });
    let temporary = AccessKey::new("STS.temporary", "temporary-secret", &account);
    case.simulator.add_access_key(temporary.of_user("someone").with_token("temporary-token"));
    case.forbid("temporary-");
    let token_file = case.write_home("token", TOKEN).display().to_string();
    let script = case.write_home(
        "get key.sh",
        &format!(
            "printf '{{\"mode\": \"AK\", \"access_key_id\": \"%s\", \"access_key_secret\": \"%s\"}}' \"$1\" {USER_SECRET}\n"
        ),
    );
    let in_ten_years = 2_000_000_000;
    let profile = |mode: &str, actor: &str, fields: Value| {
        let mut profile = json!({"name": mode, "mode": mode, "region_id": REGION, "output_format": "json"});
        for (name, value) in fields.as_object().unwrap() {
            profile[name] = value.clone();
        }
        (actor.to_owned(), profile)
    };
    vec![
        profile("AK", USER_ID, json!({"access_key_id": USER_ID, "access_key_secret": USER_SECRET})),
        profile(
            "StsToken",
            "STS.temporary",
            json!({"access_key_id": "STS.temporary", "access_key_secret": "temporary-secret",
                "sts_token": "temporary-token"}),
        ),
        profile(
            "RamRoleArn",
            "deploy/cli",
            json!({"access_key_id": USER_ID, "access_key_secret": USER_SECRET, "ram_role_arn": deploy,
                "ram_session_name": "cli", "expired_seconds": 900}),
        ),
        profile("EcsRamRole", "machine/i-simulated", json!({"ram_role_name": "machine"})),
        profile(
            "RamRoleArnWithRoleName",
            "deploy/both",
            json!({"ram_role_name": "machine", "ram_role_arn": deploy, "ram_session_name": "both"}),
        ),
        profile(
            "ChainableRamRoleArn",
            "next/chain",
            json!({"source_profile": "RamRoleArn", "ram_role_arn": next, "external_id": "x",
                "ram_session_name": "chain", "expired_seconds": 900}),
        ),
        profile(
            "OIDC",
            "deploy/oidc",
            json!({"oidc_provider_arn": arn(&account, "oidc-provider", "ci"), "oidc_token_file": token_file,
                "ram_role_arn": deploy, "ram_session_name": "oidc", "expired_seconds": 900}),
        ),
        profile(
            "External",
            USER_ID,
            json!({"process_command": format!("sh '{}' {USER_ID}", script.display())}),
        ),
        profile("CredentialsURI", "pod/uri", json!({"credentials_uri": case.simulator.credentials_uri()})),
        profile(
            "CloudSSO",
            "aliyunreservedsso-ac-1/sso",
            json!({"cloud_sso_sign_in_url": format!("{}/login", case.simulator.url()),
                "cloud_sso_account_id": account, "cloud_sso_access_config": "ac-1", "access_token": sso,
                "cloud_sso_access_token_expire": in_ten_years}),
        ),
        profile(
            "OAuth",
            "oauth-user/cli",
            json!({"oauth_site_type": "INTL", "oauth_access_token": oauth.access_token,
                "oauth_refresh_token": oauth.refresh_token, "oauth_access_token_expire": in_ten_years}),
        ),
    ]
}

/// Who has called ECS since the calls were last forgotten: access keys of users by their ids, those of sessions by
/// `ROLE/SESSION`.
fn actors(case: &Case) -> Vec<String> {
    let calls = case.simulator.calls();
    let ids: BTreeSet<_> =
        calls.iter().filter(|it| it.version == "2014-05-26").map(|it| &it.access_key_id).collect();
    ids.into_iter().map(|id| actor(case, id)).collect()
}

/// Whose an access key is, in the same words.
fn actor(case: &Case, id: &str) -> String {
    let arn = case.simulator.identity(|identity| identity.session_arn(id));
    arn.map_or_else(|| id.to_owned(), |arn| arn.rsplit_once(":assumed-role/").unwrap().1.to_owned())
}

/// Plans, and tells who has called ECS.
#[track_caller]
fn look(case: &mut Case) -> Vec<String> {
    case.simulator.forget_calls();
    case.run(&["plan", "-json"]).succeeded();
    actors(case)
}
