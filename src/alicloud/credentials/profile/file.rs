//! The file of the official command line tool, `~/.aliyun/config.json`, or that of the official SDKs.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ini, modes};
use crate::alicloud::credentials::files;
use crate::alicloud::credentials::logins;
use crate::alicloud::credentials::secret_json::{self, SecretObject, place_of};
use crate::alicloud::json;

/// A profile file, read.
pub(crate) struct ProfileFile {
    path: PathBuf,
    current: Option<String>,
    profiles: Vec<SecretObject>,
    is_ini: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// As the command line tool does.
    Json,
    /// As the SDKs do.
    Ini,
    /// As one of the two: which one, its first line tells.
    Either,
}

#[derive(Deserialize)]
struct Layout {
    #[serde(default)]
    current: Option<String>,
    profiles: Vec<SecretObject>,
}

/// What to do about a file of the command line tool's.
const MEND_CLI: &str = "Mend the file, or make it anew with `aliyun configure`.";

/// And about one of the SDKs'.
const MEND_INI: &str = "Mend the file: it has sections of lines `name = value`, with a type each.";

/// Why there is no profile file. The texts are whole sentences, and repeat nothing of the file.
pub(crate) enum FileError {
    /// There is no such file.
    Absent,
    /// There is one, and it can't be used; with what to do.
    Unusable(String, &'static str),
}

impl ProfileFile {
    /// Reads and checks a file of the command line tool's.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        Self::read_as(path, Format::Json)
    }

    /// Reads and checks a file of this format.
    pub(super) fn read_as(path: &Path, format: Format) -> Result<Self, FileError> {
        let shown = path.display();
        let text = match files::read(path) {
            Ok(Some(text)) => text,
            Ok(None) => return Err(FileError::Absent),
            Err(why) => {
                return Err(FileError::Unusable(
                    format!("The file {shown} {why}."),
                    "Check its owner and permissions, or name another file.",
                ));
            }
        };
        // Some editors put a byte order mark there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if format == Format::Ini || format == Format::Either && ini::is_ini(text) {
            let profiles = ini::parse(text).map_err(|why| {
                FileError::Unusable(
                    format!("The file {shown} is not a file of credentials: {why}."),
                    MEND_INI,
                )
            })?;
            let file = Self { path: path.to_owned(), current: None, profiles, is_ini: true };
            let current = file.profile(ini::DEFAULT).map(|_| ini::DEFAULT.to_owned());
            return Ok(Self { current, ..file });
        }
        let mut layout = layout(text).map_err(|why| {
            FileError::Unusable(format!("The file {shown} is not a file of profiles: {why}."), MEND_CLI)
        })?;
        for profile in &mut layout.profiles {
            let mode = json::text(profile, "mode").and_then(|mode| modes::known(&mode));
            if let Some(mode) = mode {
                profile.set("mode".to_owned(), mode);
            }
        }
        let current = layout.current.filter(|it| !it.is_empty());
        Ok(Self { path: path.to_owned(), current, profiles: layout.profiles, is_ini: false })
    }

    /// The name of the profile that the file says to use when none is named.
    pub(crate) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// Whether it is the SDKs' file, whose names are others.
    pub(super) fn is_ini(&self) -> bool {
        self.is_ini
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The profile of this name.
    pub(crate) fn profile(&self, name: &str) -> Option<&SecretObject> {
        self.profiles.iter().find(|profile| json::text(profile, "name").as_deref() == Some(name))
    }

    /// The same for files that say the same, apart from what logins keep there as they go; and hardly ever for others.
    pub(super) fn digest(&self) -> u64 {
        let mut digest = DefaultHasher::new();
        for profile in &self.profiles {
            let lasting = profile.iter().filter(|(field, _)| !logins::keeps(profile, field));
            lasting.for_each(|field| field.hash(&mut digest));
            // Fields of the next one are not this one's.
            digest.write_u8(0);
        }
        digest.finish()
    }

    /// The names of all profiles, in words.
    pub(crate) fn names(&self) -> String {
        if self.is_empty() {
            return "It has no profiles".to_owned();
        }
        let names: Vec<String> = self.all_names().map(|name| format!("{name:?}")).collect();
        format!("It has {}", names.join(", "))
    }

    /// Whether there is no profile that could be named.
    pub(super) fn is_empty(&self) -> bool {
        self.all_names().next().is_none()
    }

    fn all_names(&self) -> impl Iterator<Item = String> {
        self.profiles.iter().filter_map(|profile| json::text(profile, "name"))
    }
}

/// Reads the file of the command line tool; the error tells line, column and what was expected.
fn layout(text: &str) -> Result<Layout, String> {
    // A list would pass for an object whose fields have no names.
    let before = text.len() - text.trim_start().len();
    if text.get(before..).is_some_and(|rest| rest.starts_with('[')) {
        let lines: Vec<&str> = text.get(..before).unwrap_or_default().split('\n').collect();
        let column = lines.last().map_or(0, |line| line.chars().count()) + 1;
        return Err(format!(
            "line {}, column {column}: expected an object with a list \"profiles\"",
            lines.len()
        ));
    }
    secret_json::try_read(text.as_bytes()).map_err(|error| {
        // No other field has to be there.
        if error.to_string().starts_with("missing field") {
            return format!(
                "line {}, column {}: expected a list \"profiles\" in the object",
                error.line(),
                error.column()
            );
        }
        place_of(&error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_say_the_same_have_the_same_digest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let digest = |profiles: &str| {
            std::fs::write(&path, format!(r#"{{"current": "p", "profiles": [{profiles}]}}"#)).unwrap();
            ProfileFile::read(&path).ok().unwrap().digest()
        };
        let login = |fields: &str| {
            digest(&format!(r#"{{"name": "p", "mode": "OAuth", "oauth_site_type": "CN"{fields}}}"#))
        };
        let kept = r#", "access_key_id": "i", "sts_token": "t", "sts_expiration": 5, "oauth_access_token": "a",
            "oauth_refresh_token": "r", "oauth_access_token_expire": 7, "access_key_secret": "s""#;
        assert_eq!(login(""), login(kept));
        assert_ne!(login(""), login(r#", "oauth_site_type": "INTL""#));
        assert_ne!(
            digest(r#"{"name": "p", "access_key_id": "i"}"#),
            digest(r#"{"name": "p", "access_key_id": "j"}"#)
        );
        assert_eq!(
            digest(r#"{"name": "p", "a": 1}"#),
            digest(r#"{ "a": 1,  "name": "p"}"#),
            "order is nothing"
        );
        assert_ne!(digest(r#"{"name": "p"}, {"z": 1}"#), digest(r#"{"name": "p", "z": 1}, {}"#));
    }
}
