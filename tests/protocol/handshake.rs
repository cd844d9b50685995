//! The handshake line, and what keeps it from being written.

use tokio::task::JoinSet;

use crate::harness::{COOKIE, Host, Launch, healthy};

#[tokio::test]
async fn run_by_hand_it_explains_itself() {
    for launch in [
        Launch::bare(),
        Launch::bare().env("TF_PLUGIN_MAGIC_COOKIE", "wrong"),
        Launch::bare().env("TF_PLUGIN_MAGIC_COOKIE", format!("{COOKIE} ")).env("PLUGIN_CLIENT_CERT", "x"),
    ] {
        let remains = launch.start().end().await;
        assert_eq!(remains.status.code(), Some(1));
        assert!(remains.stdout.is_empty());
        assert!(remains.stderr[0].contains("plugin for Terraform and OpenTofu"), "{:?}", remains.stderr);
        assert!(remains.files.is_empty());
    }
}

#[tokio::test]
async fn whatever_versions_are_offered_the_answer_is_six() {
    for versions in ["6", "5,6", "6,5", "x,6", "", "5"] {
        let plugin = Launch::plain().env("PLUGIN_PROTOCOL_VERSIONS", versions).shake().await;
        assert_eq!(plugin.handshake.fields[..2], ["1", "6"], "{versions:?}");
        let channel = plugin.connect().await;
        healthy(&channel).await.unwrap();
        plugin.shut_down(channel).await;
    }
}

#[tokio::test]
async fn one_line_without_tls() {
    let plugin = Launch::plain().shake().await;
    let path = plugin.handshake.address().to_owned();
    assert!(path.starts_with('/'));
    assert_eq!(plugin.handshake.fields, ["1", "6", "unix", &path, "grpc", ""]);
    let channel = plugin.connect().await;
    healthy(&channel).await.unwrap();
    let remains = plugin.shut_down(channel).await;
    assert!(remains.stdout.is_empty(), "{:?}", remains.stdout);
    assert!(remains.stderr.is_empty(), "{:?}", remains.stderr);
    assert!(remains.status.success());
}

#[tokio::test]
async fn the_seventh_field_is_for_hosts_that_ask() {
    let plugin = Launch::plain().env("PLUGIN_MULTIPLEX_GRPC", "true").shake().await;
    assert_eq!(plugin.handshake.fields[5..], ["", "false"]);
    let host = Host::new();
    let plugin = Launch::with_tls(&host).shake().await;
    assert_eq!(plugin.handshake.fields.len(), 6);
}

#[tokio::test]
async fn an_unusable_client_certificate_is_named() {
    let truncated = Host::new().pem[..400].to_owned();
    for certificate in
        ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &truncated]
    {
        let remains = Launch::plain().env("PLUGIN_CLIENT_CERT", certificate).start().end().await;
        assert_eq!(remains.status.code(), Some(1));
        assert!(remains.stdout.is_empty());
        assert!(remains.stderr[0].contains("PLUGIN_CLIENT_CERT"), "{:?}", remains.stderr);
        assert!(remains.files.is_empty());
    }
}

/// A certificate's length varies from launch to launch, and with it whether padding would be needed.
#[tokio::test]
async fn two_hundred_launches_in_a_row_succeed() {
    let mut unpadded = 0;
    for _ in 0..50 {
        let mut launches = JoinSet::new();
        for _ in 0..4 {
            launches.spawn(async {
                let host = Host::new();
                let plugin = Launch::with_tls(&host).shake().await;
                let length = plugin.handshake.certificate().len();
                let channel = plugin.connect_as(&host).await;
                let remains = plugin.shut_down(channel).await;
                assert!(remains.status.success());
                assert!(remains.files.is_empty(), "{:?}", remains.files);
                length
            });
        }
        for length in launches.join_all().await {
            unpadded += usize::from(length % 3 != 0);
        }
    }
    assert!(unpadded > 0, "no certificate needed padding, so nothing was shown");
}

#[tokio::test]
async fn people_get_answers_too() {
    let remains = Launch::bare().args(["--version"]).start().end().await;
    assert!(remains.status.success());
    assert_eq!(remains.stdout, [concat!("terraform-provider-alicloud ", env!("CARGO_PKG_VERSION"))]);
    let remains = Launch::bare().args(["--help"]).start().end().await;
    assert!(remains.status.success() && remains.stdout.iter().any(|line| line.contains("--debug")));
    let remains = Launch::bare().args(["--nonsense"]).start().end().await;
    assert_eq!(remains.status.code(), Some(2));
    assert!(remains.stdout.is_empty() && remains.stderr[0].contains("--nonsense"));
}
