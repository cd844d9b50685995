//! Values to msgpack.

use super::super::{EncodeError, Number, Refinements, Step, Type, Value, error};
use super::{REFINED, refinements};
use rmp::encode as write;
use std::io;

/// Writes a value of this type.
///
/// An error says where the value is not of the type: another kind, an object that has not exactly
/// the type's attributes, a tuple of another length, or a bare value in a place of any type.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    write_value(&mut bytes, value, ty)?;
    Ok(bytes)
}

fn write_value(out: &mut Vec<u8>, value: &Value, ty: &Type) -> Result<(), EncodeError> {
    match (value, ty) {
        (Value::Null, _) => write::write_nil(out)?,
        (Value::Unknown(known), _) => unknown(out, known.as_deref(), ty)?,
        (Value::Bool(truth), Type::Bool) => write::write_bool(out, *truth)?,
        (Value::Number(exact), Type::Number) => number(out, exact)?,
        (Value::String(text), Type::String) => string(out, text)?,
        (Value::List(elements), Type::List(element)) => {
            array_length(out, elements.len())?;
            for (position, value) in elements.iter().enumerate() {
                write_value(out, value, element).map_err(|e| e.under(error::index(position)))?;
            }
        }
        (Value::Set(elements), Type::Set(element)) => {
            array_length(out, elements.len())?;
            for value in elements {
                write_value(out, value, element).map_err(EncodeError::under_set)?;
            }
        }
        (Value::Tuple(elements), Type::Tuple(types)) => {
            EncodeError::check_length(elements.len(), types.len())?;
            array_length(out, elements.len())?;
            for (position, (value, ty)) in elements.iter().zip(types).enumerate() {
                write_value(out, value, ty).map_err(|e| e.under(error::index(position)))?;
            }
        }
        (Value::Map(entries), Type::Map(element)) => {
            map_length(out, entries.len())?;
            for (key, value) in entries {
                string(out, key)?;
                write_value(out, value, element).map_err(|e| e.under(Step::Key(key.clone())))?;
            }
        }
        (Value::Object(attributes), Type::Object(types)) => {
            EncodeError::check_attributes(attributes, types)?;
            map_length(out, attributes.len())?;
            for ((name, value), ty) in attributes.iter().zip(types.values()) {
                string(out, name)?;
                write_value(out, value, ty).map_err(|e| e.under(Step::Attribute(name.clone())))?;
            }
        }
        (Value::Dynamic(typed), Type::Dynamic) => {
            let (ty, value) = &**typed;
            write::write_array_len(out, 2)?;
            write::write_bin(out, &ty.to_json())?;
            write_value(out, value, ty)?;
        }
        _ => return Err(EncodeError::mismatch(value, ty)),
    }
    Ok(())
}

fn unknown(out: &mut Vec<u8>, known: Option<&Refinements>, ty: &Type) -> Result<(), EncodeError> {
    let payload = match known {
        Some(known) => refinements::payload(&known.clone().fitting(ty))?,
        None => None,
    };
    if let Some(payload) = payload {
        write::write_ext_meta(out, length(payload.len())?, REFINED)?;
        out.extend(payload);
    } else {
        write::write_ext_meta(out, 1, 0)?;
        out.push(0);
    }
    Ok(())
}

/// Exact in every case, and never a 32-bit float: hosts would widen it to another number.
pub(super) fn number(out: &mut Vec<u8>, number: &Number) -> Result<(), EncodeError> {
    if let Some(integer) = number.as_i64() {
        write::write_sint(out, integer)?;
    } else if let Some(integer) = number.as_u64() {
        write::write_uint(out, integer)?;
    } else if let Some(float) = number.as_exact_f64() {
        write::write_f64(out, float)?;
    } else {
        string(out, &number.to_string())?;
    }
    Ok(())
}

fn string(out: &mut Vec<u8>, text: &str) -> Result<(), EncodeError> {
    write::write_str_len(out, length(text.len())?)?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn array_length(out: &mut Vec<u8>, count: usize) -> Result<(), EncodeError> {
    write::write_array_len(out, length(count)?)?;
    Ok(())
}

fn map_length(out: &mut Vec<u8>, count: usize) -> Result<(), EncodeError> {
    write::write_map_len(out, length(count)?)?;
    Ok(())
}

fn length(count: usize) -> Result<u32, EncodeError> {
    u32::try_from(count).map_err(|_| EncodeError::new("the value is too large for MessagePack"))
}

// Writing to memory does not fail; the primitives' signatures allow for other writers.
impl From<io::Error> for EncodeError {
    fn from(error: io::Error) -> EncodeError {
        EncodeError::new(format!("the value could not be written: {error}"))
    }
}

impl From<write::ValueWriteError> for EncodeError {
    fn from(error: write::ValueWriteError) -> EncodeError {
        io::Error::from(error).into()
    }
}
