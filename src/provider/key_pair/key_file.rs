//! The file of the private key: looked at, made, or taken away again.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::openssh::{MAX_FILE, PrivateKeyError, PublicKey, public_half};

/// What is wrong with a key file. The texts complete "The file … ".
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyFileError {
    /// Something else than a file is there.
    #[error("is not a file")]
    NotAFile,
    /// More than any private key needs.
    #[error("is larger than any private key, so it holds something else")]
    TooLarge,
    /// The file's content is not a usable key.
    #[error("holds no key that can be used: {}", .0.to_string().trim_end_matches('.'))]
    Content(PrivateKeyError),
    /// It appeared just now.
    #[error("exists already, made by something else a moment ago")]
    Exists,
    /// The system refuses.
    #[error("cannot be used: {0}")]
    Io(io::Error),
}

/// The public half of the key in the file, or `None` if there is no file. Changes nothing.
pub(super) fn inspect(path: &Path) -> Result<Option<PublicKey>, KeyFileError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        // A link to nothing is something: nothing is to be written through it.
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
            return Ok(None);
        }
        Err(error) => return Err(KeyFileError::Io(error)),
    };
    if !metadata.is_file() {
        return Err(KeyFileError::NotAFile);
    }
    let file = fs::File::open(path).map_err(KeyFileError::Io)?;
    let mut content = zeroize::Zeroizing::new(Vec::new());
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut content).map_err(KeyFileError::Io)?;
    if content.len() > MAX_FILE {
        return Err(KeyFileError::TooLarge);
    }
    public_half(&content).map(Some).map_err(KeyFileError::Content)
}

/// Writes a private key to a file that is not there yet: readable by its owner only, whole or not
/// at all, on disk before this returns.
pub(super) fn write_new(path: &Path, private_key: &[u8]) -> Result<(), KeyFileError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Temporary files of this kind are readable by their owner only.
    let mut file =
        tempfile::Builder::new().prefix(".key_file-").tempfile_in(directory).map_err(KeyFileError::Io)?;
    file.write_all(private_key).and_then(|()| file.as_file().sync_all()).map_err(KeyFileError::Io)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(KeyFileError::Exists),
        Err(error) => Err(KeyFileError::Io(error.error)),
    }
}

/// Takes away a file that was made for `key`, if it still holds that key.
pub(super) fn take_away(path: &Path, key: &PublicKey) {
    if matches!(inspect(path), Ok(Some(found)) if found.same_key(key))
        && let Err(error) = fs::remove_file(path)
    {
        tracing::warn!(path = %path.display(), %error, "A key file that is of no use could not be removed");
    }
}
