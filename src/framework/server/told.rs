//! Causes that many messages share, and that were shown in full already.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::framework::Diagnostic;

/// The causes that this process has shown in full since the provider was configured. Of the process, since Terraform
/// starts one for each configured provider.
static SHOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Forgets what was shown, for the next run that the process serves.
pub(super) fn forget() {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// The detail to show: the whole one, or the short one if the cause was shown before.
pub(super) fn detail(diagnostic: Diagnostic) -> String {
    let Some(cause) = diagnostic.cause else { return diagnostic.detail };
    let is_first = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(cause.key);
    if is_first { diagnostic.detail } else { cause.short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_shown_in_full_once() {
        let of =
            |key: &str| detail(Diagnostic::error("Failed", "The whole story").caused_by(key, "In short"));
        let shown = ["told: a", "told: a", "told: b", "told: a"].map(of);
        assert_eq!(shown, ["The whole story", "In short", "The whole story", "In short"]);
        let plain = || detail(Diagnostic::error("Failed", "Of its own"));
        assert_eq!([plain(), plain()], ["Of its own", "Of its own"]);
    }
}
