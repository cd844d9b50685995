//! What the gateway checks, and how it answers.

use std::io::Write as _;
use std::net::TcpStream;

use super::client::{Answer, call, parameters, post, send};
use crate::{AccessKey, Config, Denial, Simulator, clock};

fn start() -> Simulator {
    Simulator::start(Config::default()).unwrap()
}

/// A call with some parameters changed (`None`: left out).
fn changed(simulator: &Simulator, changes: &[(&str, Option<&str>)]) -> Answer {
    let mut all = parameters(simulator, "DescribeRegions", &[]);
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        all.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    post(simulator, &all, simulator.access_key_secret()).unwrap()
}

#[test]
fn each_wrong_parameter_has_its_code() {
    let sim = start();
    let at =
        |minutes: i64| clock::seconds(time::OffsetDateTime::now_utc() + time::Duration::minutes(minutes));
    let (early, late, nearly) = (at(-16), at(16), at(14));
    let cases: [(&str, Option<&str>, u16, &str); 18] = [
        ("Action", None, 400, "MissingAction"),
        ("Version", None, 400, "MissingVersion"),
        ("AccessKeyId", None, 400, "MissingAccessKeyId"),
        ("SignatureNonce", None, 400, "MissingSignatureNonce"),
        ("SignatureMethod", None, 400, "MissingSignatureMethod"),
        ("Timestamp", None, 400, "MissingTimestamp"),
        ("Action", Some("DescribeKeypairs"), 404, "InvalidAction.NotFound"),
        ("Version", Some("2014-05-27"), 400, "InvalidVersion"),
        ("Version", Some("2015-04-01"), 404, "InvalidAction.NotFound"),
        ("AccessKeyId", Some("LTAInobody"), 404, "InvalidAccessKeyId.NotFound"),
        ("SignatureMethod", Some("HMAC-MD5"), 400, "InvalidSignatureMethod"),
        ("SignatureVersion", Some("2.0"), 400, "InvalidSignatureVersion"),
        ("Timestamp", Some("2023-03-13 08:34:30"), 400, "InvalidTimeStamp.Format"),
        ("Timestamp", Some(&early), 400, "InvalidTimeStamp.Expired"),
        ("Timestamp", Some(&late), 400, "InvalidTimeStamp.Expired"),
        ("Timestamp", Some(&nearly), 200, ""),
        ("SecurityToken", Some("stray"), 400, "InvalidSecurityToken.Malformed"),
        ("Format", Some("json"), 200, ""),
    ];
    for (name, value, status, code) in cases {
        let answer = changed(&sim, &[(name, value)]);
        assert_eq!(answer.outcome(), (status, code.to_owned()), "{name} = {value:?}");
    }
    let error = changed(&sim, &[("AccessKeyId", Some("LTAInobody"))]).json();
    assert_eq!(error["HostId"], sim.address().to_string());
    assert!(error["Recommend"].as_str().unwrap().contains("q=InvalidAccessKeyId.NotFound&"), "{error}");
}

#[test]
fn a_nonce_is_good_once() {
    let sim = start();
    let all = parameters(&sim, "DescribeRegions", &[]);
    let again = || post(&sim, &all, sim.access_key_secret()).unwrap().outcome();
    assert_eq!(again(), (200, String::new()));
    assert_eq!(again(), (400, "SignatureNonceUsed".into()));
}

#[test]
fn access_keys_are_of_many_kinds() {
    let sim = start();
    sim.add_access_key(AccessKey::new("off", "s", "1").disabled());
    sim.add_access_key(AccessKey::new("STS.good", "s", "2").of_user("role").with_token("t"));
    sim.add_access_key(AccessKey::new("STS.old", "s", "2").with_token("t").expires_in(-1));
    sim.add_access_key(AccessKey::new("user", "s", "2").of_user("ann"));
    let as_key = |id: &str, token: &[(&str, &str)]| {
        let mut own = vec![("AccessKeyId", id)];
        own.extend_from_slice(token);
        post(&sim, &parameters(&sim, "GetCallerIdentity", &own), "s").unwrap()
    };
    let token = [("SecurityToken", "t")];
    assert_eq!(as_key("off", &[]).outcome(), (400, "InvalidAccessKeyId.Inactive".into()));
    assert_eq!(as_key("STS.good", &[]).outcome(), (400, "MissingSecurityToken".into()));
    let other = as_key("STS.good", &[("SecurityToken", "u")]);
    assert_eq!(other.outcome(), (400, "InvalidSecurityToken.MismatchWithAccessKey".into()));
    assert_eq!(as_key("STS.old", &token).outcome(), (400, "InvalidSecurityToken.Expired".into()));
    let identity = as_key("STS.good", &token).json();
    assert_eq!(
        (identity["AccountId"].as_str(), identity["IdentityType"].as_str()),
        (Some("2"), Some("AssumedRoleUser"))
    );
    assert_eq!(as_key("user", &[]).json()["Arn"], "acs:ram::2:user/ann");
    assert!(
        sim.calls().iter().all(|call| !format!("{call:?}").contains("\"t\"")),
        "a token is in the record"
    );
}

#[test]
fn accounts_do_not_see_each_other() {
    let sim = start();
    sim.add_access_key(AccessKey::new("other", "s", "2"));
    sim.world(|world| drop(world.add_key_pair("cn-hangzhou", "mine", "ssh-rsa YWJj").clone()));
    let seen = parameters(&sim, "DescribeKeyPairs", &[("AccessKeyId", "other")]);
    assert_eq!(post(&sim, &seen, "s").unwrap().json()["TotalCount"], 0);
    assert_eq!(call(&sim, "DescribeKeyPairs", &[]).json()["TotalCount"], 1);
    assert!(sim.world_of("2", |world| world.key_pairs.is_empty()));
}

#[test]
fn the_clock_can_be_off() {
    let sim = start();
    sim.set_clock_offset(-3600);
    let answer = call(&sim, "DescribeRegions", &[]);
    assert_eq!(answer.outcome(), (400, "InvalidTimeStamp.Expired".into()));
    // The date lets a client find out by how much.
    let hour_ago = clock::http_date(time::OffsetDateTime::now_utc() - time::Duration::hours(1));
    let date = answer.header("date").unwrap();
    assert_eq!(date.get(..14), hour_ago.get(..14), "{date}");
    sim.set_clock_offset(0);
    assert_eq!(call(&sim, "DescribeRegions", &[]).status, 200);
}

#[test]
fn calls_beyond_the_limit_are_throttled_until_the_next_window() {
    let sim = Simulator::start(Config {
        // Longer than any test takes.
        rate_window: std::time::Duration::from_hours(10_000),
        ..Config::default()
    })
    .unwrap();
    sim.set_rate_limit("DescribeKeyPairs", Some(2));
    let outcomes: Vec<u16> = (0..3).map(|_| call(&sim, "DescribeKeyPairs", &[]).status).collect();
    assert_eq!(outcomes, [200, 200, 400]);
    let throttled = call(&sim, "DescribeKeyPairs", &[]);
    assert_eq!(throttled.outcome(), (400, "Throttling.User".into()));
    assert!(throttled.header("x-ratelimit-user-api").unwrap().starts_with("Limit:2,Remain:0,TimeLeft:"));
    sim.set_rate_headers(false);
    assert_eq!(call(&sim, "DescribeKeyPairs", &[]).header("x-ratelimit-user-api"), None);
    assert_eq!(call(&sim, "DescribeRegions", &[]).status, 200);
}

#[test]
fn ram_denies_by_action_and_by_name() {
    let sim = start();
    sim.world(|world| {
        world.add_key_pair("cn-hangzhou", "a", "ssh-rsa YWJj");
        world.add_instance(crate::Instance::new("cn-hangzhou", "i-1"));
        world.denials = vec![
            Denial::on("DeleteKeyPairs", "a"),
            Denial::of("TagResources"),
            Denial::of("DescribeInstances"),
        ];
    });
    let delete = |names| call(&sim, "DeleteKeyPairs", &[("KeyPairNames", names)]);
    let denied = delete(r#"["b","a"]"#);
    assert_eq!(denied.outcome(), (403, "Forbidden.RAM".into()));
    assert_eq!(denied.json()["AccessDeniedDetail"]["AuthAction"], "ecs:DeleteKeyPairs");
    assert_eq!(delete(r#"["b"]"#).status, 200);
    assert_eq!(call(&sim, "TagResources", &[]).outcome(), (403, "Forbidden.RAM".into()));

    assert_eq!(call(&sim, "DescribeInstances", &[]).outcome(), (403, "Forbidden.RAM".into()));
    // As it was before, the list is empty; only a dry run tells why.
    sim.world(|world| world.denied_instances_are_empty = true);
    let list = call(&sim, "DescribeInstances", &[]);
    assert_eq!((list.status, list.json()["TotalCount"].as_u64()), (200, Some(0)));
    let dry = || call(&sim, "DescribeInstances", &[("DryRun", "true")]).outcome();
    assert_eq!(dry(), (403, "Forbidden.RAM".into()));
    sim.world(|world| world.denials.clear());
    assert_eq!(dry(), (400, "DryRunOperation".into()));
    assert_eq!(call(&sim, "DescribeInstances", &[]).json()["TotalCount"], 1);
}

#[test]
fn xml_is_what_comes_when_nothing_is_asked_for() {
    let sim = start();
    let answer = changed(&sim, &[("Format", None)]);
    assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
    assert!(
        answer.body.starts_with("<?xml version='1.0' encoding='UTF-8'?><DescribeRegionsResponse>"),
        "{answer:?}"
    );
    let answer = changed(&sim, &[("Format", None), ("AccessKeyId", Some("nobody"))]);
    assert!(answer.body.contains("<Error><Code>InvalidAccessKeyId.NotFound</Code>"), "{answer:?}");
}

#[test]
fn no_request_breaks_it() {
    let sim = start();
    let nonsense = [
        "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        "DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /?%ff=%zz&&=&Tag.99999999999999999999.Key=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nAuthorization: ACS3-HMAC-SHA256 =,,Credential\r\nConnection: close\r\n\r\n",
        "\u{1}\u{2}\r\n\r\n",
    ];
    for request in nonsense {
        // Whatever it answers, if at all, it must go on.
        drop(send(&sim, request));
    }
    // One that breaks off, and one that is too large.
    let mut stream = TcpStream::connect(sim.address()).unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\nAction=").unwrap();
    drop(stream);
    let large =
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n{}", "x".repeat(2_000_000));
    assert!(send(&sim, &large).map_or(true, |answer| answer.status == 0));
    assert_eq!(call(&sim, "DescribeRegions", &[]).status, 200);
}
