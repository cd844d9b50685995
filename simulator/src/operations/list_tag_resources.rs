//! `ListTagResources`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Context, tag_resources};
use crate::error::ApiError;
use crate::world::tag;

/// Asks for what is in a resource group rather than for a tag.
const GROUP_KEY: &str = "acs:rm:rgId";

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let region = tag_resources::region(context)?;
    tag_resources::check_type(context)?;
    let names = context.parameters.list("ResourceId");
    tag_resources::check_number(names.len())?;
    let (groups, tags): (Vec<_>, Vec<_>) =
        context.parameters.tags().into_iter().partition(|(key, _)| *key == GROUP_KEY);
    if tags.iter().any(|(key, _)| key.is_empty()) {
        return Err(ApiError::new(400, "InvalidParameter.TagValue", "A Tag.N.Value has no Tag.N.Key."));
    }
    let filters = tag_filters(context);
    if names.is_empty() && tags.is_empty() && groups.is_empty() && filters.is_empty() {
        return Err(ApiError::new(
            403,
            "BothEmpty.TagsAndResources",
            "The specified Tags and ResourcesIds are not allow to both empty.",
        ));
    }
    if context.parameters.get("NextToken").is_some() {
        // An answer is never cut here, so that no token is ever given out.
        return Err(ApiError::new(403, "Invalid.NextToken", "The specified parameter NextToken is invalid."));
    }
    let mut found = Vec::new();
    for (name, pair) in context.world.key_pairs.get(&region).into_iter().flatten() {
        let wanted = (names.is_empty() || names.contains(&name.as_str()))
            && groups.iter().all(|(_, group)| *group == Some(pair.resource_group_id.as_str()))
            && tag::matches(&pair.tags, &tags)
            && filters.iter().all(|(key, values)| {
                pair.tags.get(*key).is_some_and(|v| values.is_empty() || values.contains(&v.as_str()))
            });
        if wanted {
            found.extend(pair.tags.iter().map(|(key, value)| {
                json!({
                    "ResourceId": name, "ResourceType": tag_resources::RESOURCE_TYPE,
                    "TagKey": key, "TagValue": value,
                })
            }));
        }
    }
    Ok(json!({"NextToken": "", "TagResources": {"TagResource": found}}))
}

/// `TagFilter.N.TagKey` with its `TagFilter.N.TagValues.M`.
fn tag_filters<'a>(context: &Context<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let parameters = context.parameters;
    let key_of = |n: usize| parameters.get(&format!("TagFilter.{n}.TagKey"));
    (1..=5).filter_map(|n| Some((key_of(n)?, parameters.list(&format!("TagFilter.{n}.TagValues"))))).collect()
}
