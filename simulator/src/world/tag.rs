//! The rules for tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::ApiError;

/// Tags of one call at most.
pub(crate) const TAGS_PER_CALL: usize = 20;

/// Checks the tags that a call sets.
pub(crate) fn check(tags: &[(&str, Option<&str>)]) -> Result<BTreeMap<String, String>, ApiError> {
    if tags.len() > TAGS_PER_CALL {
        return Err(ApiError::new(
            400,
            "NumberExceed.Tags",
            format!("The Tags parameter's number is exceed , Valid : {TAGS_PER_CALL}"),
        ));
    }
    let linked = |text: &str| text.contains("http://") || text.contains("https://");
    let mut seen = BTreeSet::new();
    let mut checked = BTreeMap::new();
    for &(key, value) in tags {
        let value = value.unwrap_or_default();
        if key.is_empty()
            || key.chars().count() > 128
            || key.starts_with("aliyun")
            || key.starts_with("acs:")
            || linked(key)
        {
            return Err(ApiError::new(
                400,
                "InvalidTagKey.Malformed",
                "The specified Tag.n.Key is not valid.",
            ));
        }
        if value.chars().count() > 128 || linked(value) {
            return Err(ApiError::new(
                400,
                "InvalidTagValue.Malformed",
                "The specified Tag.n.Value is not valid.",
            ));
        }
        // Keys are told apart without regard to case.
        if !seen.insert(key.to_lowercase()) {
            return Err(ApiError::new(400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key."));
        }
        checked.insert(key.to_owned(), value.to_owned());
    }
    Ok(checked)
}

/// Whether a resource carries all the tags of a filter; a filter without a value asks for the key alone.
pub(crate) fn matches(carried: &BTreeMap<String, String>, filter: &[(&str, Option<&str>)]) -> bool {
    filter
        .iter()
        .all(|&(key, value)| carried.get(key).is_some_and(|v| value.is_none_or(|wanted| wanted == v)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_the_rules_refuse() {
        let code = |tags: &[(&str, Option<&str>)]| check(tags).err().map(|e| e.code);
        let long = "k".repeat(129);
        assert_eq!(code(&[("a", None), ("b", Some("")), (&long[1..], Some(&long[1..]))]), None);
        for key in ["", "aliyun", "aliyun-x", "acs:x", "xhttp://", "https://x", &long] {
            assert_eq!(code(&[(key, Some("v"))]).as_deref(), Some("InvalidTagKey.Malformed"), "{key}");
        }
        assert_eq!(code(&[("k", Some(&long))]).as_deref(), Some("InvalidTagValue.Malformed"));
        assert_eq!(code(&[("k", Some("v")), ("K", Some("w"))]).as_deref(), Some("Duplicate.TagKey"));
        let many: Vec<String> = (0..21).map(|n| format!("k{n}")).collect();
        let many: Vec<_> = many.iter().map(|k| (k.as_str(), None)).collect();
        assert_eq!(code(&many).as_deref(), Some("NumberExceed.Tags"));
        assert_eq!(code(&many[1..]), None);
    }

    #[test]
    fn filters_by_all_tags() {
        let carried = BTreeMap::from([("a".into(), "1".into()), ("b".into(), String::new())]);
        let cases = [
            (vec![], true),
            (vec![("a", Some("1"))], true),
            (vec![("a", None), ("b", Some(""))], true),
            (vec![("a", Some("1")), ("b", Some("2"))], false),
            (vec![("c", None)], false),
            (vec![("A", None)], false),
        ];
        for (filter, expected) in cases {
            assert_eq!(matches(&carried, &filter), expected, "{filter:?}");
        }
    }
}
