//! The admin API.

use serde_json::{Value, json};

use super::client::{Answer, call, parameters, post, send};
use crate::{Config, Denial, Instance, Role, Simulator};

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

#[test]
fn an_instance_has_every_documented_member() {
    let sim = Simulator::start(Config::default()).unwrap();
    let instance = r#"{"id": "i-1", "description": "d", "host_name": "web-1", "creation_time": "2026-02-03T04:05Z",
        "security_group_ids": ["sg-1", "sg-2"], "eip_address": "1.2.3.4", "tags": {"k": "v"}, "cpu": 4, "memory": 16384,
        "members": {"StoppedMode": "StopCharging"}}"#;
    let classic = r#"{"id": "i-2", "inner_ip_address": "10.0.0.9"}"#;
    for body in [instance, classic, r#"{"id": "i-3"}"#, r#"{"id": "i-4"}"#] {
        assert_eq!(admin(&sim, "POST", "instances", body).status, 200, "{body}");
    }
    let shown = call(&sim, "DescribeInstances", &[]).json();
    let shown = shown["Instances"]["Instance"].as_array().unwrap();
    let first = &shown[0];
    for (member, expected) in [
        ("Description", json!("d")),
        ("HostName", json!("web-1")),
        ("CreationTime", json!("2026-02-03T04:05Z")),
        ("SecurityGroupIds", json!({"SecurityGroupId": ["sg-1", "sg-2"]})),
        ("InnerIpAddress", json!({"IpAddress": []})),
        ("Tags", json!({"Tag": [{"TagKey": "k", "TagValue": "v"}]})),
        ("Cpu", json!(4)),
        ("Memory", json!(16384)),
        ("InstanceTypeFamily", json!("ecs.g7")),
        ("InstanceNetworkType", json!("vpc")),
        ("StoppedMode", json!("StopCharging")),
        ("OperationLocks", json!({"LockReason": []})),
    ] {
        assert_eq!(first[member], expected, "{member}");
    }
    assert_eq!(first["EipAddress"]["IpAddress"], "1.2.3.4");
    assert_eq!(first["NetworkInterfaces"]["NetworkInterface"][0]["PrimaryIpAddress"], "172.16.0.10");
    assert_eq!(shown[2]["HostName"], "iZ3Z");
    let private = |at: usize| &shown[at]["VpcAttributes"]["PrivateIpAddress"]["IpAddress"];
    assert_eq!(
        [private(0), private(2), private(3)].map(|it| it[0].clone()),
        ["172.16.0.10", "172.16.0.11", "172.16.0.12"]
    );
    assert_eq!((&shown[1]["InstanceNetworkType"], private(1)), (&json!("classic"), &json!([])));
    assert_eq!(shown[1]["InnerIpAddress"], json!({"IpAddress": ["10.0.0.9"]}));
    // One that is replaced keeps its address, and so do those of a world that is put back.
    admin(&sim, "POST", "instances", r#"{"id": "i-3", "name": "new"}"#);
    assert_eq!(sim.world(|world| world.instances["i-3"].private_ip.clone()), "172.16.0.11");
    let world = admin(&sim, "GET", "world", "").body;
    assert_eq!(admin(&sim, "PUT", "world", &world).status, 200);
    assert_eq!(sim.world(|world| world.instances["i-3"].private_ip.clone()), "172.16.0.11");
    admin(&sim, "PUT", "world", r#"{"instances": {"i-8": {"id": "i-8"}, "i-9": {"id": "i-9"}}}"#);
    let addresses: Vec<String> =
        sim.world(|world| world.instances.values().map(|it| it.private_ip.clone()).collect());
    assert_eq!(addresses, ["172.16.0.10", "172.16.0.11"]);
}

#[test]
fn users_and_roles_are_made_and_taken_away() {
    let sim = Simulator::start(Config {
        roles: vec![Role::new("acs:ram::1234567890123456:role/first")],
        ..Config::default()
    })
    .unwrap();
    let ann = r#"{"name": "ann", "access_key_id": "LTAIann", "access_key_secret": "s"}"#;
    let role = r#"{"name": "deploy", "trusted": ["user/ann"], "external_id": "x", "longest_session_seconds": 43200}"#;
    let token = r#"{"provider_arn": "acs:ram::1:oidc-provider/ci", "token": "token"}"#;
    let cases = [
        ("POST", "users", ann, 200),
        ("POST", "users", ann, 200),
        ("POST", "users?account=2", ann, 409),
        (
            "POST",
            "users",
            r#"{"name": "ann", "access_key_id": "LTAIsimulated", "access_key_secret": "s"}"#,
            409,
        ),
        ("POST", "users", r#"{"name": "", "access_key_id": "i", "access_key_secret": "s"}"#, 400),
        ("POST", "users", r#"{"name": "bob"}"#, 400),
        ("POST", "roles", role, 200),
        ("POST", "roles", r#"{"arn": "acs:ram::2:role/other"}"#, 200),
        ("POST", "roles", r#"{"name": "a/b"}"#, 400),
        ("POST", "roles", r#"{"name": "r", "trusted": ["ann"]}"#, 400),
        ("POST", "roles", r#"{"name": "r", "longest_session_seconds": 60}"#, 400),
        ("DELETE", "roles/nobody", "", 404),
        ("POST", "oidc-tokens", token, 200),
    ];
    for (method, path, body, status) in cases {
        let answer = admin(&sim, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
    }
    let users = admin(&sim, "GET", "users", "").json();
    let arn = "acs:ram::1234567890123456:user/ann";
    assert_eq!(users, json!([{"name": "ann", "arn": arn, "access_key_id": "LTAIann"}]));
    let roles = admin(&sim, "GET", "roles", "").json();
    let arns: Vec<_> = roles.as_array().unwrap().iter().map(|role| role["arn"].as_str().unwrap()).collect();
    let own = ["deploy", "first"].map(|name| format!("acs:ram::1234567890123456:role/{name}"));
    assert_eq!(arns, [&*own[0], &*own[1], "acs:ram::2:role/other"]);
    assert_eq!(roles[0]["trusted"], json!([arn]));
    assert_eq!(roles[2]["trusted"], json!(["acs:ram::2:root"]));

    let assume = |external_id: &str| {
        let own = [
            ("AccessKeyId", "LTAIann"),
            ("RoleArn", &own[0]),
            ("RoleSessionName", "ci"),
            ("DurationSeconds", "43200"),
            ("ExternalId", external_id),
        ];
        post(&sim, &parameters(&sim, "AssumeRole", &own), "s").unwrap()
    };
    assert_eq!(assume("x").outcome(), (200, String::new()));
    let refused = assume("y").json();
    assert_eq!((&refused["Code"], &refused["HostId"]), (&json!("NoPermission"), &json!("sts.aliyuncs.com")));
    assert!(refused["Recommend"].as_str().unwrap().contains("&product=Sts&"), "{refused}");

    assert_eq!(admin(&sim, "POST", "reset", "").status, 200);
    assert_eq!(admin(&sim, "GET", "roles", "").json()[0]["arn"], own[1].as_str());
    assert_eq!(admin(&sim, "DELETE", "roles/first", "").status, 200);
    assert_eq!(admin(&sim, "GET", "roles", "").json(), json!([]));
    assert_eq!(admin(&sim, "DELETE", "users/ann", "").status, 200);
    assert_eq!(admin(&sim, "DELETE", "users/ann", "").status, 404);
    assert_eq!(assume("x").outcome(), (404, "InvalidAccessKeyId.NotFound".into()));
}

#[test]
fn a_denied_list_of_instances_is_refused_or_as_before_empty() {
    let sim = Simulator::start(Config::default()).unwrap();
    sim.world(|world| {
        world.add_instance(Instance::new("cn-hangzhou", "i-1"));
        world.denials.push(Denial::of("DescribeInstances"));
        world.denials.push(Denial::of("GetCallerIdentity"));
    });
    let refused = call(&sim, "DescribeInstances", &[]);
    assert_eq!(refused.outcome(), (403, "Forbidden.RAM".into()));
    assert_eq!(refused.json()["AccessDeniedDetail"]["AuthAction"], "ecs:DescribeInstances");
    let of_sts = call(&sim, "GetCallerIdentity", &[]).json();
    assert_eq!(of_sts["AccessDeniedDetail"]["AuthAction"], "sts:GetCallerIdentity");

    assert_eq!(admin(&sim, "PUT", "settings", r#"{"denied_instances_are_empty": true}"#).status, 200);
    let empty = call(&sim, "DescribeInstances", &[]);
    assert_eq!((empty.status, &empty.json()["Instances"]["Instance"]), (200, &json!([])));
    let dry = call(&sim, "DescribeInstances", &[("DryRun", "true")]);
    assert_eq!(dry.outcome(), (403, "Forbidden.RAM".into()));
}
