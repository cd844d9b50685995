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
    #[cfg(target_os = "linux")]
    if let Some(mut file) = unnamed::create_in(directory) {
        file.write_all(private_key).and_then(|()| file.sync_all()).map_err(KeyFileError::Io)?;
        match unnamed::give_name(&file, path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(KeyFileError::Exists),
            // Where it cannot be given a name, the usual way may still go.
            Err(error) => tracing::debug!(%error, "a file without a name could not be given one"),
        }
    }
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

/// Files without a name: of a process that dies before it is given, nothing is left, and a private key least of all.
#[cfg(target_os = "linux")]
mod unnamed {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

    /// A file for its owner only; `None` where the file system has none without a name.
    pub(super) fn create_in(directory: &Path) -> Option<File> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        open(directory, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
    }

    /// Gives it a name that nothing has yet.
    pub(super) fn give_name(file: &File, path: &Path) -> io::Result<()> {
        let file = format!("/proc/self/fd/{}", file.as_raw_fd());
        Ok(linkat(CWD, file, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_whole_and_takes_no_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        write_new(&path, b"one").unwrap();
        assert!(matches!(write_new(&path, b"two"), Err(KeyFileError::Exists)));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let nowhere = directory.path().join("no/key.pem");
        assert!(matches!(write_new(&nowhere, b"three"), Err(KeyFileError::Io(_))));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nobody_sees_a_file_before_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let Some(mut file) = unnamed::create_in(directory.path()) else { return };
        file.write_all(b"one").unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        let path = directory.path().join("key.pem");
        unnamed::give_name(&file, &path).unwrap();
        assert_eq!(fs::read(path).unwrap(), b"one");
    }
}
