//! Acceptance tests: the compiled provider under a real host, against the simulator.
//!
//! They run on the host that `TF_CLI_PATH` names, or on the one that is found on the PATH.

// The lints know tests by their attribute, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Configurations quote paths as Rust's debug form does.
#![allow(clippy::unnecessary_debug_formatting)]

mod attachments;
mod bound;
mod credentials;
mod data_sources;
mod drift;
mod empties;
mod examples;
mod failures;
mod faults;
mod flows;
mod harness;
mod hostile;
mod hosting;
mod identity;
mod import;
mod installation;
#[cfg(unix)]
mod interrupts;
mod key_file;
#[cfg(target_os = "linux")]
mod kills;
mod lifecycle;
mod moves;
mod official_examples;
mod official_states;
mod one_cause;
mod own_states;
mod permissions;
mod provider_block;
mod replacement;
mod rotation;
mod second_host;
mod unknown;
mod update;
mod validation;
mod wrong_place;
