//! Values to JSON.

use super::super::{EncodeError, Step, Type, Value, error};
use serde_json::Value as Json;

/// Writes a value of this type.
///
/// An error says where the value is not of the type, or is unknown or infinite: JSON has no form
/// for these.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut json = String::new();
    write(value, ty, &mut json)?;
    Ok(json.into_bytes())
}

/// Appends the value. Not by a tree of `serde_json`, which would round numbers.
fn write(value: &Value, ty: &Type, out: &mut String) -> Result<(), EncodeError> {
    match (value, ty) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Unknown(_), _) => {
            return Err(EncodeError::new("the value is not known yet, and JSON cannot say so"));
        }
        (Value::Bool(truth), Type::Bool) => out.push_str(if *truth { "true" } else { "false" }),
        (Value::Number(exact), Type::Number) => {
            if exact.is_infinite() {
                return Err(EncodeError::new("the number is infinite, and JSON cannot say so"));
            }
            out.push_str(&exact.to_string());
        }
        (Value::String(text), Type::String) => string(text, out),
        (Value::List(elements), Type::List(element)) => {
            let parts = elements.iter().map(|value| (value, &**element));
            array(parts, out, |e, position| e.under(error::index(position)))?;
        }
        (Value::Set(elements), Type::Set(element)) => {
            let parts = elements.iter().map(|value| (value, &**element));
            array(parts, out, |e, _| e.under_set())?;
        }
        (Value::Tuple(elements), Type::Tuple(types)) => {
            EncodeError::check_length(elements.len(), types.len())?;
            array(elements.iter().zip(types), out, |e, position| e.under(error::index(position)))?;
        }
        (Value::Map(entries), Type::Map(element)) => {
            let members = entries.iter().map(|(key, value)| (key, value, &**element));
            object(members, out, Step::Key)?;
        }
        (Value::Object(attributes), Type::Object(types)) => {
            EncodeError::check_attributes(attributes, types)?;
            let members = attributes.iter().zip(types.values()).map(|((name, value), ty)| (name, value, ty));
            object(members, out, Step::Attribute)?;
        }
        (Value::Dynamic(typed), Type::Dynamic) => {
            let (ty, value) = &**typed;
            out.push_str("{\"type\":");
            out.push_str(&ty.to_json_value().to_string());
            out.push_str(",\"value\":");
            write(value, ty, out)?;
            out.push('}');
        }
        _ => return Err(EncodeError::mismatch(value, ty)),
    }
    Ok(())
}

fn array<'a>(
    parts: impl Iterator<Item = (&'a Value, &'a Type)>,
    out: &mut String,
    at: impl Fn(EncodeError, usize) -> EncodeError,
) -> Result<(), EncodeError> {
    out.push('[');
    for (position, (value, ty)) in parts.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(value, ty, out).map_err(|e| at(e, position))?;
    }
    out.push(']');
    Ok(())
}

fn object<'a>(
    members: impl Iterator<Item = (&'a String, &'a Value, &'a Type)>,
    out: &mut String,
    step: impl Fn(String) -> Step,
) -> Result<(), EncodeError> {
    out.push('{');
    for (position, (name, value, ty)) in members.enumerate() {
        if position > 0 {
            out.push(',');
        }
        string(name, out);
        out.push(':');
        write(value, ty, out).map_err(|e| e.under(step(name.clone())))?;
    }
    out.push('}');
    Ok(())
}

fn string(text: &str, out: &mut String) {
    out.push_str(&Json::from(text).to_string());
}
