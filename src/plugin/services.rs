//! go-plugin's own services: controller, stdio and broker, and the standard health check.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::codegen::BoxStream;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::proto::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use super::proto::grpc_controller_server::{GrpcController, GrpcControllerServer};
use super::proto::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use super::proto::{ConnInfo, Empty, StdioData};

/// The name under which go-plugin's client asks for health.
const HEALTH_SERVICE: &str = "plugin";

/// Adds the services to `routes`. The host's wish to end is told through `shutdown`; open streams end with `stopping`.
pub(super) async fn add_to(
    routes: Routes,
    shutdown: CancellationToken,
    stopping: &CancellationToken,
) -> Routes {
    let health = HealthReporter::new();
    health.set_service_status(HEALTH_SERVICE, ServingStatus::Serving).await;
    routes
        .add_service(GrpcControllerServer::new(Controller { shutdown }))
        .add_service(GrpcStdioServer::new(Stdio { stopping: stopping.clone() }))
        .add_service(GrpcBrokerServer::new(Broker { stopping: stopping.clone() }))
        .add_service(tonic_health::pb::health_server::HealthServer::new(
            tonic_health::server::HealthService::from_health_reporter(health),
        ))
}

struct Controller {
    shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        // The answer still goes out: requests that are being served are let finish.
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Forwards nothing: the host reads the process's own stdout and stderr.
struct Stdio {
    stopping: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(Box::pin(Silence::until(self.stopping.clone(), None))))
    }
}

/// Opens no side channels; hosts of providers never ask for any.
struct Broker {
    stopping: CancellationToken,
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(Box::pin(Silence::until(self.stopping.clone(), Some(request.into_inner())))))
    }
}

/// A stream without items that stays open until the plugin stops, or until the peer ends its own half.
struct Silence<T> {
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    peer: Option<Streaming<ConnInfo>>,
    items: PhantomData<fn() -> T>,
}

impl<T> Silence<T> {
    fn until(stopping: CancellationToken, peer: Option<Streaming<ConnInfo>>) -> Self {
        Self { stopping: Box::pin(stopping.cancelled_owned()), peer, items: PhantomData }
    }
}

impl<T> Stream for Silence<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        use std::future::Future as _;
        if self.stopping.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        while let Some(peer) = &mut self.peer {
            match Pin::new(peer).poll_next(cx) {
                // What the peer says concerns side channels that nobody here has opened.
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => break,
            }
        }
        Poll::Pending
    }
}
