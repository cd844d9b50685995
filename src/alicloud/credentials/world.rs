//! What sources of credentials know of the world outside.

use std::sync::Arc;

use super::{Chain, Environment, ProvideCredentials, Refreshing, Source};
use crate::alicloud::client::{Client, Config};
use crate::alicloud::clock::Clock;
use crate::alicloud::endpoint::{ConfigError, Endpoints};
use crate::alicloud::transport::Transport;

/// The environment, the network and the clock; tests bring their own.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What all clients have in common; each has credentials of its own.
    pub(crate) config: Config,
}

/// Which STS host somebody asks for. An endpoint of the provider block or the environment comes before `endpoint`, and
/// before any region; `region` comes before that of the environment; and either may ask for the host of a virtual private
/// cloud.
#[derive(Clone, Debug, Default)]
pub(crate) struct StsHost {
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) vpc: bool,
}

impl World {
    /// A client with these credentials, which asks for STS at this host.
    pub(crate) fn client(
        &self,
        credentials: Arc<dyn ProvideCredentials>,
        host: &StsHost,
    ) -> Result<Client, ConfigError> {
        let given = &self.config.endpoints;
        let endpoints = Endpoints {
            ecs: given.ecs.clone(),
            sts: given.sts.clone().or_else(|| host.endpoint.clone()),
            sts_region: host.region.clone().or_else(|| given.sts_region.clone()),
            vpc: given.vpc || host.vpc,
        };
        let config = Config { credentials, endpoints, ..self.config.clone() };
        Client::with(config, Arc::clone(&self.transport), Arc::clone(&self.clock))
    }

    /// The credentials of one source, kept and refreshed.
    pub(crate) fn keep(&self, name: impl Into<String>, source: impl Source + 'static) -> Refreshing {
        self.keep_chain(Chain::of(name, source))
    }

    /// The credentials of a chain, kept and refreshed.
    pub(crate) fn keep_chain(&self, chain: Chain) -> Refreshing {
        Refreshing::new(chain, Arc::clone(&self.clock))
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}
