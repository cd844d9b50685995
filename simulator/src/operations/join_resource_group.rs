//! `JoinResourceGroup`.

use serde_json::{Value, json};

use super::import_key_pair::resource_group_not_found;
use super::{Context, tag_resources};
use crate::error::ApiError;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let required = |name: &str| {
        let value = context.parameters.get(name).map(str::to_owned);
        // Here, and only here, the status is 403.
        value.ok_or_else(|| ApiError { status: 403, ..ApiError::missing(name) })
    };
    required("RegionId")?;
    let name = required("ResourceId")?;
    let group = required("ResourceGroupId")?;
    let region = context.region()?;
    if context.parameters.get("ResourceType") != Some(tag_resources::RESOURCE_TYPE) {
        return Err(tag_resources::resource_type_not_found());
    }
    if !context.world.resource_groups.contains(&group) {
        return Err(resource_group_not_found());
    }
    let Some(pair) = context.world.key_pair_mut(&region, &name) else {
        return Err(tag_resources::resource_not_found());
    };
    if pair.resource_group_id == group {
        return Err(ApiError::new(
            403,
            "InvalidResourceGroup.Duplicate",
            "The ResourceId provided has a ResourceGroup in our records.",
        ));
    }
    pair.resource_group_id = group;
    context.changed = true;
    Ok(json!({}))
}
