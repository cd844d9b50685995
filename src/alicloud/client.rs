//! The client: configuration, and what its calls share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::clock::{Clock, CorrectedClock, SystemClock};
use super::coalesce::{Batcher, Catalogue};
use super::credentials::ProvideCredentials;
use super::ecs::MOST_NAMES;
use super::endpoint::{ConfigError, Endpoint, Endpoints, Scheme, Service};
use super::error::Error;
use super::groups::Groups;
use super::limiter::Limiter;
use super::lookup::{Bindings, KeyPairs};
use super::proxy::Proxies;
use super::request::Parameters;
use super::transport::{Http, Transport};

/// What a [`Client`] is made of.
#[derive(Clone)]
pub struct Config {
    /// The region that all calls are about.
    pub region: String,
    /// Where the region was found, in words that complete "from …".
    pub region_source: String,
    /// Signs the requests.
    pub credentials: Arc<dyn ProvideCredentials>,
    /// Hosts other than the usual ones.
    pub endpoints: Endpoints,
    /// How hosts are spoken to, unless an endpoint says otherwise.
    pub scheme: Scheme,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// How long a request and all of its answer may take.
    pub read_timeout: Duration,
    /// The longest time for which a call is repeated, whatever its deadline.
    pub most_retry: Option<Duration>,
    /// The address that calls are said to come from, for policies that ask for it.
    pub source_ip: Option<String>,
    /// Whether calls are said to be encrypted, `true` or `false`, for policies that ask for it.
    pub secure_transport: Option<String>,
    /// What the client calls itself to the server.
    pub user_agent: String,
}

/// A client for one region with one source of credentials. Clones are cheap, and share connections and rate limits.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) region: String,
    region_source: String,
    pub(super) most_retry: Option<Duration>,
    /// Parameters that every call has.
    pub(super) common: Parameters,
    pub(super) credentials: Arc<dyn ProvideCredentials>,
    pub(super) clock: CorrectedClock,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) proxies: Proxies,
    ecs: Endpoint,
    sts: Endpoint,
    /// Called in place of `sts` where that name has no address.
    central_sts: Option<Endpoint>,
    limiters: Mutex<HashMap<&'static str, Arc<Limiter>>>,
    /// Deletions that wait for each other.
    pub(super) deletions: Batcher<Result<(), Error>>,
    /// The key pairs of the region, as far as they were read.
    pub(super) key_pairs: Catalogue<KeyPairs>,
    /// The instances of the region by the key pair they carry, as far as they were read.
    pub(super) bindings: Catalogue<Bindings>,
    /// The resource groups of key pairs.
    pub(super) groups: Groups,
    /// Whether the credentials may list instances.
    pub(super) may_describe_instances: OnceCell<Result<(), Error>>,
}

impl Client {
    /// A client of this configuration. Does no I/O: connections are made at the first call.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let http = Http::new(config.connect_timeout, config.read_timeout, &config.user_agent);
        Self::with(config, Arc::new(http), Arc::new(SystemClock))
    }

    /// A client that sends through `transport`, at the time of `clock`.
    pub(crate) fn with(
        config: Config,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let endpoint = |service| Endpoint::resolve(service, &config.region, &config.endpoints, config.scheme);
        let shared = Shared {
            ecs: endpoint(Service::Ecs)?,
            sts: endpoint(Service::Sts)?,
            central_sts: Endpoint::central_sts(&config.endpoints, config.scheme),
            region: config.region,
            region_source: config.region_source,
            most_retry: config.most_retry,
            common: Parameters::new()
                .set_some("SourceIp", config.source_ip.as_deref())
                .set_some("SecureTransport", config.secure_transport.as_deref()),
            credentials: config.credentials,
            clock: CorrectedClock::new(clock),
            transport,
            proxies: Proxies::default(),
            limiters: Mutex::default(),
            deletions: Batcher::new(MOST_NAMES),
            key_pairs: Catalogue::new(),
            bindings: Catalogue::new(),
            groups: Groups::default(),
            may_describe_instances: OnceCell::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    #[cfg(test)]
    pub(crate) fn credentials(&self) -> &dyn ProvideCredentials {
        &*self.shared.credentials
    }

    /// The time of day in seconds since 1970, by the server's clock as its last answer showed it.
    pub fn server_seconds(&self) -> i64 {
        self.shared.clock.server_seconds()
    }

    /// The region that all calls are about.
    pub fn region(&self) -> &str {
        &self.shared.region
    }

    /// Where the region was found, in words that complete "from …".
    pub fn region_source(&self) -> &str {
        &self.shared.region_source
    }
}

impl Shared {
    pub(super) fn endpoint(&self, service: Service) -> &Endpoint {
        match service {
            Service::Ecs => &self.ecs,
            Service::Sts => &self.sts,
        }
    }

    /// The endpoint to call where that of the service has no address.
    pub(super) fn fallback(&self, service: Service) -> Option<&Endpoint> {
        match service {
            Service::Ecs => None,
            Service::Sts => self.central_sts.as_ref(),
        }
    }

    pub(super) fn limiter(&self, operation: &'static str) -> Arc<Limiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(limiters.entry(operation).or_default())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.shared.region)
            .field("ecs", &self.shared.ecs.host)
            .field("sts", &self.shared.sts.host)
            .field("credentials", &self.shared.credentials)
            .finish_non_exhaustive()
    }
}
