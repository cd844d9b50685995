//! The admin API.

use serde_json::Value;

use super::client::{Answer, call, send};
use crate::{Config, Simulator};

fn admin(sim: &Simulator, method: &str, path: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{method} /admin/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    send(sim, &request).unwrap()
}

#[test]
fn it_does_what_its_help_says() {
    let sim = Simulator::start(Config::default()).unwrap();
    let instance = r#"{"id": "i-1", "region": "cn-hangzhou", "zone": "cn-hangzhou-h"}"#;
    let world =
        r#"{"key_pairs": {"cn-hangzhou": {"k1": {"public_key": "ssh-rsa YWJj"}}}, "key_pair_quota": 7}"#;
    let fault =
        r#"{"action": "DescribeRegions", "times": 1, "effect": {"throttle": {"left_milliseconds": 5}}}"#;
    let settings = r#"{"latency_ms": 0, "rate_limits": {"DescribeKeyPairs": 0}, "rate_headers": false}"#;
    let cases = [
        ("PUT", "world", world, 200),
        ("POST", "instances", instance, 200),
        ("POST", "instances/i-1/bind", r#"{"key_pair_name": "k1"}"#, 200),
        ("POST", "instances/i-2/bind", r#"{"key_pair_name": "k1"}"#, 404),
        ("POST", "instances", "{}", 400),
        ("POST", "instances", r#"{"id": "i-3", "colour": "red"}"#, 400),
        ("POST", "faults", fault, 200),
        ("POST", "faults", r#"{"action": "A", "effect": "disconnect"}"#, 200),
        ("POST", "faults", r#"{"effect": "explode"}"#, 400),
        ("POST", "faults/2/release", "", 200),
        ("POST", "faults/9/release", "", 404),
        ("DELETE", "faults/2", "", 200),
        ("PUT", "settings", settings, 200),
        ("PUT", "settings", "nonsense", 400),
        ("GET", "nothing", "", 404),
    ];
    for (method, path, body, status) in cases {
        let answer = admin(&sim, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        assert!(serde_json::from_str::<Value>(&answer.body).is_ok(), "{answer:?}");
    }
    assert_eq!(admin(&sim, "GET", "", "").body, crate::ADMIN_HELP);
    assert_eq!(call(&sim, "DescribeRegions", &[]).outcome(), (400, "Throttling.User".into()));
    assert_eq!(call(&sim, "DescribeKeyPairs", &[]).outcome(), (400, "Throttling.User".into()));
    let bound = call(&sim, "DescribeInstances", &[("KeyPairName", "k1")]).json();
    assert_eq!(bound["Instances"]["Instance"][0]["ZoneId"], "cn-hangzhou-h");
    assert_eq!(admin(&sim, "GET", "faults", "").json()[0]["hits"], 1);
    assert_eq!(admin(&sim, "GET", "world", "").json()["key_pair_quota"], 7);
    assert_eq!(admin(&sim, "GET", "world?account=2", "").json()["key_pair_quota"], 500);
    let calls = admin(&sim, "GET", "calls", "").json();
    assert_eq!((calls.as_array().map(Vec::len), calls[0]["status"].as_u64()), (Some(3), Some(400)));
    assert_eq!(admin(&sim, "POST", "instances/i-1/unbind", "").status, 200);
    assert!(sim.world(|world| world.bound_instances("cn-hangzhou", "k1").is_empty()));
    assert_eq!(admin(&sim, "DELETE", "instances/i-1", "").status, 200);
    assert_eq!(admin(&sim, "DELETE", "instances/i-1", "").status, 404);
    assert_eq!(admin(&sim, "DELETE", "calls", "").status, 200);
    assert_eq!(sim.calls(), []);
    assert_eq!(admin(&sim, "DELETE", "faults", "").status, 200);
    assert_eq!(admin(&sim, "POST", "reset", "").status, 200);
    assert!(sim.world(|world| world.key_pairs.is_empty()));
}
