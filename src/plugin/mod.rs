//! A go-plugin server: the process that Terraform or OpenTofu starts, talks to over gRPC and ends.
//!
//! It knows nothing of Terraform's values. It takes gRPC routes that are ready to serve, adds go-plugin's own
//! services, and looks after everything between the host and them: the handshake, mutual TLS, the socket, log lines,
//! panics, and the end of the process.
//!
//! ```no_run
//! use alicloud_provider::plugin::{self, Mode, Network, Plugin};
//! use tonic::service::Routes;
//!
//! let plugin = Plugin { name: "example", version: "1.0.0", addresses: &["registry.terraform.io/me/example"] };
//! let services = |_stopping| Routes::default();
//! let exit_code = plugin::serve(&plugin, &Mode::Host, Network::default(), services, async {});
//! # let _ = exit_code;
//! ```

mod connection;
mod environment;
mod error;
mod handshake;
mod lifetime;
mod listener;
mod logging;
pub mod panics;
mod printable;
mod proto;
mod reattach;
mod serve;
mod services;
mod tls;
#[cfg(unix)]
mod unix_socket;

use std::path::PathBuf;

pub use listener::Network;
pub use printable::printable;
pub use serve::serve;

/// The size up to which a host may send a message, and a plugin answer one, in bytes (256 MiB, as other providers
/// allow). Give it to both limits of the services that carry the user's values.
pub const MESSAGE_LIMIT: usize = 256 << 20;

/// The version of the provider protocol that is served, as the handshake and the reattach line state it.
pub const PROTOCOL_VERSION: u32 = 6;

/// What the program calls itself.
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// The provider's short name, as in `terraform-provider-NAME`; it names the log variables.
    pub name: &'static str,
    /// The release, without a leading `v`.
    pub version: &'static str,
    /// The full source addresses under which hosts know the provider, for the reattach line of [`Mode::Debug`].
    pub addresses: &'static [&'static str],
}

/// Who starts and ends the process.
#[derive(Debug, Clone, Default)]
pub enum Mode {
    /// A host started it, and ends it.
    #[default]
    Host,
    /// A person started it, perhaps under a debugger, and attaches hosts to it.
    Debug(DebugOptions),
}

/// Options of [`Mode::Debug`].
#[derive(Debug, Clone, Default)]
pub struct DebugOptions {
    /// Also write the reattach line to this file, for as long as the process runs.
    pub env_file: Option<PathBuf>,
    /// The only source address to print, in place of [`Plugin::addresses`].
    pub address: Option<String>,
}
