//! Mistakes in the provider, as the host learns of them.

use serde_json::Value;
use tonic::Code;

use crate::stand_in;
use crate::stand_in::proto::provider_client::ProviderClient;
use crate::stand_in::proto::{read_data_source, read_resource};

#[tokio::test]
async fn a_caught_panic_is_no_crash() {
    let plugin = stand_in::launch().env("TF_LOG", "error").shake().await;
    let channel = plugin.connect().await;
    let mut client = ProviderClient::new(channel.clone());
    let buggy = read_resource::Request { type_name: "buggy".to_owned(), ..Default::default() };
    for _ in 0..2 {
        let error = client.read_resource(buggy.clone()).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(error.message().starts_with("a bug\nin two lines at "), "{}", error.message());
        assert!(error.message().contains("stand_in.rs:"), "{}", error.message());
    }
    client.read_resource(read_resource::Request::default()).await.unwrap();
    let remains = plugin.shut_down(channel).await;
    assert_eq!(remains.stderr.len(), 2);
    for line in &remains.stderr {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["@level"], "error");
        assert_eq!(line["panic"], "a bug\nin two lines");
        assert!(line["location"].as_str().unwrap().contains("stand_in.rs:"));
        assert!(line["backtrace"].as_str().unwrap().contains("stand_in"));
    }
}

#[tokio::test]
async fn without_logging_a_caught_panic_is_silent() {
    let plugin = stand_in::launch().shake().await;
    let channel = plugin.connect().await;
    let buggy = read_resource::Request { type_name: "buggy".to_owned(), ..Default::default() };
    ProviderClient::new(channel.clone()).read_resource(buggy).await.unwrap_err();
    assert_eq!(plugin.shut_down(channel).await.stderr, [""; 0]);
}

#[tokio::test]
async fn any_other_panic_is_told_as_a_crash() {
    let plugin = stand_in::launch().env("TF_LOG", "trace").shake().await;
    let channel = plugin.connect().await;
    let mut client = ProviderClient::new(channel.clone());
    client.read_data_source(read_data_source::Request::default()).await.unwrap_err();
    let remains = plugin.shut_down(channel).await;
    let start = remains.stderr.iter().position(|line| line.starts_with("panic: ")).expect("no panic line");
    assert!(
        remains.stderr[start].starts_with("panic: nobody expected this at "),
        "{}",
        remains.stderr[start]
    );
    assert!(remains.stderr[start].contains("stand_in.rs:"));
    assert!(remains.stderr[start..].iter().any(|line| line.contains("read_data_source")), "no backtrace");
}
