//! Blocks: attributes and nested blocks.

use std::collections::BTreeMap;

use super::Attribute;
use crate::cty::Type;

/// How often a nested object occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; null when absent.
    Single,
    /// At most once; never null (blocks only).
    Group,
    /// Any number, in order.
    List,
    /// Any number, without order.
    Set,
    /// Any number, by label.
    Map,
}

impl Nesting {
    /// The type of a value that nests `object` this way.
    pub fn of(self, object: Type) -> Type {
        match self {
            Self::Single | Self::Group => object,
            Self::List => Type::list(object),
            Self::Set => Type::set(object),
            Self::Map => Type::map(object),
        }
    }
}

/// Attributes and nested blocks.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// By name.
    pub attributes: BTreeMap<&'static str, Attribute>,
    /// By name.
    pub blocks: BTreeMap<&'static str, NestedBlock>,
    /// Markdown for the documentation.
    pub description: &'static str,
    /// What to use instead, if the whole should no longer be used.
    pub deprecation: Option<&'static str>,
    /// Names that were added more than once, which [`check`](super::check()) refuses.
    pub(super) duplicates: Vec<&'static str>,
}

/// A block inside a block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// How often it occurs.
    pub nesting: Nesting,
    /// What it holds.
    pub block: Block,
    /// Fewest occurrences that the host accepts (lists and sets).
    pub min_items: i64,
    /// Most occurrences that the host accepts (lists and sets); 0 means any number.
    pub max_items: i64,
}

impl Block {
    /// An empty block.
    pub fn new(description: &'static str) -> Self {
        Self { description, ..Self::default() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, attribute: Attribute) -> Self {
        if self.attributes.insert(name, attribute).is_some() {
            self.duplicates.push(name);
        }
        self
    }

    /// Adds a nested block.
    #[must_use]
    pub fn block(mut self, name: &'static str, block: NestedBlock) -> Self {
        if self.blocks.insert(name, block).is_some() {
            self.duplicates.push(name);
        }
        self
    }

    /// The type of the block's value: an object of attributes and nested blocks.
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, attribute)| (*name, attribute.ty()));
        let blocks = self.blocks.iter().map(|(name, nested)| (*name, nested.nesting.of(nested.block.ty())));
        Type::object(attributes.chain(blocks))
    }
}

impl NestedBlock {
    /// A nested block without limits on its number.
    pub fn new(nesting: Nesting, block: Block) -> Self {
        Self { nesting, block, min_items: 0, max_items: 0 }
    }

    /// Limits how often it may occur.
    #[must_use]
    pub fn at_most(self, max_items: i64) -> Self {
        Self { max_items, ..self }
    }
}
