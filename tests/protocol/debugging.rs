//! Debug mode: a process that hosts attach to.

use serde_json::Value;

use crate::harness::proto::grpc_controller_client::GrpcControllerClient;
use crate::harness::proto::grpc_stdio_client::GrpcStdioClient;
use crate::harness::{Handshake, Launch, Plugin, healthy, proto, soon};

/// A process in debug mode, what it printed as JSON, and a way to connect to it.
async fn start(launch: Launch) -> (Plugin, Value) {
    let mut process = launch.args(["--debug"]).start();
    let line = soon("reattach line", async {
        loop {
            let line = process.stdout.recv().await.expect("stdout is closed");
            if let Some(line) = line.strip_prefix("\tTF_REATTACH_PROVIDERS='") {
                return line.strip_suffix('\'').unwrap().to_owned();
            }
        }
    })
    .await;
    let map: Value = serde_json::from_str(&line).unwrap();
    let entry = map.as_object().unwrap().values().next().unwrap();
    let field = |key| entry["Addr"][key].as_str().unwrap().to_owned();
    let fields = vec![String::new(), String::new(), field("Network"), field("String")];
    (Plugin { process, handshake: Handshake { fields } }, map)
}

#[tokio::test]
async fn hosts_come_and_go_until_a_person_ends_it() {
    for signal in ["INT", "TERM", "HUP"] {
        let directory = tempfile::tempdir().unwrap();
        let env_file = directory.path().join("env");
        // There is no host, so its variables mean nothing.
        let launch = Launch::bare()
            .env("PLUGIN_CLIENT_CERT", "nonsense")
            .args(["--env-file", env_file.to_str().unwrap()]);
        let (plugin, map) = start(launch).await;
        for name in ["registry.terraform.io/alikeys/alicloud", "registry.opentofu.org/alikeys/alicloud"] {
            assert_eq!(map[name]["Test"], true);
            assert_eq!(map[name]["ProtocolVersion"], 6);
            assert_eq!(map[name]["Protocol"], "grpc");
        }
        let written = std::fs::read_to_string(&env_file).unwrap();
        assert_eq!(written, format!("TF_REATTACH_PROVIDERS='{map}'\n"));

        for _ in 0..2 {
            let channel = plugin.connect().await;
            let mut stdio = GrpcStdioClient::new(channel.clone());
            let _stream = stdio.stream_stdio(()).await.unwrap();
            healthy(&channel).await.unwrap();
            // A host has no business to say so here, and the next one still finds the process.
            GrpcControllerClient::new(channel).shutdown(proto::Empty {}).await.unwrap();
        }
        let channel = plugin.connect().await;
        healthy(&channel).await.unwrap();

        plugin.process.signal(signal).await;
        let remains = plugin.process.end().await;
        assert!(remains.status.success(), "{signal}: {}", remains.status);
        assert!(remains.files.is_empty());
        assert!(!env_file.exists());
    }
}

#[tokio::test]
async fn another_address_and_network() {
    let launch = Launch::bare().args(["--address", "registry.terraform.io/aliyun/alicloud", "--network=tcp"]);
    let (plugin, map) = start(launch).await;
    assert_eq!(
        map.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["registry.terraform.io/aliyun/alicloud"]
    );
    assert_eq!(plugin.handshake.fields[2], "tcp");
    healthy(&plugin.connect().await).await.unwrap();
}
