//! What a key pair remembers beside its state: where it lives, and what is certain about its key.

use serde::{Deserialize, Serialize};

use crate::framework::Private;
use crate::provider::place::{KEY, Place, record};

/// The entry that says that the key pair is destroyed to be replaced. Only a plan has it, never a state.
const REPLACED: &str = "replaced";

/// Facts that this provider has seen of a key pair. A state that another provider wrote has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Where it lives.
    #[serde(flatten)]
    pub(super) place: Place,
    /// What is certain about its key.
    #[serde(flatten)]
    pub(super) facts: KeyFacts,
}

/// What is certain about the key of a key pair.
///
/// A host copies and writes the whole state for each resource, so that what is usual is not written: it is what a memory
/// without it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyFacts {
    /// The state's public key was seen to be the one that the cloud holds, or was sent there by us.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(super) key_is_certain: bool,
    /// The cloud gave the computed fingerprint of the state's public key.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(super) fingerprint_is_computed: bool,
}

impl KeyFacts {
    /// What is known where there is no memory.
    pub(super) const NONE: Self = Self { key_is_certain: false, fingerprint_is_computed: false };
}

impl Memory {
    pub(super) fn load(private: &Private) -> Self {
        private.get(KEY).unwrap_or(Self { place: Place::default(), facts: KeyFacts::NONE })
    }

    pub(super) fn save(&self, private: &mut Private) {
        record(private, KEY, self);
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
            place: Place {
                name: Some("web".to_owned()),
                region: Some("cn-beijing".to_owned()),
                account_id: None,
            },
            facts: KeyFacts { key_is_certain: true, fingerprint_is_computed: true },
        };
        let text = serde_json::to_string(&usual).unwrap();
        assert_eq!(text, r#"{"name":"web","region":"cn-beijing"}"#);
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), usual);
        let doubtful = Memory { facts: KeyFacts::NONE, ..usual.clone() };
        let text = serde_json::to_string(&doubtful).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), doubtful);
        // As it was written once.
        let text = r#"{"account_id":null,"fingerprint_is_computed":true,"key_is_certain":true,"name":"web","region":"cn-beijing"}"#;
        assert_eq!(serde_json::from_str::<Memory>(text).unwrap(), usual);
        let nothing = Memory { place: Place::default(), facts: KeyFacts::NONE };
        assert_eq!(Memory::load(&Private::default()), nothing);
    }
}
