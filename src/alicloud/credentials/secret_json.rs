//! JSON that holds secrets.

use std::ops::Deref;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;
use zeroize::Zeroize;

use crate::alicloud::json::Object;

/// A JSON object whose texts are wiped when it is dropped. It has no `Debug`.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct SecretObject(Object);

impl SecretObject {
    /// Reads an object; the error says where the text stops being one, and repeats nothing of it.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        read(text)
    }

    /// Sets a field to a text.
    pub(super) fn set(&mut self, field: String, text: &str) {
        if let Some(mut old) = self.0.insert(field, Value::from(text)) {
            wipe(&mut old);
        }
    }

    /// The object, of which nothing is wiped any more.
    pub(crate) fn into_plain(mut self) -> Object {
        std::mem::take(&mut self.0)
    }
}

/// Reads JSON that holds secrets, into something that wipes them. The error says where the text stops being that, and
/// repeats nothing of it.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    try_read(text).map_err(|error| place_of(&error))
}

/// The same, with an error that may repeat something of the text.
pub(super) fn try_read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, serde_json::Error> {
    // A reading that fails half-way leaves behind what it has taken in, so the text is looked through first.
    serde_json::from_slice::<IgnoredAny>(text).and_then(|_| serde_json::from_slice(text))
}

impl From<Object> for SecretObject {
    fn from(object: Object) -> Self {
        Self(object)
    }
}

impl Deref for SecretObject {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.0
    }
}

impl Drop for SecretObject {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Where reading JSON ended, and what was expected there (`line 3, column 7: expected …`). What was found instead is
/// left out: it may be a secret.
pub(crate) fn place_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The position comes on its own.
    let text = text.split(" at line ").next().unwrap_or_default();
    let what = match error.classify() {
        Category::Eof => "the text ends in the middle".to_owned(),
        Category::Data => match text.rsplit_once("expected ") {
            Some((_, "a sequence")) => "expected a list".to_owned(),
            Some((_, "a map")) => "expected an object".to_owned(),
            Some((_, expected)) => format!("expected {expected}"),
            None => "something else was expected".to_owned(),
        },
        Category::Syntax | Category::Io => text.to_owned(),
    };
    format!("line {}, column {}: {what}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_tell_the_place_and_no_content() {
        for (text, told) in [
            ("{\n  \"a\": True\n}", "line 2, column 8: expected value"),
            ("{\n  \"a\": \"s3cret\"\n  \"b\"}", "line 3, column 3: expected `,` or `}`"),
            ("{\"a\": \"s3cret", "line 1, column 13: the text ends in the middle"),
            ("\"s3cret\"", "line 1, column 8: expected an object"),
            ("", "line 1, column 0: the text ends in the middle"),
            ("{\"a\": \"\\ud800s3cret\"}", "line 1, column 14: unexpected end of hex escape"),
        ] {
            assert_eq!(SecretObject::parse(text.as_bytes()).err().unwrap(), told, "{text}");
        }
    }

    #[test]
    fn each_text_is_wiped() {
        let mut value = serde_json::json!({"a": "s3cret", "b": [1, "s3cret", {"c": "s3cret"}], "d": null});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": "", "b": [1, "", {"c": ""}], "d": null}));
    }

    /// Must not be begun.
    struct Untouched;

    impl<'de> Deserialize<'de> for Untouched {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("something was taken in")
        }
    }

    #[test]
    fn of_a_text_that_is_not_json_nothing_is_taken_in() {
        for text in ["{\"a\": \"s3cret\"", "{\"a\": \"s3cret\"} and more", "[\"s3cret\", x]"] {
            assert!(read::<Untouched>(text.as_bytes()).is_err());
        }
    }
}
