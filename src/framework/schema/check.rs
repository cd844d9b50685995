//! The rules by which hosts accept a schema. A schema that breaks one fails every command, so
//! providers check theirs in a test.

use std::collections::BTreeMap;

use super::{Attribute, AttributeKind, Block, IdentitySchema, Nesting, Schema};
use crate::cty::{Type, msgpack};

/// Names that the host keeps for itself in resource blocks.
const RESERVED: [&str; 8] =
    ["count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection", "locals"];

/// Every broken rule, one sentence each, with the attribute's path.
pub fn check(schema: &Schema) -> Vec<String> {
    let mut broken = Vec::new();
    if schema.version < 0 {
        broken.push("the version is negative".to_owned());
    }
    for name in schema.block.attributes.keys().chain(schema.block.blocks.keys()) {
        if RESERVED.contains(name) {
            broken.push(format!("{name}: the name is reserved"));
        }
    }
    check_block(&schema.block, "", Inside::default(), &mut broken);
    broken
}

/// What an attribute lies in, at any distance.
#[derive(Clone, Copy, Default)]
struct Inside {
    set: bool,
    /// Where all elements have one type, which excludes dynamic ones: Terraform sends tuples and objects there.
    list_or_map: bool,
}

impl Inside {
    fn and(self, nesting: Nesting) -> Self {
        Self {
            set: self.set || nesting == Nesting::Set,
            list_or_map: self.list_or_map || matches!(nesting, Nesting::List | Nesting::Map),
        }
    }
}

fn check_block(block: &Block, path: &str, inside: Inside, broken: &mut Vec<String>) {
    for name in &block.duplicates {
        broken.push(format!("{path}{name}: added more than once"));
    }
    check_attributes(&block.attributes, path, inside, broken);
    for (name, nested) in &block.blocks {
        let here = format!("{path}{name}");
        check_name(name, &here, broken);
        if block.attributes.contains_key(name) {
            broken.push(format!("{here}: both an attribute and a block"));
        }
        let (min, max) = (nested.min_items, nested.max_items);
        let limits_fit = match nested.nesting {
            Nesting::Single => min == max && (0..=1).contains(&min),
            Nesting::Group | Nesting::Map => min == 0 && max == 0,
            Nesting::List | Nesting::Set => min >= 0 && max >= 0 && (max == 0 || min <= max),
        };
        if !limits_fit {
            broken.push(format!("{here}: min_items {min} and max_items {max} do not fit the nesting"));
        }
        check_block(&nested.block, &format!("{here}."), inside.and(nested.nesting), broken);
    }
}

fn check_attributes(
    attributes: &BTreeMap<&'static str, Attribute>,
    path: &str,
    inside: Inside,
    broken: &mut Vec<String>,
) {
    let in_set = inside.set;
    for (name, attribute) in attributes {
        let here = format!("{path}{name}");
        check_name(name, &here, broken);
        let Attribute { required, optional, computed, write_only, .. } = *attribute;
        if !(required || optional || computed) {
            broken.push(format!("{here}: neither required, optional nor computed"));
        }
        if required && (optional || computed) {
            broken.push(format!("{here}: required, so it cannot be optional or computed"));
        }
        if write_only && (computed || in_set) {
            broken.push(format!("{here}: write-only, so it cannot be computed or inside a set"));
        }
        if computed && in_set {
            broken.push(format!("{here}: computed inside a set, which this framework does not plan"));
        }
        if attribute.same.is_some() && in_set {
            broken.push(format!(
                "{here}: compared with its prior value inside a set, whose elements have none"
            ));
        }
        if (attribute.default.is_some() || attribute.keeps_prior) && !computed {
            broken.push(format!("{here}: only a computed attribute has a default or keeps its prior value"));
        }
        if let Some(default) = attribute.default
            && msgpack::encode(&default(), &attribute.ty()).is_err()
        {
            broken.push(format!(
                "{here}: the default value is not of the attribute's type, {}",
                attribute.ty()
            ));
        }
        match &attribute.kind {
            AttributeKind::Type(ty) => {
                if in_set && contains_dynamic(ty) {
                    broken.push(format!("{here}: dynamic inside a set"));
                }
                if inside.list_or_map && contains_dynamic(ty) {
                    broken.push(format!("{here}: dynamic inside a list or map"));
                }
                if collection_of_dynamic(ty) {
                    broken.push(format!("{here}: a collection of dynamic elements crashes hosts"));
                }
            }
            AttributeKind::Nested(nested) => {
                if nested.nesting == Nesting::Group {
                    broken.push(format!("{here}: groups are for blocks only"));
                }
                let inside = inside.and(nested.nesting);
                check_attributes(&nested.attributes, &format!("{here}."), inside, broken);
            }
        }
    }
}

/// Every broken rule of a provider block, which has two reserved names of its own.
pub(in crate::framework) fn check_provider(schema: &Schema) -> Vec<String> {
    let mut broken = check(schema);
    for name in ["alias", "version"] {
        if schema.block.attributes.contains_key(name) || schema.block.blocks.contains_key(name) {
            broken.push(format!("{name}: the name is reserved in provider blocks"));
        }
    }
    broken
}

/// Every broken rule of an identity.
pub(in crate::framework) fn check_identity(schema: &IdentitySchema) -> Vec<String> {
    let mut broken = Vec::new();
    if schema.version < 0 {
        broken.push("the identity's version is negative".to_owned());
    }
    if schema.attributes.is_empty() {
        broken.push("the identity has no attributes".to_owned());
    }
    for (name, attribute) in &schema.attributes {
        let here = format!("identity {name}");
        check_name(name, &here, &mut broken);
        let primitive = |ty: &Type| matches!(ty, Type::String | Type::Number | Type::Bool);
        let fits = match &attribute.ty {
            Type::List(element) => primitive(element),
            ty => primitive(ty),
        };
        if !fits {
            broken.push(format!("{here}: neither a primitive nor a list of primitives"));
        }
    }
    broken
}

/// Whether a name has lower-case letters, digits and underscores only.
pub(in crate::framework) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(fits)
}

fn check_name(name: &str, here: &str, broken: &mut Vec<String>) {
    if !is_name(name) {
        broken.push(format!("{here}: a name has lower-case letters, digits and underscores only"));
    }
}

fn contains_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::String | Type::Number | Type::Bool => false,
        Type::List(element) | Type::Set(element) | Type::Map(element) => contains_dynamic(element),
        Type::Tuple(elements) => elements.iter().any(contains_dynamic),
        Type::Object(attributes) => attributes.values().any(contains_dynamic),
    }
}

fn collection_of_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic | Type::String | Type::Number | Type::Bool => false,
        Type::List(element) | Type::Set(element) | Type::Map(element) => contains_dynamic(element),
        Type::Tuple(elements) => elements.iter().any(collection_of_dynamic),
        Type::Object(attributes) => attributes.values().any(collection_of_dynamic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::NestedBlock;

    fn broken(block: Block) -> Vec<String> {
        check(&Schema::new(block))
    }

    #[test]
    fn a_good_schema_breaks_no_rule() {
        let block = Block::new("")
            .attribute("id", Attribute::string().computed().keeps_prior())
            .attribute("any", Attribute::of(Type::Dynamic).optional())
            .block("timeouts", NestedBlock::new(Nesting::Single, Block::new("")));
        assert_eq!(broken(block), Vec::<String>::new());
    }

    #[test]
    fn every_rule_is_checked() {
        let one = |name, attribute| broken(Block::new("").attribute(name, attribute));
        let s = Attribute::string;
        for (rule, found) in [
            ("reserved", one("count", s().optional())),
            ("neither", one("a", s())),
            ("required, so", one("a", s().required().computed())),
            ("lower-case", one("A-b", s().optional())),
            ("write-only", one("a", s().write_only().optional().computed())),
            ("default", one("a", s().optional().default_value(|| "x".into()))),
            ("default value is not", one("a", s().optional().computed().default_value(|| 1.into()))),
            (
                "more than once",
                broken(Block::new("").attribute("a", s().optional()).attribute("a", s().optional())),
            ),
            (
                "reserved in provider",
                check_provider(&Schema::new(Block::new("").attribute("alias", s().optional()))),
            ),
            ("crashes", one("a", Attribute::of(Type::list(Type::Dynamic)).optional())),
            (
                "both",
                broken(
                    Block::new("")
                        .attribute("a", s().optional())
                        .block("a", NestedBlock::new(Nesting::List, Block::new(""))),
                ),
            ),
            (
                "min_items",
                broken(Block::new("").block("a", NestedBlock::new(Nesting::Map, Block::new("")).at_most(1))),
            ),
            (
                "computed inside a set",
                one("a", Attribute::nested(Nesting::Set, [("b", s().computed())]).optional()),
            ),
            (
                "compared with its prior value inside a set",
                one(
                    "a",
                    Attribute::nested(Nesting::Set, [("b", s().optional().same_if(|_, _| true))]).optional(),
                ),
            ),
            ("keeps its prior", one("a", s().optional().keeps_null())),
            (
                "dynamic inside a list or map",
                one(
                    "a",
                    Attribute::nested(Nesting::Map, [("b", Attribute::of(Type::Dynamic).optional())])
                        .optional(),
                ),
            ),
            (
                "dynamic inside a list or map",
                broken(Block::new("").block(
                    "a",
                    NestedBlock::new(
                        Nesting::List,
                        Block::new("").block(
                            "b",
                            NestedBlock::new(
                                Nesting::Single,
                                Block::new("").attribute("c", Attribute::of(Type::Dynamic).optional()),
                            ),
                        ),
                    ),
                )),
            ),
            (
                "dynamic inside a set",
                broken(Block::new("").block(
                    "a",
                    NestedBlock::new(
                        Nesting::Set,
                        Block::new("").attribute("b", Attribute::of(Type::Dynamic).optional()),
                    ),
                )),
            ),
        ] {
            assert!(found.iter().any(|text| text.contains(rule)), "{rule}: {found:?}");
        }
    }
}
