use std::collections::BTreeMap;

use super::{canonical_query, percent_encode, sign};

fn parameters(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn signed(method: &str, key_id: &str, secret: &str, list: &[(&str, &str)]) -> String {
    let mut parameters = parameters(list);
    parameters.insert("AccessKeyId".into(), key_id.into());
    parameters.insert("SignatureMethod".into(), "HMAC-SHA1".into());
    parameters.insert("SignatureVersion".into(), "1.0".into());
    sign(method, &canonical_query(&parameters), secret)
}

const NONCE_A: (&str, &str) = ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf");
const TIME_A: (&str, &str) = ("Timestamp", "2016-02-23T12:46:24Z");

#[test]
fn published_example() {
    let list = [("Action", "DescribeRegions"), ("Format", "XML"), ("Version", "2014-05-26"), NONCE_A, TIME_A];
    assert_eq!(signed("GET", "testid", "testsecret", &list), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
}

#[test]
fn published_example_of_dedicated_hosts_by_get_and_by_post() {
    let list = [
        ("Action", "DescribeDedicatedHosts"),
        ("Format", "JSON"),
        ("RegionId", "cn-beijing"),
        ("Version", "2014-05-26"),
        ("SignatureNonce", "edb2b34af0af9a6d14deaf7c1a5315eb"),
        ("Timestamp", "2023-03-13T08:34:30Z"),
    ];
    assert_eq!(signed("GET", "testid", "testsecret", &list), "9NaGiOspFP5UPcwX8Iwt2YJXXuk=");
    assert_eq!(signed("POST", "testid", "testsecret", &list), "ZvQ9xGiFnquSJRvj+WE6kdSpTwU=");
}

#[test]
fn published_example_beyond_ascii() {
    let list = [
        ("Action", "SendSms"),
        ("Version", "2017-05-25"),
        ("Format", "XML"),
        ("RegionId", "cn-hangzhou"),
        ("PhoneNumbers", "15300000001"),
        ("SignName", "阿里云短信测试专用"),
        ("TemplateCode", "SMS_71390007"),
        ("TemplateParam", r#"{"customer":"test"}"#),
        ("OutId", "123"),
        ("SignatureNonce", "45e25e9b-0a6f-4070-8c85-2956eda1b466"),
        ("Timestamp", "2017-07-12T02:42:19Z"),
    ];
    assert_eq!(signed("GET", "testId", "testSecret", &list), "zJDF+Lrzhj/ThnlvIToysFRq6t4=");
}

#[test]
fn post_with_a_list_of_names_and_with_a_token() {
    let mut list = vec![
        ("Action", "DeleteKeyPairs"),
        ("Format", "JSON"),
        ("RegionId", "cn-hangzhou"),
        ("Version", "2014-05-26"),
        ("KeyPairNames", r#"["a b","k~1*"]"#),
        NONCE_A,
        TIME_A,
    ];
    assert_eq!(signed("POST", "testid", "testsecret", &list), "nwfyVaXRqZ/hfQ2puyZtI8io5AU=");
    list.push(("SecurityToken", "CAES+/=tok"));
    assert_eq!(signed("POST", "testid", "testsecret", &list), "kVn3h4M+UT/4nHZhy8daX91jobw=");
}

#[test]
fn the_encoding_keeps_only_unreserved_characters() {
    assert_eq!(percent_encode("aZ09-_.~"), "aZ09-_.~");
    assert_eq!(percent_encode(" *+/=&%钥"), "%20%2A%2B%2F%3D%26%25%E9%92%A5");
    let query = canonical_query(&parameters(&[("b", "1"), ("B", "2"), ("Tag.1.Key", "x y")]));
    assert_eq!(*query, "B=2&Tag.1.Key=x%20y&b=1", "sorted by byte");
}
