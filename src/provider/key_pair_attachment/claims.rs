//! Who wants which key pair on an instance: two attachments that want different ones undo each other for ever.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What the attachments of one configured provider want, as far as they were planned. Lives as long as the
/// configuration does.
#[derive(Debug, Default)]
pub(in crate::provider) struct Claims(Mutex<BTreeMap<String, Vec<Claim>>>);

#[derive(Debug)]
struct Claim {
    key_pair: String,
    /// Whether the attachment changes something, now.
    changes: bool,
}

impl Claims {
    /// Notes that an attachment wants this key pair on these instances. Returns those that another attachment wants to
    /// carry another one, each with its name, if either of the two changes something.
    pub(super) fn claim<'i>(
        &self,
        key_pair: &str,
        instance_ids: impl IntoIterator<Item = &'i String>,
        changes: bool,
    ) -> Vec<(String, String)> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conflicts = Vec::new();
        for id in instance_ids {
            let on_instance = claims.entry(id.clone()).or_default();
            let other = on_instance.iter().find(|it| it.key_pair != key_pair && (changes || it.changes));
            if let Some(other) = other {
                conflicts.push((id.clone(), other.key_pair.clone()));
            }
            match on_instance.iter_mut().find(|it| it.key_pair == key_pair) {
                Some(known) => known.changes |= changes,
                None => on_instance.push(Claim { key_pair: key_pair.to_owned(), changes }),
            }
        }
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_different_key_pairs_conflict_and_only_where_something_changes() {
        let ids = ["i-1".to_owned(), "i-2".to_owned()];
        let conflict = |id: &str, name: &str| vec![(id.to_owned(), name.to_owned())];
        let claims = Claims::default();
        assert!(claims.claim("a", &ids[..1], false).is_empty());
        assert!(claims.claim("a", &ids[..1], true).is_empty(), "the same pair twice is one claim");
        assert_eq!(claims.claim("b", &ids, false), conflict("i-1", "a"), "a changes");
        assert!(claims.claim("b", &ids[1..], true).is_empty());

        let claims = Claims::default();
        assert!(claims.claim("a", &ids, false).is_empty());
        assert!(claims.claim("b", &ids[..1], false).is_empty(), "nothing changes");
        assert_eq!(claims.claim("c", &ids[1..], true), conflict("i-2", "a"));
    }
}
