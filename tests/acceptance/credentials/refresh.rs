//! Sessions that end in the middle of an apply.

use ecs_simulator::{Fault, Identity};
use serde_json::json;

use super::{TOKEN, USER_ID, USER_SECRET, arn, block, without_key, write_profiles};
use crate::harness::Case;

const THREE: &str = r#"
resource "alicloud_key_pair" "k" {
  count         = 3
  key_pair_name = "web-${count.index}"
  public_key    = local.a
}
"#;

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-json", "-parallelism=1"];

/// Ends all sessions while the first key pair is being made.
#[track_caller]
fn apply_through_an_end(case: &mut Case, source: &str, session: &str) {
    case.write(THREE);
    let held = case.simulator.fail(Fault::on("ImportKeyPair").once().hold());
    let running = case.start(&APPLY);
    assert!(case.simulator.wait_for_call("ImportKeyPair", 1));
    let before = case.simulator.count(session);
    case.simulator.identity(Identity::expire_sessions);
    held.release();
    case.ended(running).succeeded();
    assert_eq!(case.names(), ["web-0", "web-1", "web-2"], "{source}");
    let calls = case.simulator.calls();
    assert!(
        calls.iter().any(|call| call.code.as_deref() == Some("InvalidSecurityToken.Expired")),
        "{source}: nothing was refused"
    );
    assert_eq!(case.simulator.count(session), before + 1, "{source}: one new session is enough");
    case.destroy().succeeded();
    case.simulator.forget_calls();
}

#[test]
fn a_session_that_the_service_ends_is_replaced_once_whatever_it_came_from() {
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let role = arn(&account, "role", "deploy");
        case.set_env("ALICLOUD_ACCESS_KEY", USER_ID);
        case.set_env("ALICLOUD_SECRET_KEY", USER_SECRET);
        block(case, &format!("assume_role {{\n  role_arn = {role:?}\n}}"));
        apply_through_an_end(case, "assume_role", "AssumeRole");
        case.use_no_credentials();

        block(case, "ecs_role_name = \"machine\"");
        apply_through_an_end(case, "ecs_role_name", "metadata:role");
        block(case, &format!("credentials_uri = {:?}", case.simulator.credentials_uri()));
        apply_through_an_end(case, "credentials_uri", "credentials:uri");
        let file = case.write_home("token", TOKEN);
        block(
            case,
            &format!(
                "assume_role_with_oidc {{\n  oidc_provider_arn = {:?}\n  role_arn = {role:?}\n  oidc_token_file = {file:?}\n}}",
                arn(&account, "oidc-provider", "ci")
            ),
        );
        apply_through_an_end(case, "assume_role_with_oidc", "AssumeRoleWithOIDC");

        let (sso, oauth) = case.simulator.identity(|identity| {
            (identity.log_in_at_sso(&account, "ac-1"), identity.log_in_with_oauth(&account))
        });
        let in_ten_years = 2_000_000_000;
        write_profiles(
            case,
            &[
                json!({"name": "sso", "mode": "CloudSSO", "cloud_sso_sign_in_url": case.simulator.url(),
                "cloud_sso_account_id": account, "cloud_sso_access_config": "ac-1", "access_token": sso,
                "cloud_sso_access_token_expire": in_ten_years}),
                json!({"name": "oauth", "mode": "OAuth", "oauth_site_type": "CN",
                "oauth_access_token": oauth.access_token, "oauth_refresh_token": oauth.refresh_token,
                "oauth_access_token_expire": in_ten_years}),
            ],
        );
        block(case, "profile = \"sso\"");
        apply_through_an_end(case, "CloudSSO", "sso:credentials");
        block(case, "profile = \"oauth\"");
        apply_through_an_end(case, "OAuth", "oauth:exchange");
        // What is destroyed at the end, is destroyed by a session of its own.
    });
}
