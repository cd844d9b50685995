//! What each operation does and refuses.

use super::client::{call, parameters, post};
use crate::{Config, Instance, Simulator};

const KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB you@host";
const REGION: &str = "cn-hangzhou";

fn start() -> Simulator {
    Simulator::start(Config::default()).unwrap()
}

#[test]
fn a_key_pair_lives_its_life() {
    let sim = start();
    let own = [("KeyPairName", "deploy"), ("PublicKeyBody", KEY), ("Tag.1.Key", "a"), ("Tag.1.Value", "1")];
    let answer = call(&sim, "ImportKeyPair", &own);
    assert_eq!(answer.outcome(), (200, String::new()), "{answer:?}");
    assert_eq!(answer.json()["KeyPairName"], "deploy");
    assert_eq!(answer.header("x-acs-request-id"), answer.json()["RequestId"].as_str());
    assert_eq!(call(&sim, "ImportKeyPair", &own).outcome(), (400, "KeyPair.AlreadyExist".into()));

    let one = [("ResourceType", "keypair"), ("ResourceId.1", "deploy")];
    let tag = [one[0], one[1], ("Tag.1.Key", "b"), ("Tag.1.Value", "2")];
    assert_eq!(call(&sim, "TagResources", &tag).status, 200);
    assert_eq!(call(&sim, "UntagResources", &[one[0], one[1], ("TagKey.1", "a")]).status, 200);
    let join = [one[0], ("ResourceId", "deploy"), ("ResourceGroupId", "rg-other")];
    assert_eq!(call(&sim, "JoinResourceGroup", &join).status, 200);
    assert_eq!(
        call(&sim, "JoinResourceGroup", &join).outcome(),
        (403, "InvalidResourceGroup.Duplicate".into())
    );

    let seen =
        call(&sim, "DescribeKeyPairs", &[("KeyPairName", "deploy"), ("IncludePublicKey", "true")]).json();
    let pair = &seen["KeyPairs"]["KeyPair"][0];
    assert_eq!((pair["PublicKey"].as_str(), pair["ResourceGroupId"].as_str()), (Some(KEY), Some("rg-other")));
    assert_eq!(pair["Tags"]["Tag"].to_string(), r#"[{"TagKey":"b","TagValue":"2"}]"#);
    assert_eq!(pair["CreationTime"].as_str().map(str::len), Some("2023-09-04T08:33Z".len()));

    for _ in 0..2 {
        // The second time there is nothing left to delete, which is no error.
        assert_eq!(call(&sim, "DeleteKeyPairs", &[("KeyPairNames", r#"["deploy"]"#)]).status, 200);
    }
    assert!(sim.world(|world| world.key_pair(REGION, "deploy").is_none()));
    let changed: Vec<bool> = sim
        .calls()
        .into_iter()
        .filter(|call| call.action == "DeleteKeyPairs")
        .map(|call| call.changed)
        .collect();
    assert_eq!(changed, [true, false]);
}

#[test]
fn a_bound_key_pair_is_not_deleted() {
    let sim = start();
    sim.world(|world| {
        world.add_key_pair(REGION, "bound", KEY);
        world.add_key_pair(REGION, "free", KEY);
        world.add_instance(Instance::new(REGION, "i-1").bound_to("bound"));
    });
    let delete = [("KeyPairNames", r#"["free","bound"]"#)];
    let refused = (400, "InvalidParameter.KeypairAlreadyAttachedInstance".into());
    assert_eq!(call(&sim, "DeleteKeyPairs", &delete).outcome(), refused);
    assert_eq!(sim.world(|world| world.key_pair_names(REGION)), ["bound", "free"]);
    let bound = call(&sim, "DescribeInstances", &[("KeyPairName", "bound")]).json();
    assert_eq!(bound["Instances"]["Instance"][0]["InstanceId"], "i-1");
    sim.world(|world| world.unbind("i-1"));
    assert_eq!(call(&sim, "DeleteKeyPairs", &delete).status, 200);
}

#[test]
fn a_wrong_signature_is_refused_and_says_what_was_signed() {
    let sim = start();
    let own = parameters(&sim, "GetCallerIdentity", &[]);
    let answer = post(&sim, &own, "wrong").unwrap();
    assert_eq!(answer.outcome(), (400, "SignatureDoesNotMatch".into()));
    assert!(answer.json()["Message"].as_str().unwrap().contains("POST&%2F&AccessKeyId%3D"), "{answer:?}");
    assert_eq!(call(&sim, "GetCallerIdentity", &[]).json()["AccountId"], sim.account());
}
