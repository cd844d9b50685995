//! Private data: what a resource remembers beside its state, unseen by the configuration.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// The framework's own entry, from an import to the read that follows it.
const IMPORTED: &str = ".imported";

/// A JSON object that travels with a resource's state. Entries of others (a provider that wrote
/// the state before) are kept as they are, to the last digit.
#[derive(Clone, Debug, Default)]
pub struct Private(BTreeMap<String, Box<RawValue>>);

impl PartialEq for Private {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.iter(), other.0.iter());
        ours.map(|(key, entry)| (key, entry.get())).eq(theirs.map(|(key, entry)| (key, entry.get())))
    }
}

impl Eq for Private {}

impl Private {
    /// Reads what the host stored. Anything but a JSON object counts as nothing, since it cannot be
    /// ours.
    pub fn decode(bytes: &[u8]) -> Self {
        Self(serde_json::from_slice(bytes).unwrap_or_default())
    }

    /// What the host is to store; empty when there is nothing.
    pub fn encode(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        // A map of strings to JSON values always serialises.
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// The entry `key`, if it is there and of this shape.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.0.get(key)?.get()).ok()
    }

    /// Removes the entry `key`, and says whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Whether there is an entry `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Sets the entry `key`. Never put a secret here: states are plain text.
    ///
    /// A value that JSON cannot hold (a map whose keys are not strings, say) is an error, and the entry stays as it was.
    pub fn set<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), serde_json::Error> {
        self.0.insert(key.to_owned(), to_raw_value(value)?);
        Ok(())
    }

    /// Marks the private data of an object that was just imported.
    pub(super) fn mark_imported(&mut self) {
        self.0.insert(IMPORTED.to_owned(), RawValue::TRUE.to_owned());
    }

    /// Removes the mark of [`mark_imported`](Self::mark_imported), and says whether it was there.
    pub(super) fn take_imported(&mut self) -> bool {
        self.0.remove(IMPORTED).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_others_survive() {
        let mut private = Private::decode(br#"{"e2bfb730":{"create":300}}"#);
        private.set("key_pair", &"mine").unwrap();
        let again = Private::decode(&private.encode());
        assert_eq!(again.get::<String>("key_pair").as_deref(), Some("mine"));
        assert!(again.get::<serde_json::Value>("e2bfb730").is_some());
        assert_eq!(again.get::<u64>("key_pair"), None, "another shape is nothing");
    }

    #[test]
    fn entries_of_others_keep_every_character() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        let entries = [
            ("a_number", "-12345678901234567890.123456789012345678901234567890E+9999"),
            ("escapes", r#""\u00e9\/\ud800""#),
            ("spaces", r#"{ "b" : 1.0, "a" : [ 10e2 ], "b" : 2 }"#),
            ("too deep for a tree", &deep),
        ];
        let members: Vec<String> = entries.iter().map(|(key, json)| format!("\"{key}\":{json}")).collect();
        let before = format!("{{{}}}", members.join(","));
        let mut private = Private::decode(before.as_bytes());
        private.set("mine", &1).unwrap();
        assert_ne!(private, Private::decode(before.as_bytes()));
        assert!(private.remove("mine"));
        assert_eq!(private, Private::decode(before.as_bytes()));
        assert_eq!(String::from_utf8(private.encode()).unwrap(), before);
        assert_eq!(private.get::<f64>("spaces"), None);
    }

    #[test]
    fn a_value_that_json_cannot_hold_is_an_error() {
        let mut private = Private::default();
        private.set("entry", &1).unwrap();
        private.set("entry", &BTreeMap::from([([1, 2], 3)])).unwrap_err();
        assert_eq!(private.get("entry"), Some(1));
        assert!(private.contains("entry") && !private.contains("other"));
    }

    #[test]
    fn what_is_not_an_object_is_nothing() {
        for bytes in [&b""[..], b"null", b"[1]", b"\xff", b"{\"a\":"] {
            assert_eq!(Private::decode(bytes).encode(), b"");
        }
    }
}
