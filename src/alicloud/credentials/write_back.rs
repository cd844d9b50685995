//! Writing to the file of profiles, which other processes read and write at the same time: under a lock of its own,
//! whole or not at all, readable by its owner only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::files::{self, apart};
use super::profile_edit::{self, New};
use super::source::CredentialsError;

/// How long to wait before trying the lock again.
const PAUSE: Duration = Duration::from_millis(50);

/// Why the file of profiles is not held, or can't be written.
#[derive(Debug)]
pub(super) enum NotHeld {
    /// Another process has held it for so long.
    Busy(Duration),
    /// It is not to be had, or not to be written; the text completes "The file … ".
    Unusable(String),
}

impl NotHeld {
    /// The reason, which completes "The file … ".
    pub(super) fn why(&self) -> String {
        match self {
            Self::Busy(waited) => {
                format!("is being refreshed by another run, for {} s now", waited.as_secs())
            }
            Self::Unusable(why) => why.clone(),
        }
    }

    /// What to do.
    pub(super) fn fix(&self) -> &'static str {
        match self {
            // Whoever ends a run between two steps loses a token that was good once.
            Self::Busy(_) => {
                "Wait for the other run to end, then run the command again. End the other one only if it hangs: a \
                 refresh token that it has just used would be lost, and a new login be needed."
            }
            Self::Unusable(_) => "Let the file, its directory and the lock file beside it be writable.",
        }
    }
}

/// The file of profiles, held against other processes of this provider until dropped. The official tools don't ask for
/// this lock; what they write in between is kept, since nothing but single values is replaced.
pub(super) struct Held {
    path: PathBuf,
    /// `None` once it is given up.
    lock: Option<File>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lock) = self.lock.take() {
            give_up(&self.path, &lock);
        }
    }
}

/// Gives up the lock. Closing the file is not enough: a process that is being started has a copy of it, and with that the
/// lock, until its program begins.
fn give_up(path: &Path, lock: &File) {
    if let Err(error) = lock.unlock() {
        tracing::debug!(path = %path.display(), %error, "the lock of the profiles was not given up, but closed");
    }
}

impl From<CredentialsError> for NotHeld {
    fn from(error: CredentialsError) -> Self {
        Self::Unusable(format!("was not waited for: {}", error.reason()))
    }
}

impl Held {
    /// Waits for the lock, for so long.
    pub(super) async fn wait(path: &Path, patience: Duration) -> Result<Self, NotHeld> {
        let path = path.to_owned();
        let (path, mut lock) = apart(move || lock_beside(&path)).await?.map_err(NotHeld::Unusable)?;
        let give_up = Instant::now() + patience;
        loop {
            let outcome;
            (lock, outcome) = apart(move || {
                let outcome = lock.try_lock();
                (lock, outcome)
            })
            .await?;
            match outcome {
                Ok(()) => return Ok(Self { path, lock: Some(lock) }),
                Err(TryLockError::WouldBlock) if Instant::now() < give_up => tokio::time::sleep(PAUSE).await,
                Err(TryLockError::WouldBlock) => return Err(NotHeld::Busy(patience)),
                Err(TryLockError::Error(error)) => {
                    return Err(NotHeld::Unusable(format!("cannot be locked: {error}")));
                }
            }
        }
    }

    /// Makes sure that a new version of the file, with new values in this profile, can be written.
    pub(super) async fn draft(&self, profile: &str) -> Result<Draft<'_>, NotHeld> {
        let (path, profile) = (self.path.clone(), profile.to_owned());
        let file = apart(move || {
            edited(&path, &profile, &[])?;
            // Temporary files are for their owner only.
            let file = path.parent().map_or_else(NamedTempFile::new, NamedTempFile::new_in);
            file.map_err(|error| cannot(&error))
        });
        file.await?.map(|file| Draft { held: self, file }).map_err(NotHeld::Unusable)
    }

    /// Gives up the lock.
    pub(super) async fn release(mut self) {
        let path = std::mem::take(&mut self.path);
        if let Some(lock) = self.lock.take() {
            // Whatever becomes of it, the lock goes with the file.
            let _ = apart(move || give_up(&path, &lock)).await;
        }
    }
}

/// A new version of the file of profiles, to be filled.
pub(super) struct Draft<'a> {
    held: &'a Held,
    file: NamedTempFile,
}

impl Draft<'_> {
    /// Puts the file in place with these values in this profile, and with all else as the file has it now. The error
    /// completes "The file … ".
    pub(super) async fn put(
        self,
        profile: &str,
        values: impl IntoIterator<Item = (&'static str, New)>,
    ) -> Result<(), String> {
        let (path, profile, mut file) = (self.held.path.clone(), profile.to_owned(), self.file);
        let values: Vec<(&str, New)> = values.into_iter().collect();
        let put = apart(move || {
            let edited = edited(&path, &profile, &values)?;
            let write = |file: &mut NamedTempFile| {
                file.write_all(edited.as_bytes())?;
                file.as_file().sync_all()
            };
            write(&mut file).map_err(|error| cannot(&error))?;
            file.persist(&path).map(drop).map_err(|error| cannot(&error.error))
        });
        put.await.unwrap_or_else(|error| Err(format!("was not written: {}", error.reason())))
    }
}

/// The text of the file as it is now, with these values in this profile. The error completes "The file … ".
fn edited(path: &Path, profile: &str, values: &[(&str, New)]) -> Result<Zeroizing<String>, String> {
    let text = files::read(path)?.ok_or("is gone")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    profile_edit::with(text, profile, values).ok_or_else(|| format!("no longer has the profile {profile:?}"))
}

/// Beside the file, since the file itself is replaced when it is written.
fn lock_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock"))
}

/// The file of profiles, and the opened lock file beside it. The error completes "The file … ".
fn lock_beside(path: &Path) -> Result<(PathBuf, File), String> {
    // A link stays a link: what it leads to is replaced.
    let path = path.canonicalize().map_err(|error| format!("cannot be found: {error}"))?;
    let beside = lock_path(&path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let why_not = match files::open(&mut options, &beside, true) {
        Ok(lock) if lock.metadata().is_ok_and(|it| it.is_file()) => return Ok((path, lock)),
        Err(error) if beside.symlink_metadata().map_or(true, |it| it.is_file()) => {
            format!("cannot be opened: {error}")
        }
        // A link is not followed: others may have put it there.
        Ok(_) | Err(_) => "is not a regular file".to_owned(),
    };
    Err(format!("cannot be locked, since {} {why_not}", beside.display()))
}

fn cannot(error: &io::Error) -> String {
    format!("cannot be written: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(90);

    const TEXT: &str = "{\n\t\"profiles\": [{\"name\": \"a\", \"other\": 1, \"sts_token\": \"old\"}]\n}\n";

    fn file() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        std::fs::write(&path, TEXT).unwrap();
        (directory, path)
    }

    #[tokio::test]
    async fn values_are_put_in_and_nobody_else_may_read_them() {
        let (directory, path) = file();
        let held = Held::wait(&path, PATIENCE).await.unwrap();
        let draft = held.draft("a").await.unwrap();
        // What another tool writes meanwhile stays.
        std::fs::write(&path, TEXT.replace("\"other\": 1", "\"other\": 2")).unwrap();
        draft.put("a", [("sts_token", New::Text("new".into()))]).await.unwrap();
        let expected = TEXT.replace("old", "new").replace("\"other\": 1", "\"other\": 2");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        #[cfg(unix)]
        for name in ["config.json", ".config.json.lock"] {
            let mode = std::fs::metadata(directory.path().join(name)).unwrap().permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600, "{name}");
        }
        let wrong = "no longer has the profile \"b\"";
        assert_eq!(held.draft("a").await.unwrap().put("b", []).await.unwrap_err(), wrong);
        assert_eq!(
            held.draft("b").await.err().unwrap().why(),
            wrong,
            "so much is clear before there is anything to be written"
        );
        let names: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "a draft is left: {names:?}");
    }

    /// Whoever reads it meanwhile reads on in the old one.
    #[tokio::test]
    async fn the_file_is_replaced_and_never_written_in_place() {
        let (_directory, path) = file();
        let old = File::open(&path).unwrap();
        let held = Held::wait(&path, PATIENCE).await.unwrap();
        held.draft("a").await.unwrap().put("a", [("sts_token", New::Text("new".into()))]).await.unwrap();
        assert_eq!(io::read_to_string(old).unwrap(), TEXT);
        assert!(std::fs::read_to_string(&path).unwrap().contains("new"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_stays_one() {
        let (directory, path) = file();
        let link = directory.path().join("link.json");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let held = Held::wait(&link, PATIENCE).await.unwrap();
        held.draft("a").await.unwrap().put("a", [("sts_token", New::Text("new".into()))]).await.unwrap();
        assert!(link.is_symlink());
        assert!(std::fs::read_to_string(&path).unwrap().contains("new"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_lock_is_waited_for_and_not_for_ever() {
        let (_directory, path) = file();
        let first = Held::wait(&path, PATIENCE).await.unwrap();
        let started = Instant::now();
        let error = Held::wait(&path, PATIENCE).await.err().unwrap();
        assert_eq!(error.why(), "is being refreshed by another run, for 90 s now");
        assert!(error.fix().starts_with("Wait for the other run to end"), "{}", error.fix());
        assert!(started.elapsed() >= PATIENCE);
        let (second, ()) = tokio::join!(Held::wait(&path, PATIENCE), async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(first);
        });
        assert!(second.is_ok());
    }

    #[tokio::test]
    async fn a_copy_of_the_lock_in_a_process_that_is_being_started_holds_nobody_up() {
        let (_directory, path) = file();
        let held = Held::wait(&path, PATIENCE).await.unwrap();
        let _copy = held.lock.as_ref().unwrap().try_clone().unwrap();
        assert!(matches!(Held::wait(&path, Duration::ZERO).await, Err(NotHeld::Busy(_))));
        held.release().await;
        let held = Held::wait(&path, Duration::ZERO).await.unwrap();
        let _copy = held.lock.as_ref().unwrap().try_clone().unwrap();
        drop(held);
        assert!(Held::wait(&path, Duration::ZERO).await.is_ok());
    }

    /// Whoever may write to the directory might put something else there.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_lock_that_is_no_file_is_neither_waited_for_nor_followed() {
        let (directory, path) = file();
        let lock = directory.path().canonicalize().unwrap().join(".config.json.lock");
        let told = format!("cannot be locked, since {} is not a regular file", lock.display());
        let refused = async || {
            let error = Held::wait(&path, PATIENCE).await.err().unwrap();
            std::fs::remove_file(&lock).or_else(|_| std::fs::remove_dir(&lock)).unwrap();
            error.why()
        };
        let elsewhere = directory.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
        assert_eq!(refused().await, told);
        assert!(!elsewhere.exists(), "the link was followed");
        assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
        assert_eq!(refused().await, told);
        // With a reader, a pipe can be opened.
        assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
        let reader = files::open(OpenOptions::new().read(true), &lock, false).unwrap();
        assert_eq!(refused().await, told);
        drop(reader);
        std::fs::create_dir(&lock).unwrap();
        assert_eq!(refused().await, told);
        assert!(Held::wait(&path, PATIENCE).await.is_ok());
    }
}
