//! Permission: what RAM denies.

use serde_json::json;

use crate::access_key::AccessKey;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::world::World;

/// Refuses a call that a denial matches, by its action or by something that it names. Where
/// [`World::denied_instances_are_empty`], a list of instances is not refused but empty.
pub(crate) fn check(
    world: &World,
    caller: &AccessKey,
    product: &str,
    action: &str,
    parameters: &Parameters,
) -> Result<(), ApiError> {
    let only_hides = action == "DescribeInstances"
        && world.denied_instances_are_empty
        && parameters.get("DryRun").is_none();
    let refused = denies(world, action, parameters)
        || action == "DescribeKeyPairs"
            && is_outside_the_group(world, parameters)
            && world.one_group.as_ref().is_some_and(|one| one.refuses);
    if only_hides || !refused {
        return Ok(());
    }
    let (kind, name) = match &caller.user {
        None => ("Account", caller.account.clone()),
        Some(user) if caller.token.is_some() => {
            ("AssumedRoleUser", format!("{user}:{}", caller.session_name()))
        }
        Some(user) => ("SubUser", user.clone()),
    };
    let mut error = ApiError::new(
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    );
    error.access_denied_detail = Some(json!({
        "AuthAction": format!("{}:{action}", product.to_lowercase()),
        "AuthPrincipalType": kind,
        "AuthPrincipalDisplayName": name,
        "AuthPrincipalOwnerId": caller.account,
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "NoPermissionType": "ImplicitDeny",
    }));
    Err(error)
}

/// Whether a denial matches a call.
pub(crate) fn denies(world: &World, action: &str, parameters: &Parameters) -> bool {
    let named = names(parameters);
    world.denials.iter().any(|denial| {
        denial.action == action && denial.resource.as_ref().is_none_or(|resource| named.contains(resource))
    })
}

/// Whether callers are limited to one resource group, and a list does not name it.
pub(crate) fn is_outside_the_group(world: &World, parameters: &Parameters) -> bool {
    world.one_group.as_ref().is_some_and(|one| parameters.get("ResourceGroupId") != Some(&one.group))
}

/// The key pairs and instances that a call names.
fn names(parameters: &Parameters) -> Vec<String> {
    let mut names: Vec<String> = parameters.list("ResourceId").into_iter().map(str::to_owned).collect();
    for name in ["KeyPairName", "ResourceId", "InstanceId"] {
        names.extend(parameters.get(name).map(str::to_owned));
    }
    for name in ["KeyPairNames", "InstanceIds"] {
        names.extend(parameters.get(name).and_then(Parameters::json_list).into_iter().flatten());
    }
    names
}
