//! The attachment's id, `NAME:["i-1","i-2"]`, as the official provider writes it.

use std::collections::BTreeSet;

/// The id of an attachment.
pub(super) fn format(name: &str, instance_ids: &BTreeSet<String>) -> String {
    let ids: serde_json::Value = instance_ids.iter().map(String::as_str).collect();
    format!("{name}:{ids}")
}

/// The key pair's name and the instances of an id. A name may hold colons, but no bracket.
pub(super) fn parse(id: &str) -> Option<(String, BTreeSet<String>)> {
    let at = id.find(":[")?;
    let (name, ids) = (id.get(..at)?, id.get(at + 1..)?);
    let ids: BTreeSet<String> = serde_json::from_str(ids).ok()?;
    (!name.is_empty() && !ids.is_empty() && ids.iter().all(|id| !id.is_empty()))
        .then(|| (name.to_owned(), ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let set = |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        for (id, expected) in [
            ("web:[\"i-1\",\"i-2\"]", Some(("web", set(&["i-1", "i-2"])))),
            ("a:b:c:[\"i-1\"]", Some(("a:b:c", set(&["i-1"])))),
            ("a-att:colon:[\"i-a000003\"]", Some(("a-att:colon", set(&["i-a000003"])))),
            (" web : [\"i-1\"]", None),
            ("web:[\"i-1\", \"i-1\"]", Some(("web", set(&["i-1"])))),
            ("web:[]", None),
            ("web:[1]", None),
            ("web:[\"\"]", None),
            (":[\"i-1\"]", None),
            ("web", None),
            ("web:i-1", None),
            ("web:[\"i-1\"", None),
            ("", None),
        ] {
            let parsed = parse(id);
            assert_eq!(parsed.as_ref().map(|(name, ids)| (name.as_str(), ids.clone())), expected, "{id}");
        }
        let id = format("a:b", &set(&["i-2", "i-1"]));
        assert_eq!(id, "a:b:[\"i-1\",\"i-2\"]");
        assert_eq!(parse(&id), Some(("a:b".to_owned(), set(&["i-1", "i-2"]))));
    }
}
