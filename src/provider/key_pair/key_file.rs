//! The file of the private key: looked at, made, or taken away again.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::openssh::{MAX_FILE, PrivateKeyError, PublicKey, public_half};
use crate::provider::files::{self, DirectoryError, check_directory};

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
    /// A link to a file that is not there. Nothing is written through it.
    #[error("is a link to a file that does not exist")]
    DanglingLink,
    /// It is not there, and cannot be made there.
    #[error("cannot be written: {0}")]
    Directory(DirectoryError),
    /// The system refuses.
    #[error("cannot be used: {}", files::reason(.0))]
    Io(io::Error),
}

/// Whether two values of `key_file` name the same file: `k.pem`, `./k.pem`, and its absolute path. A look at the file
/// system tells of links and `..`, if the directory is there.
pub(super) fn same_file(one: &str, other: &str) -> bool {
    let (one, other) = (files::path(one), files::path(other));
    let real = |path: &Path| Some(fs::canonicalize(files::directory(path)).ok()?.join(path.file_name()?));
    let equal =
        |name: &dyn Fn(&Path) -> Option<PathBuf>| name(&one).is_some_and(|one| Some(one) == name(&other));
    one == other || equal(&|path| std::path::absolute(path).ok()) || equal(&real)
}

/// What a plan can say of a key file.
#[derive(Debug)]
pub(super) enum Foreseen {
    /// A key will be made and written there.
    New,
    /// The key in it will be used. Perhaps other users can change the file: then, how.
    Key(PublicKey, Option<String>),
}

/// Looks at what a create would find. Changes nothing.
pub(super) fn foresee(path: &Path) -> Result<Foreseen, KeyFileError> {
    let Some(file) = open(path)? else {
        check_directory(path).map_err(KeyFileError::Directory)?;
        return Ok(Foreseen::New);
    };
    Ok(Foreseen::Key(read(&file)?, changeable_by_others(&file)))
}

/// How other users can change the file, in a sentence. The superuser can change every file.
#[cfg(unix)]
fn changeable_by_others(file: &File) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().ok()?;
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o777);
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        Some(format!("The file belongs to another user (uid {owner})."))
    } else {
        (mode & 0o022 != 0)
            .then(|| format!("The mode of the file, {mode:04o}, lets other users write to it."))
    }
}

#[cfg(not(unix))]
fn changeable_by_others(_: &File) -> Option<String> {
    None
}

/// The public half of the key in the file, or `None` if there is no file. Changes nothing.
fn inspect(path: &Path) -> Result<Option<PublicKey>, KeyFileError> {
    open(path)?.as_ref().map(read).transpose()
}

/// The file, or `None` if there is none, or none any more.
fn open(path: &Path) -> Result<Option<File>, KeyFileError> {
    files::check_home(path).map_err(KeyFileError::Directory)?;
    // Only a file is opened: a pipe, say, could keep whoever opens it waiting.
    let opened = fs::metadata(path)
        .and_then(|metadata| if metadata.is_file() { File::open(path).map(Some) } else { Ok(None) });
    match opened {
        Ok(Some(file)) => Ok(Some(file)),
        Ok(None) => Err(KeyFileError::NotAFile),
        // A link to nothing is something: nothing is to be written through it.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            Err(KeyFileError::DanglingLink)
        }
        // In the second case, what should be its directory is a file.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(KeyFileError::Io(error)),
    }
}

/// The public half of the key in an open file.
fn read(file: &File) -> Result<PublicKey, KeyFileError> {
    let mut content = zeroize::Zeroizing::new(Vec::new());
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut content).map_err(KeyFileError::Io)?;
    if content.len() > MAX_FILE {
        return Err(KeyFileError::TooLarge);
    }
    public_half(&content).map_err(KeyFileError::Content)
}

/// What a create finds at the path of its key file.
#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    /// A file with this key.
    Key(PublicKey),
    /// A file that another create has made, of this process or another one, and may take away yet.
    Undecided,
}

/// Looks for a key to use. Changes nothing.
pub(super) fn find(path: &Path) -> Result<Found, KeyFileError> {
    let Some(file) = open(path)? else { return Ok(Found::Nothing) };
    let key = read(&file)?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(Found::Undecided),
        // It may have been taken away just before, and another have been made, whose lock is not known.
        Ok(()) => Ok(match inspect(path)? {
            None => Found::Nothing,
            Some(now) if now.same_key(&key) => Found::Key(now),
            Some(_) => Found::Undecided,
        }),
        // Where there are no locks, nobody takes a file away either.
        Err(TryLockError::Error(_)) => Ok(Found::Key(key)),
    }
}

/// A key file that was made for a key pair which is not made yet. Others that find it wait until this is dropped: they
/// must not import a key whose only copy is taken away again.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    /// Holds the lock, if there is one.
    file: File,
    is_locked: bool,
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started has a copy of it, and with that the lock,
        // until its program begins. Where there are no locks, there is nothing to give up.
        let _ = self.file.unlock();
    }
}

impl NewFile {
    /// `file` is to be locked before it has a name that others could find.
    fn new(path: &Path, file: File, is_locked: bool) -> Self {
        Self { path: path.to_owned(), file, is_locked }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file away again, if it still holds `key` and nobody can have found it. Whether it is gone.
    pub(super) fn take_away(self, key: &PublicKey) -> bool {
        if !self.is_locked || !matches!(inspect(&self.path), Ok(Some(found)) if found.same_key(key)) {
            return false;
        }
        let removed = fs::remove_file(&self.path);
        if let Err(error) = &removed {
            tracing::warn!(path = %self.path.display(), %error, "A key file that is of no use could not be removed");
        }
        removed.is_ok()
    }
}

/// Writes a private key to a file that is not there yet: readable by its owner only, whole or not
/// at all, on disk before this returns.
pub(super) fn write_new(path: &Path, private_key: &[u8]) -> Result<NewFile, KeyFileError> {
    check_directory(path).map_err(KeyFileError::Directory)?;
    let directory = files::directory(path);
    #[cfg(target_os = "linux")]
    if let Some(mut file) = unnamed::create_in(directory) {
        fill(&mut file, private_key).map_err(KeyFileError::Io)?;
        let is_locked = file.try_lock().is_ok();
        match unnamed::give_name(&file, path) {
            Ok(()) => return Ok(kept(directory, NewFile::new(path, file, is_locked))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(KeyFileError::Exists),
            // Where it cannot be given a name, the usual way may still go.
            Err(error) => tracing::debug!(%error, "a file without a name could not be given one"),
        }
    }
    let mut file =
        tempfile::Builder::new().prefix(".key_file-").tempfile_in(directory).map_err(KeyFileError::Io)?;
    fill(file.as_file_mut(), private_key).map_err(KeyFileError::Io)?;
    let is_locked = file.as_file().try_lock().is_ok();
    match file.persist_noclobber(path) {
        Ok(file) => Ok(kept(directory, NewFile::new(path, file, is_locked))),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(KeyFileError::Exists),
        Err(error) => Err(KeyFileError::Io(error.error)),
    }
}

/// Writes the key to a new file, on disk. The mode is set here, since the umask may take rights even from the owner.
fn fill(file: &mut File, private_key: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(private_key)?;
    file.sync_all()
}

/// Sees to it that the name is on disk too, where that can be done.
fn kept(directory: &Path, file: NewFile) -> NewFile {
    if let Err(error) = File::open(directory).and_then(|directory| directory.sync_all()) {
        tracing::debug!(%error, "the directory of the key file could not be synchronised");
    }
    file
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
        let error = write_new(&nowhere, b"three").unwrap_err();
        let missing = directory.path().join("no");
        assert_eq!(
            error.to_string(),
            format!("cannot be written: the directory {} does not exist", missing.display())
        );
        assert!(
            matches!(foresee(&nowhere), Err(KeyFileError::Directory(DirectoryError::Missing(it))) if it == missing)
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn who_finds_a_new_file_waits_until_its_maker_has_decided() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let key = crate::openssh::generate_rsa_2048().unwrap();
        let make = || write_new(&path, key.private_pem().as_bytes()).unwrap();
        let found = || find(&path).unwrap();
        assert!(matches!(found(), Found::Nothing));
        let file = make();
        assert!(matches!(found(), Found::Undecided));
        assert!(file.take_away(key.public_key()));
        assert!(matches!(found(), Found::Nothing));
        let file = make();
        // As a process has that is being started.
        let _copy = file.file.try_clone().unwrap();
        drop(file);
        assert!(matches!(found(), Found::Key(found) if found.same_key(key.public_key())));
        assert!(matches!(write_new(&path, b"other"), Err(KeyFileError::Exists)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_goes_away_while_it_is_looked_at_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let (path, spare) = (directory.path().join("key.pem"), directory.path().join("spare.pem"));
        let key = crate::openssh::generate_rsa_2048().unwrap();
        fs::write(&path, key.private_pem().as_bytes()).unwrap();
        let over = std::sync::atomic::AtomicBool::new(false);
        let done = || over.load(std::sync::atomic::Ordering::Relaxed);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done() {
                    fs::rename(&path, &spare).unwrap();
                    fs::rename(&spare, &path).unwrap();
                }
            });
            let mut outcomes: Vec<_> = (0..5_000).map(|_| find(&path)).collect();
            // At least one look has met that there is none.
            while !outcomes.iter().any(|outcome| matches!(outcome, Ok(Found::Nothing) | Err(_))) {
                outcomes.push(find(&path));
            }
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(outcomes.iter().all(Result::is_ok), "{:?}", outcomes.iter().find(|it| it.is_err()));
        });
        // A link to nothing is something.
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&spare, &path).unwrap();
        assert!(matches!(find(&path), Err(KeyFileError::DanglingLink)));
        assert!(matches!(find(directory.path()), Err(KeyFileError::NotAFile)));
    }

    #[test]
    fn one_file_has_many_names() {
        let directory = tempfile::tempdir().unwrap();
        let here = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        fs::create_dir(here("sub")).unwrap();
        for (one, other, same) in [
            ("k.pem".to_owned(), "./k.pem".to_owned(), true),
            ("./k.pem".into(), std::path::absolute("k.pem").unwrap().to_str().unwrap().to_owned(), true),
            ("k.pem".into(), "other.pem".into(), false),
            ("sub/k.pem".into(), "k.pem".into(), false),
            (here("k.pem"), here("sub/../k.pem"), true),
            (here("k.pem"), here("./sub/..//k.pem"), true),
            // Where no directory is, only the text tells.
            (here("no/k.pem"), here("no/./k.pem"), true),
            (here("no/k.pem"), here("none/k.pem"), false),
            ("~/k.pem".into(), files::path("~/k.pem").to_str().unwrap().to_owned(), true),
        ] {
            assert_eq!(same_file(&one, &other), same, "{one} {other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_change_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let key = crate::openssh::generate_rsa_2048().unwrap();
        fs::write(&path, key.private_pem().as_bytes()).unwrap();
        for (mode, expected) in [
            (0o600, None),
            (0o644, None),
            (0o620, Some("The mode of the file, 0620, lets other users write to it.")),
            (0o666, Some("The mode of the file, 0666, lets other users write to it.")),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let Foreseen::Key(found, how) = foresee(&path).unwrap() else { panic!("{mode:o}") };
            assert!(found.same_key(key.public_key()));
            assert_eq!(how.as_deref(), expected);
        }
        // Only the superuser can give a file away.
        if std::os::unix::fs::chown(&path, Some(65_534), None).is_ok() {
            let found = foresee(&path).unwrap();
            let Foreseen::Key(_, Some(how)) = found else { panic!("{found:?}") };
            assert_eq!(how, "The file belongs to another user (uid 65534).");
        }
    }

    /// A process of its own has the umask: this one shares its own with other tests.
    #[cfg(unix)]
    #[test]
    fn the_mode_is_the_owners_under_any_umask() {
        use std::os::unix::fs::PermissionsExt as _;
        let variable = "A_DIRECTORY_FOR_KEY_FILES";
        if let Some(directory) = std::env::var_os(variable) {
            let path = Path::new(&directory).join("key.pem");
            write_new(&path, b"one").unwrap();
            return;
        }
        for umask in ["0000", "0022", "0777"] {
            let directory = tempfile::tempdir().unwrap();
            let run = std::process::Command::new("sh")
                .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
                .arg(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "provider::key_pair::key_file::tests::the_mode_is_the_owners_under_any_umask",
                ])
                .env(variable, directory.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&run.stdout).into_owned();
            assert!(run.status.success() && said.contains("1 passed"), "{said}");
            let mode = fs::metadata(directory.path().join("key.pem")).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o600, "{umask}");
        }
    }

    #[test]
    fn only_what_nobody_can_have_found_is_taken_away() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let key = crate::openssh::generate_rsa_2048().unwrap();
        let mut file = write_new(&path, key.private_pem().as_bytes()).unwrap();
        file.is_locked = false;
        assert!(!file.take_away(key.public_key()));
        // Somebody has put another key there.
        fs::remove_file(&path).unwrap();
        let file = write_new(&path, key.private_pem().as_bytes()).unwrap();
        let other = crate::openssh::generate_rsa_2048().unwrap();
        fs::write(&path, other.private_pem().as_bytes()).unwrap();
        assert!(!file.take_away(key.public_key()) && path.exists());
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
