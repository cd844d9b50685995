//! `UntagResources`.

use serde_json::{Value, json};

use super::{Context, tag_resources};
use crate::error::ApiError;
use crate::world::tag::TAGS_PER_CALL;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let (region, names) = tag_resources::resources(context)?;
    let keys: Vec<String> = context.parameters.list("TagKey").into_iter().map(str::to_owned).collect();
    let all = context.parameters.flag("All")?;
    if all && !keys.is_empty() {
        return Err(ApiError::new(
            403,
            "Param.Conflict",
            "The specified all is true, but the specified TagKey.N is not empty.",
        ));
    }
    if !all && keys.is_empty() {
        return Err(tag_resources::missing("Tags", "TagKey.N"));
    }
    if keys.len() > TAGS_PER_CALL {
        return Err(ApiError::new(
            400,
            "NumberExceed.Tags",
            format!("The Tags parameter's number is exceed , Valid : {TAGS_PER_CALL}"),
        ));
    }
    if names.iter().any(|name| context.world.key_pair(&region, name).is_none()) {
        return Err(tag_resources::resource_not_found());
    }
    for name in &names {
        let Some(pair) = context.world.key_pair_mut(&region, name) else { continue };
        let before = pair.tags.len();
        // System tags are the cloud's own.
        pair.tags.retain(|key, _| key.starts_with("acs:") || !(all || keys.contains(key)));
        context.changed |= pair.tags.len() != before;
    }
    Ok(json!({}))
}
