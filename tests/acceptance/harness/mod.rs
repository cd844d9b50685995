//! Runs real commands of a host against the compiled provider and a simulator.
//!
//! A test is a function of a [`Case`]. When it returns, [`acceptance`] destroys what is left and
//! looks for traces: key pairs, processes, sockets, secrets.

mod case;
mod host;
pub(crate) mod keys;
mod leftovers;
mod nobody;
mod output;
mod plan;
pub(crate) mod process;
mod secrets;
mod state;
pub(crate) mod trials;

use xtask::host::Host;

pub(crate) use case::{Case, REGION};
pub(crate) use host::{Feature, host, host_with_identity, loud};
pub(crate) use nobody::Nobody;
pub(crate) use output::{Diagnostic, Run, words};
pub(crate) use plan::Plan;
pub(crate) use state::State;

/// Runs a test on the host, and checks that it leaves nothing behind.
pub(crate) fn acceptance(test: impl FnOnce(&mut Case)) {
    let Some(host) = host() else { return };
    acceptance_on(host, test);
}

/// The same on this host.
pub(crate) fn acceptance_on(host: &Host, test: impl FnOnce(&mut Case)) {
    let mut case = Case::new(host);
    test(&mut case);
    case.finish();
}

/// The same on a host that can do something; elsewhere the test is skipped, loudly.
pub(crate) fn acceptance_with(feature: Feature, test: impl FnOnce(&mut Case)) {
    let Some(host) = host() else { return };
    if feature.is_in(host) {
        acceptance(test);
    } else {
        let thread = std::thread::current();
        loud(&format!("SKIPPED {}: {host} has no {feature:?}", thread.name().unwrap_or("a test")));
    }
}
