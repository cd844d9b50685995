//! The file that keeps the worlds from one run to the next.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use tempfile::NamedTempFile;

use crate::world::World;

/// The state file: JSON, one world per account.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
}

impl Store {
    /// The store at this path; nothing is read yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// What the file holds; nothing if there is none.
    pub(crate) fn load(&self) -> Result<BTreeMap<String, World>, StoreError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.error("cannot be read", &error)),
        };
        serde_json::from_slice(&text).map_err(|error| self.error("is not a world of this simulator", &error))
    }

    /// Writes the file anew and then puts it in the place of the old one, so that it is never half written.
    pub(crate) fn save(&self, worlds: &BTreeMap<String, World>) -> Result<(), StoreError> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let write = || -> io::Result<()> {
            let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            serde_json::to_writer_pretty(&mut file, worlds)?;
            file.write_all(b"\n")?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|error| self.error("cannot be written", &error))
    }

    fn error(&self, what: &'static str, cause: &dyn fmt::Display) -> StoreError {
        StoreError { path: self.path.clone(), what, cause: cause.to_string() }
    }
}

/// The state file could not be read or written.
#[derive(Debug)]
pub(crate) struct StoreError {
    path: PathBuf,
    what: &'static str,
    cause: String,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The state file {} {}: {}", self.path.display(), self.what, self.cause)
    }
}

impl std::error::Error for StoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_worlds_and_says_what_is_wrong_with_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("world.json"));
        assert_eq!(store.load().unwrap(), BTreeMap::new());
        let mut world = World::default();
        world.add_key_pair("cn-hangzhou", "a", "ssh-rsa YWJj").tags.insert("k".into(), "v".into());
        let worlds = BTreeMap::from([("1".to_owned(), world)]);
        store.save(&worlds).unwrap();
        assert_eq!(store.load().unwrap(), worlds);

        fs::write(folder.path().join("world.json"), "{\"1\": 2}").unwrap();
        let text = store.load().unwrap_err().to_string();
        assert!(text.contains("world.json is not a world of this simulator: "), "{text}");
        let nowhere = Store::new(folder.path().join("no/such/folder.json"));
        assert!(nowhere.save(&worlds).unwrap_err().to_string().contains("cannot be written"));
    }
}
