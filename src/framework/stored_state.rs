//! A state in the form that Terraform stores.

use std::fmt;

use serde_json::value::RawValue;

use super::{ModelError, ModelValue};
use crate::cty::{DecodeError, Path, json};

/// The state of an object as it is stored: JSON, in the shape of perhaps another schema version or another provider.
#[derive(Clone)]
pub struct StoredState(Box<RawValue>);

/// A stored state does not have the shape that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub enum StoredStateError {
    /// A value is not of the model's type.
    Type(#[from] DecodeError),
    /// A value is null where the model needs one.
    Model(#[from] ModelError),
}

impl StoredState {
    /// Takes a state over. An error says where the text is no JSON, and repeats nothing of it.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json).map(Self)
    }

    /// Reads the state in the shape of `M`, a model of the version or type that wrote it: attributes that the state
    /// lacks are null, others are passed over. Numbers keep all their digits.
    pub fn decode<M: ModelValue>(&self) -> Result<M, StoredStateError> {
        let value = json::decode_state(self.json().as_bytes(), &M::ty())?;
        Ok(M::from_value(&value, &Path::root())?)
    }

    /// The text of the JSON, for states that no model describes.
    pub fn json(&self) -> &str {
        self.0.get()
    }
}

impl fmt::Debug for StoredState {
    /// Without the content, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoredState").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Number;
    use crate::framework::Attr;

    crate::model! {
        /// A state.
        struct Old {
            /// May be null.
            size: Attr<Number>,
            /// May not.
            name: String,
        }
    }

    fn decode(json: &str) -> Result<Old, String> {
        StoredState::parse(json.as_bytes())
            .unwrap()
            .decode()
            .map_err(|error: StoredStateError| error.to_string())
    }

    #[test]
    fn a_state_is_read_as_a_model() {
        let long = "-12345678901234567890.12345678901234567890123456789";
        let old = decode(&format!(r#" {{"name": "x", "size": {long}, "gone": 1e999}} "#)).unwrap();
        assert_eq!(old, Old { size: Attr::Known(long.parse().unwrap()), name: "x".to_owned() });
        for (json, error) in [
            ("[]", "an object is required, but this is an array"),
            (r#"{"size":1,"name":["s3cret"]}"#, "name: a string is required, but this is an array"),
            ("{}", "name: expected a value, but it is null; use Attr<…>"),
        ] {
            assert_eq!(decode(json).unwrap_err(), error);
        }
    }

    #[test]
    fn nothing_of_a_state_is_told() {
        let error = StoredState::parse(br#"{"name": "s3cret"#).unwrap_err().to_string();
        assert_eq!(error, "EOF while parsing a string at line 1 column 16");
        let state = StoredState::parse(br#"{"name":"s3cret"}"#).unwrap();
        assert_eq!(
            (format!("{state:?}").as_str(), state.json()),
            ("StoredState(..)", r#"{"name":"s3cret"}"#)
        );
    }
}
