//! One view of blocks and nested attributes, for what walks through both.

use std::collections::BTreeMap;

use super::{Attribute, AttributeKind, Block, NestedAttributes, NestedBlock, Nesting};
use crate::cty::{Step, Value};

static NO_BLOCKS: BTreeMap<&'static str, NestedBlock> = BTreeMap::new();

/// The attributes and blocks of one object.
#[derive(Clone, Copy)]
pub(in crate::framework) struct Fields<'a> {
    pub(in crate::framework) attributes: &'a BTreeMap<&'static str, Attribute>,
    blocks: &'a BTreeMap<&'static str, NestedBlock>,
}

/// A block or a nested attribute, as a field of the object that holds it.
pub(in crate::framework) struct Nested<'a> {
    pub(in crate::framework) name: &'static str,
    pub(in crate::framework) is_block: bool,
    pub(in crate::framework) nesting: Nesting,
    pub(in crate::framework) fields: Fields<'a>,
}

impl Block {
    pub(in crate::framework) fn fields(&self) -> Fields<'_> {
        Fields { attributes: &self.attributes, blocks: &self.blocks }
    }
}

impl NestedAttributes {
    pub(in crate::framework) fn fields(&self) -> Fields<'_> {
        Fields { attributes: &self.attributes, blocks: &NO_BLOCKS }
    }
}

impl<'a> Fields<'a> {
    /// The fields that hold objects themselves.
    pub(in crate::framework) fn nested(self) -> impl Iterator<Item = Nested<'a>> {
        let attributes = self.attributes.iter().filter_map(|(name, attribute)| match &attribute.kind {
            AttributeKind::Type(_) => None,
            AttributeKind::Nested(nested) => {
                Some(Nested { name, is_block: false, nesting: nested.nesting, fields: nested.fields() })
            }
        });
        let blocks = self.blocks.iter().map(|(name, nested)| Nested {
            name,
            is_block: true,
            nesting: nested.nesting,
            fields: nested.block.fields(),
        });
        attributes.chain(blocks)
    }
}

impl Nesting {
    /// Applies `each` to the objects of a value that is nested this way. Null and unknown stay.
    pub(in crate::framework) fn map(self, value: Value, mut each: impl FnMut(Value) -> Value) -> Value {
        match (self, value) {
            (Self::Single | Self::Group, object @ Value::Object(_)) => each(object),
            (Self::List, Value::List(elements)) => Value::List(elements.into_iter().map(each).collect()),
            (Self::Set, Value::Set(elements)) => Value::set(elements.into_iter().map(each)),
            (Self::Map, Value::Map(elements)) => {
                Value::Map(elements.into_iter().map(|(key, element)| (key, each(element))).collect())
            }
            (_, other) => other,
        }
    }

    /// The objects of a value that is nested this way, each with the step to it. Elements of sets have no address, so
    /// there are none.
    pub(in crate::framework) fn addressed(self, value: &Value) -> Vec<(Option<Step>, &Value)> {
        match (self, value) {
            (Self::Single | Self::Group, Value::Object(_)) => vec![(None, value)],
            (Self::List, Value::List(elements)) => {
                (0..).zip(elements).map(|(index, element)| (Some(Step::Index(index)), element)).collect()
            }
            (Self::Map, Value::Map(elements)) => {
                elements.iter().map(|(key, element)| (Some(Step::Key(key.clone())), element)).collect()
            }
            _ => Vec::new(),
        }
    }
}
