//! Typed models: a struct with one field per attribute, mapped to values in this one place.

use std::collections::BTreeMap;

use crate::cty::{Number, Path, Type, Value};

/// A value that may be null, or unknown until apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attr<T> {
    /// Not set.
    #[default]
    Null,
    /// Set, but known only after apply.
    Unknown,
    /// Set to this.
    Known(T),
}

impl<T> Attr<T> {
    /// The value, if it is known and not null.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The value itself, if it is known and not null.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Attr<String> {
    /// The text, if it is known and not null.
    pub fn as_str(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }

    /// The text, if it is known, not null and not empty. Modules hand `""` over for arguments that are not set.
    pub fn non_empty(&self) -> Option<&str> {
        self.as_str().filter(|text| !text.is_empty())
    }

    /// Whether it is null or empty.
    pub fn is_absent(&self) -> bool {
        self.is_null() || self.as_str() == Some("")
    }
}

impl From<&str> for Attr<String> {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

/// A value does not fit a model. The host sends values of the schema's type, so this means that a
/// schema and its model disagree, or that the host is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}")]
pub struct ModelError {
    /// Where.
    pub path: Path,
    /// What the model holds there.
    pub expected: &'static str,
}

/// What can be a field of a model, or an element of one.
pub trait ModelValue: Sized {
    /// The type of the values.
    fn ty() -> Type;

    /// Reads a value, `path` being where it stands.
    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError>;

    /// Writes the value.
    fn to_value(&self) -> Value;
}

/// A struct made by [`model!`](crate::model): the typed form of a schema's value.
pub trait Model: ModelValue + Clone + Default + Send + Sync + 'static {}

pub(super) fn mismatch<T>(path: &Path, expected: &'static str) -> Result<T, ModelError> {
    Err(ModelError { path: path.clone(), expected })
}

/// The name of an attribute whose field may be a raw identifier.
#[doc(hidden)]
pub const fn attribute_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Reads a part of a value. What a null or an unknown part lacks is `Attr` in the model.
#[doc(hidden)]
pub fn part<T: ModelValue>(value: &Value, path: &Path) -> Result<T, ModelError> {
    T::from_value(value, path).map_err(|error| match value {
        Value::Null => ModelError { path: path.clone(), expected: "a value, but it is null; use Attr<…>" },
        Value::Unknown(_) => {
            ModelError { path: path.clone(), expected: "a value, but it is unknown; use Attr<…>" }
        }
        _ => error,
    })
}

impl ModelValue for String {
    fn ty() -> Type {
        Type::String
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        value.as_str().map_or_else(|| mismatch(path, "a string"), |text| Ok(text.to_owned()))
    }

    fn to_value(&self) -> Value {
        Value::string(self.as_str())
    }
}

impl ModelValue for bool {
    fn ty() -> Type {
        Type::Bool
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        value.as_bool().map_or_else(|| mismatch(path, "a boolean"), Ok)
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl ModelValue for Number {
    fn ty() -> Type {
        Type::Number
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        value.as_number().map_or_else(|| mismatch(path, "a number"), |number| Ok(number.clone()))
    }

    fn to_value(&self) -> Value {
        Value::Number(self.clone())
    }
}

impl<T: ModelValue> ModelValue for Attr<T> {
    fn ty() -> Type {
        T::ty()
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        match value {
            Value::Null => Ok(Self::Null),
            Value::Unknown(_) => Ok(Self::Unknown),
            known => T::from_value(known, path).map(Self::Known),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::UNKNOWN,
            Self::Known(value) => value.to_value(),
        }
    }
}

// A block that a state or an import leaves out is null; a bare collection reads it as empty. Unknown needs `Attr`.
impl<T: ModelValue> ModelValue for Vec<T> {
    fn ty() -> Type {
        Type::list(T::ty())
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        let elements = match value {
            Value::Null => return Ok(Self::new()),
            Value::List(elements) => elements,
            _ => return mismatch(path, "a list"),
        };
        let at = |index: usize| path.clone().index(i64::try_from(index).unwrap_or(i64::MAX));
        elements.iter().enumerate().map(|(index, element)| part(element, &at(index))).collect()
    }

    fn to_value(&self) -> Value {
        Value::list(self.iter().map(ModelValue::to_value))
    }
}

impl<T: ModelValue> ModelValue for BTreeMap<String, T> {
    fn ty() -> Type {
        Type::map(T::ty())
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        let elements = match value {
            Value::Null => return Ok(Self::new()),
            Value::Map(elements) => elements,
            _ => return mismatch(path, "a map"),
        };
        elements
            .iter()
            .map(|(key, element)| Ok((key.clone(), part(element, &path.clone().key(key.as_str()))?)))
            .collect()
    }

    fn to_value(&self) -> Value {
        Value::map(self.iter().map(|(key, element)| (key.clone(), element.to_value())))
    }
}

/// Declares a model: a struct whose fields carry the attributes' names (`r#type` is the attribute `type`), with
/// `Default` (all null) and the mapping from and to values.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use alicloud_provider::framework::{Attr, ModelValue};
///
/// alicloud_provider::model! {
///     /// A bucket's attributes.
///     pub struct Bucket {
///         /// Its name.
///         pub name: Attr<String>,
///         /// Its tags.
///         pub tags: Attr<BTreeMap<String, Attr<String>>>,
///     }
/// }
///
/// let bucket = Bucket { name: "logs".into(), ..Bucket::default() };
/// assert!(bucket.to_value().get("tags").is_some_and(|tags| tags.is_null()));
/// ```
#[macro_export]
macro_rules! model {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $( $(#[$field_meta:meta])* $field_visibility:vis $field:ident: $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        $visibility struct $name {
            $( $(#[$field_meta])* $field_visibility $field: $ty ),*
        }

        impl $crate::framework::ModelValue for $name {
            fn ty() -> $crate::cty::Type {
                $crate::cty::Type::object([
                    $( ($crate::framework::attribute_name(stringify!($field)), <$ty as $crate::framework::ModelValue>::ty()) ),*
                ])
            }

            fn from_value(
                value: &$crate::cty::Value,
                path: &$crate::cty::Path,
            ) -> ::std::result::Result<Self, $crate::framework::ModelError> {
                $(
                    let $field = {
                        let name = $crate::framework::attribute_name(stringify!($field));
                        let path = path.clone().attribute(name);
                        let value = value.get(name).ok_or_else(|| {
                            $crate::framework::ModelError { path: path.clone(), expected: "an attribute" }
                        })?;
                        $crate::framework::part::<$ty>(value, &path)?
                    };
                )*
                Ok(Self { $( $field ),* })
            }

            fn to_value(&self) -> $crate::cty::Value {
                $crate::cty::Value::object([
                    $( (
                        $crate::framework::attribute_name(stringify!($field)),
                        $crate::framework::ModelValue::to_value(&self.$field),
                    ) ),*
                ])
            }
        }

        impl $crate::framework::Model for $name {}
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::model! {
        /// A part.
        struct Link {
            /// A keyword of Rust.
            r#type: Attr<String>,
        }
    }

    crate::model! {
        /// A whole.
        struct Page {
            /// Parts.
            links: Attr<Vec<Link>>,
            /// A value that cannot be null.
            title: String,
        }
    }

    #[test]
    fn a_raw_identifier_is_the_word_itself() {
        let link = Link { r#type: "a".into() };
        assert_eq!(link.to_value(), Value::object([("type", "a".into())]));
        assert_eq!(Link::from_value(&link.to_value(), &Path::root()), Ok(link));
        assert_eq!(Link::ty(), Type::object([("type", Type::String)]));
    }

    #[test]
    fn a_part_that_is_not_there_is_named() {
        let page =
            |link: Value, title: Value| Value::object([("links", Value::List(vec![link])), ("title", title)]);
        let good = || Value::object([("type", Value::Null)]);
        for (value, error) in [
            (page(Value::Null, "a".into()), "links[0]: expected a value, but it is null; use Attr<…>"),
            (page(Value::UNKNOWN, "a".into()), "links[0]: expected a value, but it is unknown; use Attr<…>"),
            (page(good(), Value::UNKNOWN), "title: expected a value, but it is unknown; use Attr<…>"),
            (page(good(), true.into()), "title: expected a string"),
        ] {
            assert_eq!(Page::from_value(&value, &Path::root()).unwrap_err().to_string(), error);
        }
    }
}
