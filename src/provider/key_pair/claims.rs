//! Which key pairs want which name: ECS takes a name once in a region.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The names that the key pairs of one configured provider want, as far as they were planned, and those that they are
/// created under. Lives as long as the configuration does.
#[derive(Debug, Default)]
pub(in crate::provider) struct NameClaims(Mutex<BTreeMap<String, Claims>>);

/// Who wants a name.
#[derive(Clone, Copy, Debug, Default)]
struct Claims {
    /// How many resources have it in the plan.
    planned: u32,
    /// Whether one of them changes.
    changes: bool,
    /// How many resources are created under it.
    created: u32,
    /// Whether a resource of the state has it.
    held: bool,
}

impl NameClaims {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Claims>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a resource is planned with this name. Returns whether another one is, too, and one of them changes.
    pub(super) fn plan(&self, name: &str, changes: bool) -> bool {
        let mut all = self.lock();
        let claims = all.entry(name.to_owned()).or_default();
        claims.planned += 1;
        claims.changes |= changes;
        claims.planned > 1 && claims.changes
    }

    /// Notes that a resource of the state has this name.
    pub(super) fn hold(&self, name: &str) {
        self.lock().entry(name.to_owned()).or_default().held = true;
    }

    /// Whether a key pair of this name is one of this configuration or its state: several resources want the name, or one
    /// of the state has it, as a tainted one has that is about to be replaced.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.is_shared(name) || self.lock().get(name).is_some_and(|claims| claims.held)
    }

    /// Notes that a resource is created under this name.
    pub(super) fn create(&self, name: &str) {
        self.lock().entry(name.to_owned()).or_default().created += 1;
    }

    /// Whether several resources of the configuration want this name.
    pub(super) fn is_shared(&self, name: &str) -> bool {
        self.lock().get(name).is_some_and(|claims| claims.planned > 1 || claims.created > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_claims_conflict_if_one_changes() {
        let names = NameClaims::default();
        assert!(!names.plan("web", false) && !names.is_shared("web"));
        assert!(!names.plan("web", false), "two resources of one object, as before");
        assert!(names.plan("web", true) && names.is_shared("web"));
        assert!(!names.plan("app", true) && !names.is_shared("app"));
        names.create("db");
        assert!(!names.is_shared("db"));
        names.create("db");
        assert!(names.is_shared("db"));
        assert!(!names.is_known("old") && names.is_known("db"));
        names.hold("old");
        assert!(names.is_known("old") && !names.is_shared("old"));
    }
}
