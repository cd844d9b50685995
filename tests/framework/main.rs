//! The framework as the author of a provider and as a host see it: a toy provider, written against
//! the public traits only, and the generated client of the protocol.
// The lints know tests by their attribute, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alicloud;
mod client;
mod dependents;
mod lifecycle;
mod planning;
mod requests;
mod toy;
