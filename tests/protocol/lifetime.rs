//! When the plugin ends, and what it leaves.

use tokio::task::JoinHandle;
use tonic::transport::Channel;

use crate::harness::proto::grpc_broker_client::GrpcBrokerClient;
use crate::harness::proto::grpc_stdio_client::GrpcStdioClient;
use crate::harness::{Host, Launch, Remains, healthy, soon};
use crate::stand_in;
use crate::stand_in::proto::provider_client::ProviderClient;
use crate::stand_in::proto::{apply_resource_change, plan_resource_change, stop_provider};

fn assert_tidy(remains: &Remains) {
    assert!(remains.status.success(), "{}", remains.status);
    assert!(remains.files.is_empty(), "{:?}", remains.files);
}

/// Sends the request of an RPC that will not be answered soon, and makes sure that it has arrived.
async fn begin<T: Send + 'static>(
    channel: &Channel,
    call: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let call = tokio::spawn(call);
    // Requests of one connection arrive in order.
    tokio::task::yield_now().await;
    for _ in 0..3 {
        healthy(channel).await.unwrap();
    }
    call
}

async fn apply(channel: &Channel) -> JoinHandle<Result<Vec<u8>, tonic::Status>> {
    let mut client = ProviderClient::new(channel.clone());
    begin(channel, async move {
        let answer = client.apply_resource_change(apply_resource_change::Request::default()).await;
        answer.map(|answer| answer.into_inner().private)
    })
    .await
}

#[tokio::test]
async fn shutdown_ends_it_with_streams_open_and_work_being_done() {
    let plugin = stand_in::launch().shake().await;
    let channel = plugin.connect().await;
    let _output = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap();
    let _broker = GrpcBrokerClient::new(channel.clone()).start_stream(tokio_stream::pending()).await.unwrap();
    let work = apply(&channel).await;
    let remains = plugin.shut_down(channel).await;
    assert_tidy(&remains);
    assert!(remains.stdout.iter().any(|line| line == stand_in::LAST_WORDS), "{:?}", remains.stdout);
    assert_eq!(soon("answer", work).await.unwrap().unwrap(), b"half done");
}

#[tokio::test]
async fn shutdown_ends_it_even_if_work_does_not_stop() {
    let plugin = stand_in::launch().shake().await;
    let channel = plugin.connect().await;
    let mut client = ProviderClient::new(channel.clone());
    let call = async move { client.plan_resource_change(plan_resource_change::Request::default()).await };
    let work = begin(&channel, call).await;
    assert_tidy(&plugin.shut_down(channel).await);
    soon("end of the call", work).await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_signal_ends_it_even_if_work_blocks_the_process() {
    let plugin = stand_in::launch().shake().await;
    let channel = plugin.connect().await;
    let mut client = ProviderClient::new(channel.clone());
    let call = async move { client.get_metadata(stand_in::proto::get_metadata::Request::default()).await };
    let work = tokio::spawn(call);
    let mut plugin = plugin;
    plugin.process.has_written(stand_in::BLOCKED).await;
    plugin.process.signal("TERM").await;
    let remains = plugin.process.end().await;
    assert!(remains.status.success(), "{}", remains.status);
    soon("end of the call", work).await.unwrap().unwrap_err();
}

#[tokio::test]
async fn shutdown_ends_it_even_if_work_blocks_the_process() {
    let plugin = stand_in::launch().shake().await;
    let channel = plugin.connect().await;
    let mut client = ProviderClient::new(channel.clone());
    let call = async move { client.stop_provider(stop_provider::Request::default()).await };
    let work = begin(&channel, call).await;
    // Whether Shutdown is answered before everything stands still is a matter of luck.
    let mut controller = crate::harness::proto::grpc_controller_client::GrpcControllerClient::new(channel);
    let shutdown = tokio::spawn(async move { controller.shutdown(crate::harness::proto::Empty {}).await });
    assert_tidy(&plugin.process.end().await);
    soon("end of the call", work).await.unwrap().unwrap_err();
    let _ = soon("end of Shutdown", shutdown).await;
}

#[tokio::test]
async fn an_interrupt_is_left_to_the_host() {
    let mut plugin = stand_in::launch().env("TF_LOG", "trace").shake().await;
    let channel = plugin.connect().await;
    let work = apply(&channel).await;
    for signal in ["INT", "HUP"] {
        plugin.process.signal(signal).await;
        plugin.process.stderr_line("an interrupt was left to the host").await;
    }
    healthy(&channel).await.unwrap();
    assert!(!work.is_finished());
    plugin.shut_down(channel).await;
    soon("answer", work).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_termination_ends_it_and_lets_work_answer() {
    let plugin = stand_in::launch().shake().await;
    let channel = plugin.connect().await;
    let work = apply(&channel).await;
    plugin.process.signal("TERM").await;
    assert_tidy(&plugin.process.end().await);
    assert_eq!(soon("answer", work).await.unwrap().unwrap(), b"half done");
}

#[tokio::test]
async fn it_does_not_outlive_its_host() {
    let host = Host::new();
    let plugin = Launch::with_tls(&host).shake().await;
    let channel = plugin.connect_as(&host).await;
    let output = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap();
    // What the system does to the sockets of a host that is killed.
    drop((channel, output));
    assert_tidy(&plugin.process.end().await);
}
