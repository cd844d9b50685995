//! How a simulator is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::access_key::AccessKey;
use crate::identity::Role;

/// The account of the default access key.
pub const DEFAULT_ACCOUNT: &str = "1234567890123456";
/// The default access key's id.
pub const DEFAULT_ACCESS_KEY_ID: &str = "LTAIsimulated";
/// The default access key's secret. It opens nothing but a simulator.
pub const DEFAULT_ACCESS_KEY_SECRET: &str = "simulated-secret";

/// What a simulator starts with. Most of it can be changed later on the running one.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; port 0, the default, takes a free one.
    pub address: SocketAddr,
    /// The access keys that it knows; the first one is the default account's.
    pub access_keys: Vec<AccessKey>,
    /// The roles that may be assumed.
    pub roles: Vec<Role>,
    /// Tokens that may be traded for a role's keys, each with the ARN of the OIDC provider that vouches for it.
    pub oidc_tokens: Vec<(String, String)>,
    /// How long each call takes.
    pub latency: Duration,
    /// The length of the windows in which calls are counted against the rate limits.
    pub rate_window: Duration,
    /// A file that keeps the world from one run to the next; it is made if it is not there.
    pub state_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access_keys: vec![AccessKey::new(
                DEFAULT_ACCESS_KEY_ID,
                DEFAULT_ACCESS_KEY_SECRET,
                DEFAULT_ACCOUNT,
            )],
            roles: Vec::new(),
            oidc_tokens: Vec::new(),
            latency: Duration::ZERO,
            rate_window: Duration::from_mins(1),
            state_file: None,
        }
    }
}
