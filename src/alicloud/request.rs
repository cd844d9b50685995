//! From an operation's parameters to a signed form body.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::credentials::Credentials;
use super::operation::Operation;
use super::signature::{canonical_query, percent_encode, sign};

/// The parameters of a request. No value of theirs is ever logged.
#[derive(Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the parameter if there is a value that is not empty.
    pub(crate) fn set_some(self, name: &str, value: Option<&str>) -> Self {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// A list, flattened as the API wants it: `name.1`, `name.2`, …
    pub(crate) fn set_list(mut self, name: &str, values: &[impl AsRef<str>]) -> Self {
        for (index, value) in values.iter().enumerate() {
            self.0.insert(format!("{name}.{}", index + 1), value.as_ref().to_owned());
        }
        self
    }

    /// Tags, flattened: `Tag.1.Key`, `Tag.1.Value`, …
    pub(crate) fn set_tags<'a>(mut self, tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        for (index, (key, value)) in tags.into_iter().enumerate() {
            self.0.insert(format!("Tag.{}.Key", index + 1), key.clone());
            self.0.insert(format!("Tag.{}.Value", index + 1), value.clone());
        }
        self
    }

    /// These parameters and those of `other`, which give way to these.
    pub(crate) fn with(mut self, other: &Parameters) -> Self {
        for (name, value) in &other.0 {
            self.0.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// The form body of one request: these parameters, the common ones, and the signature over all of them.
    /// Each try needs its own `nonce` and time.
    pub(crate) fn signed_form(
        &self,
        operation: Operation,
        region: &str,
        credentials: &Credentials,
        nonce: &str,
        unix_seconds: i64,
    ) -> String {
        let parameters = self
            .clone()
            .set("Action", operation.name)
            .set("Version", operation.service.version())
            .set("Format", "JSON")
            .set("RegionId", region)
            .set("AccessKeyId", credentials.access_key_id())
            .set_some("SecurityToken", credentials.security_token())
            .set("SignatureMethod", "HMAC-SHA1")
            .set("SignatureVersion", "1.0")
            .set("SignatureNonce", nonce)
            .set("Timestamp", timestamp(unix_seconds));
        let form = canonical_query(&parameters.0);
        let signature = sign("POST", &form, credentials.access_key_secret());
        format!("{form}&Signature={}", percent_encode(&signature))
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`, in UTC. A time that no calendar holds becomes the epoch, which the service refuses.
fn timestamp(unix_seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix_seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// A value that no other request has.
pub(crate) fn nonce() -> Option<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alicloud::endpoint::Service;

    #[test]
    fn the_form_holds_what_was_signed_and_the_signature() {
        let operation = Operation::once(Service::Ecs, "DeleteKeyPairs");
        let credentials =
            Credentials::new("testid", "testsecret".into(), Some("CAES+/=tok".into()), "a test");
        let form = Parameters::new().set("KeyPairNames", r#"["a b","k~1*"]"#).signed_form(
            operation,
            "cn-hangzhou",
            &credentials,
            "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
            1_456_231_584,
        );
        assert!(form.contains("&KeyPairNames=%5B%22a%20b%22%2C%22k~1%2A%22%5D&"), "{form}");
        assert!(form.contains("&Timestamp=2016-02-23T12%3A46%3A24Z&"), "{form}");
        assert!(form.ends_with("&Signature=kVn3h4M%2BUT%2F4nHZhy8daX91jobw%3D"), "{form}");
    }

    #[test]
    fn lists_and_tags_count_from_one() {
        let tags = BTreeMap::from([("k".to_owned(), "v".to_owned()), ("l".to_owned(), String::new())]);
        let parameters =
            Parameters::new().set_list("TagKey", &["a", "b"]).set_tags(&tags).set_some("X", Some(""));
        let names: Vec<_> = parameters.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected =
            ["Tag.1.Key=k", "Tag.1.Value=v", "Tag.2.Key=l", "Tag.2.Value=", "TagKey.1=a", "TagKey.2=b"];
        assert_eq!(names, expected);
    }

    #[test]
    fn timestamps_and_nonces() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(i64::MAX), "1970-01-01T00:00:00Z");
        let (one, two) = (nonce().unwrap(), nonce().unwrap());
        assert!(one.len() == 32 && one != two);
    }
}
