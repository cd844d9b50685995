//! What RAM, the access control of the cloud, forbids.

use serde::{Deserialize, Serialize};

/// A user whose permissions hold in one resource group only: to list, the calls have to name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneGroup {
    /// The id of the group.
    pub group: String,
    /// What a list that does not name the group is answered: a refusal (403), or an empty list. The documentation does
    /// not say which.
    pub refuses: bool,
}

impl OneGroup {
    /// Hides what is not asked for in this group.
    pub fn hiding(group: &str) -> Self {
        Self { group: group.to_owned(), refuses: false }
    }

    /// Refuses lists that do not name this group.
    pub fn refusing(group: &str) -> Self {
        Self { group: group.to_owned(), refuses: true }
    }
}

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
