//! Texts that are secret.
//!
//! What stays outside of them, and is not wiped: the message of the host with its buffers, which are those of the gRPC and
//! Protobuf libraries, and the [`Value`] that is made of it, which lives until its model is read. Both
//! are gone when the request is answered, and neither is ever logged. A variable of the environment stays in the
//! environment for as long as the process lives.

use std::cmp::Ordering;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use super::model::{Attr, ModelError, ModelValue};
use crate::cty::{Path, Type, Value};

/// A field of a [model](crate::model) for an attribute that holds a secret, or may. It is wiped from memory when it
/// is dropped, and its `Debug` shows nothing of it.
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// The text, for where it is kept on or used.
    pub fn as_secret(&self) -> &SecretString {
        &self.0
    }

    /// Its length in characters.
    pub fn length(&self) -> usize {
        self.0.expose_secret().chars().count()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

// Models are compared field by field. These comparisons are between values of one configuration, and no measure of time
// that anybody else could take.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Secret {}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.expose_secret().cmp(other.0.expose_secret())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Attr<Secret> {
    fn from(text: &str) -> Self {
        Self::Known(text.into())
    }
}

impl Attr<Secret> {
    /// The secret, if it is known, not null and not empty.
    pub fn non_empty(&self) -> Option<&Secret> {
        self.known().filter(|secret| !secret.0.expose_secret().is_empty())
    }
}

impl ModelValue for Secret {
    fn ty() -> Type {
        Type::String
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        let text = value.as_str().ok_or_else(|| ModelError { path: path.clone(), expected: "a string" })?;
        Ok(text.into())
    }

    fn to_value(&self) -> Value {
        Value::string(self.0.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::model! {
        /// An account.
        struct Account {
            /// Who it is.
            name: Attr<String>,
            /// How it is proved.
            password: Attr<Secret>,
        }
    }

    #[test]
    fn a_model_with_a_secret_is_read_and_written_like_a_text_and_shows_nothing_of_it() {
        let value = Value::object([("name", Value::string("ann")), ("password", Value::string("s3cret"))]);
        let account = Account::from_value(&value, &Path::root()).unwrap();
        assert_eq!(account.password.non_empty().unwrap().as_secret().expose_secret(), "s3cret");
        assert_eq!(account.to_value(), value);
        assert_eq!(Secret::ty(), Type::String);
        assert_eq!(account, Account { name: "ann".into(), password: "s3cret".into() });
        assert!(account < Account { name: "ann".into(), password: "t".into() });
        assert_eq!(format!("{account:?}"), "Account { name: Known(\"ann\"), password: Known(Secret) }");
        let empty: Attr<Secret> = "".into();
        assert!(empty.non_empty().is_none() && Attr::<Secret>::Null.non_empty().is_none());
        let error = Secret::from_value(&Value::Bool(true), &Path::root()).unwrap_err();
        assert_eq!(error.expected, "a string");
    }
}
