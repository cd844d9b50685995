//! The shape of what Terraform accepts as an answer, whatever the step that made it.

use std::collections::BTreeMap;

use super::schema::{Fields, Nesting};
use super::{Diagnostic, Diagnostics};
use crate::cty::{Path, Value};

/// Gives the value of an object the shape that Terraform demands of every answer: blocks are empty and never null (a
/// group is an object of nulls), and write-only values are null. A null object stays null.
pub(super) fn fit(fields: Fields<'_>, object: Value) -> Value {
    let Value::Object(mut values) = object else { return object };
    for (name, attribute) in fields.attributes {
        if attribute.write_only {
            values.insert((*name).to_owned(), Value::Null);
        }
    }
    for nested in fields.nested() {
        let value = match (nested.nesting, values.remove(nested.name).unwrap_or(Value::Null)) {
            (Nesting::List, Value::Null) if nested.is_block => Value::List(Vec::new()),
            (Nesting::Set, Value::Null) if nested.is_block => Value::Set(Vec::new()),
            (Nesting::Map, Value::Null) if nested.is_block => Value::Map(BTreeMap::new()),
            (Nesting::Group, Value::Null) => absent(nested.fields),
            (_, value) => value,
        };
        let value = nested.nesting.map(value, |object| fit(nested.fields, object));
        values.insert(nested.name.to_owned(), value);
    }
    Value::Object(values)
}

/// An object with nothing in it.
fn absent(fields: Fields<'_>) -> Value {
    let attributes = fields.attributes.keys().copied();
    let nested = fields.nested().map(|nested| nested.name);
    Value::object(attributes.chain(nested).map(|name| (name, Value::Null)))
}

/// An error if a final answer has unknown values; Terraform refuses it.
pub(super) fn refuse_unknown(value: &Value, when: &str) -> Result<(), Diagnostics> {
    let places = value.unknown_places();
    let Some(first) = places.first() else { return Ok(()) };
    let named: Vec<String> = places.iter().map(Path::to_string).collect();
    let detail =
        format!("Not known {when}: {}. This is a bug in the provider; please report it.", named.join(", "));
    let error = Diagnostic::error(format!("The provider left values unknown {when}"), detail);
    Err(error.at_path(first.clone()).into())
}

/// The value with null for everything that is unknown.
pub(super) fn without_unknowns(value: Value) -> Value {
    let fields = |fields: BTreeMap<String, Value>| {
        fields.into_iter().map(|(name, value)| (name, without_unknowns(value))).collect()
    };
    let elements = |elements: Vec<Value>| elements.into_iter().map(without_unknowns);
    match value {
        Value::Unknown(_) => Value::Null,
        Value::List(list) => Value::List(elements(list).collect()),
        Value::Tuple(tuple) => Value::Tuple(elements(tuple).collect()),
        Value::Set(set) => Value::set(elements(set)),
        Value::Map(map) => Value::Map(fields(map)),
        Value::Object(object) => Value::Object(fields(object)),
        Value::Dynamic(typed) => Value::dynamic(typed.0, without_unknowns(typed.1)),
        known => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{Attribute, Block, NestedBlock};

    fn block() -> Block {
        let secret = || Attribute::string().optional().write_only();
        let login =
            Attribute::nested(Nesting::Map, [("name", Attribute::string().optional()), ("secret", secret())]);
        let inner = || {
            Block::new("")
                .attribute("secret", secret())
                .block("port", NestedBlock::new(Nesting::Set, Block::new("")))
        };
        [Nesting::Single, Nesting::Group, Nesting::List, Nesting::Set, Nesting::Map]
            .into_iter()
            .zip(["single", "group", "list", "set", "map"])
            .fold(Block::new(""), |block, (nesting, name)| {
                block.block(name, NestedBlock::new(nesting, inner()))
            })
            .attribute("secret", secret())
            .attribute("login", login.optional())
    }

    #[test]
    fn blocks_are_never_null_and_write_only_values_always_are() {
        let empty = Value::object([("secret", Value::Null), ("port", Value::set([]))]);
        let nothing = absent(block().fields());
        let fitted = fit(block().fields(), nothing);
        let expected = Value::object([
            ("single", Value::Null),
            ("group", empty.clone()),
            ("list", Value::list([])),
            ("set", Value::set([])),
            ("map", Value::map([])),
            ("secret", Value::Null),
            ("login", Value::Null),
        ]);
        assert_eq!(fitted, expected);

        let inner = || Value::object([("secret", "s3cret".into()), ("port", Value::Null)]);
        let login = |secret: Value| {
            let one = Value::object([("name", "n".into()), ("secret", secret)]);
            Value::map([("a".to_owned(), one), ("b".to_owned(), Value::Null)])
        };
        let full = |inner: &dyn Fn() -> Value, secret: Value| {
            Value::object([
                ("single", inner()),
                ("group", inner()),
                ("list", Value::list([inner(), inner()])),
                ("set", Value::set([inner()])),
                ("map", Value::map([("k".to_owned(), inner())])),
                ("secret", secret.clone()),
                ("login", login(secret)),
            ])
        };
        let fitted = fit(block().fields(), full(&inner, "s3cret".into()));
        assert_eq!(fitted, full(&|| empty.clone(), Value::Null));
    }

    #[test]
    fn what_is_unknown_or_absent_as_a_whole_stays() {
        assert_eq!(fit(block().fields(), Value::Null), Value::Null);
        let names = ["single", "group", "list", "set", "map", "login"];
        let unknown = Value::object(
            names.map(|name| (name, Value::UNKNOWN)).into_iter().chain([("secret", Value::Null)]),
        );
        assert_eq!(fit(block().fields(), unknown.clone()), unknown);
    }

    #[test]
    fn unknown_values_are_named_by_their_places() {
        let value = Value::object([
            ("a", Value::list(["x".into(), Value::object([("b", Value::UNKNOWN)])])),
            ("c", Value::set([Value::UNKNOWN, Value::UNKNOWN])),
            ("d", Value::map([("k".to_owned(), Value::UNKNOWN)])),
        ]);
        let error = refuse_unknown(&value, "after apply").unwrap_err().into_iter().next().unwrap();
        assert_eq!(error.summary, "The provider left values unknown after apply");
        assert_eq!(
            error.detail,
            "Not known after apply: a[1].b, c, d[\"k\"]. This is a bug in the provider; please report it."
        );
        assert_eq!(error.path.unwrap().to_string(), "a[1].b");
        assert_eq!(refuse_unknown(&without_unknowns(value), "after apply"), Ok(()));
    }
}
