//! The key files of one run, so that no create takes away the file that another one uses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many creates have come to each path.
#[derive(Debug, Default)]
pub(super) struct KeyFilesInUse(Mutex<BTreeMap<PathBuf, usize>>);

impl KeyFilesInUse {
    /// Notes that a create works with the file at `path`. To be called before it looks at it.
    pub(super) fn note(&self, path: &Path) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *uses.entry(path.to_owned()).or_default() += 1;
    }

    /// Whether more than one create has come to it.
    pub(super) fn is_shared(&self, path: &Path) -> bool {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uses.get(path).is_some_and(|uses| *uses > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shared_from_the_second_use_on() {
        let files = KeyFilesInUse::default();
        files.note(Path::new("a.pem"));
        files.note(Path::new("b.pem"));
        assert!(!files.is_shared(Path::new("a.pem")) && !files.is_shared(Path::new("c.pem")));
        files.note(Path::new("a.pem"));
        assert!(files.is_shared(Path::new("a.pem")) && !files.is_shared(Path::new("b.pem")));
    }
}
