//! What a key pair remembers beside its state: where it lives, and what is certain about its key.

use serde::{Deserialize, Serialize};

use crate::framework::Private;

/// The entry in the private data.
pub(in crate::provider) const KEY: &str = "key_pair";

/// The entry that says that the key pair is destroyed to be replaced. Only a plan has it, never a state.
const REPLACED: &str = "replaced";

/// Facts that this provider has seen of a key pair. A state that another provider wrote has none.
///
/// A host copies and writes the whole state for each resource, so that what is usual is not written: it is what a memory
/// without it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::provider) struct Memory {
    /// Its name. On a replacement, the plan of the new key pair sees the memory of the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::provider) name: Option<String>,
    /// The region where it was made or found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::provider) region: Option<String>,
    /// The account that owns it, if it was known when the key pair was made or first found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::provider) account_id: Option<String>,
    /// The state's public key was seen to be the one that the cloud holds, or was sent there by us.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(in crate::provider) key_is_certain: bool,
    /// The cloud gave the computed fingerprint of the state's public key.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(in crate::provider) fingerprint_is_computed: bool,
}

impl Memory {
    pub(in crate::provider) fn load(private: &Private) -> Self {
        private.get(KEY).unwrap_or_default()
    }

    pub(in crate::provider) fn save(&self, private: &mut Private) {
        record(private, KEY, self);
    }
}

/// Sets an entry. One that can't be stored is logged, and the state is true without it.
fn record<T: Serialize>(private: &mut Private, key: &str, value: &T) {
    if let Err(error) = private.set(key, value) {
        tracing::error!(%error, key, "An entry of the private data could not be recorded");
    }
}

/// Notes in a plan that it replaces the key pair.
pub(super) fn mark_replaced(private: &mut Private) {
    record(private, REPLACED, &true);
}

/// Whether the plan that is applied replaces the key pair. The note does not get into a state.
pub(super) fn take_replaced(private: &mut Private) -> bool {
    private.remove(REPLACED)
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_yes(it: &bool) -> bool {
    *it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_not_written() {
        let usual = Memory {
            name: Some("web".to_owned()),
            region: Some("cn-beijing".to_owned()),
            account_id: None,
            key_is_certain: true,
            fingerprint_is_computed: true,
        };
        let text = serde_json::to_string(&usual).unwrap();
        assert_eq!(text, r#"{"name":"web","region":"cn-beijing"}"#);
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), usual);
        let doubtful = Memory { key_is_certain: false, fingerprint_is_computed: false, ..usual.clone() };
        let text = serde_json::to_string(&doubtful).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), doubtful);
        // As it was written once.
        let text = r#"{"account_id":null,"fingerprint_is_computed":true,"key_is_certain":true,"name":"web","region":"cn-beijing"}"#;
        assert_eq!(serde_json::from_str::<Memory>(text).unwrap(), usual);
        assert_eq!(Memory::load(&Private::default()), Memory::default());
    }
}
