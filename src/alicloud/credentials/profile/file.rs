//! The file of the official command line tool, `~/.aliyun/config.json`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::alicloud::credentials::files;
use crate::alicloud::credentials::secret_json::{SecretObject, place_of};
use crate::alicloud::json::{self, Object};

/// A profile file, read.
pub(crate) struct ProfileFile {
    path: PathBuf,
    current: Option<String>,
    profiles: Vec<SecretObject>,
}

#[derive(Deserialize)]
struct Layout {
    #[serde(default)]
    current: Option<String>,
    profiles: Vec<Object>,
}

/// Why there is no profile file. The texts are whole sentences, and repeat nothing of the file.
pub(crate) enum FileError {
    /// There is no such file.
    Absent,
    /// There is one, and it can't be used.
    Unusable(String),
}

impl ProfileFile {
    /// Reads and checks the file.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let shown = path.display();
        let text = match files::read(path) {
            Ok(Some(text)) => text,
            Ok(None) => return Err(FileError::Absent),
            Err(why) => return Err(FileError::Unusable(format!("The file {shown} {why}."))),
        };
        // Some editors put a byte order mark there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let layout: Layout = serde_json::from_str(text).map_err(|error| {
            FileError::Unusable(format!("The file {shown} is not a file of profiles: {}.", place_of(&error)))
        })?;
        let profiles = layout.profiles.into_iter().map(SecretObject::from).collect();
        Ok(Self { path: path.to_owned(), current: layout.current.filter(|it| !it.is_empty()), profiles })
    }

    /// The name of the profile that the file says to use when none is named.
    pub(crate) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The profile of this name.
    pub(crate) fn profile(&self, name: &str) -> Option<&SecretObject> {
        self.profiles.iter().find(|profile| json::text(profile, "name").as_deref() == Some(name))
    }

    /// The region that a profile says to work in.
    pub(crate) fn region(&self, profile: &str) -> Option<String> {
        json::non_empty_text(self.profile(profile)?, "region_id")
    }

    /// The names of all profiles, in words.
    pub(crate) fn names(&self) -> String {
        let names: Vec<String> = self
            .profiles
            .iter()
            .filter_map(|profile| json::text(profile, "name"))
            .map(|name| format!("{name:?}"))
            .collect();
        if names.is_empty() {
            "It has no profiles".to_owned()
        } else {
            format!("It has {}", names.join(", "))
        }
    }
}
