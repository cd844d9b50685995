//! Files that sources of credentials read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::environment::{NO_HOME, needs_home};
use super::source::CredentialsError;

/// The largest file that is read. Profiles and tokens are a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// Runs work on files on a thread of its own: a file system of the network may hang, and the runtime has other things to
/// do meanwhile. Who waits may give up; the work goes on.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CredentialsError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| CredentialsError::broken_off())
}

/// Reads a text file, wiped from memory when it is dropped. `None` if there is no such file; the error completes
/// "The file … ".
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    if needs_home(path) {
        return Err(format!("cannot be found: {NO_HOME}"));
    }
    let mut file = match open(OpenOptions::new().read(true), path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    let metadata = file.metadata().map_err(cannot)?;
    // A pipe might never end.
    if !metadata.is_file() {
        return Err("is not a file".to_owned());
    }
    if metadata.len() > LARGEST {
        return Err("is larger than 1 MiB, so it holds something else".to_owned());
    }
    // Room for all of it at once, so that no half of it is left behind when the buffer grows.
    let capacity = usize::try_from(metadata.len()).unwrap_or_default() + 1;
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    match file.by_ref().take(LARGEST).read_to_string(&mut text) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err("is not text (UTF-8)".to_owned()),
        Err(error) => Err(cannot(error)),
    }
}

/// Opens a file without waiting for another process at a pipe, and without following a link if `no_link` is set.
pub(super) fn open(options: &mut OpenOptions, path: &Path, no_link: bool) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        use rustix::fs::OFlags;
        let flags = if no_link { OFlags::NONBLOCK | OFlags::NOFOLLOW } else { OFlags::NONBLOCK };
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _ = no_link;
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

    use super::*;
    use crate::alicloud::credentials::source::Source as _;
    use crate::alicloud::credentials::write_back::Held;
    use crate::alicloud::credentials::{Current, Format, OidcToken, Profile, ProvideCredentials as _};
    use crate::alicloud::testing::{Script, world};

    #[test]
    fn a_small_text_file_is_read_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert_eq!(read(&path), Ok(None));
        for (content, outcome) in [
            (b"text\n".to_vec(), Ok(Some(Zeroizing::new("text\n".to_owned())))),
            (vec![], Ok(Some(Zeroizing::default()))),
            (vec![0xff], Err("is not text (UTF-8)".to_owned())),
            (vec![b' '; 1024 * 1024 + 1], Err("is larger than 1 MiB, so it holds something else".to_owned())),
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(read(&path), outcome);
        }
        assert_eq!(read(directory.path()), Err("is not a file".to_owned()));
        assert!(read(&path.join("below")).unwrap_err().starts_with("cannot be read: "));
        let why = "cannot be found: HOME is not set, so ~ has no meaning";
        assert_eq!(read(Path::new("~/file")), Err(why.to_owned()));
    }

    /// Nothing writes to it, so that it would be waited for without end.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe), Err("is not a file".to_owned()));
    }

    /// The only thread for such work is busy, as if a file system hung.
    #[test]
    fn nothing_else_waits_for_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let text = r#"{"current": "p", "profiles": [{"name": "p", "access_key_id": "i", "access_key_secret": "s"}]}"#;
        std::fs::write(&path, text).unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
        let (release, wait) = std::sync::mpsc::channel::<()>();
        runtime.block_on(async {
            tokio::task::spawn_blocking(move || wait.recv());
            let world = world(&[], Script::new([]));
            let files = vec![(path.clone(), Format::Json)];
            let profile = Profile::chosen(&world, files, None, &Current::default());
            let token = OidcToken::File(path.clone());
            let held = async { Held::wait(&path, Duration::from_secs(9)).await.is_ok() };
            let mut loads: [Pin<Box<dyn Future<Output = bool>>>; 3] = [
                Box::pin(async { profile.load().await.is_ok() }),
                Box::pin(async { token.credentials().await.is_ok() }),
                Box::pin(held),
            ];
            let mut context = Context::from_waker(Waker::noop());
            for load in &mut loads {
                assert!(load.as_mut().poll(&mut context).is_pending());
            }
            drop(release);
            for load in loads {
                assert!(load.await);
            }
        });
    }
}
