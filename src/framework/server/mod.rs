//! The one gRPC server: decodes each request, calls the type that it names, encodes the answer.

mod answer;
mod convert;
mod data_source;
mod faults;
mod resource;
mod told;

use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::info;

use self::answer::Call;
use super::adapter::AnyResource;
use super::proto::provider_server::{Provider as Service, ProviderServer};
use super::schema::Schema;
use super::{Context, Diagnostic, Diagnostics, Host, ModelValue, Provider, Types, deprecation, proto};
use crate::cty::Path;
use crate::plugin::MESSAGE_LIMIT;

/// The gRPC service of `provider`. `shutdown` is cancelled when the process is about to end.
pub fn service<P: Provider>(provider: P, shutdown: CancellationToken) -> ProviderServer<impl Service> {
    ProviderServer::new(Server::new(provider, shutdown))
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT)
}

struct Server<P: Provider> {
    provider: P,
    schema: Schema,
    types: Types<P::Client>,
    session: RwLock<Session<P::Client>>,
    shutdown: CancellationToken,
    /// The rules that the provider's schemas and names break, one sentence each.
    faults: Vec<String>,
}

/// What one configuration lives with. A process that serves several runs of a host (the reattach
/// mode) is configured anew by each.
struct Session<C> {
    client: Option<Arc<C>>,
    cancel: CancellationToken,
}

type Answered<T> = Result<Response<T>, Status>;

impl<P: Provider> Server<P> {
    fn new(provider: P, shutdown: CancellationToken) -> Self {
        let mut types = Types::new();
        provider.types(&mut types);
        let session = RwLock::new(Session { client: None, cancel: shutdown.child_token() });
        let schema = provider.schema();
        let faults = faults::find::<P>(provider.address(), &schema, &types);
        Self { provider, schema, types, session, shutdown, faults }
    }

    fn call<'a>(&self, rpc: &'static str, resource_type: &'a str) -> Call<'a> {
        Call { rpc, resource_type, data_source_type: "", provider: self.provider.address() }
    }

    fn data_source_call<'a>(&self, rpc: &'static str, data_source_type: &'a str) -> Call<'a> {
        Call { rpc, resource_type: "", data_source_type, provider: self.provider.address() }
    }

    fn find(&self, type_name: &str) -> Result<&dyn AnyResource<P::Client>, Diagnostics> {
        self.types.resources.get(type_name).map(|it| &**it).ok_or_else(|| {
            Diagnostic::error(
                "Unknown resource type",
                format!("This provider has no resource type {type_name:?}."),
            )
            .into()
        })
    }

    fn context(&self) -> Result<Context<P::Client>, Diagnostics> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        match &session.client {
            Some(client) => Ok(Context { client: Arc::clone(client), cancel: session.cancel.clone() }),
            None => Err(Diagnostic::error(
                "The provider is not configured",
                "The host asked for work before it configured the provider. This is a bug in the host, or \
                 the provider's configuration failed; see the messages before this one.",
            )
            .into()),
        }
    }

    /// Refuses to serve schemas that Terraform would not accept, or that the models do not fit.
    fn refuse_faults(&self) -> Result<(), Diagnostics> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(Diagnostic::error(
            "The provider's schemas are not valid",
            format!("This is a bug in the provider; please report it:\n  - {}", self.faults.join("\n  - ")),
        )
        .into())
    }

    async fn configure(
        &self,
        request: proto::configure_provider::Request,
    ) -> Result<proto::configure_provider::Response, Diagnostics> {
        let config = convert::decode(request.config, &self.schema.ty())?;
        let config = provider_model(&config)?;
        let host = Host { version: request.terraform_version };
        info!(target: "sdk", host_version = %host.version, "Configuring the provider");
        let mut diagnostics = Diagnostics::new();
        told::forget();
        let client = match self.provider.configure(config, host, &mut diagnostics).await {
            Ok(client) => Some(client),
            Err(errors) => {
                diagnostics.extend(errors);
                if !diagnostics.has_errors() {
                    diagnostics.push(Diagnostic::error(
                        "The provider could not be configured",
                        "The provider gives no reason. This is a bug in the provider; please report it.",
                    ));
                }
                None
            }
        };
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        session.client = client.map(Arc::new);
        if session.cancel.is_cancelled() {
            session.cancel = self.shutdown.child_token();
        }
        Ok(proto::configure_provider::Response { diagnostics: convert::diagnostics(diagnostics) })
    }
}

fn provider_model<M: ModelValue + Default>(config: &crate::cty::Value) -> Result<M, Diagnostics> {
    if config.is_null() {
        return Ok(M::default());
    }
    M::from_value(config, &Path::root()).map_err(|error| {
        Diagnostic::error("The provider block does not fit its schema", format!("{error}.")).into()
    })
}

fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: false,
    }
}

#[tonic::async_trait]
impl<P: Provider> Service for Server<P> {
    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> Answered<proto::get_metadata::Response> {
        let work = async {
            self.refuse_faults()?;
            let resources = self
                .types
                .resources
                .keys()
                .map(|name| proto::get_metadata::ResourceMetadata { type_name: (*name).to_owned() });
            let data_sources = self
                .types
                .data_sources
                .keys()
                .map(|name| proto::get_metadata::DataSourceMetadata { type_name: (*name).to_owned() });
            Ok(proto::get_metadata::Response {
                server_capabilities: Some(capabilities()),
                resources: resources.collect(),
                data_sources: data_sources.collect(),
                ..proto::get_metadata::Response::default()
            })
        };
        self.call("GetMetadata", "").answer(work).await
    }

    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answered<proto::get_provider_schema::Response> {
        let work = async {
            self.refuse_faults()?;
            let resources = self.types.resources.iter();
            let data_sources = self.types.data_sources.iter();
            Ok(proto::get_provider_schema::Response {
                provider: Some(convert::schema(&self.schema)),
                resource_schemas: resources
                    .map(|(name, it)| ((*name).to_owned(), convert::schema(it.schema())))
                    .collect(),
                data_source_schemas: data_sources
                    .map(|(name, it)| ((*name).to_owned(), convert::schema(it.schema())))
                    .collect(),
                server_capabilities: Some(capabilities()),
                ..proto::get_provider_schema::Response::default()
            })
        };
        self.call("GetProviderSchema", "").answer(work).await
    }

    async fn get_functions(
        &self,
        _: Request<proto::get_functions::Request>,
    ) -> Answered<proto::get_functions::Response> {
        // Without an answer, OpenTofu reports a mistyped function as an internal error.
        self.call("GetFunctions", "").answer(async { Ok(proto::get_functions::Response::default()) }).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answered<proto::get_resource_identity_schemas::Response> {
        let work = async {
            let schemas = self.types.resources.iter().filter_map(|(name, resource)| {
                Some(((*name).to_owned(), convert::identity_schema(resource.identity_schema()?)))
            });
            Ok(proto::get_resource_identity_schemas::Response {
                identity_schemas: schemas.collect(),
                ..proto::get_resource_identity_schemas::Response::default()
            })
        };
        self.call("GetResourceIdentitySchemas", "").answer(work).await
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Answered<proto::validate_provider_config::Response> {
        let work = async {
            let config = convert::decode(request.into_inner().config, &self.schema.ty())?;
            let mut diagnostics = Diagnostics::new();
            deprecation::warn(&self.schema.block, &config, &mut diagnostics);
            self.provider.validate(&provider_model(&config)?, &mut diagnostics);
            Ok(proto::validate_provider_config::Response { diagnostics: convert::diagnostics(diagnostics) })
        };
        self.call("ValidateProviderConfig", "").answer(work).await
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Answered<proto::configure_provider::Response> {
        self.call("ConfigureProvider", "").answer(self.configure(request.into_inner())).await
    }

    async fn stop_provider(
        &self,
        _: Request<proto::stop_provider::Request>,
    ) -> Answered<proto::stop_provider::Response> {
        info!(target: "sdk", "The run was interrupted: ending running operations");
        self.session.read().unwrap_or_else(PoisonError::into_inner).cancel.cancel();
        Ok(Response::new(proto::stop_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Answered<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("ValidateResourceConfig", &type_name)
            .answer(async { self.validate_resource(request) })
            .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answered<proto::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("UpgradeResourceState", &type_name).answer(async { self.upgrade_state(request) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Answered<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("UpgradeResourceIdentity", &type_name)
            .answer(async { self.upgrade_identity(request) })
            .await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answered<proto::read_resource::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("ReadResource", &type_name).answer(self.read(request)).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answered<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("PlanResourceChange", &type_name).answer(self.plan(request)).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answered<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("ApplyResourceChange", &type_name).answer(self.apply(request)).await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answered<proto::import_resource_state::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.call("ImportResourceState", &type_name).answer(self.import(request)).await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Answered<proto::move_resource_state::Response> {
        let request = request.into_inner();
        let type_name = request.target_type_name.clone();
        self.call("MoveResourceState", &type_name).answer(async { self.move_state(request) }).await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Answered<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.data_source_call("ValidateDataResourceConfig", &type_name)
            .answer(async { self.validate_data_source(request) })
            .await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Answered<proto::read_data_source::Response> {
        let request = request.into_inner();
        let type_name = request.type_name.clone();
        self.data_source_call("ReadDataSource", &type_name).answer(self.answer_data_source(request)).await
    }
}
