//! Operations of STS (API version 2015-04-01), one file each.

mod get_caller_identity;

pub use get_caller_identity::CallerIdentity;
