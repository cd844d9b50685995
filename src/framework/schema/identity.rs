//! Resource identity: the few values that name an object in the world, for hosts from
//! Terraform 1.12 and OpenTofu 1.12 on.

use std::collections::BTreeMap;

use crate::cty::Type;

/// The attributes of a resource's identity.
#[derive(Clone, Debug, Default)]
pub struct IdentitySchema {
    /// Version of the identity's shape.
    pub version: i64,
    /// By name.
    pub attributes: BTreeMap<&'static str, IdentityAttribute>,
}

/// One attribute of an identity.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// A primitive or a list.
    pub ty: Type,
    /// Whether an import must give it; the others may.
    pub required_for_import: bool,
    /// Markdown for the documentation.
    pub description: &'static str,
}

impl IdentitySchema {
    /// The type of a whole identity.
    pub fn ty(&self) -> Type {
        Type::object(self.attributes.iter().map(|(name, attribute)| (*name, attribute.ty.clone())))
    }
}
