use std::collections::BTreeMap;

use super::*;
use crate::alicloud::error::ErrorKind;
use crate::alicloud::testing::{Act, KEY_ID, SECRET, Script, Seen, TOKEN, answer, code, within};
use crate::alicloud::transport::SendError;
use crate::alicloud::{Client, Error};

/// Parameters of a request other than the common ones.
fn own(seen: &Seen) -> BTreeMap<&str, &str> {
    const COMMON: [&str; 9] = [
        "AccessKeyId",
        "Format",
        "RegionId",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureVersion",
        "Timestamp",
    ];
    let own = seen.form.iter().filter(|(name, _)| !COMMON.contains(&name.as_str()));
    own.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn one(body: &str) -> (Script, Client) {
    let script = Script::new([answer(200, body)]);
    let client = script.client();
    (script, client)
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

const ECS: (&str, &str) = ("Version", "2014-05-26");

#[tokio::test]
async fn import_sends_the_key_and_reads_the_fingerprint() {
    let (script, client) = one(r#"{"RequestId":"R","KeyPairName":"a","KeyPairFingerPrint":"f0"}"#);
    let mut import = ImportKeyPair {
        name: "a".into(),
        public_key: "ssh-rsa AAAA a+b".into(),
        resource_group_id: Some("rg-1".into()),
        tags: map(&[("k", "v")]),
    };
    let imported = client.import_key_pair(&within(9), &import).await.unwrap();
    let expected =
        ImportedKeyPair { name: "a".into(), fingerprint: Some("f0".into()), request_id: Some("R".into()) };
    assert_eq!(imported, expected);
    let seen = &script.seen()[0];
    assert_eq!(seen.url, "https://ecs.cn-beijing.aliyuncs.com/");
    let parameters = BTreeMap::from([
        ECS,
        ("Action", "ImportKeyPair"),
        ("KeyPairName", "a"),
        ("PublicKeyBody", "ssh-rsa AAAA a+b"),
        ("ResourceGroupId", "rg-1"),
        ("Tag.1.Key", "k"),
        ("Tag.1.Value", "v"),
    ]);
    assert_eq!(own(seen), parameters);
    for (name, value) in [("RegionId", "cn-beijing"), ("AccessKeyId", KEY_ID), ("SecurityToken", TOKEN)] {
        assert_eq!(seen.form[name], value);
    }

    // Nothing is sent for what there isn't; an answer without the fields is a success still.
    let (script, client) = one("{}");
    import.resource_group_id = None;
    import.tags.clear();
    let imported = client.import_key_pair(&within(9), &import).await.unwrap();
    assert_eq!((imported.name.as_str(), imported.fingerprint, own(&script.seen()[0]).len()), ("a", None, 4));
}

#[tokio::test]
async fn describe_finds_exactly_the_name() {
    let body = r#"{"TotalCount":"2","KeyPairs":{"KeyPair":[
        {"KeyPairName":"WEB"},
        {"KeyPairName":"web","KeyPairFingerPrint":"f0","CreationTime":"2023-09-04T08:33Z","ResourceGroupId":"",
         "PublicKey":"ssh-rsa AAAA","Tags":{"Tag":[{"TagKey":"k","TagValue":1},{"TagKey":"e"}]}}]}}"#;
    let (script, client) = one(body);
    let found = client.describe_key_pair(&within(9), "web").await.unwrap().unwrap();
    let expected = KeyPair {
        name: "web".into(),
        fingerprint: "f0".into(),
        creation_time: "2023-09-04T08:33Z".into(),
        resource_group_id: String::new(),
        public_key: Some("ssh-rsa AAAA".into()),
        tags: map(&[("k", "1"), ("e", "")]),
    };
    assert_eq!(found, expected);
    let parameters = BTreeMap::from([
        ECS,
        ("Action", "DescribeKeyPairs"),
        ("KeyPairName", "web"),
        ("IncludePublicKey", "true"),
        ("PageNumber", "1"),
        ("PageSize", "50"),
    ]);
    assert_eq!(own(&script.seen()[0]), parameters);
    assert_eq!(
        client.describe_key_pair(&within(9), "Web").await.unwrap(),
        None,
        "another case is another name"
    );
}

#[tokio::test]
async fn absence_is_only_a_readable_empty_answer() {
    let (_, client) = one(r#"{"TotalCount":0,"KeyPairs":{"KeyPair":[]}}"#);
    assert_eq!(client.describe_key_pair(&within(9), "web").await.unwrap(), None);
    let unreadable = [
        "{}",
        r#"{"KeyPairs":{}}"#,
        r#"{"KeyPairs":[]}"#,
        r#"{"KeyPairs":{"KeyPair":{}}}"#,
        r#"{"KeyPairs":{"KeyPair":["web"]}}"#,
        r#"{"KeyPairs":{"KeyPair":[{"Name":"web"}]}}"#,
        r#"{"KeyPairs":{"KeyPair":[{"KeyPairName":"web","Tags":{"Tag":"k"}}]}}"#,
        r#"{"TotalCount":3,"KeyPairs":{"KeyPair":[]}}"#,
    ];
    for body in unreadable {
        let (_, client) = one(body);
        let error = client.describe_key_pair(&within(9), "web").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::UnexpectedAnswer, "DescribeKeyPairs"),
            "{body}"
        );
    }
    // A 404 with whatever code is not absence.
    let script = Script::new([code(404, "InvalidKeyPair.NotFound")]);
    let error = script.client().describe_key_pair(&within(9), "web").await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::Other, Some(404)));
    // Neither a wildcard nor an empty filter is ever sent.
    for name in ["", "we*", "*"] {
        let (script, client) = one("{}");
        let error = client.describe_key_pair(&within(9), name).await.unwrap_err();
        assert_eq!((error.kind(), script.seen().len()), (ErrorKind::InvalidInput, 0), "{name}");
    }
}

#[tokio::test]
async fn describe_looks_through_further_pages_for_the_exact_name() {
    let page = |names: &[&str]| {
        let items: Vec<_> = names.iter().map(|name| format!(r#"{{"KeyPairName":"{name}"}}"#)).collect();
        answer(200, &format!(r#"{{"TotalCount":51,"KeyPairs":{{"KeyPair":[{}]}}}}"#, items.join(",")))
    };
    let script = Script::new([page(&["A"; 50]), page(&["a"])]);
    assert!(script.client().describe_key_pair(&within(9), "a").await.unwrap().is_some());
    assert_eq!(script.seen()[1].form["PageNumber"], "2");

    let script = Script::new([page(&["A"; 50])]);
    let page = script.client().describe_key_pairs(&within(9), 3).await.unwrap();
    assert_eq!((page.key_pairs.len(), page.total_count), (50, Some(51)));
    let seen = &script.seen()[0];
    assert_eq!((seen.form["PageNumber"].as_str(), seen.form.contains_key("KeyPairName")), ("3", false));
}

/// A page with the key pairs of these numbers, and a count.
fn key_pairs(numbers: std::ops::Range<usize>, total: Option<usize>) -> Act {
    let pairs: Vec<_> = numbers.map(|n| serde_json::json!({"KeyPairName": format!("n{n}")})).collect();
    let mut body = serde_json::json!({"KeyPairs": {"KeyPair": pairs}});
    if let Some(total) = total {
        body["TotalCount"] = total.into();
    }
    answer(200, &body.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_list_of_key_pairs_is_whole_or_an_error() {
    let pages_of_ten = || (0..12).map(|page| key_pairs(page * 10..page * 10 + 10, Some(120))).collect();
    let unexpected = Err(ErrorKind::UnexpectedAnswer);
    for (case, acts, expected, calls) in [
        ("no count", vec![key_pairs(0..50, None), key_pairs(50..70, None), key_pairs(0..0, None)], Ok(70), 3),
        ("short pages", pages_of_ten(), Ok(120), 12),
        ("a page too few", vec![key_pairs(0..50, Some(120)), key_pairs(0..0, Some(120))], unexpected, 4),
        ("the same page, counted", vec![key_pairs(0..50, Some(1_000_000))], unexpected, 2),
        ("the same page, not counted", vec![key_pairs(0..50, None)], unexpected, 2),
        ("one that moved", vec![key_pairs(0..50, Some(60)), key_pairs(49..59, Some(60))], Ok(59), 2),
        ("fewer meanwhile", vec![key_pairs(0..50, Some(60)), key_pairs(0..0, Some(50))], Ok(50), 2),
    ] {
        let script = Script::new(acts);
        let listed = script.client().list_key_pairs(&within(60), &KeyPairFilter::default()).await;
        let listed = listed.map(|pairs| pairs.len()).map_err(|error| error.kind());
        assert_eq!(listed, expected, "{case}");
        // An answer of this service that can't be read is asked for again; one that is read is not.
        assert!(script.seen().len() <= calls, "{case}: {}", script.seen().len());
    }
    // The longest list.
    let script = Script::new((0..2000).map(|page| key_pairs(page..page + 1, None)));
    let error = script.client().list_key_pairs(&within(60), &KeyPairFilter::default()).await.unwrap_err();
    assert_eq!((error.kind(), script.seen().len()), (ErrorKind::UnexpectedAnswer, 1000));
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_other_names_proves_nothing() {
    for (acts, expected) in [
        (vec![key_pairs(0..10, Some(55)), key_pairs(10..55, Some(55))], Err(ErrorKind::UnexpectedAnswer)),
        (vec![key_pairs(0..3, Some(3))], Err(ErrorKind::UnexpectedAnswer)),
        (vec![key_pairs(0..10, Some(56)), key_pairs(50..60, Some(56))], Ok(true)),
        (vec![key_pairs(0..0, None)], Ok(false)),
    ] {
        let found = Script::new(acts).client().describe_key_pair(&within(60), "n55").await;
        assert_eq!(found.map(|it| it.is_some()).map_err(|error| error.kind()), expected);
    }
}

#[tokio::test]
async fn delete_sends_names_as_strict_json() {
    let (script, client) = one(r#"{"RequestId":"R"}"#);
    let deleted = client.delete_key_pairs(&within(9), &["a:b", "钥\"匙"]).await.unwrap();
    assert_eq!(deleted.request_id.as_deref(), Some("R"));
    let parameters =
        BTreeMap::from([ECS, ("Action", "DeleteKeyPairs"), ("KeyPairNames", r#"["a:b","钥\"匙"]"#)]);
    assert_eq!(own(&script.seen()[0]), parameters);

    let script = Script::new([code(400, "InvalidParameter.KeypairAlreadyAttachedInstance")]);
    let error = script.client().delete_key_pairs(&within(9), &["a"]).await.unwrap_err();
    assert_eq!((error.kind(), script.seen().len()), (ErrorKind::Bound, 1));
    assert_eq!(error.credential(), Some("access key ****WXYZ from a test"));
    assert_eq!(
        error.to_string(),
        "DeleteKeyPairs: The text of InvalidParameter.KeypairAlreadyAttachedInstance. \
         (InvalidParameter.KeypairAlreadyAttachedInstance, HTTP 400, request id R-1)"
    );
}

#[tokio::test]
async fn tags_are_set_and_taken_off_twenty_at_a_time() {
    let tags: BTreeMap<String, String> = (10..31).map(|n| (format!("k{n}"), "v".to_owned())).collect();
    let (script, client) = one("{}");
    client.tag_key_pair(&within(9), "a", &tags).await.unwrap();
    let keys: Vec<_> = tags.into_keys().collect();
    client.untag_key_pair(&within(9), "a", &keys).await.unwrap();
    client.tag_key_pair(&within(9), "a", &BTreeMap::new()).await.unwrap();
    client.untag_key_pair(&within(9), "a", &[""; 0]).await.unwrap();
    let seen = script.seen();
    assert_eq!(seen.len(), 4, "nothing is sent for nothing");
    let resource = [ECS, ("ResourceType", "keypair"), ("ResourceId.1", "a")];
    let second = [("Action", "TagResources"), ("Tag.1.Key", "k30"), ("Tag.1.Value", "v")];
    assert_eq!(own(&seen[1]), resource.into_iter().chain(second).collect());
    assert_eq!(own(&seen[0]).len(), 4 + 2 * 20);
    let last = [("Action", "UntagResources"), ("TagKey.1", "k30")];
    assert_eq!(own(&seen[3]), resource.into_iter().chain(last).collect());
}

#[tokio::test]
async fn joining_the_same_group_again_is_success() {
    for act in [answer(200, "{}"), code(403, "InvalidResourceGroup.Duplicate")] {
        let script = Script::new([act]);
        script.client().join_resource_group(&within(9), "a", "rg-1").await.unwrap();
        let parameters = BTreeMap::from([
            ECS,
            ("Action", "JoinResourceGroup"),
            ("ResourceType", "keypair"),
            ("ResourceId", "a"),
            ("ResourceGroupId", "rg-1"),
        ]);
        assert_eq!(own(&script.seen()[0]), parameters);
    }
    let script = Script::new([code(404, "InvalidResourceGroup.NotFound")]);
    let error = script.client().join_resource_group(&within(9), "a", "rg-1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceGroupNotFound);
}

#[tokio::test]
async fn instances_are_read_to_the_last_page() {
    let first = r#"{"NextToken":"t","Instances":{"Instance":[
        {"InstanceId":"i-1","InstanceName":"web","ZoneId":"z","Status":"Stopped","KeyPairName":"a"},
        {"InstanceId":"i-2","Status":"Dreaming","KeyPairName":"A"},{"InstanceId":"i-3","KeyPairName":""}]}}"#;
    let second = r#"{"NextToken":"","Instances":{"Instance":[{"InstanceId":"i-4","Status":"Running","KeyPairName":"a"}]}}"#;
    let script = Script::new([answer(200, first), answer(200, second)]);
    let instances = script.client().list_instances(&within(9), InstanceFilter::KeyPair("a")).await.unwrap();
    let expected = Instance {
        id: "i-1".into(),
        name: "web".into(),
        zone_id: "z".into(),
        status: InstanceStatus::Stopped,
        key_pair_name: Some("a".into()),
        ..Instance::default()
    };
    let ids: Vec<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
    assert_eq!((ids, &instances[0]), (vec!["i-1", "i-2", "i-3", "i-4"], &expected));
    assert_eq!(
        (&instances[1].status, &instances[2].key_pair_name),
        (&InstanceStatus::Other("Dreaming".into()), &None)
    );
    assert!(instances[0].carries("a") && !instances[1].carries("a") && !instances[2].carries(""));
    let seen = script.seen();
    let query = [ECS, ("Action", "DescribeInstances"), ("KeyPairName", "a"), ("MaxResults", "100")];
    assert_eq!(own(&seen[0]), BTreeMap::from(query));
    assert_eq!(own(&seen[1]), query.into_iter().chain([("NextToken", "t")]).collect());

    let error = one("{}").1.list_instances(&within(9), InstanceFilter::KeyPair("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn the_caller_is_asked_of_sts() {
    let (script, client) = one(r#"{"AccountId":123456789,"Arn":"acs:ram::1:user/x","RequestId":"R"}"#);
    let identity = client.get_caller_identity(&within(9)).await.unwrap();
    assert_eq!((identity.account_id.as_str(), identity.arn.as_str()), ("123456789", "acs:ram::1:user/x"));
    let seen = &script.seen()[0];
    assert_eq!(seen.url, "https://sts.cn-beijing.aliyuncs.com/");
    assert_eq!(own(seen), BTreeMap::from([("Action", "GetCallerIdentity"), ("Version", "2015-04-01")]));
    let error = one("{}").1.get_caller_identity(&within(9)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn the_central_sts_host_stands_in_for_a_name_that_does_not_resolve() {
    let unresolved = || Act::Fail(SendError::NotSent("dns error: no such host".into()));
    let script = Script::new([unresolved(), answer(200, r#"{"AccountId":"1","Arn":"a","RequestId":"R"}"#)]);
    script.client().get_caller_identity(&within(9)).await.unwrap();
    let urls: Vec<String> = script.seen().into_iter().map(|seen| seen.url.clone()).collect();
    assert_eq!(urls, ["https://sts.cn-beijing.aliyuncs.com/", "https://sts.aliyuncs.com/"]);

    // Other failures stay where they are, and so does ECS.
    let refused = || Act::Fail(SendError::NotSent("connection refused".into()));
    let script = Script::new([refused(), answer(200, r#"{"AccountId":"1","Arn":"a","RequestId":"R"}"#)]);
    script.client().get_caller_identity(&within(9)).await.unwrap();
    assert!(script.seen().iter().all(|seen| seen.url == "https://sts.cn-beijing.aliyuncs.com/"));
}

#[tokio::test]
async fn no_error_shows_what_the_service_echoes() {
    let echo = format!(
        r#"{{"Code":"SignatureDoesNotMatch","RequestId":"R","Message":"Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3D{KEY_ID}%26SecurityToken%3Dtoken%252Fof"}}"#
    );
    let loose = format!(r#"{{"Code":"X","Message":"key {KEY_ID} secret {SECRET} token {TOKEN}"}}"#);
    for (body, shown) in [
        (echo, "Specified signature is not matched with our calculation."),
        (loose, "key ****WXYZ secret **** token ****"),
    ] {
        let script = Script::new([answer(400, &body)]);
        let error: Error = script.client().describe_key_pairs(&within(9), 1).await.unwrap_err();
        assert_eq!(error.message(), shown);
        let everything = format!("{error} {error:?} {:?} {:?}", error.credential(), script.client());
        for secret in [KEY_ID, SECRET, TOKEN, "string to sign"] {
            assert!(!everything.contains(secret), "{everything}");
        }
    }
}
