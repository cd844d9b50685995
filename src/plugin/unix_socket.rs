//! A unix socket that nobody but its owner, or one group, can ever connect to.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::environment::Placement;
use super::error::StartError;

/// The socket's file, which goes when this does.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = fs::remove_file(&self.0);
    }
}

/// Listens in the directory asked for, else in the system's temporary directory, else in `/tmp`: the path of a socket
/// must be shorter than about a hundred bytes, which that of a temporary directory may not be.
pub(super) fn listen(placement: &Placement) -> Result<(UnixListener, SocketFile), StartError> {
    let group = placement.socket_group.as_deref().map(group_id).transpose()?;
    if let Some(directory) = &placement.socket_directory {
        return listen_in(directory, group)
            .map_err(|source| StartError::Socket { directory: directory.clone(), source });
    }
    let directory = std::env::temp_dir();
    listen_in(&directory, group)
        .or_else(|source| listen_in(Path::new("/tmp"), group).map_err(|_| source))
        .map_err(|source| StartError::Socket { directory, source })
}

/// The socket is born in a private directory and moved to its place once its mode is right: between binding and
/// setting the mode, others might connect.
fn listen_in(directory: &Path, group: Option<u32>) -> io::Result<(UnixListener, SocketFile)> {
    let directory = std::path::absolute(directory)?;
    if !can_be_announced(&directory) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its path cannot be told to the host"));
    }
    let nest = tempfile::Builder::new()
        .prefix("plugin")
        .rand_bytes(8)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(directory)?;
    let newborn = nest.path().join("s");
    let listener = UnixListener::bind(&newborn)?;
    if let Some(group) = group {
        chown(&newborn, None, Some(group)).map_err(|error| {
            io::Error::new(error.kind(), format!("it cannot be given to group {group}: {error}"))
        })?;
    }
    fs::set_permissions(&newborn, Permissions::from_mode(if group.is_some() { 0o660 } else { 0o600 }))?;
    let place = nest.path().with_extension("s");
    fs::rename(&newborn, &place)?;
    Ok((listener, SocketFile(place)))
}

/// The handshake is a line of UTF-8 with `|` between its fields.
fn can_be_announced(path: &Path) -> bool {
    path.to_str().is_some_and(|path| !path.contains(|c: char| c == '|' || c.is_control()))
}

/// The number of a group, given by number or by name.
fn group_id(group: &str) -> Result<u32, StartError> {
    group
        .parse()
        .ok()
        .or_else(|| find_group(&fs::read_to_string("/etc/group").unwrap_or_default(), group))
        .ok_or_else(|| StartError::UnknownGroup(group.to_owned()))
}

/// Finds `name` in lines of `name:password:number:members`.
fn find_group(groups: &str, name: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        let groups = "root:x:0:\nbroken\nwheel::10:ann,bob\nbad:x:ten:\n";
        for (name, id) in
            [("root", Some(0)), ("wheel", Some(10)), ("bad", None), ("broken", None), ("whee", None)]
        {
            assert_eq!(find_group(groups, name), id, "{name}");
        }
        assert_eq!(group_id("4711").unwrap(), 4711);
        assert!(matches!(group_id("no such group"), Err(StartError::UnknownGroup(_))));
    }

    #[tokio::test]
    async fn is_private_and_goes_with_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let placement =
            Placement { socket_directory: Some(directory.path().to_owned()), ..Placement::default() };
        let (_listener, file) = listen(&placement).unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        let entries =
            || fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
        assert_eq!(entries(), [file.path()]);
        drop(file);
        assert!(entries().is_empty());
    }

    #[test]
    fn paths_that_would_break_the_handshake() {
        use std::os::unix::ffi::OsStrExt as _;
        for (path, good) in [(&b"/tmp/a b"[..], true), (b"/a|b", false), (b"/a\nb", false), (b"/\xff", false)]
        {
            assert_eq!(can_be_announced(Path::new(std::ffi::OsStr::from_bytes(path))), good, "{path:?}");
        }
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_used_is_named() {
        let directory = PathBuf::from("/").join("long".repeat(40));
        let placement = Placement { socket_directory: Some(directory.clone()), ..Placement::default() };
        let error = listen(&placement).unwrap_err();
        assert!(error.to_string().contains(directory.to_str().unwrap()), "{error}");
    }
}
