//! Private data: what a resource remembers beside its state, unseen by the configuration.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A JSON object that travels with a resource's state. Entries of others (a provider that wrote
/// the state before) are kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private(Map<String, Value>);

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
        serde_json::from_value(self.0.get(key)?.clone()).ok()
    }

    /// Removes the entry `key`, and says whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Sets the entry `key`. Never put a secret here: states are plain text.
    pub fn set<T: Serialize>(&mut self, key: &str, value: &T) {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.insert(key.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_others_survive() {
        let mut private = Private::decode(br#"{"e2bfb730":{"create":300}}"#);
        private.set("key_pair", &"mine");
        let again = Private::decode(&private.encode());
        assert_eq!(again.get::<String>("key_pair").as_deref(), Some("mine"));
        assert!(again.get::<Value>("e2bfb730").is_some());
        assert_eq!(again.get::<u64>("key_pair"), None, "another shape is nothing");
    }

    #[test]
    fn what_is_not_an_object_is_nothing() {
        for bytes in [&b""[..], b"null", b"[1]", b"\xff", b"{\"a\":"] {
            assert_eq!(Private::decode(bytes).encode(), b"");
        }
    }
}
