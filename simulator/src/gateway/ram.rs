//! Permission: what RAM denies.

use serde_json::json;

use crate::access_key::AccessKey;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::world::World;

/// Refuses a call that a denial matches, by its action or by something that it names.
pub(crate) fn check(
    world: &World,
    caller: &AccessKey,
    action: &str,
    parameters: &Parameters,
) -> Result<(), ApiError> {
    let named = names(parameters);
    let denied = world.denials.iter().any(|denial| {
        denial.action == action && denial.resource.as_ref().is_none_or(|resource| named.contains(resource))
    });
    if !denied {
        return Ok(());
    }
    let (kind, name) = match &caller.user {
        None => ("Account", caller.account.clone()),
        Some(user) if caller.token.is_some() => ("AssumedRoleUser", format!("{user}:session")),
        Some(user) => ("SubUser", user.clone()),
    };
    let mut error = ApiError::new(
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    );
    error.access_denied_detail = Some(json!({
        "AuthAction": format!("ecs:{action}"),
        "AuthPrincipalType": kind,
        "AuthPrincipalDisplayName": name,
        "AuthPrincipalOwnerId": caller.account,
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "NoPermissionType": "ImplicitDeny",
    }));
    Err(error)
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
