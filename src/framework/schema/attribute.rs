//! One attribute: its type, who may set it, and how it plans.

use std::collections::BTreeMap;

use super::Nesting;
use crate::cty::{Type, Value};

/// Whether two known values mean the same to the provider, prior value first.
pub type Same = fn(&Value, &Value) -> bool;

/// The value that a null in the configuration plans as.
pub type MakeDefault = fn() -> Value;

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum AttributeKind {
    /// A value of a type.
    Type(Type),
    /// Objects with attributes of their own.
    Nested(NestedAttributes),
}

/// The attributes of a nested attribute, and how many such objects there may be.
#[derive(Clone, Debug)]
pub struct NestedAttributes {
    /// One object, or a collection of them. [`Nesting::Group`] is for blocks only.
    pub nesting: Nesting,
    /// The object's attributes by name.
    pub attributes: BTreeMap<&'static str, Attribute>,
}

/// An attribute, made by a constructor for its type and the chained calls below.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol's own flags, each on its own")]
pub struct Attribute {
    /// What it holds.
    pub kind: AttributeKind,
    /// The configuration must set it.
    pub required: bool,
    /// The configuration may set it.
    pub optional: bool,
    /// The provider sets it where the configuration does not.
    pub computed: bool,
    /// Masked in the host's output (not in its state).
    pub sensitive: bool,
    /// Reaches the provider from the configuration only; never planned, never stored.
    pub write_only: bool,
    /// Markdown for the documentation.
    pub description: &'static str,
    /// What to use instead, if the attribute should no longer be used.
    pub deprecation: Option<&'static str>,
    /// A change replaces the object, at any depth. What is absent counts as null, so that adding or removing an element
    /// that sets the attribute is a change, too.
    pub requires_replace: bool,
    /// A computed value that is not null stays as it is through an update, instead of being unknown. Elements of lists
    /// are matched by index: after a removal, an element keeps what its neighbour had.
    pub keeps_prior: bool,
    /// With `keeps_prior`: a null stays, too. For what is never filled later.
    pub keeps_null: bool,
    /// Fills a null in the configuration, except inside sets.
    pub default: Option<MakeDefault>,
    /// Lets another spelling of the prior value plan as the prior value, except inside sets.
    pub same: Option<Same>,
}

impl Attribute {
    /// An attribute of any type.
    pub fn of(ty: Type) -> Self {
        Self::with_kind(AttributeKind::Type(ty))
    }

    /// A nested attribute.
    pub fn nested(nesting: Nesting, attributes: impl IntoIterator<Item = (&'static str, Attribute)>) -> Self {
        let attributes = attributes.into_iter().collect();
        Self::with_kind(AttributeKind::Nested(NestedAttributes { nesting, attributes }))
    }

    /// A string.
    pub fn string() -> Self {
        Self::of(Type::String)
    }

    /// A number.
    pub fn number() -> Self {
        Self::of(Type::Number)
    }

    /// A boolean.
    pub fn bool() -> Self {
        Self::of(Type::Bool)
    }

    fn with_kind(kind: AttributeKind) -> Self {
        Self {
            kind,
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            description: "",
            deprecation: None,
            requires_replace: false,
            keeps_prior: false,
            keeps_null: false,
            default: None,
            same: None,
        }
    }

    /// See [`Attribute::required`](field@Attribute::required).
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// See [`Attribute::optional`](field@Attribute::optional).
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// See [`Attribute::computed`](field@Attribute::computed).
    #[must_use]
    pub fn computed(self) -> Self {
        Self { computed: true, ..self }
    }

    /// See [`Attribute::sensitive`](field@Attribute::sensitive).
    #[must_use]
    pub fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// See [`Attribute::write_only`](field@Attribute::write_only).
    #[must_use]
    pub fn write_only(self) -> Self {
        Self { write_only: true, ..self }
    }

    /// See [`Attribute::description`](field@Attribute::description).
    #[must_use]
    pub fn describe(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Marks it deprecated; `instead` says what to use.
    #[must_use]
    pub fn deprecated(self, instead: &'static str) -> Self {
        Self { deprecation: Some(instead), ..self }
    }

    /// See [`Attribute::requires_replace`](field@Attribute::requires_replace).
    #[must_use]
    pub fn requires_replace(self) -> Self {
        Self { requires_replace: true, ..self }
    }

    /// See [`Attribute::keeps_prior`](field@Attribute::keeps_prior).
    #[must_use]
    pub fn keeps_prior(self) -> Self {
        Self { keeps_prior: true, ..self }
    }

    /// Keeps its prior value, null included; see [`Attribute::keeps_null`](field@Attribute::keeps_null).
    #[must_use]
    pub fn keeps_null(self) -> Self {
        Self { keeps_prior: true, keeps_null: true, ..self }
    }

    /// See [`Attribute::default`](field@Attribute::default). The attribute must be computed.
    #[must_use]
    pub fn default_value(self, default: MakeDefault) -> Self {
        Self { default: Some(default), ..self }
    }

    /// See [`Attribute::same`](field@Attribute::same).
    #[must_use]
    pub fn same_if(self, same: Same) -> Self {
        Self { same: Some(same), ..self }
    }

    /// The type of the attribute's value.
    pub fn ty(&self) -> Type {
        match &self.kind {
            AttributeKind::Type(ty) => ty.clone(),
            AttributeKind::Nested(nested) => {
                let object =
                    Type::object(nested.attributes.iter().map(|(name, attribute)| (*name, attribute.ty())));
                nested.nesting.of(object)
            }
        }
    }
}
