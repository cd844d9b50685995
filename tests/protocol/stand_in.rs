//! A plugin of strange habits, to see what becomes of it: this very test program, started again.

use std::io::Write as _;
use std::time::Duration;

use alicloud_provider::plugin::{self, Mode, Network, Plugin, panics};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use crate::harness::{COOKIE, Launch};
use proto::provider_server::{Provider, ProviderServer};
use proto::{apply_resource_change, plan_resource_change, read_data_source, read_resource, stop_provider};

/// The generated provider service.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::pedantic)]
pub(crate) mod proto {
    tonic::include_proto!("tfplugin6");
}

/// Written to stdout when the thread of the runtime is about to be blocked.
pub(crate) const BLOCKED: &str = "blocked";

const SWITCH: &str = "SERVE_AS_STAND_IN";

/// Written to stdout by what the process waits for in the end.
pub(crate) const LAST_WORDS: &str = "nothing is half done";

/// Starts the stand-in as a host without TLS would.
pub(crate) fn launch() -> Launch {
    Launch::of(&std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "stand_in::serve"])
        .env(SWITCH, "1")
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
}

/// Not a test of its own: the stand-in's `main`.
#[test]
fn serve() {
    if std::env::var_os(SWITCH).is_some() {
        let plugin = Plugin { name: "stand-in", version: "1.0.0", addresses: &[] };
        let services = |stopping| Routes::new(ProviderServer::new(StandIn { stopping }));
        let last = async {
            tokio::task::yield_now().await;
            writeln!(std::io::stdout(), "{LAST_WORDS}").unwrap();
        };
        plugin::serve(&plugin, &Mode::Host, Network::default(), services, last);
    }
}

struct StandIn {
    stopping: CancellationToken,
}

#[tonic::async_trait]
impl Provider for StandIn {
    /// Works until it is told to stop, and then says how far it came.
    async fn apply_resource_change(
        &self,
        _request: Request<apply_resource_change::Request>,
    ) -> Result<Response<apply_resource_change::Response>, Status> {
        self.stopping.cancelled().await;
        Ok(Response::new(apply_resource_change::Response {
            private: b"half done".to_vec(),
            ..Default::default()
        }))
    }

    /// Does not hear that it should stop.
    async fn plan_resource_change(
        &self,
        _request: Request<plan_resource_change::Request>,
    ) -> Result<Response<plan_resource_change::Response>, Status> {
        std::future::pending().await
    }

    /// Blocks the whole process when told to stop.
    async fn stop_provider(
        &self,
        _request: Request<stop_provider::Request>,
    ) -> Result<Response<stop_provider::Response>, Status> {
        self.stopping.cancelled().await;
        std::thread::sleep(Duration::from_mins(5));
        Err(Status::internal("unreachable"))
    }

    /// Blocks the thread of the runtime at once.
    async fn get_metadata(
        &self,
        _request: Request<proto::get_metadata::Request>,
    ) -> Result<Response<proto::get_metadata::Response>, Status> {
        let _ = writeln!(std::io::stdout(), "{BLOCKED}");
        std::thread::sleep(Duration::from_mins(5));
        Err(Status::internal("unreachable"))
    }

    /// Has a bug, which is caught.
    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Result<Response<read_resource::Response>, Status> {
        let name = request.into_inner().type_name;
        let work = async {
            tokio::task::yield_now().await;
            assert!(name != "buggy", "a bug\nin two lines");
            Ok(Response::new(read_resource::Response::default()))
        };
        panics::caught(work).await.unwrap_or_else(|report| Err(Status::internal(report.to_string())))
    }

    /// Has a bug that nobody catches.
    async fn read_data_source(
        &self,
        _request: Request<read_data_source::Request>,
    ) -> Result<Response<read_data_source::Response>, Status> {
        tokio::task::yield_now().await;
        panic!("nobody expected this")
    }
}
