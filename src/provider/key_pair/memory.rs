//! What a key pair remembers beside its state: where it lives, and what is certain about its key.

use serde::{Deserialize, Serialize};

use crate::framework::Private;

/// The entry in the private data.
const KEY: &str = "key_pair";

/// Facts that this provider has seen of a key pair. A state that another provider wrote has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::provider) struct Memory {
    /// Its name. On a replacement, the plan of the new key pair sees the memory of the old one.
    pub(in crate::provider) name: Option<String>,
    /// The region where it was made or found.
    pub(in crate::provider) region: Option<String>,
    /// The account that owns it, if it was known when the key pair was made or first found.
    pub(in crate::provider) account_id: Option<String>,
    /// The state's public key was seen to be the one that the cloud holds, or was sent there by us.
    pub(in crate::provider) key_is_certain: bool,
    /// The cloud gave the computed fingerprint of the state's public key.
    pub(in crate::provider) fingerprint_is_computed: bool,
}

impl Memory {
    pub(in crate::provider) fn load(private: &Private) -> Self {
        private.get(KEY).unwrap_or_default()
    }

    pub(in crate::provider) fn save(&self, private: &mut Private) {
        private.set(KEY, self);
    }
}
