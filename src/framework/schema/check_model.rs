//! Whether a model can hold every value that Terraform may send for its schema.

use std::collections::BTreeMap;

use super::{Attribute, AttributeKind, Fields, Nesting, Schema};
use crate::cty::{Path, Type, Value};
use crate::framework::ModelValue;

/// Every way in which values of the schema do not fit the model `M`, one sentence each.
///
/// Tries what Terraform may send: null and unknown in each place, and elements where a configuration may have some. A
/// field that is not in [`Attr`](crate::framework::Attr) takes neither, except that a bare collection takes null. A
/// collection always needs `Attr`, since `dynamic` blocks make unknown ones.
pub fn check_model<M: ModelValue>(schema: &Schema) -> Vec<String> {
    let mut broken = differences(&schema.ty(), &M::ty());
    if !broken.is_empty() {
        return broken;
    }
    for (open, what) in [(Value::UNKNOWN, "unknown"), (Value::Null, "null")] {
        let mut last = None;
        for depth in 0.. {
            let probe = Value::object(probe_fields(schema.block.fields(), depth, &open));
            // Nothing lies deeper.
            if last.as_ref() == Some(&probe) {
                break;
            }
            if let Err(error) = M::from_value(&probe, &Path::root()) {
                let sentence = if error.to_string().contains("Attr") {
                    error.to_string()
                } else {
                    format!("{error}, where a value may be {what}; the field needs Attr")
                };
                if !broken.contains(&sentence) {
                    broken.push(sentence);
                }
            }
            last = Some(probe);
        }
    }
    broken
}

/// Where the type of a schema and that of its model differ.
fn differences(schema: &Type, model: &Type) -> Vec<String> {
    let mut found = Vec::new();
    compare(schema, model, "", &mut found);
    found
}

fn compare(schema: &Type, model: &Type, path: &str, found: &mut Vec<String>) {
    match (schema, model) {
        (Type::Object(ours), Type::Object(theirs)) => {
            let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            for (name, ty) in ours {
                match theirs.get(name) {
                    Some(other) => compare(ty, other, &under(name), found),
                    None => found.push(format!("{}: the schema has it, the model does not", under(name))),
                }
            }
            for name in theirs.keys().filter(|name| !ours.contains_key(*name)) {
                found.push(format!("{}: the model has it, the schema does not", under(name)));
            }
        }
        (Type::List(ours), Type::List(theirs))
        | (Type::Set(ours), Type::Set(theirs))
        | (Type::Map(ours), Type::Map(theirs)) => compare(ours, theirs, path, found),
        _ if schema == model => {}
        _ => found.push(format!("{path}: the schema says {schema}, the model {model}")),
    }
}

/// An object of these fields with `open` in all places that lie so deep, and one element in every collection above.
fn probe_fields(fields: Fields<'_>, depth: usize, open: &Value) -> BTreeMap<&'static str, Value> {
    let attributes = fields.attributes.iter().map(|(name, attribute)| (*name, probe(attribute, depth, open)));
    let blocks = fields.nested().filter(|nested| nested.is_block).map(|nested| {
        let object = |depth| Value::object(probe_fields(nested.fields, depth, open));
        let value = match (nested.nesting, depth.checked_sub(1)) {
            (Nesting::Group, _) => object(depth),
            (_, None) => open.clone(),
            (nesting, Some(depth)) => one_of(nesting, object(depth)),
        };
        (nested.name, value)
    });
    attributes.chain(blocks).collect()
}

fn probe(attribute: &Attribute, depth: usize, open: &Value) -> Value {
    // What only the provider sets has elements of its making.
    let is_computed_only = !(attribute.required || attribute.optional);
    match (&attribute.kind, depth.checked_sub(1)) {
        (_, Some(_)) if is_computed_only => open.clone(),
        (_, None) => open.clone(),
        (AttributeKind::Type(ty), Some(_)) => probe_type(ty, depth, open),
        (AttributeKind::Nested(nested), Some(depth)) => {
            let object = |depth| Value::object(probe_fields(nested.fields(), depth, open));
            match (nested.nesting, depth.checked_sub(1)) {
                (Nesting::Single | Nesting::Group, _) => object(depth),
                (nesting, None) => one_of(nesting, open.clone()),
                (nesting, Some(depth)) => one_of(nesting, object(depth)),
            }
        }
    }
}

fn probe_type(ty: &Type, depth: usize, open: &Value) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return open.clone() };
    match ty {
        Type::String | Type::Number | Type::Bool | Type::Dynamic => open.clone(),
        Type::List(element) => one_of(Nesting::List, probe_type(element, depth, open)),
        Type::Set(element) => one_of(Nesting::Set, probe_type(element, depth, open)),
        Type::Map(element) => one_of(Nesting::Map, probe_type(element, depth, open)),
        Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| probe_type(ty, depth, open)).collect()),
        Type::Object(types) => {
            Value::object(types.iter().map(|(name, ty)| (name.as_str(), probe_type(ty, depth, open))))
        }
    }
}

fn one_of(nesting: Nesting, element: Value) -> Value {
    match nesting {
        Nesting::Single | Nesting::Group => element,
        Nesting::List => Value::list([element]),
        Nesting::Set => Value::set([element]),
        Nesting::Map => Value::map([("key".to_owned(), element)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{Block, NestedBlock};
    use crate::framework::{Attr, Set};

    crate::model! {
        struct Inner { text: Attr<String> }
    }

    fn inner() -> Block {
        Block::new("").attribute("text", Attribute::string().optional())
    }

    fn one<M: ModelValue>(block: Block) -> Vec<String> {
        check_model::<M>(&Schema::new(block))
    }

    #[test]
    fn attr_takes_whatever_is_sent() {
        crate::model! {
            struct Whole {
                texts: Attr<Vec<Attr<String>>>,
                links: Attr<Set<Attr<Inner>>>,
                found: Attr<Vec<Inner>>,
                rule: Attr<Vec<Inner>>,
                group: Inner,
                single: Attr<Inner>,
            }
        }
        let links = Attribute::nested(Nesting::Set, [("text", Attribute::string().optional())]).optional();
        let block = Block::new("")
            .attribute("texts", Attribute::of(Type::list(Type::String)).optional())
            .attribute("links", links)
            .attribute("found", Attribute::of(Type::list(inner().ty())).computed())
            .block("rule", NestedBlock::new(Nesting::List, inner()))
            .block("group", NestedBlock::new(Nesting::Group, inner()))
            .block("single", NestedBlock::new(Nesting::Single, inner()));
        assert_eq!(one::<Whole>(block), Vec::<String>::new());
    }

    #[test]
    fn fields_that_cannot_hold_what_is_sent_are_named() {
        crate::model! { struct Blocks { rule: Vec<Inner> } }
        let rules = Block::new("").block("rule", NestedBlock::new(Nesting::List, inner()));
        let unknown = "rule: expected a value, but it is unknown; use Attr<…>";
        assert_eq!(one::<Blocks>(rules), [unknown], "null is taken as empty");

        crate::model! { struct Elements { names: Attr<Set<String>> } }
        let names = Block::new("").attribute("names", Attribute::of(Type::set(Type::String)).optional());
        assert_eq!(
            one::<Elements>(names),
            [
                "names: expected a value, but it is unknown; use Attr<…>",
                "names: expected a value, but it is null; use Attr<…>",
            ]
        );

        crate::model! { struct Links { links: Attr<BTreeMap<String, Inner>> } }
        let link = Attribute::nested(Nesting::Map, [("text", Attribute::string().optional())]).optional();
        let found = one::<Links>(Block::new("").attribute("links", link));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|it| it.starts_with("links[\"key\"]")), "{found:?}");

        crate::model! { struct Deep { rule: Attr<Set<Blocks>> } }
        let rules = Block::new("").block("rule", NestedBlock::new(Nesting::List, inner()));
        let deep = Block::new("").block("rule", NestedBlock::new(Nesting::Set, rules));
        assert_eq!(one::<Deep>(deep), ["rule.rule: expected a value, but it is unknown; use Attr<…>"]);
    }

    #[test]
    fn another_type_is_told_by_name() {
        crate::model! { struct Other { a: Attr<String>, c: Attr<bool> } }
        let block = Block::new("")
            .attribute("a", Attribute::number().optional())
            .attribute("b", Attribute::string().optional());
        assert_eq!(
            one::<Other>(block),
            [
                "a: the schema says a number, the model a string",
                "b: the schema has it, the model does not",
                "c: the model has it, the schema does not",
            ]
        );
    }

    #[test]
    fn a_model_is_compared_at_every_depth() {
        let element = |ty: Type| Type::list(Type::object([("a", ty)]));
        let schema =
            Type::object([("x", Type::String), ("y", element(Type::Bool)), ("z", Type::set(Type::String))]);
        assert_eq!(differences(&schema, &schema), Vec::<String>::new());
        let model = Type::object([
            ("w", Type::String),
            ("y", element(Type::Number)),
            ("z", Type::list(Type::String)),
        ]);
        assert_eq!(
            differences(&schema, &model),
            [
                "x: the schema has it, the model does not",
                "y.a: the schema says true or false, the model a number",
                "z: the schema says a set, the model a list",
                "w: the model has it, the schema does not",
            ]
        );
    }
}
