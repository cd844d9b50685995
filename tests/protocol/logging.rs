//! What the plugin writes to stderr.

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::harness::{Host, Launch, Remains, healthy};

/// A run in which something happens that is worth a warning and a few lines of detail.
async fn run(variables: &[(&str, &str)]) -> Remains {
    let host = Host::new();
    let mut launch = Launch::with_tls(&host);
    for (name, value) in variables {
        launch = launch.env(name, value);
    }
    let plugin = launch.shake().await;
    let mut garbage = plugin.dial().await;
    let _ = garbage.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
    // Its refusal has been logged when it is closed.
    let _ = tokio::io::copy(&mut garbage, &mut tokio::io::sink()).await;
    let channel = plugin.connect_as(&host).await;
    healthy(&channel).await.unwrap();
    plugin.shut_down(channel).await
}

fn parse(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[tokio::test]
async fn every_line_is_one_that_hosts_understand() {
    let lines = parse(&run(&[("TF_LOG", "trace")]).await.stderr);
    for line in &lines {
        let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("{key} in {line}"));
        assert!(["trace", "debug", "info", "warn", "error"].contains(&text("@level")), "{line}");
        assert!(!text("@message").is_empty());
        let timestamp = text("@timestamp");
        let shape: String = timestamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
        assert_eq!(text("@module"), "sdk.plugin");
    }
    let refused = lines.iter().find(|line| line["@message"] == "a connection was refused").unwrap();
    assert_eq!(refused["@level"], "warn");
    assert!(lines.iter().any(|line| line["reason"] == "HostAsked"), "{lines:?}");
}

#[tokio::test]
async fn levels_are_as_asked() {
    for (variables, any) in [
        (&[][..], false),
        (&[("TF_LOG_CORE", "trace"), ("TF_LOG_PATH", "/dev/null")], false),
        (&[("TF_LOG", "off")], false),
        (&[("TF_LOG", "error")], false),
        (&[("TF_LOG", "trace"), ("TF_LOG_SDK", "error")], false),
        (&[("TF_LOG_PROVIDER_ALICLOUD", "trace")], false),
        (&[("TF_LOG", "warn")], true),
        (&[("TF_LOG", "off"), ("TF_LOG_PROVIDER", "warn")], true),
        (&[("TF_LOG_SDK", "warn")], true),
    ] {
        let lines = parse(&run(variables).await.stderr);
        assert_eq!(lines.len(), usize::from(any), "{variables:?}: {lines:?}");
    }
}
