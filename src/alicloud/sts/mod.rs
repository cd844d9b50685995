//! Operations of STS (API version 2015-04-01), one file each.

mod assume_role;
mod assume_role_with_oidc;
mod get_caller_identity;
mod session;

pub use get_caller_identity::CallerIdentity;
pub(crate) use session::Session;
