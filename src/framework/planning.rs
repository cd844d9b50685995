//! The planning that every resource shares, done by the schema alone.
//!
//! A host proposes: the configuration where it says something, the prior value where a computed
//! attribute is left open. From there: write-only values leave, defaults fill nulls, another
//! spelling of the prior value becomes the prior value. Only if something still differs from the
//! prior state do the open computed attributes become unknown, since an update may change them.
//! What replaces the object is told by [`replacements`](super::replacement::replacements).

use std::collections::BTreeMap;

use super::fit::fit;
use super::schema::{Attribute, AttributeKind, Block, Nesting};
use crate::cty::Value;

/// Plans a create (no prior state) or an update.
pub(super) fn plan(block: &Block, prior: Option<&Value>, config: &Value, proposed: Value) -> Value {
    let proposed = fit(block.fields(), proposed);
    let settled = walk(block, prior, config, &proposed, &mut |site| settle(&site));
    if prior == Some(&settled) {
        settled
    } else {
        walk(block, prior, config, &settled, &mut |site| open(&site))
    }
}

/// One attribute at one place.
struct Site<'a> {
    attribute: &'a Attribute,
    prior: Option<&'a Value>,
    config: &'a Value,
    planned: &'a Value,
}

fn settle(site: &Site<'_>) -> Value {
    if let (true, Some(default)) = (site.config.is_null(), site.attribute.default) {
        return default();
    }
    if let (Some(same), Some(prior)) = (site.attribute.same, site.prior) {
        let comparable = |value: &Value| !value.is_null() && value.is_wholly_known();
        if comparable(prior) && comparable(site.config) && same(prior, site.config) {
            return prior.clone();
        }
    }
    site.planned.clone()
}

fn open(site: &Site<'_>) -> Value {
    let attribute = site.attribute;
    let is_open = attribute.computed && site.config.is_null() && attribute.default.is_none();
    let stays =
        attribute.keeps_prior && site.prior.is_some_and(|prior| attribute.keeps_null || !prior.is_null());
    if is_open && !stays { Value::UNKNOWN } else { site.planned.clone() }
}

type Visit<'v> = dyn FnMut(Site<'_>) -> Value + 'v;

fn walk(
    block: &Block,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    visit: &mut Visit<'_>,
) -> Value {
    let Value::Object(planned_fields) = planned else { return planned.clone() };
    let mut fields = walk_attributes(&block.attributes, prior, config, planned_fields, visit);
    for (name, nested) in &block.blocks {
        let value = planned_fields.get(*name).unwrap_or(&Value::Null);
        let walked =
            walk_nested(nested.nesting, prior, config, name, value, &mut |prior, config, planned| {
                walk(&nested.block, prior, config, planned, visit)
            });
        fields.insert((*name).to_owned(), walked);
    }
    Value::Object(fields)
}

fn walk_attributes(
    attributes: &BTreeMap<&'static str, Attribute>,
    prior: Option<&Value>,
    config: &Value,
    planned: &BTreeMap<String, Value>,
    visit: &mut Visit<'_>,
) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for (name, attribute) in attributes {
        let site = Site {
            attribute,
            prior: prior.and_then(|prior| prior.get(name)),
            config: config.get(name).unwrap_or(&Value::Null),
            planned: planned.get(*name).unwrap_or(&Value::Null),
        };
        let config_is_set = !site.config.is_null();
        let mut value = visit(site);
        if let (AttributeKind::Nested(nested), true) = (&attribute.kind, config_is_set) {
            value =
                walk_nested(nested.nesting, prior, config, name, &value, &mut |prior, config, planned| {
                    let Value::Object(fields) = planned else { return planned.clone() };
                    Value::Object(walk_attributes(&nested.attributes, prior, config, fields, visit))
                });
        }
        fields.insert((*name).to_owned(), value);
    }
    fields
}

/// Walks the objects of a nested attribute or block, each with its counterpart in the prior state
/// and in the configuration. Elements of sets have none, and the schema's rules allow nothing in
/// them that would need one.
fn walk_nested(
    nesting: Nesting,
    prior: Option<&Value>,
    config: &Value,
    name: &str,
    planned: &Value,
    each: &mut dyn FnMut(Option<&Value>, &Value, &Value) -> Value,
) -> Value {
    let prior = prior.and_then(|prior| prior.get(name)).filter(|prior| !prior.is_null());
    let config = config.get(name).unwrap_or(&Value::Null);
    match (nesting, planned) {
        (Nesting::Single | Nesting::Group, Value::Object(_)) => each(prior, config, planned),
        (Nesting::List, Value::List(elements)) => {
            let counterpart = |of: &'_ Value, index: usize| match of {
                Value::List(list) => list.get(index).cloned(),
                _ => None,
            };
            Value::List(
                elements
                    .iter()
                    .enumerate()
                    .map(|(index, element)| {
                        let prior = prior.and_then(|prior| counterpart(prior, index));
                        let config = counterpart(config, index).unwrap_or(Value::Null);
                        each(prior.as_ref(), &config, element)
                    })
                    .collect(),
            )
        }
        (Nesting::Map, Value::Map(elements)) => Value::Map(
            elements
                .iter()
                .map(|(key, element)| {
                    let prior = prior.and_then(|prior| prior.get(key));
                    let config = config.get(key).unwrap_or(&Value::Null);
                    (key.clone(), each(prior, config, element))
                })
                .collect(),
        ),
        _ => planned.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Path;
    use crate::framework::replacement::replacements;
    use crate::framework::schema::NestedBlock;

    struct Planned {
        state: Value,
        requires_replace: Vec<Path>,
    }

    fn plan(block: &Block, prior: Option<&Value>, config: &Value, proposed: &Value) -> Planned {
        let state = super::plan(block, prior, config, proposed.clone());
        let requires_replace =
            prior.map(|prior| replacements(block.fields(), prior, config, &state)).unwrap_or_default();
        Planned { state, requires_replace }
    }

    fn block() -> Block {
        Block::new("")
            .attribute("id", Attribute::string().computed().keeps_prior())
            .attribute("name", Attribute::string().optional().requires_replace())
            .attribute(
                "key",
                Attribute::string()
                    .optional()
                    .computed()
                    .requires_replace()
                    .same_if(|prior, config| prior.as_str().map(str::trim) == config.as_str().map(str::trim)),
            )
            .attribute("secret", Attribute::string().optional().write_only())
            .attribute("mode", Attribute::string().optional().computed().default_value(|| "fast".into()))
            .attribute("size", Attribute::number().computed())
            .attribute(
                "disk",
                Attribute::nested(
                    Nesting::List,
                    [
                        ("name", Attribute::string().required()),
                        ("serial", Attribute::string().computed().keeps_prior()),
                    ],
                )
                .optional(),
            )
            .block(
                "rule",
                NestedBlock::new(
                    Nesting::List,
                    Block::new("").attribute("port", Attribute::number().optional()),
                ),
            )
    }

    /// An object of the block's type: the given attributes, and null (or no blocks) elsewhere.
    fn object(fields: &[(&str, Value)]) -> Value {
        let mut all: BTreeMap<String, Value> = ["id", "name", "key", "secret", "mode", "size", "disk"]
            .into_iter()
            .map(|name| (name.to_owned(), Value::Null))
            .collect();
        all.insert("rule".to_owned(), Value::List(Vec::new()));
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Value::Object(all)
    }

    fn prior() -> Value {
        object(&[
            ("id", "1".into()),
            ("name", "a".into()),
            ("key", "k".into()),
            ("mode", "fast".into()),
            ("size", 3.into()),
        ])
    }

    #[test]
    fn a_create_leaves_open_what_the_provider_sets() {
        let config = object(&[("name", "a".into()), ("secret", "s".into())]);
        let planned = plan(&block(), None, &config, &config);
        assert_eq!(
            planned.state,
            object(&[
                ("id", Value::UNKNOWN),
                ("name", "a".into()),
                ("key", Value::UNKNOWN),
                ("mode", "fast".into()),
                ("size", Value::UNKNOWN),
            ])
        );
        assert_eq!(planned.requires_replace, []);
    }

    #[test]
    fn nothing_changes_when_nothing_changes() {
        let config = object(&[("name", "a".into()), ("secret", "s".into()), ("key", " k\n".into())]);
        let proposed = object(&[
            ("id", "1".into()),
            ("name", "a".into()),
            ("secret", "s".into()),
            ("key", " k\n".into()),
            ("size", 3.into()),
        ]);
        let planned = plan(&block(), Some(&prior()), &config, &proposed);
        assert_eq!(planned.state, prior(), "the other spelling of the key is the prior value");
        assert_eq!(planned.requires_replace, []);
    }

    #[test]
    fn a_change_opens_computed_values_and_names_what_replaces() {
        let config = object(&[("name", "b".into()), ("key", Value::UNKNOWN)]);
        let proposed = object(&[
            ("id", "1".into()),
            ("name", "b".into()),
            ("key", Value::UNKNOWN),
            ("mode", "fast".into()),
            ("size", 3.into()),
        ]);
        let planned = plan(&block(), Some(&prior()), &config, &proposed);
        assert_eq!(planned.state.get("id"), Some(&"1".into()), "kept");
        assert_eq!(planned.state.get("size"), Some(&Value::UNKNOWN));
        let paths: Vec<String> = planned.requires_replace.iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["key", "name"], "an unknown value counts as a change");
    }

    #[test]
    fn what_is_only_open_replaces_nothing() {
        let mut prior = prior();
        if let Value::Object(fields) = &mut prior {
            fields.insert("key".to_owned(), Value::Null);
        }
        let disk = Value::List(vec![Value::object([("name", "a".into()), ("serial", Value::Null)])]);
        let config = object(&[("name", "a".into()), ("disk", disk.clone())]);
        let proposed = object(&[
            ("id", "1".into()),
            ("name", "a".into()),
            ("mode", "fast".into()),
            ("size", 3.into()),
            ("disk", disk),
        ]);
        let planned = plan(&block(), Some(&prior), &config, &proposed);
        assert_eq!(planned.state.get("key"), Some(&Value::UNKNOWN));
        assert_eq!(planned.requires_replace, []);
    }

    #[test]
    fn a_null_that_is_never_filled_later_is_kept() {
        let block = Block::new("")
            .attribute("note", Attribute::string().optional())
            .attribute("later", Attribute::string().computed().keeps_prior())
            .attribute("never", Attribute::string().computed().keeps_null());
        let object = |note: &str, rest: Value| {
            Value::object([("note", note.into()), ("later", rest.clone()), ("never", rest)])
        };
        let (prior, next) = (object("a", Value::Null), object("b", Value::Null));
        let planned = plan(&block, Some(&prior), &next, &next).state;
        assert_eq!((planned.get("later"), planned.get("never")), (Some(&Value::UNKNOWN), Some(&Value::Null)));
        let made = plan(&block, None, &next, &next).state;
        assert_eq!(made, object("b", Value::UNKNOWN), "a create fills both");
    }

    #[test]
    fn defaults_and_other_spellings_hold_at_every_depth() {
        let fields = || {
            [
                ("mode", Attribute::string().optional().computed().default_value(|| "fast".into())),
                (
                    "name",
                    Attribute::string().optional().same_if(|prior, config| {
                        prior.as_str().map(str::to_lowercase) == config.as_str().map(str::to_lowercase)
                    }),
                ),
                ("secret", Attribute::string().optional().write_only()),
            ]
        };
        let nestings = [
            (Nesting::Single, "single"),
            (Nesting::List, "list"),
            (Nesting::Map, "map"),
            (Nesting::Group, "group"),
        ];
        let inner =
            || fields().into_iter().fold(Block::new(""), |block, (name, it)| block.attribute(name, it));
        let mut block = Block::new("")
            .attribute("nested_single", Attribute::nested(Nesting::Single, fields()).optional());
        for (nesting, name) in nestings {
            block = block.block(name, NestedBlock::new(nesting, inner()));
        }
        block = block
            .attribute("nested_list", Attribute::nested(Nesting::List, fields()).optional())
            .attribute("nested_map", Attribute::nested(Nesting::Map, fields()).optional());
        let value = |mode: Value, name: &str, secret: Value| {
            let one =
                || Value::object([("mode", mode.clone()), ("name", name.into()), ("secret", secret.clone())]);
            let (list, map) = (|| Value::list([one()]), || Value::map([("k".to_owned(), one())]));
            Value::object([
                ("single", one()),
                ("list", list()),
                ("map", map()),
                ("group", one()),
                ("nested_single", one()),
                ("nested_list", list()),
                ("nested_map", map()),
            ])
        };
        let prior = value("fast".into(), "Web", Value::Null);
        let config = value(Value::Null, "web", "s3cret".into());
        assert_eq!(plan(&block, Some(&prior), &config, &config).state, prior);
        assert_eq!(plan(&block, None, &config, &config).state, value("fast".into(), "web", Value::Null));
    }

    #[test]
    fn nested_objects_meet_their_counterparts() {
        let disk = |name: &str, serial: Value| Value::object([("name", name.into()), ("serial", serial)]);
        let before = object(&[("disk", Value::List(vec![disk("a", "s1".into())]))]);
        let config = object(&[("disk", Value::List(vec![disk("a", Value::Null), disk("b", Value::Null)]))]);
        let proposed = object(&[("disk", Value::List(vec![disk("a", "s1".into()), disk("b", Value::Null)]))]);
        let planned = plan(&block(), Some(&before), &config, &proposed);
        assert_eq!(
            planned.state.get("disk"),
            Some(&Value::List(vec![disk("a", "s1".into()), disk("b", Value::UNKNOWN)]))
        );
    }

    #[test]
    fn blocks_are_never_null_and_unknown_ones_pass_through() {
        let config = object(&[("rule", Value::UNKNOWN)]);
        assert_eq!(plan(&block(), None, &config, &config).state.get("rule"), Some(&Value::UNKNOWN));
        let nulled = object(&[("rule", Value::Null)]);
        assert_eq!(plan(&block(), None, &nulled, &nulled).state.get("rule"), Some(&Value::List(Vec::new())));
    }
}
