//! Operations of ECS (API version 2014-05-26), one file each.

mod attach_key_pair;
pub(super) mod delete_key_pairs;
pub(super) mod describe_instances;
pub(super) mod describe_key_pairs;
mod import_key_pair;
mod instance;
mod join_resource_group;
mod list_key_pairs;
mod paging;
mod reboot_instance;
mod tags;
#[cfg(test)]
mod tests;

pub use attach_key_pair::{BindingFailure, MOST_BINDINGS};
pub use delete_key_pairs::{Deleted, MOST_NAMES};
pub use describe_instances::{InstanceFilter, MOST_INSTANCES};
pub use describe_key_pairs::{KeyPair, KeyPairPage};
pub use import_key_pair::{ImportKeyPair, ImportedKeyPair};
pub use instance::{Instance, InstanceStatus};
pub use list_key_pairs::KeyPairFilter;

/// How the tag and resource group operations call a key pair; they are case-sensitive about it. The resource id of a
/// key pair is its name.
const RESOURCE_TYPE: &str = "keypair";
