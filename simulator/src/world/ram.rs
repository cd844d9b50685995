//! What RAM, the access control of the cloud, forbids.

use serde::{Deserialize, Serialize};

/// A policy that denies an action, to everybody or on one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Denial {
    /// `DeleteKeyPairs`, `AttachKeyPair`, …, without the product.
    pub action: String,
    /// The key pair's name or the instance's id; `None`: whatever the call is about.
    pub resource: Option<String>,
}

impl Denial {
    /// Denies an action as a whole.
    pub fn of(action: &str) -> Self {
        Self { action: action.to_owned(), resource: None }
    }

    /// Denies an action on one key pair or instance; a call that names it among others is refused too.
    pub fn on(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: Some(resource.to_owned()) }
    }
}
