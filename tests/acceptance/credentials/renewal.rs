//! Tokens that are good once, and several processes that need them.

use ecs_simulator::{Fault, Identity};
use serde_json::{Value, json};

use super::{actors, block, look, without_key, write_profiles};
use crate::harness::{Case, process};

fn profile(case: &Case) -> Value {
    let text = std::fs::read_to_string(case.home(".aliyun/config.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["profiles"][0].clone()
}

#[test]
fn processes_that_run_side_by_side_renew_an_oauth_login_once() {
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let login = case.simulator.identity(|identity| identity.log_in_with_oauth(&account));
        case.simulator.identity(Identity::expire_oauth_access);
        write_profiles(
            case,
            &[
                json!({"name": "me", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": login.access_token,
                "oauth_refresh_token": login.refresh_token, "oauth_access_token_expire": 1, "a-key-of-others": {"b": [1]},
                "oauth_refresh_token_expire": 2_000_000_000}),
            ],
        );
        block(case, "");
        let plan = ["plan", "-json", "-lock=false"];
        let running: Vec<_> = (0..3).map(|_| case.start(&plan)).collect();
        for run in running {
            case.ended(run).succeeded();
        }
        assert_eq!(actors(case), ["oauth-user/cli"]);
        assert_eq!(case.simulator.count("oauth:token"), 1);
        assert_eq!(
            case.simulator.count("oauth:exchange"),
            1,
            "the others use the session that the first one got"
        );
        let now = profile(case);
        assert_ne!(now["oauth_refresh_token"], login.refresh_token.as_str());
        assert_eq!(
            (&now["a-key-of-others"], &now["oauth_refresh_token_expire"]),
            (&json!({"b": [1]}), &json!(2_000_000_000))
        );
        assert!(now["access_key_id"].as_str().unwrap().starts_with("STS."));

        // Another run goes on with that session, and later ones with the tokens.
        assert_eq!(look(case), ["oauth-user/cli"]);
        assert_eq!((case.simulator.count("oauth:token"), case.simulator.count("oauth:exchange")), (0, 0));
        case.simulator.identity(Identity::expire_sessions);
        assert_eq!(look(case), ["oauth-user/cli", "oauth-user/cli"]);
        assert_eq!((case.simulator.count("oauth:token"), case.simulator.count("oauth:exchange")), (0, 1));
        case.simulator.identity(Identity::expire_oauth_access);
        case.simulator.identity(Identity::expire_sessions);
        look(case);
        assert_eq!((case.simulator.count("oauth:token"), case.simulator.count("oauth:exchange")), (1, 2));
    });
}

/// The provider's clock for its last work begins when the answer is already there, so that all that is left is to read it
/// and to write a file: the machine would have to be busy enough to take most of a second for that. How long the process
/// waits for an answer that is still to come is shown beside what waits.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_while_an_oauth_login_is_renewed_loses_no_token() {
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let login = case.simulator.identity(|identity| identity.log_in_with_oauth(&account));
        case.simulator.identity(Identity::expire_oauth_access);
        write_profiles(
            case,
            &[
                json!({"name": "me", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": login.access_token,
                "oauth_refresh_token": login.refresh_token, "oauth_access_token_expire": 1}),
            ],
        );
        block(case, "");
        let fault = case.simulator.fail(Fault::on("oauth:token").hold().after_change());
        let mut running = case.start(&["plan", "-no-color"]);
        assert!(fault.wait_for_hit());
        let mut providers = process::started_with(&case.temporary());
        providers.retain(|(_, name)| name.contains("terraform-provider-alicloud"));
        assert!(!providers.is_empty());
        let signal_providers = |name: &str| {
            for (pid, _) in &providers {
                process::signal(name, i64::from(*pid));
            }
        };
        signal_providers("STOP");
        running.signal_group("INT");
        running.wait_for_line("Gracefully shutting down");
        fault.remove();
        let answered = case.simulator.wait_until_idle();
        signal_providers("CONT");
        assert!(answered);
        case.ended(running).failed();

        let now = profile(case);
        assert_ne!(now["oauth_refresh_token"], login.refresh_token.as_str());
        assert_eq!(case.simulator.count("oauth:token"), 1);
        assert_eq!(look(case), ["oauth-user/cli"], "nobody has to log in again");
        assert_eq!(case.simulator.count("oauth:token"), 0);
    });
}

#[test]
fn a_cloud_sso_session_is_shared_between_runs() {
    without_key(|case| {
        let account = case.simulator.account().to_owned();
        let token = case.simulator.identity(|identity| identity.log_in_at_sso(&account, "ac-1"));
        write_profiles(
            case,
            &[json!({"name": "me", "mode": "CloudSSO", "cloud_sso_sign_in_url": case.simulator.url(),
                "cloud_sso_account_id": account, "cloud_sso_access_config": "ac-1", "access_token": token,
                "cloud_sso_access_token_expire": 2_000_000_000})],
        );
        block(case, "");
        for sessions in [1, 0] {
            assert_eq!(look(case), ["aliyunreservedsso-ac-1/sso"]);
            assert_eq!(case.simulator.count("sso:credentials"), sessions);
        }
        case.simulator.identity(Identity::expire_sso_logins);
        assert_eq!(look(case), ["aliyunreservedsso-ac-1/sso"], "the session outlives the login");
    });
}
