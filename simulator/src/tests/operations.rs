//! What each operation does and refuses.

use super::client::{call, parameters, post};
use crate::{BatchDelete, Config, Instance, ReservedName, Simulator, SlowRelease};

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

/// An action, its parameters, and the status and code of the answer.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, u16, &'a str);

/// Calls that are refused, in a world with the pair `k1`, a Windows instance, an old one, and `i-1`.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_refusal_has_its_documented_code() {
    let sim = start();
    sim.world(|world| {
        world.add_key_pair(REGION, "k1", KEY);
        world.add_key_pair("cn-beijing", "k2", KEY);
        world.key_pair_quota = 2;
        world.tag_quota = 3;
        for (id, os_type, io_optimized) in
            [("i-win", "windows", true), ("i-old", "linux", false), ("i-1", "linux", true)]
        {
            let os_type = os_type.to_owned();
            world.add_instance(Instance { os_type, io_optimized, ..Instance::new(REGION, id) });
        }
        world.add_instance(Instance { status: "Stopped".into(), ..Instance::new(REGION, "i-stopped") });
    });
    let names = |count: usize| serde_json::to_string(&vec!["name"; count]).unwrap();
    let (hundred, more, fifty_one) = (names(100), names(101), names(51));
    let import = |name, key| vec![("KeyPairName", name), ("PublicKeyBody", key)];
    let tag = |name, key, value| {
        vec![("ResourceType", "keypair"), ("ResourceId.1", name), ("Tag.1.Key", key), ("Tag.1.Value", value)]
    };
    let attach = |name, ids| vec![("KeyPairName", name), ("InstanceIds", ids)];
    let with = |mut own: Vec<(&'static str, &'static str)>, more: &[(&'static str, &'static str)]| {
        own.extend_from_slice(more);
        own
    };
    let fifty_one_resources: Vec<String> = (1..=51).map(|n| format!("ResourceId.{n}")).collect();
    let mut many_resources = vec![("ResourceType", "keypair"), ("Tag.1.Key", "a")];
    many_resources.extend(fifty_one_resources.iter().map(|name| (name.as_str(), "k1")));
    let nowhere = [("RegionId", "cn-nowhere")];
    let no_region = [("RegionId", "")];
    let keypair = ("ResourceType", "keypair");
    let cases: Vec<Case<'_>> = vec![
        ("ImportKeyPair", import("", KEY), 400, "MissingParameter"),
        ("ImportKeyPair", import("k3", ""), 400, "MissingParameter"),
        ("ImportKeyPair", import("3k", KEY), 400, "InvalidKeyPairName.Malformed"),
        ("ImportKeyPair", import("k3", "ssh-ed25519 AAAA"), 400, "InvalidPublicKeyBody.Malformed"),
        ("ImportKeyPair", import("k1", KEY), 400, "KeyPair.AlreadyExist"),
        ("ImportKeyPair", with(import("k3", KEY), &nowhere), 404, "InvalidRegionId.NotFound"),
        ("ImportKeyPair", with(import("k3", KEY), &no_region), 400, "MissingParameter"),
        (
            "ImportKeyPair",
            with(import("k3", KEY), &[("ResourceGroupId", "rg-x")]),
            404,
            "InvalidResourceGroup.NotFound",
        ),
        ("ImportKeyPair", with(import("k3", KEY), &[("Tag.1.Key", "acs:x")]), 400, "InvalidTagKey.Malformed"),
        ("ImportKeyPair", import("k3", KEY), 200, ""),
        ("CreateKeyPair", vec![("KeyPairName", "k4")], 403, "QuotaExceed.KeyPair"),
        ("DescribeKeyPairs", vec![("PageSize", "51")], 400, "InvalidParameter"),
        ("DescribeKeyPairs", vec![("PageNumber", "0")], 400, "InvalidParameter"),
        ("DescribeKeyPairs", vec![("PageNumber", "one")], 400, "InvalidParameter"),
        ("DescribeKeyPairs", vec![("IncludePublicKey", "yes")], 400, "InvalidParameter"),
        ("DeleteKeyPairs", vec![], 400, "MissingParameter"),
        ("DeleteKeyPairs", vec![("KeyPairNames", "k1")], 400, "InvalidKeyPairNames.ValueNotSupported"),
        ("DeleteKeyPairs", vec![("KeyPairNames", "[]")], 400, "InvalidKeyPairNames.ValueNotSupported"),
        ("DeleteKeyPairs", vec![("KeyPairNames", &hundred)], 200, ""),
        ("DeleteKeyPairs", vec![("KeyPairNames", &more)], 403, "InstanceKeyPairLimitExceeded"),
        ("TagResources", vec![], 404, "MissingParameter.ResourceType"),
        ("TagResources", vec![keypair, ("RegionId", "")], 404, "MissingParameter.RegionId"),
        ("TagResources", vec![keypair], 404, "MissingParameter.ResourceIds"),
        ("TagResources", vec![keypair, ("ResourceId.1", "k1")], 404, "MissingParameter.Tags"),
        ("TagResources", vec![("ResourceType", "KeyPair")], 404, "InvalidResourceType.NotFound"),
        ("TagResources", tag("nobody", "a", "1"), 404, "InvalidResourceId.NotFound"),
        ("TagResources", tag("k1", "", "1"), 400, "InvalidTagKey.Malformed"),
        ("TagResources", tag("k1", "a", "http://"), 400, "InvalidTagValue.Malformed"),
        ("TagResources", many_resources, 400, "NumberExceed.ResourceIds"),
        ("TagResources", with(tag("k1", "a", "1"), &[("Tag.2.Key", "b"), ("Tag.3.Key", "c")]), 200, ""),
        ("TagResources", tag("k1", "a", "again"), 200, ""),
        ("TagResources", tag("k1", "d", ""), 400, "OperationDenied.QuotaExceed"),
        ("UntagResources", vec![keypair, ("ResourceId.1", "k1")], 404, "MissingParameter.Tags"),
        (
            "UntagResources",
            vec![keypair, ("ResourceId.1", "k1"), ("TagKey.1", "a"), ("All", "true")],
            403,
            "Param.Conflict",
        ),
        (
            "UntagResources",
            vec![keypair, ("ResourceId.1", "nobody"), ("TagKey.1", "a")],
            404,
            "InvalidResourceId.NotFound",
        ),
        ("ListTagResources", vec![keypair], 403, "BothEmpty.TagsAndResources"),
        ("ListTagResources", vec![keypair, ("Tag.1.Value", "v")], 400, "InvalidParameter.TagValue"),
        ("ListTagResources", vec![keypair, ("Tag.1.Key", "a"), ("NextToken", "x")], 403, "Invalid.NextToken"),
        ("JoinResourceGroup", vec![keypair, ("ResourceGroupId", "rg-other")], 403, "MissingParameter"),
        (
            "JoinResourceGroup",
            vec![keypair, ("ResourceId", "k1"), ("ResourceGroupId", "rg-x")],
            404,
            "InvalidResourceGroup.NotFound",
        ),
        (
            "JoinResourceGroup",
            vec![keypair, ("ResourceId", "x"), ("ResourceGroupId", "rg-other")],
            404,
            "InvalidResourceId.NotFound",
        ),
        (
            "JoinResourceGroup",
            vec![("ResourceId", "k1"), ("ResourceGroupId", "rg-other")],
            404,
            "InvalidResourceType.NotFound",
        ),
        ("AttachKeyPair", attach("nobody", r#"["i-1"]"#), 400, "InvalidKeyPairName.NotFound"),
        ("AttachKeyPair", attach("k1", "i-1"), 400, "InvalidInstanceIds.ValueNotSupported"),
        ("AttachKeyPair", attach("k1", &fifty_one), 403, "InstanceKeyPairLimitExceeded"),
        ("AttachKeyPair", attach("k1", r#"["i-1","i-win"]"#), 403, "DependencyViolation.WindowsInstance"),
        ("AttachKeyPair", attach("k1", r#"["i-1","i-old"]"#), 400, "DependencyViolation.IoOptimize"),
        ("DetachKeyPair", attach("k1", r#"["i-old"]"#), 200, ""),
        ("DescribeInstances", vec![("InstanceIds", "i-1")], 400, "InvalidInstanceIds.Malformed"),
        ("DescribeInstances", vec![("NextToken", "x")], 400, "InvalidParameter.NextToken"),
        ("DescribeInstances", vec![("PageSize", "101")], 400, "InvalidParameter"),
        ("RebootInstance", vec![], 400, "MissingParameter"),
        ("RebootInstance", vec![("InstanceId", "i-x")], 404, "InvalidInstanceId.NotFound"),
        ("RebootInstance", vec![("InstanceId", "i-stopped")], 403, "IncorrectInstanceStatus"),
        ("RebootInstance", vec![("InstanceId", "i-1"), ("DryRun", "true")], 400, "DryRunOperation"),
        ("RebootInstance", vec![("InstanceId", "i-1"), ("RegionId", "")], 200, ""),
    ];
    for (action, own, status, code) in cases {
        let before = sim.world(|world| world.clone());
        let outcome = call(&sim, action, &own).outcome();
        assert_eq!(outcome, (status, code.to_owned()), "{action} {own:?}");
        if status != 200 {
            assert!(sim.world(|world| *world == before), "{action} {own:?} changed the world");
        }
    }
    assert!(sim.world(|world| world.key_pair("cn-beijing", "k2").is_some()));
}

#[test]
fn lists_are_filtered_and_cut_into_pages() {
    let sim = start();
    sim.world(|world| {
        for n in 0..25 {
            let pair = world.add_key_pair(REGION, &format!("k{n:02}"), KEY);
            pair.tags.insert("half".into(), if n < 12 { "first" } else { "second" }.into());
            pair.resource_group_id = if n == 3 { "rg-other" } else { "" }.into();
            pair.hidden_from_lists = n == 24;
            let instance = Instance::new(REGION, &format!("i-{n:02}"));
            world.add_instance(if n % 2 == 0 { instance.bound_to("k00") } else { instance });
        }
        world.add_key_pair("cn-beijing", "elsewhere", KEY);
    });
    let pairs = |own: &[(&str, &str)]| {
        let seen = call(&sim, "DescribeKeyPairs", own).json();
        let on_page = seen["KeyPairs"]["KeyPair"].as_array().unwrap().len();
        (seen["TotalCount"].as_u64().unwrap(), on_page)
    };
    assert_eq!(pairs(&[]), (24, 10));
    assert_eq!(pairs(&[("PageSize", "50")]), (24, 24));
    assert_eq!(pairs(&[("PageNumber", "3")]), (24, 4));
    assert_eq!(pairs(&[("PageNumber", "4")]), (24, 0));
    assert_eq!(pairs(&[("KeyPairName", "k2*")]), (4, 4));
    assert_eq!(pairs(&[("KeyPairName", "k24")]), (1, 1));
    assert_eq!(pairs(&[("Tag.1.Key", "half"), ("Tag.1.Value", "first")]), (12, 10));
    assert_eq!(pairs(&[("ResourceGroupId", "rg-other")]), (1, 1));
    assert_eq!(pairs(&[("KeyPairFingerPrint", "0")]), (0, 0));
    assert_eq!(pairs(&[("RegionId", "cn-beijing")]), (1, 1));
    sim.world(|world| world.shows_public_keys = false);
    let seen = call(&sim, "DescribeKeyPairs", &[("KeyPairName", "k01"), ("IncludePublicKey", "true")]).json();
    assert!(seen["KeyPairs"]["KeyPair"][0].get("PublicKey").is_none());

    let numbered = call(&sim, "DescribeInstances", &[("PageSize", "20"), ("PageNumber", "2")]).json();
    assert_eq!(
        (numbered["TotalCount"].as_u64(), numbered["Instances"]["Instance"].as_array().unwrap().len()),
        (Some(25), 5)
    );
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let own = [("KeyPairName", "k00"), ("MaxResults", "3"), ("NextToken", &token)];
        let page = call(&sim, "DescribeInstances", &own).json();
        for instance in page["Instances"]["Instance"].as_array().unwrap() {
            found.push(instance["InstanceId"].as_str().unwrap().to_owned());
        }
        // Fewer than ten are not given on a page, and the total means nothing in this way to page.
        assert_eq!((found.len().min(10), page["TotalCount"].as_u64()), (10, Some(0)));
        page["NextToken"].as_str().unwrap().clone_into(&mut token);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, (0..13).map(|n| format!("i-{:02}", n * 2)).collect::<Vec<_>>());
}

#[test]
fn attaching_takes_over_and_reports_each_instance() {
    let sim = start();
    sim.world(|world| {
        world.add_key_pair(REGION, "old", KEY);
        world.add_key_pair(REGION, "new", KEY);
        world.add_instance(Instance::new(REGION, "i-1").bound_to("old"));
        world.add_instance(Instance::new("cn-beijing", "i-far"));
    });
    let ids = r#"["i-1","i-far"]"#;
    let answer = call(&sim, "AttachKeyPair", &[("KeyPairName", "new"), ("InstanceIds", ids)]).json();
    assert_eq!((answer["TotalCount"].as_u64(), answer["FailCount"].as_u64()), (Some(2), Some(1)));
    assert_eq!(answer["Results"]["Result"][1]["Code"], "InvalidInstanceId.NotFound");
    let bound = |name: &str| sim.world(|world| world.bound_instances(REGION, name));
    assert_eq!((bound("old"), bound("new")), (vec![], vec!["i-1".to_owned()]));
    // Detaching another pair leaves this one alone.
    call(&sim, "DetachKeyPair", &[("KeyPairName", "old"), ("InstanceIds", r#"["i-1"]"#)]);
    assert_eq!(bound("new"), ["i-1"]);
    call(&sim, "DetachKeyPair", &[("KeyPairName", "new"), ("InstanceIds", r#"["i-1"]"#)]);
    assert_eq!(bound("new"), Vec::<String>::new());

    let status = || {
        let seen = call(&sim, "DescribeInstances", &[]).json();
        seen["Instances"]["Instance"][0]["Status"].as_str().unwrap().to_owned()
    };
    assert_eq!(call(&sim, "RebootInstance", &[("InstanceId", "i-1"), ("ForceStop", "true")]).status, 200);
    assert_eq!([status(), status()], ["Starting", "Running"]);
}

#[test]
fn deletes_follow_the_rules_that_are_set() {
    let sim = start();
    let refused = (400, "InvalidParameter.KeypairAlreadyAttachedInstance".to_owned());
    let delete = |names: &str| call(&sim, "DeleteKeyPairs", &[("KeyPairNames", names)]).outcome();
    let going = |hidden: bool, refusals: Option<u32>| Instance {
        status: "Stopping".into(),
        slow_release: Some(SlowRelease { hidden, refusals }),
        ..Instance::new(REGION, "i-going").bound_to("slow")
    };
    sim.world(|world| {
        for name in ["slow", "bound", "free"] {
            world.add_key_pair(REGION, name, KEY);
        }
        world.add_instance(Instance::new(REGION, "i-1").bound_to("bound"));
        world.add_instance(going(true, Some(2)));
    });
    // Hidden, and gone after two refusals.
    assert_eq!(call(&sim, "DescribeInstances", &[("KeyPairName", "slow")]).json()["TotalCount"], 0);
    assert_eq!([delete(r#"["slow"]"#), delete(r#"["slow"]"#)], [refused.clone(), refused.clone()]);
    assert_eq!(delete(r#"["slow"]"#).0, 200);

    sim.world(|world| world.batch_delete = BatchDelete::DeleteWhatItCan);
    assert_eq!(delete(r#"["free","bound"]"#), refused);
    assert_eq!(sim.world(|world| world.key_pair_names(REGION)), ["bound"]);
    assert!(sim.calls().last().unwrap().changed);

    let reserved = |refusals| ReservedName { region: REGION.into(), name: "free".into(), refusals };
    sim.world(|world| world.reserved_names.push(reserved(Some(1))));
    let import = || call(&sim, "ImportKeyPair", &[("KeyPairName", "free"), ("PublicKeyBody", KEY)]).outcome();
    assert_eq!(import(), (400, "KeyPair.AlreadyExist".into()));
    assert_eq!(import().0, 200);

    sim.world(|world| world.delete_limit = 1);
    assert_eq!(delete(r#"["a","b"]"#), (403, "InstanceKeyPairLimitExceeded".into()));
}

#[test]
fn tags_are_listed_by_resource_tag_filter_and_group() {
    let sim = start();
    sim.world(|world| {
        for (name, value) in [("a", "1"), ("b", "2")] {
            let pair = world.add_key_pair(REGION, name, KEY);
            pair.tags =
                [("t".to_owned(), value.to_owned()), ("acs:rm:x".to_owned(), "sys".to_owned())].into();
            pair.resource_group_id = format!("rg-{name}");
        }
    });
    let list = |own: &[(&str, &str)]| {
        let mut all = vec![("ResourceType", "keypair")];
        all.extend_from_slice(own);
        let seen = call(&sim, "ListTagResources", &all).json();
        let tags = seen["TagResources"]["TagResource"].as_array().unwrap().clone();
        tags.iter().map(|tag| tag["ResourceId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[("ResourceId.1", "a")]), ["a", "a"]);
    assert_eq!(list(&[("Tag.1.Key", "t"), ("Tag.1.Value", "2")]), ["b", "b"]);
    assert_eq!(list(&[("Tag.1.Key", "acs:rm:rgId"), ("Tag.1.Value", "rg-a")]), ["a", "a"]);
    assert_eq!(list(&[("TagFilter.1.TagKey", "t"), ("TagFilter.1.TagValues.1", "1")]), ["a", "a"]);
    // System tags stay.
    let untag = [("ResourceType", "keypair"), ("ResourceId.1", "a"), ("All", "true")];
    assert_eq!(call(&sim, "UntagResources", &untag).status, 200);
    assert_eq!(list(&[("ResourceId.1", "a")]), ["a"]);
}
