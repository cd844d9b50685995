//! A local stand-in for the Alibaba Cloud ECS API, as far as SSH key pairs need it.
//!
//! A [`Simulator`] listens on a port of this machine and answers as the cloud documents it: it verifies the
//! signature of each call with code of its own, checks clock and nonce, refuses with the documented codes and
//! statuses, and keeps a [`World`] per account. Tests look at that world and change it, read the [`Call`]s
//! that arrived, and let things go wrong with [`Fault`]s.
//!
//! It also hands out temporary access keys, from an [`Identity`] that tests fill with roles and logins: by STS, as the
//! metadata service of an ECS instance, as a credentials URI, as CloudSSO, and as the OAuth service of the official
//! command line, all on the same port.
//!
//! ```
//! use ecs_simulator::{Config, Fault, Instance, Simulator};
//!
//! let simulator = Simulator::start(Config::default())?;
//! simulator.world(|world| {
//!     world.add_key_pair("cn-hangzhou", "deploy", "ssh-rsa AAAAB3NzaC1yc2E=");
//!     world.add_instance(Instance::new("cn-hangzhou", "i-1").bound_to("deploy"));
//! });
//! simulator.fail(Fault::on("DeleteKeyPairs").times(3).throttle(None));
//! // … run a client against simulator.url() …
//! assert_eq!(simulator.count("DeleteKeyPairs"), 0);
//! # Ok::<(), std::io::Error>(())
//! ```

mod access_key;
mod admin;
mod answer;
mod calls;
mod clock;
mod config;
mod error;
mod exchange;
mod faults;
mod gateway;
mod identity;
mod operations;
mod parameters;
mod reply;
mod request_id;
mod server;
mod services;
mod simulator;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod world;

pub use access_key::AccessKey;
pub use admin::ADMIN_HELP;
pub use calls::Call;
pub use config::{Config, DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT};
pub use faults::Fault;
pub use identity::{Identity, Metadata, OauthTokens, Role};
pub use simulator::{FaultHandle, Simulator};
pub use world::{
    BatchDelete, Denial, FingerprintStyle, Instance, KeyPair, OneGroup, ReservedName, SlowRelease, World,
};
