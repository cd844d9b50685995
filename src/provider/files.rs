//! Files that arguments name: their paths, and the directories that they are in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::alicloud::credentials::{Environment as _, NO_HOME, ProcessEnvironment, needs_home};

/// The path that an argument names. A `~` at its start is the home directory.
pub(super) fn path(argument: &str) -> PathBuf {
    ProcessEnvironment.expand_home(argument)
}

/// The directory that a file is in.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Why no file can be made in a directory.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    /// The path begins with `~`, and there is no home directory.
    #[error("{NO_HOME}")]
    NoHome,
    /// There is none.
    #[error("the directory {} does not exist", .0.display())]
    Missing(PathBuf),
    /// Something else is there.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The system does not allow it.
    #[error("the directory {} is not writable: {}", .0.display(), reason(.1))]
    NotWritable(PathBuf, io::Error),
}

/// Checks that the path does not begin with a `~` that stands for nothing: a directory of this name would be taken.
pub(super) fn check_home(path: &Path) -> Result<(), DirectoryError> {
    if needs_home(path) { Err(DirectoryError::NoHome) } else { Ok(()) }
}

/// Checks that the directory of a file is there, and that files can be made in it. Changes nothing.
pub(super) fn check_directory(path: &Path) -> Result<(), DirectoryError> {
    check_home(path)?;
    let directory = directory(path);
    let owned = || directory.to_owned();
    match fs::metadata(directory) {
        Ok(metadata) if !metadata.is_dir() => Err(DirectoryError::NotADirectory(owned())),
        Ok(_) => writable(directory).map_err(|error| DirectoryError::NotWritable(owned(), error)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(DirectoryError::Missing(owned()))
        }
        Err(error) => Err(DirectoryError::NotWritable(owned(), error)),
    }
}

#[cfg(unix)]
fn writable(directory: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(directory, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere, only an attempt shows it")]
fn writable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What the system says, without the name of the temporary file that it may say it of.
pub(super) fn reason(error: &io::Error) -> String {
    if error.raw_os_error().is_some() { error.to_string() } else { error.kind().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_at_fault_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let told = |path: PathBuf| check_directory(&path).map_err(|error| error.to_string());
        let at = directory.path().display();
        assert_eq!(told(directory.path().join("k.pem")), Ok(()));
        assert_eq!(told(PathBuf::from("k.pem")), Ok(()));
        assert_eq!(
            told(directory.path().join("no/such/k.pem")),
            Err(format!("the directory {at}/no/such does not exist"))
        );
        assert_eq!(told(file.join("k.pem")), Err(format!("{at}/file is not a directory")));
        assert_eq!(told(file.join("x/k.pem")), Err(format!("the directory {at}/file/x does not exist")));
        let refused = io::Error::from_raw_os_error(13);
        assert_eq!(
            DirectoryError::NotWritable("out".into(), refused).to_string(),
            "the directory out is not writable: Permission denied (os error 13)"
        );
    }

    /// The superuser may write everywhere, so that another user's process looks.
    #[cfg(unix)]
    #[test]
    fn a_directory_that_is_not_writable_is_named() {
        use std::os::unix::fs::PermissionsExt as _;
        use std::os::unix::process::CommandExt as _;
        let variable = "A_DIRECTORY_THAT_IS_NOT_WRITABLE";
        if let Some(directory) = std::env::var_os(variable) {
            let error = check_directory(&Path::new(&directory).join("k.pem")).unwrap_err();
            let named = format!("the directory {} is not writable: ", Path::new(&directory).display());
            assert_eq!(error.to_string(), format!("{named}Permission denied (os error 13)"));
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "provider::files::tests::a_directory_that_is_not_writable_is_named"])
            .env(variable, directory.path());
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        let run = match command.output() {
            Ok(run) => run,
            // Where that user may not run the tests, nothing can be shown.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return,
            Err(error) => panic!("{error}"),
        };
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    fn no_temporary_name_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let error = tempfile::NamedTempFile::new_in(directory.path().join("no")).unwrap_err();
        assert!(error.to_string().contains(".tmp"), "{error}");
        assert_eq!(reason(&error), "entity not found");
    }
}
