//! JSON to values.

use super::super::{DecodeError, MAX_DEPTH, Number, NumberError, Step, Type, Value, error, text};
use serde_json::value::RawValue;
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
    read(bytes, ty, Keys::Exact)
}

/// Reads a value of this type from the state of perhaps another version of the schema: missing
/// attributes are null, unknown ones are passed over. Otherwise like [`decode`].
pub fn decode_state(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    read(bytes, ty, Keys::Lenient)
}

fn read(bytes: &[u8], ty: &Type, keys: Keys) -> Result<Value, DecodeError> {
    let raw = serde_json::from_slice(bytes).map_err(|e| {
        DecodeError::new(format!("this is not valid JSON (line {}, column {})", e.line(), e.column()))
    })?;
    Reader { keys, depth: 0 }.value(raw, ty)
}

/// One level of JSON, of which numbers and what is inside are still text.
///
/// `serde_json` would round numbers. It reads each level anew, but there are at most [`MAX_DEPTH`] of them, and what the
/// type does not have is passed over at once.
enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(String),
    Array(Vec<&'a RawValue>),
    Object(Members<'a>),
}

/// The members of an object. Of one key twice, the later counts.
type Members<'a> = BTreeMap<String, &'a RawValue>;

impl<'a> Json<'a> {
    fn read(raw: &'a RawValue) -> Result<Self, DecodeError> {
        let text = raw.get();
        // A raw value is JSON already, without space around it.
        let level = match text.as_bytes().first() {
            Some(b'n') => Ok(Self::Null),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            Some(b'"') => serde_json::from_str(text).map(Self::String),
            Some(b'[') => serde_json::from_str(text).map(Self::Array),
            Some(b'{') => serde_json::from_str(text).map(Self::Object),
            _ => Ok(Self::Number(text)),
        };
        // The escapes in strings are all that is not checked yet.
        level.map_err(|_| DecodeError::new("this is not valid JSON: an escape stands for no character"))
    }
}

/// How the values at one level are read.
#[derive(Clone, Copy)]
struct Reader {
    keys: Keys,
    depth: usize,
}

impl Reader {
    fn value(self, raw: &RawValue, ty: &Type) -> Result<Value, DecodeError> {
        if self.depth > MAX_DEPTH {
            return Err(DecodeError::new(format!("the value is nested deeper than {MAX_DEPTH} levels")));
        }
        let inner = Self { depth: self.depth + 1, ..self };
        match (ty, Json::read(raw)?) {
            (_, Json::Null) => Ok(Value::Null),
            (Type::String, Json::String(text)) => Ok(Value::string(text)),
            (Type::String, Json::Number(number)) => Ok(Value::String(number.to_owned())),
            (Type::String, Json::Bool(truth)) => Ok(Value::String(truth.to_string())),
            (Type::Number, Json::Number(decimal)) => number(decimal),
            (Type::Number, Json::String(text)) => number(&text),
            (Type::Bool, Json::Bool(truth)) => Ok(Value::Bool(truth)),
            (Type::Bool, Json::String(text)) => match text.as_str() {
                "true" | "1" => Ok(Value::Bool(true)),
                "false" | "0" => Ok(Value::Bool(false)),
                _ => Err(mismatch(ty, &Json::String(text))),
            },
            (Type::List(element), Json::Array(parts)) => {
                let values = parts.into_iter().enumerate().map(|(position, part)| {
                    inner.value(part, element).map_err(|e| e.under(error::index(position)))
                });
                Ok(Value::List(values.collect::<Result<_, _>>()?))
            }
            (Type::Set(element), Json::Array(parts)) => {
                let values =
                    parts.into_iter().map(|part| inner.value(part, element).map_err(DecodeError::under_set));
                Ok(Value::set(values.collect::<Result<Vec<_>, _>>()?))
            }
            (Type::Tuple(types), Json::Array(parts)) => inner.tuple(&parts, types),
            (Type::Map(element), Json::Object(members)) => {
                let entries = members.into_iter().map(|(key, member)| {
                    let value = inner.value(member, element).map_err(|e| e.under(Step::Key(key.clone())))?;
                    Ok((text::nfc(key), value))
                });
                Ok(Value::Map(entries.collect::<Result<_, DecodeError>>()?))
            }
            (Type::Object(attributes), Json::Object(members)) => inner.object(members, attributes),
            (Type::Dynamic, Json::Object(members)) => inner.dynamic(&members),
            (_, json) => Err(mismatch(ty, &json)),
        }
    }

    fn tuple(self, parts: &[&RawValue], types: &[Type]) -> Result<Value, DecodeError> {
        if parts.len() != types.len() {
            return Err(DecodeError::new(format!(
                "a tuple of {} elements is required, but it has {}",
                types.len(),
                parts.len()
            )));
        }
        let values =
            parts.iter().zip(types).enumerate().map(|(position, (part, ty))| {
                self.value(part, ty).map_err(|e| e.under(error::index(position)))
            });
        Ok(Value::Tuple(values.collect::<Result<_, _>>()?))
    }

    fn object(self, members: Members<'_>, attributes: &BTreeMap<String, Type>) -> Result<Value, DecodeError> {
        let mut values = BTreeMap::new();
        for (name, member) in members {
            let name = text::nfc(name);
            let under = |e: DecodeError| e.under(Step::Attribute(name.clone()));
            match (attributes.get(&name), self.keys) {
                (Some(ty), _) => {
                    let value = self.value(member, ty).map_err(under)?;
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
                match self.keys {
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

    fn dynamic(self, members: &Members<'_>) -> Result<Value, DecodeError> {
        let (Some(ty), Some(member), 2) = (members.get("type"), members.get("value"), members.len()) else {
            return Err(DecodeError::new("a value with its type needs the members \"value\" and \"type\""));
        };
        let ty = Type::from_json(ty.get().as_bytes())?;
        let value = self.value(member, &ty)?;
        Ok(Value::dynamic(ty, value))
    }
}

fn number(text: &str) -> Result<Value, DecodeError> {
    let number: Number = text.parse().map_err(|e: NumberError| DecodeError::new(e.to_string()))?;
    if number.is_infinite() {
        return Err(DecodeError::new(NumberError::Syntax.to_string()));
    }
    Ok(Value::Number(number))
}

fn mismatch(ty: &Type, json: &Json<'_>) -> DecodeError {
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
