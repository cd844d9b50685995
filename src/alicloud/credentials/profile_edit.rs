//! Changes values of one profile in the text of a configuration file, and not a byte beside them: other tools keep
//! keys there that are none of ours, and people their own order and indentation.

use std::collections::BTreeMap;
use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::secret_json::SecretObject;
use crate::alicloud::json;

/// A new value.
pub(super) enum New {
    Text(SecretString),
    Number(i64),
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    profiles: Vec<&'a RawValue>,
}

/// The text with these values in the first profile of this name; keys that are not there are added at its end. `None`
/// if the text is not a configuration with that profile.
pub(super) fn with(text: &str, profile: &str, values: &[(&str, New)]) -> Option<Zeroizing<String>> {
    let file: File<'_> = serde_json::from_str(text).ok()?;
    // As a reader of the file finds it: a name may be a number.
    let is_it = |raw: &&&RawValue| {
        let read = SecretObject::parse(raw.get().as_bytes());
        read.is_ok_and(|it| json::text(&it, "name").as_deref() == Some(profile))
    };
    let object = file.profiles.iter().find(is_it)?.get();
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(object).ok()?;
    let mut edits: Vec<(Range<usize>, Zeroizing<String>)> = Vec::new();
    // Where new members go: a profile has a name, so there is one for the comma to follow. Between two members stands
    // what stands before the first one.
    let inner = object.strip_suffix('}')?.trim_end_matches(|c: char| c.is_ascii_whitespace());
    let end = offset(text, object)? + inner.len();
    let gap: String = object.get(1..)?.chars().take_while(char::is_ascii_whitespace).collect();
    for (name, value) in values {
        let value = Zeroizing::new(match value {
            New::Text(text) => serde_json::to_string(text.expose_secret()).ok()?,
            New::Number(number) => number.to_string(),
        });
        if let Some(old) = members.get(*name) {
            let at = offset(text, old.get())?;
            edits.push((at..at + old.get().len(), value));
        } else {
            let name = serde_json::to_string(name).ok()?;
            let parts = [",", &gap, &name, ": ", &value];
            let mut member = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
            for part in parts {
                member.push_str(part);
            }
            edits.push((end..end, member));
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    let grown: usize = edits.iter().map(|(_, value)| value.len()).sum();
    // Never moved while it grows, so that no copy of a secret stays behind.
    let mut edited = Zeroizing::new(String::with_capacity(text.len() + grown));
    let mut copied = 0;
    for (range, value) in &edits {
        edited.push_str(text.get(copied..range.start)?);
        edited.push_str(value);
        copied = range.end;
    }
    edited.push_str(text.get(copied..)?);
    Some(edited)
}

/// Where a part of the text begins in it.
fn offset(text: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize).filter(|at| *at <= text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_values_change() {
        let text = "{\r\n\t\"profiles\": [\n\
                    \t\t{\"name\": \"b\", \"sts_token\": \"other\"},\n\
                    \t\t{\n\t\t\t\"zeta\": 1.50,\n\t\t\t\"sts_token\" : \"o\\\"ld\",\n\t\t\t\"name\": \"a\",\n\t\t\t\
                    \"kept\": {\"sts_token\": [ ]},\n\t\t\t\"sts_expiration\": 5\n\t\t},\n\
                    \t\t{\"name\": \"a\", \"sts_token\": \"second\"}\n\t],\n\t\"current\":\"a\", \"x\": [1, 2]\n}\n";
        let values = [
            ("sts_expiration", New::Number(1_700_000_000)),
            ("access_key_id", New::Text("new".into())),
            ("sts_token", New::Text("n\"ew".into())),
        ];
        let expected = text.replace("\"o\\\"ld\"", "\"n\\\"ew\"").replace(
            "\"sts_expiration\": 5\n",
            "\"sts_expiration\": 1700000000,\n\t\t\t\"access_key_id\": \"new\"\n",
        );
        assert_eq!(with(text, "a", &values).unwrap().as_str(), expected);
        let minimal = r#"{"profiles":[{"name":"a"}]}"#;
        let expected = r#"{"profiles":[{"name":"a","sts_token": "t"}]}"#;
        assert_eq!(with(minimal, "a", &[("sts_token", New::Text("t".into()))]).unwrap().as_str(), expected);
        let number = r#"{"profiles":[{"name":7}]}"#;
        let expected = r#"{"profiles":[{"name":7,"sts_token": "t"}]}"#;
        assert_eq!(with(number, "7", &[("sts_token", New::Text("t".into()))]).unwrap().as_str(), expected);
        for (text, name) in [(minimal, "b"), ("{}", "a"), ("", "a"), ("{\"profiles\": [1]}", "a"), ("[", "a")]
        {
            assert!(with(text, name, &values).is_none(), "{text}");
        }
    }
}
