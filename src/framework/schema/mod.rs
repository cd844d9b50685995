//! What a type's configuration and state look like, and how each attribute plans.

mod attribute;
mod block;
mod check;
mod check_model;
mod fields;
mod identity;

pub use attribute::{Attribute, AttributeKind, MakeDefault, NestedAttributes, Same};
pub use block::{Block, NestedBlock, Nesting};
pub use check::check;
pub(super) use check::{check_identity, check_provider, is_name};
pub use check_model::check_model;
pub(super) use fields::{Fields, Nested};
pub use identity::{IdentityAttribute, IdentitySchema};

use crate::cty::Type;

/// The schema of a provider block, a resource, or any other kind that has a configuration.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Version of the state's shape; a change needs an upgrader. Zero for what is never stored.
    pub version: i64,
    /// The attributes and nested blocks.
    pub block: Block,
}

impl Schema {
    /// A schema of version 0.
    pub fn new(block: Block) -> Self {
        Self { version: 0, block }
    }

    /// The type of a whole value of this schema.
    pub fn ty(&self) -> Type {
        self.block.ty()
    }
}
