//! `TagResources`, and the checks that the tag operations share.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;
use crate::world::tag;

/// The only type of resource whose tags are kept here.
pub(super) const RESOURCE_TYPE: &str = "keypair";
/// Resources of one call at most.
const RESOURCES_PER_CALL: usize = 50;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let (region, names) = resources(context)?;
    let tags = context.parameters.tags();
    if tags.is_empty() {
        return Err(missing("Tags", "Tag.N"));
    }
    let tags = tag::check(&tags)?;
    for name in &names {
        let Some(pair) = context.world.key_pair(&region, name) else { return Err(resource_not_found()) };
        let added = tags.keys().filter(|key| !pair.tags.contains_key(*key)).count();
        let own = pair.tags.keys().filter(|key| !key.starts_with("acs:")).count();
        if own + added > context.world.tag_quota {
            return Err(ApiError::new(
                400,
                "OperationDenied.QuotaExceed",
                "The quota of tags on resource is beyond permitted range.",
            ));
        }
    }
    for name in &names {
        if let Some(pair) = context.world.key_pair_mut(&region, name) {
            pair.tags.extend(tags.clone());
            context.changed = true;
        }
    }
    Ok(json!({}))
}

/// The region and the resources that a call names; they need not exist.
pub(super) fn resources(context: &Context<'_>) -> Result<(String, Vec<String>), ApiError> {
    let region = region(context)?;
    check_type(context)?;
    let names: Vec<String> = context.parameters.list("ResourceId").into_iter().map(str::to_owned).collect();
    if names.is_empty() {
        return Err(missing("ResourceIds", "ResourceIds.N"));
    }
    check_number(names.len())?;
    Ok((region, names))
}

/// The region; these operations have a code of their own for a missing one.
pub(super) fn region(context: &Context<'_>) -> Result<String, ApiError> {
    if context.parameters.get("RegionId").is_none() {
        return Err(missing("RegionId", "RegionId"));
    }
    context.region()
}

/// The type of resource must be the one that is kept here.
pub(super) fn check_type(context: &Context<'_>) -> Result<(), ApiError> {
    match context.parameters.get("ResourceType") {
        None => Err(missing("ResourceType", "ResourceType")),
        Some(RESOURCE_TYPE) => Ok(()),
        Some(_) => Err(resource_type_not_found()),
    }
}

pub(super) fn check_number(resources: usize) -> Result<(), ApiError> {
    if resources <= RESOURCES_PER_CALL {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "NumberExceed.ResourceIds",
        format!("The ResourceIds parameter's number is exceed , Valid : {RESOURCES_PER_CALL}"),
    ))
}

pub(super) fn missing(what: &str, parameter: &str) -> ApiError {
    ApiError::new(
        404,
        format!("MissingParameter.{what}"),
        format!("The parameter - {parameter} should not be null"),
    )
}

pub(super) fn resource_not_found() -> ApiError {
    ApiError::new(
        404,
        "InvalidResourceId.NotFound",
        "The specified ResourceIds are not found in our records.",
    )
}

pub(super) fn resource_type_not_found() -> ApiError {
    ApiError::new(
        404,
        "InvalidResourceType.NotFound",
        "The ResourceType provided does not exist in our records.",
    )
}
