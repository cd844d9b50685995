//! Tags: what the configuration may say, and what changed.

use std::collections::BTreeMap;

use super::schema::Tags;
use crate::cty::{Path, Value};
use crate::framework::{Attr, Diagnostic, Diagnostics};

/// Most tags of a resource, by the API's documentation.
const MOST_TAGS: usize = 20;

/// Most characters of a tag's key and of its value.
const LONGEST: usize = 128;

/// Key prefixes that belong to the cloud's own services.
const RESERVED: [&str; 2] = ["acs:", "aliyun"];

/// Judges the tags in the configuration; unknown values are fine.
pub(super) fn validate(tags: &Attr<Tags>, diagnostics: &mut Diagnostics) {
    let Some(tags) = tags.known() else { return };
    let root = Path::root().attribute("tags");
    // A null value stands for no such tag.
    let set: Vec<_> = tags.iter().filter(|(_, value)| !value.is_null()).collect();
    if set.len() > MOST_TAGS {
        let detail = format!("A key pair has at most 20 tags; the configuration sets {}.", set.len());
        diagnostics.push(Diagnostic::error("Too many tags", detail).at_path(root.clone()));
    }
    for (key, value) in set {
        let here = root.clone().key(key.as_str());
        let value = value.as_str().unwrap_or_default();
        for problem in [key_problem(key), value_problem(value)].into_iter().flatten() {
            let detail = format!("The tag {key:?} is not one that the API takes: {problem}.");
            diagnostics.push(Diagnostic::error("Invalid tag", detail).at_path(here.clone()));
        }
    }
}

fn key_problem(key: &str) -> Option<String> {
    if key.is_empty() {
        return Some("its key is empty".to_owned());
    }
    if let Some(prefix) = RESERVED.into_iter().find(|prefix| key.starts_with(prefix)) {
        return Some(format!("keys that start with {prefix:?} belong to the cloud"));
    }
    text_problem("key", key)
}

fn value_problem(value: &str) -> Option<String> {
    text_problem("value", value)
}

fn text_problem(what: &str, text: &str) -> Option<String> {
    let length = text.chars().count();
    if length > LONGEST {
        return Some(format!("its {what} has {length} characters, and at most {LONGEST} are allowed"));
    }
    let scheme = ["http://", "https://"].into_iter().find(|scheme| text.contains(scheme))?;
    Some(format!("its {what} holds {scheme}"))
}

/// The tags of `all` that are the user's.
pub(in crate::provider) fn without_reserved(all: BTreeMap<String, String>) -> Tags {
    all.into_iter()
        .filter(|(key, _)| !RESERVED.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, value)| (key, Attr::Known(value)))
        .collect()
}

/// `found`, with the null values that the state holds: they stand for no such tag, as the configuration has it.
pub(super) fn with_nulls_of(state: &Attr<Tags>, mut found: Tags) -> Tags {
    for (key, value) in state.known().into_iter().flatten() {
        if value.is_null() {
            found.entry(key.clone()).or_insert(Attr::Null);
        }
    }
    found
}

/// Whether both are the same tags. Null values stand for no such tag.
pub(super) fn same_tags(prior: &Value, config: &Value) -> bool {
    let tags = |value: &Value| match value {
        Value::Map(tags) => Some(
            tags.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect(),
        ),
        _ => None::<BTreeMap<String, Value>>,
    };
    tags(prior).is_some() && tags(prior) == tags(config)
}

/// The known values of `tags`, as the API takes them.
pub(in crate::provider) fn plain(tags: &Attr<Tags>) -> BTreeMap<String, String> {
    let known = |(key, value): (&String, &Attr<String>)| Some((key.clone(), value.known()?.clone()));
    tags.known().into_iter().flatten().filter_map(known).collect()
}

/// What leads from one set of tags to another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Keys to remove.
    pub(super) removed: Vec<String>,
    /// Tags to add or overwrite.
    pub(super) set: BTreeMap<String, String>,
}

/// What has to be done so that `before` becomes `after`.
pub(super) fn difference(before: &Attr<Tags>, after: &Attr<Tags>) -> Difference {
    let (before, after) = (plain(before), plain(after));
    let removed = before.keys().filter(|key| !after.contains_key(*key)).cloned().collect();
    let set = after.into_iter().filter(|(key, value)| before.get(key) != Some(value)).collect();
    Difference { removed, set }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Attr<Tags> {
        Attr::Known(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect())
    }

    #[test]
    fn each_rule_is_an_error_at_the_tag() {
        let long = "x".repeat(129);
        for (key, value, part) in [
            ("", "v", "its key is empty"),
            ("acs:x", "v", "belong to the cloud"),
            ("aliyun-x", "v", "belong to the cloud"),
            (long.as_str(), "v", "its key has 129 characters"),
            ("k", long.as_str(), "its value has 129 characters"),
            ("see http://x", "v", "its key holds http://"),
            ("k", "https://x", "its value holds https://"),
        ] {
            let mut found = Diagnostics::new();
            validate(&tags(&[(key, value)]), &mut found);
            let one = found.iter().next().unwrap();
            assert!(one.detail.contains(part), "{one:?}");
            assert_eq!(one.path, Some(Path::root().attribute("tags").key(key)));
        }
        let mut found = Diagnostics::new();
        let many: Tags = (0..21).map(|n| (format!("k{n}"), Attr::Unknown)).collect();
        validate(&Attr::Known(many), &mut found);
        assert_eq!(found.iter().next().map(|it| it.summary.as_str()), Some("Too many tags"));
    }

    #[test]
    fn a_null_value_is_no_tag() {
        let null = |key: &str| (key.to_owned(), Attr::Null);
        let mut found = Diagnostics::new();
        let many: Tags = (0..30).map(|n| null(&format!("acs:{n}"))).collect();
        validate(&Attr::Known(many), &mut found);
        assert!(found.is_empty(), "{found:?}");

        let a = || ("a".to_owned(), Attr::from("1"));
        let state = Attr::Known(Tags::from([a(), null("b"), null("a2")]));
        let seen = Tags::from([a(), ("a2".to_owned(), "2".into())]);
        assert_eq!(with_nulls_of(&state, seen.clone()), {
            let mut all = seen;
            all.extend([null("b")]);
            all
        });
        assert_eq!(with_nulls_of(&Attr::Null, Tags::new()), Tags::new());

        let value = |pairs: &[(&str, Value)]| {
            Value::map(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())))
        };
        let one = value(&[("a", "1".into())]);
        assert!(same_tags(&one, &value(&[("a", "1".into()), ("b", Value::Null)])));
        assert!(same_tags(&value(&[("b", Value::Null)]), &value(&[])));
        assert!(!same_tags(&one, &value(&[("a", Value::Null)])));
        assert!(!same_tags(&one, &value(&[("a", "1".into()), ("b", "".into())])));
        assert!(!same_tags(&Value::Null, &Value::Null));

        let after = Attr::Known(Tags::from([null("a"), ("b".to_owned(), "x".into())]));
        let before = Attr::Known(Tags::from([a(), null("b")]));
        let expected =
            Difference { removed: vec!["a".to_owned()], set: [("b".to_owned(), "x".to_owned())].into() };
        assert_eq!(difference(&before, &after), expected);
    }

    #[test]
    fn only_the_difference_is_sent() {
        let before = tags(&[("same", "1"), ("changed", "1"), ("removed", "1")]);
        let after = tags(&[("same", "1"), ("changed", "2"), ("added", "1")]);
        let expected = Difference {
            removed: vec!["removed".to_owned()],
            set: [("changed", "2"), ("added", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        };
        assert_eq!(difference(&before, &after), expected);
        assert!(difference(&after, &Attr::Null).set.is_empty());
    }
}
