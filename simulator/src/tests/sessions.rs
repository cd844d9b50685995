//! Roles, and the sessions that come of them.

use std::time::Duration;

use super::client::{Answer, call, parameters, post};
use crate::{AccessKey, Config, Fault, Role, Simulator};

const ROLE: &str = "acs:ram::2:role/deploy";
const PROVIDER: &str = "acs:ram::2:oidc-provider/ci";

/// With the role, and a user of the default account with the key `ann` whom it trusts.
fn start() -> Simulator {
    let sim = Simulator::start(Config::default()).unwrap();
    let account = sim.account().to_owned();
    sim.add_access_key(AccessKey::new("ann", "s", &account).of_user("ann"));
    sim.add_access_key(AccessKey::new("bob", "s", &account).of_user("bob"));
    sim.identity(|identity| {
        let ann = format!("acs:ram::{account}:user/ann");
        identity.add_role(Role::new(ROLE).trusting(&ann).trusting(PROVIDER));
        identity.add_role(Role::new("acs:ram::2:role/next").trusting(ROLE).with_external_id("x"));
    });
    sim
}

/// Parameters in place of the usual ones.
type Changes<'a> = &'a [(&'a str, &'a str)];

fn assume(sim: &Simulator, changes: Changes<'_>) -> Answer {
    let usual = [("AccessKeyId", "ann"), ("RoleArn", ROLE), ("RoleSessionName", "ci")];
    post(sim, &parameters(sim, "AssumeRole", &[&usual, changes].concat()), "s").unwrap()
}

/// Calls as a session.
fn as_session(
    sim: &Simulator,
    credentials: &serde_json::Value,
    action: &str,
    own: &[(&str, &str)],
) -> Answer {
    let text = |name: &str| credentials[name].as_str().unwrap();
    let key = [("AccessKeyId", text("AccessKeyId")), ("SecurityToken", text("SecurityToken"))];
    post(sim, &parameters(sim, action, &[&key, own].concat()), text("AccessKeySecret")).unwrap()
}

#[test]
fn a_session_acts_for_its_role_until_it_ends() {
    let sim = start();
    let answer = assume(&sim, &[]).json();
    assert_eq!(answer["AssumedRoleUser"]["Arn"], "acs:ram::2:role/deploy/ci");
    let credentials = &answer["Credentials"];
    assert!(credentials["AccessKeyId"].as_str().unwrap().starts_with("STS."), "{answer}");
    let identity = as_session(&sim, credentials, "GetCallerIdentity", &[]).json();
    assert_eq!(identity["Arn"], "acs:ram::2:assumed-role/deploy/ci");
    assert_eq!(identity["AccountId"], "2");
    let without = as_session(&sim, credentials, "GetCallerIdentity", &[("SecurityToken", "")]);
    assert_eq!(without.outcome(), (400, "MissingSecurityToken".into()));

    // A session may take a role that trusts its own.
    let next = [("RoleArn", "acs:ram::2:role/next"), ("RoleSessionName", "ci"), ("ExternalId", "x")];
    let next = as_session(&sim, credentials, "AssumeRole", &next);
    assert_eq!(next.outcome(), (200, String::new()));
    let arn = as_session(&sim, &next.json()["Credentials"], "GetCallerIdentity", &[]).json()["Arn"].clone();
    assert_eq!(arn, "acs:ram::2:assumed-role/next/ci");

    sim.identity(crate::Identity::expire_sessions);
    let late = as_session(&sim, credentials, "GetCallerIdentity", &[]);
    assert_eq!(late.outcome(), (400, "InvalidSecurityToken.Expired".into()));

    // Another's token, and the clock.
    let (one, two) = (assume(&sim, &[]).json(), assume(&sim, &[]).json());
    let mut mixed = one["Credentials"].clone();
    mixed["SecurityToken"] = two["Credentials"]["SecurityToken"].clone();
    let mixed = as_session(&sim, &mixed, "GetCallerIdentity", &[]);
    assert_eq!(mixed.outcome(), (400, "InvalidSecurityToken.MismatchWithAccessKey".into()));
    sim.identity(|identity| identity.set_session_lifetime(Some(Duration::from_secs(5))));
    let short = assume(&sim, &[]).json()["Credentials"].clone();
    assert_eq!(as_session(&sim, &short, "GetCallerIdentity", &[]).status, 200);
    sim.set_clock_offset(6);
    let late = as_session(&sim, &short, "GetCallerIdentity", &[]);
    assert_eq!(late.outcome(), (400, "InvalidSecurityToken.Expired".into()));
}

#[test]
fn a_role_is_not_for_everybody_nor_for_ever() {
    let sim = start();
    let long = "x".repeat(65);
    let cases: [(Changes<'_>, u16, &str); 12] = [
        (&[("AccessKeyId", "bob")], 403, "NoPermission"),
        (&[("RoleArn", "acs:ram::2:role/nobody")], 404, "EntityNotExist.Role"),
        (&[("RoleArn", "deploy")], 400, "InvalidParameter.RoleArn"),
        (&[("RoleArn", "")], 400, "MissingParameter"),
        (&[("RoleSessionName", "")], 400, "MissingParameter"),
        (&[("RoleSessionName", "a")], 400, "InvalidParameter.RoleSessionName"),
        (&[("RoleSessionName", "a b")], 400, "InvalidParameter.RoleSessionName"),
        (&[("RoleSessionName", &long)], 400, "InvalidParameter.RoleSessionName"),
        (&[("DurationSeconds", "899")], 400, "InvalidParameter.DurationSeconds"),
        (&[("DurationSeconds", "3601")], 400, "InvalidParameter.DurationSeconds"),
        (&[("Policy", "{")], 400, "InvalidParameter.PolicyGrammar"),
        (&[("Policy", "{}"), ("DurationSeconds", "900")], 200, ""),
    ];
    for (changes, status, code) in cases {
        assert_eq!(assume(&sim, changes).outcome(), (status, code.to_owned()), "{changes:?}");
    }
    let root = call(&sim, "AssumeRole", &[("RoleArn", ROLE), ("RoleSessionName", "ci")]);
    assert_eq!(root.outcome(), (403, "NoPermission".into()));

    sim.identity(|identity| {
        let role = Role::new(ROLE).trusting(&format!("acs:ram::{}:root", crate::DEFAULT_ACCOUNT));
        identity.add_role(role.with_external_id("x").with_longest_session(43_200));
    });
    let day = ("DurationSeconds", "43200");
    let cases: [(&[(&str, &str)], u16); 3] =
        [(&[day], 403), (&[day, ("ExternalId", "y")], 403), (&[day, ("ExternalId", "x")], 200)];
    for (changes, status) in cases {
        assert_eq!(assume(&sim, changes).status, status, "{changes:?}");
    }
}

#[test]
fn an_oidc_token_needs_no_key() {
    let sim = start();
    sim.identity(|identity| identity.add_oidc_token(PROVIDER, "token"));
    let call = |changes: &[(&str, &str)]| {
        let usual = [
            ("AccessKeyId", ""),
            ("RoleArn", ROLE),
            ("RoleSessionName", "ci"),
            ("OIDCProviderArn", PROVIDER),
            ("OIDCToken", "token"),
        ];
        let all = parameters(&sim, "AssumeRoleWithOIDC", &[&usual, changes].concat());
        post(&sim, &all, "").unwrap()
    };
    let good = call(&[]).json();
    assert_eq!(as_session(&sim, &good["Credentials"], "DescribeRegions", &[]).status, 200);
    sim.identity(|identity| identity.add_role(Role::new("acs:ram::2:role/other")));
    let cases: [(Changes<'_>, u16, &str); 5] = [
        (&[("OIDCToken", "tok")], 400, "InvalidParameter.OIDCToken"),
        (&[("OIDCToken", "another")], 400, "AuthenticationFail.OIDCToken.Invalid"),
        (&[("OIDCProviderArn", "acs:ram::2:oidc-provider/x")], 404, "EntityNotExist.OIDCProvider"),
        (&[("RoleArn", "acs:ram::2:role/other")], 403, "AuthenticationFail.NoPermission"),
        (&[("Timestamp", "2020-01-01T00:00:00Z")], 400, "InvalidTimeStamp.Expired"),
    ];
    for (changes, status, code) in cases {
        assert_eq!(call(changes).outcome(), (status, code.to_owned()), "{changes:?}");
    }
    sim.identity(crate::Identity::expire_oidc_tokens);
    assert_eq!(call(&[]).outcome(), (400, "AuthenticationFail.OIDCToken.Expired".into()));
}

#[test]
fn secrets_are_known_and_not_in_the_record() {
    let sim = start();
    sim.identity(|identity| identity.add_oidc_token(PROVIDER, "oidc-token"));
    let credentials = assume(&sim, &[]).json()["Credentials"].clone();
    let _ = as_session(&sim, &credentials, "DescribeRegions", &[]);
    let issued = sim.identity(|identity| identity.issued_secrets().to_vec());
    for secret in ["AccessKeySecret", "SecurityToken"] {
        assert!(issued.contains(&credentials[secret].as_str().unwrap().to_owned()), "{secret}");
    }
    let (record, signatures) = (format!("{:?}", sim.calls()), sim.signatures());
    assert_eq!(signatures.len(), 2);
    assert!(issued.iter().chain(&signatures).all(|secret| !record.contains(secret)), "{record}");
    sim.forget_calls();
    assert_eq!(sim.signatures(), signatures);
    // A fault before the change leaves no session behind.
    sim.fail(Fault::on("AssumeRole").once());
    assert_eq!(assume(&sim, &[]).status, 500);
    assert_eq!(sim.identity(|identity| identity.issued_secrets().len()), issued.len());
}
