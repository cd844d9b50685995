//! Tolerant access to the fields of an answer.
//!
//! The service is not of one mind about types: counts come as numbers or as strings, booleans as either.
//! Scalars are therefore read from any of the three; a missing or differently typed field is `None`,
//! never a failure of its own.

use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// A scalar as text: a string as it is, a number or boolean as JSON writes it.
pub(crate) fn text(object: &Object, field: &str) -> Option<String> {
    match object.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Like [`text`], but an empty text is `None` too: the service writes `""` for what there isn't.
pub(crate) fn non_empty_text(object: &Object, field: &str) -> Option<String> {
    text(object, field).filter(|text| !text.is_empty())
}

/// A count, from a number or a string of digits.
pub(crate) fn count(object: &Object, field: &str) -> Option<u64> {
    text(object, field)?.trim().parse().ok()
}

/// A truth value, from a boolean or the strings `true` and `false`.
pub(crate) fn flag(object: &Object, field: &str) -> Option<bool> {
    match text(object, field)?.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The list in `object.outer.inner`, as in `"KeyPairs": { "KeyPair": [ … ] }`. Every item has to be an object:
/// a list with an item that can't be read must not pass for a shorter one.
pub(crate) fn list<'a>(object: &'a Object, outer: &str, inner: &str) -> Option<Vec<&'a Object>> {
    object.get(outer)?.as_object()?.get(inner)?.as_array()?.iter().map(Value::as_object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> Object {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn scalars_are_read_from_any_scalar_type() {
        let answer = object(
            r#"{"s":"x","e":"","n":12,"ns":"12","f":1.5,"neg":-1,"b":true,"bs":"False","null":null,"a":[],"o":{}}"#,
        );
        let texts =
            [("s", Some("x")), ("e", Some("")), ("n", Some("12")), ("f", Some("1.5")), ("b", Some("true"))];
        for (field, expected) in texts {
            assert_eq!(text(&answer, field).as_deref(), expected, "{field}");
        }
        for field in ["null", "a", "o", "absent"] {
            assert_eq!(text(&answer, field), None, "{field}");
        }
        assert_eq!(non_empty_text(&answer, "e"), None);
        assert_eq!((count(&answer, "n"), count(&answer, "ns")), (Some(12), Some(12)));
        assert_eq!((count(&answer, "f"), count(&answer, "neg"), count(&answer, "s")), (None, None, None));
        assert_eq!(
            (flag(&answer, "b"), flag(&answer, "bs"), flag(&answer, "s")),
            (Some(true), Some(false), None)
        );
    }

    #[test]
    fn whole_numbers_keep_their_digits() {
        for digits in ["9007199254740993", "18446744073709551615", "-9223372036854775808"] {
            assert_eq!(text(&object(&format!(r#"{{"n":{digits}}}"#)), "n").as_deref(), Some(digits));
        }
    }

    #[test]
    fn a_list_is_whole_or_not_a_list() {
        let answer = object(r#"{"L":{"I":[{"a":1},{}]},"M":{"I":[{},7]},"N":{"I":{}},"O":[]}"#);
        assert_eq!(list(&answer, "L", "I").map(|items| items.len()), Some(2));
        for outer in ["M", "N", "O", "P"] {
            assert!(list(&answer, outer, "I").is_none(), "{outer}");
        }
    }
}
