//! JSON to values.

use super::super::{DecodeError, Number, NumberError, Step, Type, Value, error, text};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How objects whose keys are not exactly the type's attributes are taken.
#[derive(Clone, Copy)]
enum Keys {
    /// An error, as hosts see it.
    Exact,
    /// What is missing is null, what is too much is passed over: state of an older or newer
    /// schema.
    Lenient,
}

/// Reads a value of this type as strictly as hosts do: objects have exactly the type's
/// attributes. Text is accepted for numbers and truth values and these for text, as hosts do.
///
/// An error says where the JSON is not of the type, or that it is no JSON at all.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    value(&parse(bytes)?, ty, Keys::Exact)
}

/// Reads a value of this type from the state of perhaps another version of the schema: missing
/// attributes are null, unknown ones are passed over. Otherwise like [`decode`].
pub fn decode_state(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    from_json_value(&parse(bytes)?, ty)
}

/// Like [`decode_state`], from JSON that is parsed already.
pub fn from_json_value(json: &Json, ty: &Type) -> Result<Value, DecodeError> {
    value(json, ty, Keys::Lenient)
}

fn parse(bytes: &[u8]) -> Result<Json, DecodeError> {
    // The parser's own nesting limit (128) bounds the recursion below.
    serde_json::from_slice(bytes).map_err(|e| {
        DecodeError::new(format!("this is not valid JSON (line {}, column {})", e.line(), e.column()))
    })
}

fn value(json: &Json, ty: &Type, keys: Keys) -> Result<Value, DecodeError> {
    match (ty, json) {
        (_, Json::Null) => Ok(Value::Null),
        (Type::String, Json::String(text)) => Ok(Value::string(text.as_str())),
        (Type::String, Json::Number(number)) => Ok(Value::String(number.to_string())),
        (Type::String, Json::Bool(truth)) => Ok(Value::String(truth.to_string())),
        (Type::Number, Json::Number(decimal)) => number(&decimal.to_string()),
        (Type::Number, Json::String(text)) => number(text),
        (Type::Bool, Json::Bool(truth)) => Ok(Value::Bool(*truth)),
        (Type::Bool, Json::String(text)) => match text.as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(mismatch(ty, json)),
        },
        (Type::List(element), Json::Array(parts)) => {
            let values = parts.iter().enumerate().map(|(position, part)| {
                value(part, element, keys).map_err(|e| e.under(error::index(position)))
            });
            Ok(Value::List(values.collect::<Result<_, _>>()?))
        }
        (Type::Set(element), Json::Array(parts)) => {
            let values = parts.iter().map(|part| value(part, element, keys).map_err(DecodeError::under_set));
            Ok(Value::set(values.collect::<Result<Vec<_>, _>>()?))
        }
        (Type::Tuple(types), Json::Array(parts)) => tuple(parts, types, keys),
        (Type::Map(element), Json::Object(members)) => {
            let entries = members.iter().map(|(key, member)| {
                let value = value(member, element, keys).map_err(|e| e.under(Step::Key(key.clone())))?;
                Ok((text::nfc(key.clone()), value))
            });
            Ok(Value::Map(entries.collect::<Result<_, DecodeError>>()?))
        }
        (Type::Object(attributes), Json::Object(members)) => object(members, attributes, keys),
        (Type::Dynamic, Json::Object(members)) => dynamic(members, keys),
        _ => Err(mismatch(ty, json)),
    }
}

fn number(text: &str) -> Result<Value, DecodeError> {
    let number: Number = text.parse().map_err(|e: NumberError| DecodeError::new(e.to_string()))?;
    if number.is_infinite() {
        return Err(DecodeError::new(NumberError::Syntax.to_string()));
    }
    Ok(Value::Number(number))
}

fn tuple(parts: &[Json], types: &[Type], keys: Keys) -> Result<Value, DecodeError> {
    if parts.len() != types.len() {
        return Err(DecodeError::new(format!(
            "a tuple of {} elements is required, but it has {}",
            types.len(),
            parts.len()
        )));
    }
    let values = parts
        .iter()
        .zip(types)
        .enumerate()
        .map(|(position, (part, ty))| value(part, ty, keys).map_err(|e| e.under(error::index(position))));
    Ok(Value::Tuple(values.collect::<Result<_, _>>()?))
}

fn object(
    members: &serde_json::Map<String, Json>,
    attributes: &BTreeMap<String, Type>,
    keys: Keys,
) -> Result<Value, DecodeError> {
    let mut values = BTreeMap::new();
    for (name, member) in members {
        let name = text::nfc(name.clone());
        let under = |e: DecodeError| e.under(Step::Attribute(name.clone()));
        match (attributes.get(&name), keys) {
            (Some(ty), _) => {
                let value = value(member, ty, keys).map_err(under)?;
                values.insert(name, value);
            }
            (None, Keys::Lenient) => {}
            (None, Keys::Exact) => {
                return Err(under(DecodeError::new("the object's type has no such attribute")));
            }
        }
    }
    for name in attributes.keys() {
        if !values.contains_key(name) {
            match keys {
                Keys::Lenient => values.insert(name.clone(), Value::Null),
                Keys::Exact => {
                    let missing = DecodeError::new("the attribute is missing");
                    return Err(missing.under(Step::Attribute(name.clone())));
                }
            };
        }
    }
    Ok(Value::Object(values))
}

fn dynamic(members: &serde_json::Map<String, Json>, keys: Keys) -> Result<Value, DecodeError> {
    let (Some(ty), Some(member), 2) = (members.get("type"), members.get("value"), members.len()) else {
        return Err(DecodeError::new("a value with its type needs the members \"value\" and \"type\""));
    };
    let ty = Type::from_json_value(ty)?;
    let value = value(member, &ty, keys)?;
    Ok(Value::dynamic(ty, value))
}

fn mismatch(ty: &Type, json: &Json) -> DecodeError {
    let found = match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    DecodeError::new(format!("{ty} is required, but this is {found}"))
}
