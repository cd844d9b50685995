//! Acceptance tests: the compiled provider under a real host, against the simulator.
//!
//! They run on the host that `TF_CLI_PATH` names, or on the one that is found on the PATH.

mod attachments;
mod data_sources;
mod drift;
mod examples;
mod failures;
mod flows;
mod harness;
mod hosting;
mod identity;
mod import;
#[cfg(unix)]
mod interrupts;
mod key_file;
mod lifecycle;
mod moves;
mod official_states;
mod provider_block;
mod replacement;
mod second_host;
mod unknown;
mod update;
mod validation;
mod wrong_place;
