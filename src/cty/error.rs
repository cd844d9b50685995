//! Why bytes are not a value of a type, or a value cannot become bytes.

use super::{Path, Step, Type, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Bytes that are not what their type asks for.
///
/// Displayed as the path, where there is one, and a sentence. Values are never quoted: they may be
/// sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(At);

/// A value that the wanted type or wire form cannot hold.
///
/// Displayed like [`DecodeError`], and as careful with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError(At);

/// A sentence and the place it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    path: Path,
    sentence: String,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.sentence)
    }
}

macro_rules! located_error {
    ($error:ident) => {
        impl $error {
            /// An error about the value at hand; [`under`](Self::under) adds where that is.
            pub(super) fn new(sentence: impl Into<String>) -> Self {
                Self(At { path: Path::root(), sentence: sentence.into() })
            }

            /// The same error seen from one level further up.
            pub(super) fn under(mut self, step: Step) -> Self {
                self.0.path.prepend(step);
                self
            }

            /// The same error seen from a set, whose elements have no address: the path ends there.
            pub(super) fn under_set(mut self) -> Self {
                self.0.path = Path::root();
                self
            }

            /// The place in the value that the error is about.
            pub fn path(&self) -> &Path {
                &self.0.path
            }

            /// What is wrong there, without the path.
            pub fn sentence(&self) -> &str {
                &self.0.sentence
            }
        }

        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::error::Error for $error {}
    };
}

located_error!(DecodeError);
located_error!(EncodeError);

/// The step to an element by its position.
pub(super) fn index(position: usize) -> Step {
    // No collection in memory is longer than i64::MAX.
    Step::Index(i64::try_from(position).unwrap_or(i64::MAX))
}

/// Checks that both codecs make before they write.
impl EncodeError {
    pub(super) fn mismatch(value: &Value, ty: &Type) -> EncodeError {
        EncodeError::new(format!("{ty} is required, but this is {}", value.kind()))
    }

    pub(super) fn check_length(length: usize, wanted: usize) -> Result<(), EncodeError> {
        if length == wanted {
            return Ok(());
        }
        Err(EncodeError::new(format!("a tuple of {wanted} elements is required, but it has {length}")))
    }

    pub(super) fn check_attributes(
        attributes: &BTreeMap<String, Value>,
        types: &BTreeMap<String, Type>,
    ) -> Result<(), EncodeError> {
        let at =
            |sentence: &str, name: &String| EncodeError::new(sentence).under(Step::Attribute(name.clone()));
        if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
            return Err(at("the object's type has no such attribute", name));
        }
        match types.keys().find(|name| !attributes.contains_key(*name)) {
            Some(name) => Err(at("the attribute is missing", name)),
            None => Ok(()),
        }
    }
}
