//! The services that are told by their paths.

use super::client::{Answer, parameters, post, send};
use crate::{Config, Fault, Identity, Metadata, Simulator};

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

fn start() -> Simulator {
    Simulator::start(Config::default()).unwrap()
}

fn ask(sim: &Simulator, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n");
    send(sim, &format!("{head}{headers}\r\n{body}")).unwrap()
}

/// Who holds these credentials, by the names of their members.
fn arn(sim: &Simulator, answer: &serde_json::Value, names: [&str; 3]) -> String {
    let [id, secret, token] =
        names.map(|name| answer[name].as_str().unwrap_or_else(|| panic!("{name}: {answer}")));
    let own = [("AccessKeyId", id), ("SecurityToken", token)];
    let identity = post(sim, &parameters(sim, "GetCallerIdentity", &own), secret).unwrap().json();
    identity["Arn"].as_str().unwrap_or_else(|| panic!("{identity}")).to_owned()
}

const CAPITAL: [&str; 3] = ["AccessKeyId", "AccessKeySecret", "SecurityToken"];

#[test]
fn metadata_of_both_versions() {
    let sim = start();
    let set = |v1_forbidden, v2_absent| {
        let role = Some("acs:ram::2:role/machine".to_owned());
        sim.identity(|identity| identity.set_metadata(Metadata { role, v1_forbidden, v2_absent }));
    };
    let ttl = [("X-aliyun-ecs-metadata-token-ttl-seconds", "21600")];
    let token = |headers: &[(&str, &str)]| ask(&sim, "PUT", "/latest/api/token", headers, "");
    assert_eq!(ask(&sim, "GET", ROLES, &[], "").status, 404);

    set(true, false);
    assert_eq!(token(&[]).status, 400);
    let answer = token(&ttl);
    assert_eq!(answer.status, 200);
    let with = [("X-aliyun-ecs-metadata-token", answer.body.as_str())];
    let machine = format!("{ROLES}machine");
    let names = ask(&sim, "GET", ROLES, &with, "");
    assert_eq!((names.status, names.body.as_str()), (200, "machine"));
    let credentials = ask(&sim, "GET", &machine, &with, "").json();
    assert_eq!(credentials["Code"], "Success");
    assert_eq!(arn(&sim, &credentials, CAPITAL), "acs:ram::2:assumed-role/machine/i-simulated");
    let other = format!("{ROLES}other");
    let wrong = [("X-aliyun-ecs-metadata-token", "wrong")];
    for (path, headers, status) in [(&machine, &[][..], 403), (&machine, &wrong, 401), (&other, &with, 404)] {
        assert_eq!(ask(&sim, "GET", path, headers, "").status, status, "{path} {headers:?}");
    }

    set(false, true);
    assert_eq!(token(&ttl).status, 404);
    assert_eq!(ask(&sim, "GET", &machine, &[], "").status, 200);
    assert_eq!(
        (sim.count("metadata:token"), sim.count("metadata:roles"), sim.count("metadata:role")),
        (3, 2, 5)
    );
    assert_eq!(sim.calls()[0].status, Some(404));
}

#[test]
fn a_credentials_uri_is_for_whoever_asks() {
    let sim = start();
    let path = sim.credentials_uri();
    let path = path.strip_prefix(&sim.url()).unwrap();
    assert_eq!(ask(&sim, "GET", path, &[], "").status, 404);
    sim.identity(|identity| identity.set_credentials_uri_role(Some("acs:ram::2:role/pod")));
    let credentials = ask(&sim, "GET", path, &[], "").json();
    assert_eq!(arn(&sim, &credentials, CAPITAL), "acs:ram::2:assumed-role/pod/uri");
    // Faults are met here as anywhere.
    let fault = sim.fail(Fault::on("credentials:uri").refuse(503, "Busy", "Later."));
    let busy = ask(&sim, "GET", path, &[], "");
    assert_eq!((busy.status, busy.json()["Code"].as_str()), (503, Some("Busy")));
    fault.remove();
    sim.fail(Fault::on("credentials:uri").disconnect());
    assert!(send(&sim, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).map_or(true, |a| a.status == 0));
    assert_eq!(sim.count("credentials:uri"), 4);
}

#[test]
fn cloud_sso_knows_its_logins() {
    let sim = start();
    let token = sim.identity(|identity| identity.log_in_at_sso("2", "ac-1"));
    let ask = |token: &str, configuration: &str| {
        let body = format!("{{\"AccountId\": \"2\", \"AccessConfigurationId\": \"{configuration}\"}}");
        ask(&sim, "POST", "/cloud-credentials", &[("Authorization", &format!("Bearer {token}"))], &body)
    };
    let credentials = ask(&token, "ac-1").json()["CloudCredential"].clone();
    assert_eq!(arn(&sim, &credentials, CAPITAL), "acs:ram::2:assumed-role/aliyunreservedsso-ac-1/sso");
    assert_eq!(ask(&token, "ac-2").json()["ErrorCode"], "AccessDenied");
    assert_eq!(ask("wrong", "ac-1").status, 401);
    sim.identity(Identity::expire_sso_logins);
    assert_eq!(ask(&token, "ac-1").status, 401);
}

#[test]
fn oauth_refresh_tokens_are_good_once() {
    let sim = start();
    let first = sim.identity(|identity| identity.log_in_with_oauth("2"));
    let exchange =
        |token: &str| ask(&sim, "POST", "/v1/exchange", &[("Authorization", &format!("Bearer {token}"))], "");
    let renew = |token: &str| {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let token = crate::parameters::encode(token);
        let body = format!("grant_type=refresh_token&client_id=1&refresh_token={token}");
        ask(&sim, "POST", "/v1/token", &form, &body)
    };
    let names = ["accessKeyId", "accessKeySecret", "securityToken"];
    let credentials = exchange(&first.access_token).json();
    assert_eq!(arn(&sim, &credentials, names), "acs:ram::2:assumed-role/oauth-user/cli");
    sim.identity(Identity::expire_oauth_access);
    let late = exchange(&first.access_token);
    assert_eq!((late.status, late.json()["error"].as_str()), (400, Some("expired_token")));
    let second = renew(&first.refresh_token).json();
    assert_eq!(second["expires_in"], 10_800);
    assert_eq!(exchange(second["access_token"].as_str().unwrap()).status, 200);
    let again = renew(&first.refresh_token);
    assert_eq!((again.status, again.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(renew(second["refresh_token"].as_str().unwrap()).status, 200);
    let record = format!("{:?}", sim.calls());
    let issued = sim.identity(|identity| identity.issued_secrets().to_vec());
    assert!(issued.iter().all(|secret| !record.contains(secret)), "{record}");
}
