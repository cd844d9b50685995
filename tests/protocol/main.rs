//! The plugin, as a host sees it: the compiled program and a gRPC client.
//!
//! What a host can show by itself is left to the acceptance tests; here is what only an unusual, hostile or impatient
//! peer finds out.
#![cfg(unix)]
// The lints know tests by their attribute, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod burst;
mod debugging;
mod handshake;
mod harness;
mod lifetime;
mod logging;
mod panics;
mod services;
mod sockets;
mod stand_in;
mod tls;
