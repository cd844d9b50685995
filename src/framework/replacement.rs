//! Which changes replace the object.

use std::collections::BTreeSet;

use super::schema::{Fields, Nested, Nesting};
use crate::cty::{Path, Value};

/// The attributes whose change replaces the object, in blocks and nested attributes of every depth. What is absent
/// counts as null. Elements of sets have no address, so the path of the set stands for them.
///
/// A computed value that is only open, with nothing about it in the configuration, replaces nothing: what it will be is
/// the provider's own affair.
pub(super) fn replacements(fields: Fields<'_>, prior: &Value, config: &Value, planned: &Value) -> Vec<Path> {
    let mut found = Vec::new();
    in_object(fields, Place { prior, config, planned }, &Path::root(), &mut found);
    found
}

/// One place before, in the configuration, and after.
#[derive(Clone, Copy)]
struct Place<'a> {
    prior: &'a Value,
    config: &'a Value,
    planned: &'a Value,
}

impl Place<'_> {
    fn map<'b>(self, of: impl Fn(&'b Value) -> &'b Value) -> Place<'b>
    where
        Self: 'b,
    {
        Place { prior: of(self.prior), config: of(self.config), planned: of(self.planned) }
    }

    fn is_unchanged(self) -> bool {
        self.prior == self.planned || (self.config.is_null() && self.planned.is_unknown())
    }
}

/// What stands in a part of `whole`: nothing in a part of nothing, and anything in a part of what is unknown.
fn part<'a>(whole: &'a Value, found: Option<&'a Value>) -> &'a Value {
    found.unwrap_or(if whole.is_unknown() { &Value::UNKNOWN } else { &Value::Null })
}

fn in_object(fields: Fields<'_>, place: Place<'_>, path: &Path, found: &mut Vec<Path>) {
    let field = |name: &str| Place {
        prior: part(place.prior, place.prior.get(name)),
        config: part(place.config, place.config.get(name)),
        planned: part(place.planned, place.planned.get(name)),
    };
    for (name, attribute) in fields.attributes {
        if attribute.requires_replace && !field(name).is_unchanged() {
            found.push(path.attribute(*name));
        }
    }
    for nested in fields.nested() {
        let here = path.attribute(nested.name);
        if !found.contains(&here) && !field(nested.name).is_unchanged() && can_replace(nested.fields) {
            in_nested(&nested, field(nested.name), &here, found);
        }
    }
}

fn in_nested(nested: &Nested<'_>, place: Place<'_>, here: &Path, found: &mut Vec<Path>) {
    let Place { prior, planned, .. } = place;
    match nested.nesting {
        _ if planned.is_unknown() => found.push(here.clone()),
        Nesting::Single | Nesting::Group => in_object(nested.fields, place, here, found),
        Nesting::List => {
            let count = |value: &Value| value.as_elements().map_or(0, <[Value]>::len);
            for (index, step) in (0..count(prior).max(count(planned))).zip(0..) {
                let element = place.map(|of| part(of, of.as_elements().and_then(|all| all.get(index))));
                in_object(nested.fields, element, &here.index(step), found);
            }
        }
        Nesting::Map => {
            let keys =
                [prior, planned].into_iter().filter_map(Value::as_entries).flatten().map(|(key, _)| key);
            for key in keys.collect::<BTreeSet<_>>() {
                let element = place.map(|of| part(of, of.get(key)));
                in_object(nested.fields, element, &here.key(key.as_str()), found);
            }
        }
        Nesting::Set => {
            if replacing_parts(nested, prior) != replacing_parts(nested, planned) {
                found.push(here.clone());
            }
        }
    }
}

fn can_replace(fields: Fields<'_>) -> bool {
    fields.attributes.values().any(|attribute| attribute.requires_replace)
        || fields.nested().any(|nested| can_replace(nested.fields))
}

/// What replaces, of each element of a set.
fn replacing_parts(nested: &Nested<'_>, set: &Value) -> Vec<Value> {
    let elements = set.as_elements().unwrap_or_default().iter();
    let mut parts: Vec<Value> =
        elements.map(|element| replacing_part(nested.fields, element.clone())).collect();
    parts.sort();
    parts
}

/// An object with only those parts whose change replaces.
fn replacing_part(fields: Fields<'_>, object: Value) -> Value {
    let Value::Object(mut values) = object else { return object };
    let nested = fields.nested().filter(|nested| can_replace(nested.fields)).filter_map(|nested| {
        let value = values.get(nested.name)?.clone();
        Some((nested.name, nested.nesting.map(value, |object| replacing_part(nested.fields, object))))
    });
    let nested: Vec<(&str, Value)> = nested.collect();
    values.retain(|name, _| fields.attributes.get(name.as_str()).is_some_and(|it| it.requires_replace));
    for (name, value) in nested {
        values.entry(name.to_owned()).or_insert(value);
    }
    Value::Object(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{Attribute, Block, NestedBlock};

    const NESTINGS: [(Nesting, &str); 4] =
        [(Nesting::Single, "single"), (Nesting::List, "list"), (Nesting::Map, "map"), (Nesting::Set, "set")];

    /// `zone` replaces and `note` does not, in attributes and blocks of every nesting.
    fn block() -> Block {
        let zone = || Attribute::string().optional().requires_replace();
        let note = || Attribute::string().optional();
        let inner = || Block::new("").attribute("zone", zone()).attribute("note", note());
        NESTINGS.into_iter().fold(inner(), |block, (nesting, name)| {
            let attribute = Attribute::nested(nesting, [("zone", zone()), ("note", note())]).optional();
            let attribute_name: &'static str = match name {
                "single" => "a_single",
                "list" => "a_list",
                "map" => "a_map",
                _ => "a_set",
            };
            block.attribute(attribute_name, attribute).block(name, NestedBlock::new(nesting, inner()))
        })
    }

    fn one(zone: &str, note: &str) -> Value {
        let text = |text: &str| if text.is_empty() { Value::Null } else { Value::string(text) };
        Value::object([("zone", text(zone)), ("note", text(note))])
    }

    fn nest(nesting: Nesting, elements: &[Value]) -> Value {
        match nesting {
            Nesting::Single | Nesting::Group => elements.first().cloned().unwrap_or(Value::Null),
            Nesting::List => Value::list(elements.iter().cloned()),
            Nesting::Set => Value::set(elements.iter().cloned()),
            Nesting::Map => {
                Value::map(elements.iter().enumerate().map(|(index, it)| (format!("k{index}"), it.clone())))
            }
        }
    }

    fn found(name: &str, before: Value, after: Value) -> Vec<String> {
        let whole = |value: Value| {
            let mut all = fit_names();
            all.insert(name.to_owned(), value);
            Value::Object(all)
        };
        let (before, after) = (whole(before), whole(after));
        let found = replacements(block().fields(), &before, &after, &after);
        found.iter().map(ToString::to_string).collect()
    }

    fn fit_names() -> std::collections::BTreeMap<String, Value> {
        let block = block();
        let names = block.attributes.keys().chain(block.blocks.keys());
        names.map(|name| ((*name).to_owned(), Value::Null)).collect()
    }

    #[test]
    fn a_change_replaces_at_every_depth() {
        for (nesting, name) in NESTINGS {
            for name in [name.to_owned(), format!("a_{name}")] {
                let place = |index: usize| match nesting {
                    Nesting::Single | Nesting::Group => format!("{name}.zone"),
                    Nesting::List => format!("{name}[{index}].zone"),
                    Nesting::Map => format!("{name}[\"k{index}\"].zone"),
                    Nesting::Set => name.clone(),
                };
                let change = |before: &[Value], after: &[Value]| {
                    found(&name, nest(nesting, before), nest(nesting, after))
                };
                let a = || one("a", "n");
                assert_eq!(change(&[a()], &[one("b", "n")]), [place(0)], "{name}: another value");
                assert_eq!(change(&[a()], &[one("", "n")]), [place(0)], "{name}: none");
                assert_eq!(change(&[a()], &[]), [place(0)], "{name}: removed");
                assert_eq!(change(&[], &[a()]), [place(0)], "{name}: added");
                assert_eq!(change(&[a()], &[one("a", "other")]), [""; 0], "{name}: another attribute");
                let unknown = Value::object([("zone", Value::UNKNOWN), ("note", "n".into())]);
                assert_eq!(change(&[a()], &[unknown]), [place(0)], "{name}: may be another");
                assert_eq!(
                    found(&name, nest(nesting, &[a()]), Value::UNKNOWN),
                    [name.as_str()],
                    "{name}: unknown"
                );
                if !matches!(nesting, Nesting::Single) {
                    assert_eq!(change(&[a(), one("b", "n")], &[a()]), [place(1)], "{name}: one of two");
                }
            }
        }
    }

    #[test]
    fn a_nested_attribute_that_replaces_as_a_whole_is_named_as_a_whole() {
        let inner = [("zone", Attribute::string().optional().requires_replace())];
        let block = Block::new("")
            .attribute("disk", Attribute::nested(Nesting::List, inner).optional().requires_replace())
            .attribute("name", Attribute::string().optional().requires_replace());
        let value = |text: &str| {
            Value::object([
                ("disk", Value::list([Value::object([("zone", text.into())])])),
                ("name", text.into()),
            ])
        };
        let found = replacements(block.fields(), &value("a"), &value("b"), &value("b"));
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["disk", "name"]);
    }

    #[test]
    fn what_no_configuration_sets_replaces_nothing_while_it_is_open() {
        let zone = Attribute::string().optional().computed().requires_replace();
        let inner = Block::new("").attribute("zone", zone).attribute("note", Attribute::string().optional());
        let block = Block::new("").block("list", NestedBlock::new(Nesting::List, inner));
        let list = |zone: Value| {
            let element = Value::object([("zone", zone), ("note", "n".into())]);
            Value::object([("list", Value::list([element]))])
        };
        let found = |config: Value| {
            replacements(block.fields(), &list("a".into()), &list(config), &list(Value::UNKNOWN)).len()
        };
        assert_eq!((found(Value::Null), found(Value::UNKNOWN)), (0, 1));
    }

    #[test]
    fn an_element_that_only_moves_in_a_set_replaces_nothing() {
        let set = |elements: &[Value]| nest(Nesting::Set, elements);
        let (a, b) = (one("a", "1"), one("b", "2"));
        assert_eq!(found("set", set(&[a.clone(), b.clone()]), set(&[b, one("a", "0")])), [""; 0]);
        assert_eq!(found("set", set(&[one("a", "1")]), set(&[a, one("a", "2")])), ["set"], "one more");
    }
}
