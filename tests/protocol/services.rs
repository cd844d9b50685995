//! go-plugin's services.

use std::pin::pin;
use std::task::{Context, Waker};

use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::proto::ConnInfo;
use crate::harness::proto::grpc_broker_client::GrpcBrokerClient;
use crate::harness::proto::grpc_stdio_client::GrpcStdioClient;
use crate::harness::{Launch, healthy, soon};

#[tokio::test]
async fn health() {
    let plugin = Launch::plain().shake().await;
    let mut client = HealthClient::new(plugin.connect().await);
    let answer = client.check(HealthCheckRequest { service: "plugin".to_owned() }).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    let error = client.check(HealthCheckRequest { service: "other".to_owned() }).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test]
async fn streams_stay_open_and_silent_until_the_end() {
    let plugin = Launch::plain().shake().await;
    let channel = plugin.connect().await;
    let mut stdio = GrpcStdioClient::new(channel.clone());
    let mut broker = GrpcBrokerClient::new(channel.clone());
    let mut outputs = Vec::new();
    let mut connections = Vec::new();
    for _ in 0..2 {
        outputs.push(soon("StreamStdio", stdio.stream_stdio(())).await.unwrap().into_inner());
        // What a host says in it is of no consequence.
        let says = tokio_stream::once(ConnInfo { service_id: 1, ..ConnInfo::default() });
        let says = says.chain(tokio_stream::pending());
        connections.push(soon("StartStream", broker.start_stream(says)).await.unwrap().into_inner());
    }
    // Later answers show that nothing came before them.
    for _ in 0..3 {
        healthy(&channel).await.unwrap();
    }
    assert!(is_pending(outputs[0].message()));
    assert!(is_pending(connections[0].message()));

    let remains = plugin.shut_down(channel).await;
    assert!(remains.status.success());
    for output in &mut outputs {
        assert_eq!(soon("end of StreamStdio", output.message()).await.unwrap(), None);
    }
    for connection in &mut connections {
        assert_eq!(soon("end of StartStream", connection.message()).await.unwrap(), None);
    }
}

/// Whether a future has no value yet.
fn is_pending(future: impl Future) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut context).is_pending()
}

#[tokio::test]
async fn the_broker_ends_with_its_peer() {
    let plugin = Launch::plain().shake().await;
    let mut broker = GrpcBrokerClient::new(plugin.connect().await);
    let mut stream = broker.start_stream(tokio_stream::empty()).await.unwrap().into_inner();
    assert_eq!(soon("end of StartStream", stream.message()).await.unwrap(), None);
}
