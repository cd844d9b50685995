//! Where the plugin listens.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use crate::harness::{Host, Launch, healthy};

#[tokio::test]
async fn the_socket_is_its_owners_alone() {
    let plugin = Launch::plain().shake().await;
    let path = Path::new(plugin.handshake.address());
    let metadata = std::fs::metadata(path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.mode() & 0o777, 0o600);
    assert_eq!(path.parent(), Some(plugin.process.directory()));
    assert_eq!(plugin.process.files().len(), 1, "nothing but the socket");
    let channel = plugin.connect().await;
    assert!(plugin.shut_down(channel).await.files.is_empty());
}

#[tokio::test]
async fn directory_and_group_are_as_asked() {
    let directory = tempfile::tempdir().unwrap();
    let owner = std::fs::metadata(directory.path()).unwrap();
    // Only root may give a file to a group that it isn't in.
    let group = if owner.uid() == 0 { 1 } else { owner.gid() };
    let plugin = Launch::plain()
        .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
        .env("PLUGIN_UNIX_SOCKET_GROUP", group.to_string())
        .shake()
        .await;
    let path = Path::new(plugin.handshake.address());
    assert_eq!(path.parent(), Some(directory.path()));
    let metadata = std::fs::metadata(path).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o660);
    assert_eq!(metadata.gid(), group);
    let channel = plugin.connect().await;
    plugin.shut_down(channel).await;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_had_is_named() {
    for (name, value) in [
        ("PLUGIN_UNIX_SOCKET_DIR", "/no/such/directory"),
        ("PLUGIN_UNIX_SOCKET_GROUP", "no such group"),
        ("PLUGIN_MAX_PORT", "many"),
    ] {
        let remains = Launch::plain().env(name, value).start().end().await;
        assert_eq!(remains.status.code(), Some(1));
        assert!(remains.stdout.is_empty() && remains.stderr.concat().contains(value), "{:?}", remains.stderr);
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_gives_way_to_a_port_only_under_tls() {
    let host = Host::new();
    let plugin = Launch::with_tls(&host).env("PLUGIN_UNIX_SOCKET_DIR", "/no/such/directory").shake().await;
    assert_eq!(plugin.handshake.fields[2], "tcp");
    assert!(plugin.handshake.address().starts_with("127.0.0.1:"), "{}", plugin.handshake.address());
    let channel = plugin.connect_as(&host).await;
    healthy(&channel).await.unwrap();
    assert!(plugin.shut_down(channel).await.status.success());
}

#[tokio::test]
async fn a_temporary_directory_with_a_long_path_is_no_obstacle() {
    let directory = tempfile::tempdir().unwrap();
    let long = directory.path().join("x".repeat(120));
    std::fs::create_dir(&long).unwrap();
    let plugin = Launch::plain().env("TMPDIR", &long).shake().await;
    let path = plugin.handshake.address().to_owned();
    assert!(path.starts_with("/tmp/"), "{path}");
    let channel = plugin.connect().await;
    plugin.shut_down(channel).await;
    assert!(!Path::new(&path).exists());
    assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0);
}

#[tokio::test]
async fn tcp_takes_a_free_port_of_the_range() {
    let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let min = busy.local_addr().unwrap().port();
    let max = min.saturating_add(50);
    let host = Host::new();
    let plugin = Launch::with_tls(&host)
        .env("PLUGIN_MIN_PORT", min.to_string())
        .env("PLUGIN_MAX_PORT", max.to_string())
        .args(["--network", "tcp"])
        .shake()
        .await;
    assert_eq!(plugin.handshake.fields[2], "tcp");
    let port: u16 = plugin.handshake.address().strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    assert!(port > min && port <= max, "{port}");
    let channel = plugin.connect_as(&host).await;
    healthy(&channel).await.unwrap();
    assert!(plugin.shut_down(channel).await.status.success());
}

#[tokio::test]
async fn a_range_that_is_taken_is_named() {
    let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let remains = Launch::plain()
        .env("PLUGIN_MIN_PORT", &port)
        .env("PLUGIN_MAX_PORT", &port)
        .args(["--network=tcp"])
        .start()
        .end()
        .await;
    assert_eq!(remains.status.code(), Some(1));
    assert!(remains.stderr[0].contains(&port), "{:?}", remains.stderr);
}
