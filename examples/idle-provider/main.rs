//! The schemas of this provider with nothing behind them: each question is answered with what came with it.
//!
//! `cargo xtask bench` plans with it. No provider can be much quicker: nearly all that this takes is the host's own work.

use std::process::ExitCode;

use alicloud_provider::framework;
use alicloud_provider::plugin::{self, MESSAGE_LIMIT, Mode, Network, Plugin};
use alicloud_provider::provider::Alicloud;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use self::proto::provider_client::ProviderClient;
use self::proto::provider_server::{Provider, ProviderServer};
use self::proto::{
    DynamicValue, configure_provider, get_provider_schema, get_resource_identity_schemas,
    plan_resource_change, read_resource, stop_provider, upgrade_resource_state, validate_provider_config,
    validate_resource_config,
};

/// The generated messages and services.
#[allow(
    dead_code,
    unreachable_pub,
    unused_qualifications,
    missing_docs,
    clippy::pedantic,
    reason = "generated"
)]
mod proto {
    tonic::include_proto!("tfplugin6");
}

const PLUGIN: Plugin =
    Plugin { name: "alicloud", version: env!("CARGO_PKG_VERSION"), addresses: &[Alicloud::ADDRESS] };

fn main() -> ExitCode {
    let services = |_stopping| {
        Routes::new(
            ProviderServer::new(Idle)
                .max_decoding_message_size(MESSAGE_LIMIT)
                .max_encoding_message_size(MESSAGE_LIMIT),
        )
    };
    plugin::serve(&PLUGIN, &Mode::Host, Network::default(), services, async {})
}

/// Does nothing.
struct Idle;

type Answered<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Provider for Idle {
    async fn get_provider_schema(
        &self,
        request: Request<get_provider_schema::Request>,
    ) -> Answered<get_provider_schema::Response> {
        let real = framework::service(Alicloud, CancellationToken::new());
        ProviderClient::new(real).max_decoding_message_size(MESSAGE_LIMIT).get_provider_schema(request).await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<get_resource_identity_schemas::Request>,
    ) -> Answered<get_resource_identity_schemas::Response> {
        let real = framework::service(Alicloud, CancellationToken::new());
        ProviderClient::new(real).get_resource_identity_schemas(request).await
    }

    async fn validate_provider_config(
        &self,
        _: Request<validate_provider_config::Request>,
    ) -> Answered<validate_provider_config::Response> {
        Ok(Response::new(validate_provider_config::Response::default()))
    }

    async fn configure_provider(
        &self,
        _: Request<configure_provider::Request>,
    ) -> Answered<configure_provider::Response> {
        Ok(Response::new(configure_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        _: Request<validate_resource_config::Request>,
    ) -> Answered<validate_resource_config::Response> {
        Ok(Response::new(validate_resource_config::Response::default()))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answered<upgrade_resource_state::Response> {
        let stored = request.into_inner().raw_state.unwrap_or_default().json;
        let upgraded_state = Some(DynamicValue { json: stored, ..DynamicValue::default() });
        Ok(Response::new(upgrade_resource_state::Response { upgraded_state, ..Default::default() }))
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answered<read_resource::Response> {
        let request = request.into_inner();
        Ok(Response::new(read_resource::Response {
            new_state: request.current_state,
            private: request.private,
            new_identity: request.current_identity,
            ..Default::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answered<plan_resource_change::Response> {
        let request = request.into_inner();
        Ok(Response::new(plan_resource_change::Response {
            planned_state: request.proposed_new_state,
            planned_private: request.prior_private,
            planned_identity: request.prior_identity,
            ..Default::default()
        }))
    }

    async fn stop_provider(&self, _: Request<stop_provider::Request>) -> Answered<stop_provider::Response> {
        Ok(Response::new(stop_provider::Response::default()))
    }
}
