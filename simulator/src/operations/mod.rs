//! The operations of the service, one file each, and the table of them.

mod assume_role;
mod assume_role_with_oidc;
mod attach_key_pair;
mod create_key_pair;
mod delete_key_pairs;
mod describe_instances;
mod describe_key_pairs;
mod describe_regions;
mod get_caller_identity;
mod import_key_pair;
mod instance_members;
mod join_resource_group;
mod list_tag_resources;
mod reboot_instance;
mod tag_resources;
mod untag_resources;

use serde_json::Value;
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::error::ApiError;
use crate::identity::Identity;
use crate::parameters::Parameters;
use crate::world::World;

/// One call as an operation sees it.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) identity: &'a mut Identity,
    pub(crate) parameters: &'a Parameters,
    pub(crate) caller: &'a AccessKey,
    pub(crate) now: OffsetDateTime,
    /// Operations set this when they have changed the world, also when they then refuse the call.
    pub(crate) changed: bool,
}

impl Context<'_> {
    /// The region that the call is about, which must exist.
    fn region(&self) -> Result<String, ApiError> {
        let region = self.parameters.required("RegionId")?;
        if self.world.regions.contains(region) {
            return Ok(region.to_owned());
        }
        Err(region_not_found())
    }
}

fn region_not_found() -> ApiError {
    ApiError::new(404, "InvalidRegionId.NotFound", "The RegionId provided does not exist in our records.")
}

/// One operation: gives the members of its answer, less the request id.
pub(crate) type Operation = fn(&mut Context<'_>) -> Result<Value, ApiError>;

/// The version of the ECS API.
const ECS: &str = "2014-05-26";
/// The version of the STS API.
const STS: &str = "2015-04-01";

/// The operation that asks for no signature.
const ASSUME_ROLE_WITH_OIDC: &str = "AssumeRoleWithOIDC";

/// All operations, with the version of the API that each belongs to.
const TABLE: [(&str, &str, Operation); 16] = [
    (ECS, "AttachKeyPair", attach_key_pair::attach),
    (ECS, "CreateKeyPair", create_key_pair::run),
    (ECS, "DeleteKeyPairs", delete_key_pairs::run),
    (ECS, "DescribeInstances", describe_instances::run),
    (ECS, "DescribeKeyPairs", describe_key_pairs::run),
    (ECS, "DescribeRegions", describe_regions::run),
    (ECS, "DetachKeyPair", attach_key_pair::detach),
    (ECS, "ImportKeyPair", import_key_pair::run),
    (ECS, "JoinResourceGroup", join_resource_group::run),
    (ECS, "ListTagResources", list_tag_resources::run),
    (ECS, "RebootInstance", reboot_instance::run),
    (ECS, "TagResources", tag_resources::run),
    (ECS, "UntagResources", untag_resources::run),
    (STS, ASSUME_ROLE_WITH_OIDC, assume_role_with_oidc::run),
    (STS, "AssumeRole", assume_role::run),
    (STS, "GetCallerIdentity", get_caller_identity::run),
];

/// The name of the product that an operation belongs to, as errors and policies know it; ECS's, where the version is no
/// product's.
pub(crate) fn product(version: &str) -> &'static str {
    if version == STS { "Sts" } else { "Ecs" }
}

/// Whether an operation is called without a signature.
pub(crate) fn is_unsigned(action: &str) -> bool {
    action == ASSUME_ROLE_WITH_OIDC
}

/// The operation of this version and name.
pub(crate) fn find(version: &str, action: &str) -> Result<Operation, ApiError> {
    let found = TABLE.iter().find(|(v, name, _)| *v == version && *name == action);
    if let Some((_, _, operation)) = found {
        return Ok(*operation);
    }
    Err(if [ECS, STS].contains(&version) {
        ApiError::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    } else {
        ApiError::new(400, "InvalidVersion", "Specified parameter Version is not valid.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_operation() {
        let readme = include_str!("../../README.md");
        for (service, version) in [("ECS", ECS), ("STS", STS)] {
            let mut names: Vec<&str> =
                TABLE.iter().filter(|(of, ..)| *of == version).map(|(_, name, _)| *name).collect();
            names.sort_unstable();
            let row = format!("| {service} | {version} | {} |", names.join(", "));
            assert!(readme.contains(&row), "{row}");
        }
    }
}
