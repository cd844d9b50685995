//! From an operation's parameters to a signed form body.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::credentials::{Credentials, expiration};
use super::operation::{Operation, Proof};
use super::signature::{canonical_query, percent_encode, sign};

/// The parameters of a request. One of them may be a token, so they are wiped when they are dropped, no value of theirs is
/// ever logged, and there is no `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, Zeroizing<String>>);

impl Parameters {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into().into());
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
            self.0.insert(format!("{name}.{}", index + 1), value.as_ref().to_owned().into());
        }
        self
    }

    /// Tags, flattened: `Tag.1.Key`, `Tag.1.Value`, …
    pub(crate) fn set_tags<'a>(mut self, tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        for (index, (key, value)) in tags.into_iter().enumerate() {
            self.0.insert(format!("Tag.{}.Key", index + 1), key.clone().into());
            self.0.insert(format!("Tag.{}.Value", index + 1), value.clone().into());
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

    /// The form body of one request: these parameters, the common ones, and what proves who calls. Each try needs its
    /// own `nonce` and time.
    pub(crate) fn form(
        &self,
        operation: Operation,
        region: &str,
        credentials: &Credentials,
        nonce: &str,
        unix_seconds: i64,
    ) -> Zeroizing<String> {
        let common = self
            .clone()
            .set("Action", operation.name)
            .set("Version", operation.service.version())
            .set("Format", "JSON")
            .set("RegionId", region)
            .set("SignatureNonce", nonce)
            .set("Timestamp", expiration::write_unix(unix_seconds));
        match operation.proof {
            Proof::OidcToken => {
                canonical_query(&common.set_some("OIDCToken", credentials.security_token()).0)
            }
            Proof::Signature => {
                let parameters = common
                    .set("AccessKeyId", credentials.access_key_id())
                    .set_some("SecurityToken", credentials.security_token())
                    .set("SignatureMethod", "HMAC-SHA1")
                    .set("SignatureVersion", "1.0");
                let form = canonical_query(&parameters.0);
                let signature = percent_encode(&sign("POST", &form, credentials.access_key_secret()));
                let parts = [&form, "&Signature=", &signature];
                let mut signed =
                    Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
                for part in parts {
                    signed.push_str(part);
                }
                signed
            }
        }
    }
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
        let form = Parameters::new().set("KeyPairNames", r#"["a b","k~1*"]"#).form(
            operation,
            "cn-hangzhou",
            &credentials,
            "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
            1_456_231_584,
        );
        assert!(form.contains("&KeyPairNames=%5B%22a%20b%22%2C%22k~1%2A%22%5D&"), "{}", *form);
        assert!(form.contains("&Timestamp=2016-02-23T12%3A46%3A24Z&"), "{}", *form);
        assert!(form.ends_with("&Signature=kVn3h4M%2BUT%2F4nHZhy8daX91jobw%3D"), "{}", *form);
    }

    #[test]
    fn an_oidc_token_takes_the_place_of_the_signature() {
        let operation = Operation::idempotent(Service::Sts, "AssumeRoleWithOIDC").by_oidc_token();
        let token = Credentials::new("", "".into(), Some("to.ke+n".into()), "a test");
        let form = Parameters::new().set("RoleArn", "r").form(operation, "cn-beijing", &token, "n", 0);
        assert_eq!(
            *form,
            "Action=AssumeRoleWithOIDC&Format=JSON&OIDCToken=to.ke%2Bn&RegionId=cn-beijing&RoleArn=r&\
             SignatureNonce=n&Timestamp=1970-01-01T00%3A00%3A00Z&Version=2015-04-01"
        );
    }

    #[test]
    fn lists_and_tags_count_from_one() {
        let tags = BTreeMap::from([("k".to_owned(), "v".to_owned()), ("l".to_owned(), String::new())]);
        let parameters =
            Parameters::new().set_list("TagKey", &["a", "b"]).set_tags(&tags).set_some("X", Some(""));
        let names: Vec<_> = parameters.0.iter().map(|(name, value)| format!("{name}={}", **value)).collect();
        let expected =
            ["Tag.1.Key=k", "Tag.1.Value=v", "Tag.2.Key=l", "Tag.2.Value=", "TagKey.1=a", "TagKey.2=b"];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_nonce_is_used_once() {
        let (one, two) = (nonce().unwrap(), nonce().unwrap());
        assert!(one.len() == 32 && one != two);
    }
}
