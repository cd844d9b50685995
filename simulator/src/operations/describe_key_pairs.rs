//! `DescribeKeyPairs`.

use serde_json::{Value, json};

use super::Context;
use crate::error::ApiError;
use crate::gateway;
use crate::world::{KeyPair, tag};

/// Above it, the call is refused; the documentation gives the limit and not what happens.
const LARGEST_PAGE: usize = 50;

pub(super) fn run(context: &mut Context<'_>) -> Result<Value, ApiError> {
    let region = context.region()?;
    let parameters = context.parameters;
    let page_number = parameters.number("PageNumber")?.unwrap_or(1);
    let page_size = parameters.number("PageSize")?.unwrap_or(10);
    if page_number == 0 {
        return Err(ApiError::invalid("PageNumber"));
    }
    if !(1..=LARGEST_PAGE).contains(&page_size) {
        return Err(ApiError::invalid("PageSize"));
    }
    let with_public_key = parameters.flag("IncludePublicKey")? && context.world.shows_public_keys;
    let pattern = parameters.get("KeyPairName");
    let fingerprint = parameters.get("KeyPairFingerPrint");
    let group = parameters.get("ResourceGroupId");
    let tags = parameters.tags();
    if tags.len() > tag::TAGS_PER_CALL {
        return Err(ApiError::new(
            400,
            "NumberExceed.Tags",
            "The Tags parameter's number is exceed , Valid : 20",
        ));
    }
    let hidden = gateway::is_outside_the_group(context.world, parameters);
    let wanted = |name: &str, pair: &KeyPair| {
        !hidden
            && pattern.is_none_or(|pattern| matches(pattern, name))
            && (!pair.hidden_from_lists || pattern == Some(name))
            && fingerprint.is_none_or(|wanted| wanted == pair.fingerprint)
            && group.is_none_or(|wanted| wanted == pair.resource_group_id)
            && tag::matches(&pair.tags, &tags)
    };
    let found: Vec<(&String, &KeyPair)> = context
        .world
        .key_pairs
        .get(&region)
        .into_iter()
        .flatten()
        .filter(|(name, pair)| wanted(name, pair))
        .collect();
    let total = found.len();
    let skipped = page_number.saturating_sub(1).saturating_mul(page_size);
    let page = found.into_iter().skip(skipped).take(page_size);
    let page: Vec<Value> = page.map(|(name, pair)| show(name, pair, with_public_key)).collect();
    Ok(json!({
        "PageNumber": page_number, "PageSize": page_size, "TotalCount": total,
        "KeyPairs": {"KeyPair": page},
    }))
}

fn show(name: &str, pair: &KeyPair, with_public_key: bool) -> Value {
    let tags: Vec<Value> =
        pair.tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect();
    let mut shown = json!({
        "KeyPairName": name,
        "KeyPairFingerPrint": pair.fingerprint,
        "CreationTime": pair.creation_time,
        "ResourceGroupId": pair.resource_group_id,
        "Tags": {"Tag": tags},
    });
    if let (true, Some(members)) = (with_public_key, shown.as_object_mut()) {
        members.insert("PublicKey".to_owned(), pair.public_key.clone().into());
    }
    shown
}

/// `*` at either end, or both, stands for anything; elsewhere it is itself, and so matches no name.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_stand_at_the_ends() {
        let cases = [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("Abc", "abc", false),
            ("ab*", "abc", true),
            ("ab*", "xab", false),
            ("*bc", "abc", true),
            ("*bc", "bcd", false),
            ("*b*", "abc", true),
            ("*x*", "abc", false),
            ("*", "abc", true),
            ("**", "abc", true),
            ("a*c", "abc", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
