//! Sessions that end in the middle of an apply.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ecs_simulator::{AccessKey, Fault, Identity};
use serde_json::json;

use super::{TOKEN, USER_ID, USER_SECRET, arn, block, body, profiles, without_key, write_profiles};
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

/// How long sessions last before the middle of the apply. Long enough for a process to be begun and a session to be got
/// on a busy machine, since one that has run out when it arrives is an error.
const LIFE: Duration = Duration::from_secs(30);

/// The sources that refresh, by the names of the providers here, with their provider blocks.
fn refreshing_sources(case: &Case) -> Vec<(&'static str, String)> {
    let account = case.simulator.account();
    let role = arn(account, "role", "deploy");
    let provider = arn(account, "oidc-provider", "ci");
    let token = case.home("token").display().to_string();
    let profile = |mode: &str| format!("profile = {mode:?}");
    vec![
        ("assume_role", format!("profile = \"AK\"\nassume_role {{\n  role_arn = {role:?}\n}}")),
        ("profile_role", profile("RamRoleArn")),
        ("profile_chain", profile("ChainableRamRoleArn")),
        ("profile_role_of_machine", profile("RamRoleArnWithRoleName")),
        ("machine", "ecs_role_name = \"machine\"".to_owned()),
        ("profile_machine", profile("EcsRamRole")),
        (
            "oidc",
            format!(
                "assume_role_with_oidc {{\n  oidc_provider_arn = {provider:?}\n  role_arn = {role:?}\n  \
                 oidc_token_file = {token:?}\n}}"
            ),
        ),
        ("profile_oidc", profile("OIDC")),
        ("uri", format!("credentials_uri = {:?}", case.simulator.credentials_uri())),
        ("profile_uri", profile("CredentialsURI")),
        ("external", profile("temporary")),
        ("sso", profile("CloudSSO")),
        ("oauth", profile("OAuth")),
    ]
}

/// A program that notes each of its runs, and gives a key that runs out after `LIFE`; another one, for longer, as soon
/// as there is a file `later` in its directory.
fn program(case: &mut Case) -> String {
    for name in ["sooner", "later"] {
        let (secret, token) = (format!("printed-secret-{name}"), format!("printed-token-{name}"));
        let key = AccessKey::new(&format!("STS.{name}"), &secret, case.simulator.account());
        case.simulator.add_access_key(key.of_user("printed").with_token(&token));
    }
    case.forbid("printed-");
    let (directory, life) = (case.home("").display().to_string(), LIFE.as_secs());
    let script = format!(
        "cd '{directory}'\n\
         echo run >> runs\n\
         when=sooner life={life}\n\
         if [ -e later ]; then when=later life=3600; fi\n\
         form=+%Y-%m-%dT%H:%M:%SZ\n\
         end=$(date -u -d \"+$life seconds\" $form 2> /dev/null || date -u -v \"+${{life}}S\" $form)\n\
         printf '{{\"mode\": \"StsToken\", \"access_key_id\": \"STS.%s\", \"access_key_secret\": \"printed-secret-%s\", \
         \"sts_token\": \"printed-token-%s\", \"expiration\": \"%s\"}}' $when $when $when \"$end\"\n"
    );
    format!("sh '{}'", case.write_home("printed.sh", &script).display())
}

fn runs_of_program(case: &Case) -> usize {
    std::fs::read_to_string(case.home("runs")).unwrap_or_default().lines().count()
}

#[test]
fn sessions_that_run_out_in_the_middle_of_an_apply_are_replaced_before_the_service_says_so() {
    without_key(|case| {
        let mut named: Vec<_> = profiles(case).into_iter().map(|(_, profile)| profile).collect();
        named.push(json!({"name": "temporary", "mode": "External", "process_command": program(case)}));
        write_profiles(case, &named);
        let sources = refreshing_sources(case);
        // Of each source, a provider with two key pairs, the second one after the first one.
        let mut configuration = String::new();
        for (name, arguments) in &sources {
            let provider = body(case, &format!("client_read_timeout = 600000\n{arguments}"));
            let _ = write!(configuration, "provider \"alicloud\" {{\nalias = {name:?}\n{provider}}}\n");
            for (which, after) in
                [("first", String::new()), ("second", format!("alicloud_key_pair.{name}_first"))]
            {
                let _ = write!(
                    configuration,
                    "resource \"alicloud_key_pair\" \"{name}_{which}\" {{\n  provider = alicloud.{name}\n  \
                     key_pair_name = \"{name}-{which}\"\n  public_key = local.a\n  depends_on = [{after}]\n}}\n"
                );
            }
        }
        case.write(&configuration);

        case.simulator.identity(|identity| identity.set_session_lifetime(Some(LIFE)));
        let all = u32::try_from(sources.len()).unwrap();
        let held = case.simulator.fail(Fault::on("ImportKeyPair").times(all).hold());
        let running = case.start(&["apply", "-auto-approve", "-json", "-parallelism=32"]);
        assert!(case.simulator.wait_for_call("ImportKeyPair", sources.len()), "{:?}", case.simulator.calls());
        // All have their session by now, and nobody asks for another one while these calls are held. The clock that
        // ends them is that of the machine; whoever comes late finds nothing else.
        std::thread::sleep(LIFE);
        let before = case.simulator.calls();
        let runs = runs_of_program(case);
        case.write_home("later", "");
        case.simulator.identity(|identity| identity.set_session_lifetime(None));
        held.release();
        case.ended(running).succeeded();

        let calls = case.simulator.calls().split_off(before.len());
        let refused: Vec<_> = calls.iter().filter(|call| call.code.is_some()).collect();
        assert!(refused.is_empty(), "{refused:?}");
        let keys: BTreeMap<_, _> = before
            .iter()
            .chain(&calls)
            .filter(|call| call.action == "ImportKeyPair")
            .map(|call| (call.parameters["KeyPairName"].as_str(), call.access_key_id.as_str()))
            .collect();
        for (name, _) in &sources {
            let [first, second] = ["first", "second"].map(|which| keys[format!("{name}-{which}").as_str()]);
            assert_ne!(first, second, "{name}");
        }
        // One new session of each, and where one stands on another, of both.
        let count = |action: &str| calls.iter().filter(|call| call.action == action).count();
        for (action, sessions) in [
            ("AssumeRole", 5),
            ("AssumeRoleWithOIDC", 2),
            ("metadata:role", 3),
            ("credentials:uri", 2),
            ("sso:credentials", 1),
            ("oauth:exchange", 1),
            ("oauth:token", 0),
        ] {
            assert_eq!(count(action), sessions, "{action}");
        }
        assert_eq!(runs_of_program(case), runs + 1);
        case.destroy().succeeded();
    });
}
