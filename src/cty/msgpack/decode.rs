//! Msgpack to values.

use super::super::{DecodeError, MAX_DEPTH, Number, Step, Type, Value, error, text};
use super::reader::{Reader, describe};
use super::{MAX_REFINEMENTS, REFINED, refinements};
use rmp::Marker;
use std::collections::BTreeMap;

/// Room reserved ahead for elements; the rest grows as elements really come.
const MAX_RESERVED: usize = 1024;

/// Reads a value of this type.
///
/// Every width of every part is accepted, and binary data for text. An error says where and what:
/// data of another kind, an object that has not exactly the type's attributes, a key twice, text
/// that is not UTF-8, a NaN, nesting beyond 128 levels, data that ends early or goes on after the
/// value.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = value(&mut reader, ty, 0)?;
    match reader.remaining() {
        0 => Ok(value),
        left => Err(DecodeError::new(format!("{left} bytes are left over after the value"))),
    }
}

fn value(reader: &mut Reader<'_>, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::new(format!("the value is nested deeper than {MAX_DEPTH} levels")));
    }
    if reader.peek()? == Marker::Null {
        reader.marker()?;
        return Ok(Value::Null);
    }
    if let Some((code, payload)) = reader.extension()? {
        return unknown(code, payload, ty);
    }
    match ty {
        Type::String => string(reader).map(Value::String),
        Type::Number => number(reader).map(Value::Number),
        Type::Bool => match reader.marker()? {
            Marker::True => Ok(Value::Bool(true)),
            Marker::False => Ok(Value::Bool(false)),
            other => Err(mismatch(ty, other)),
        },
        Type::List(element) => elements(reader, ty, element, depth).map(Value::List),
        Type::Set(element) => elements(reader, ty, element, depth).map(Value::set),
        Type::Map(element) => map(reader, ty, element, depth),
        Type::Tuple(types) => tuple(reader, ty, types, depth),
        Type::Object(attributes) => object(reader, ty, attributes, depth),
        Type::Dynamic => dynamic(reader, depth),
    }
}

/// Every extension means unknown, whatever its code.
fn unknown(code: i8, payload: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    if code != REFINED || payload.len() <= 1 {
        return Ok(Value::UNKNOWN);
    }
    if payload.len() > MAX_REFINEMENTS {
        return Err(DecodeError::new("what is known about an unknown value is too long"));
    }
    let known = refinements::read(payload)?.fitting(ty);
    Ok(Value::Unknown(if known.is_empty() { None } else { Some(Box::new(known)) }))
}

pub(super) fn string(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let found = reader.peek()?;
    let bytes = reader.bytes()?.ok_or_else(|| mismatch(&Type::String, found))?;
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::new("the string is not valid UTF-8"))?;
    Ok(text::nfc(text.to_owned()))
}

pub(super) fn number(reader: &mut Reader<'_>) -> Result<Number, DecodeError> {
    let found = reader.peek()?;
    if let Some(bytes) = reader.bytes()? {
        // What isn't UTF-8 isn't a number either.
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        return text.parse().map_err(|e: crate::cty::NumberError| DecodeError::new(e.to_string()));
    }
    reader.marker()?;
    let float = match found {
        Marker::FixPos(small) => return Ok(Number::from(u64::from(small))),
        Marker::FixNeg(small) => return Ok(Number::from(i64::from(small))),
        Marker::U8 => return Ok(u64::from(u8::from_be_bytes(reader.array()?)).into()),
        Marker::U16 => return Ok(u64::from(u16::from_be_bytes(reader.array()?)).into()),
        Marker::U32 => return Ok(u64::from(u32::from_be_bytes(reader.array()?)).into()),
        Marker::U64 => return Ok(u64::from_be_bytes(reader.array()?).into()),
        Marker::I8 => return Ok(i64::from(i8::from_be_bytes(reader.array()?)).into()),
        Marker::I16 => return Ok(i64::from(i16::from_be_bytes(reader.array()?)).into()),
        Marker::I32 => return Ok(i64::from(i32::from_be_bytes(reader.array()?)).into()),
        Marker::I64 => return Ok(i64::from_be_bytes(reader.array()?).into()),
        Marker::F32 => f64::from(f32::from_be_bytes(reader.array()?)),
        Marker::F64 => f64::from_be_bytes(reader.array()?),
        other => return Err(mismatch(&Type::Number, other)),
    };
    Number::from_f64(float).ok_or_else(|| DecodeError::new("the number is NaN"))
}

fn elements(
    reader: &mut Reader<'_>,
    ty: &Type,
    element: &Type,
    depth: usize,
) -> Result<Vec<Value>, DecodeError> {
    let length = array_length(reader, ty)?;
    let mut elements = Vec::with_capacity(length.min(MAX_RESERVED));
    for position in 0..length {
        elements.push(value(reader, element, depth + 1).map_err(|e| match ty {
            Type::Set(_) => e.under_set(),
            _ => e.under(error::index(position)),
        })?);
    }
    Ok(elements)
}

fn map(reader: &mut Reader<'_>, ty: &Type, element: &Type, depth: usize) -> Result<Value, DecodeError> {
    let length = map_length(reader, ty)?;
    let mut entries = BTreeMap::new();
    for _ in 0..length {
        let key = string(reader)?;
        let step = || Step::Key(key.clone());
        if entries.contains_key(&key) {
            return Err(DecodeError::new("the map has this key twice").under(step()));
        }
        let value = value(reader, element, depth + 1).map_err(|e| e.under(step()))?;
        entries.insert(key, value);
    }
    Ok(Value::Map(entries))
}

fn tuple(reader: &mut Reader<'_>, ty: &Type, types: &[Type], depth: usize) -> Result<Value, DecodeError> {
    let length = array_length(reader, ty)?;
    if length != types.len() {
        return Err(DecodeError::new(format!(
            "a tuple of {} elements is required, but it has {length}",
            types.len()
        )));
    }
    let values = types
        .iter()
        .enumerate()
        .map(|(position, ty)| value(reader, ty, depth + 1).map_err(|e| e.under(error::index(position))));
    Ok(Value::Tuple(values.collect::<Result<_, _>>()?))
}

fn object(
    reader: &mut Reader<'_>,
    ty: &Type,
    attributes: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, DecodeError> {
    let length = map_length(reader, ty)?;
    let mut values = BTreeMap::new();
    for _ in 0..length {
        let name = string(reader)?;
        let step = || Step::Attribute(name.clone());
        let Some(ty) = attributes.get(&name) else {
            return Err(DecodeError::new("the object's type has no such attribute").under(step()));
        };
        if values.contains_key(&name) {
            return Err(DecodeError::new("the object has this attribute twice").under(step()));
        }
        let value = value(reader, ty, depth + 1).map_err(|e| e.under(step()))?;
        values.insert(name, value);
    }
    match attributes.keys().find(|name| !values.contains_key(*name)) {
        Some(name) => Err(DecodeError::new("the attribute is missing").under(Step::Attribute(name.clone()))),
        None => Ok(Value::Object(values)),
    }
}

fn dynamic(reader: &mut Reader<'_>, depth: usize) -> Result<Value, DecodeError> {
    let found = reader.peek()?;
    let type_json = match reader.array_length()? {
        Some(2) => reader.bytes()?,
        _ => None,
    };
    let ty = Type::from_json(type_json.ok_or_else(|| mismatch(&Type::Dynamic, found))?)?;
    let value = value(reader, &ty, depth + 1)?;
    Ok(Value::dynamic(ty, value))
}

fn array_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, DecodeError> {
    let found = reader.peek()?;
    reader.array_length()?.ok_or_else(|| mismatch(ty, found))
}

fn map_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, DecodeError> {
    let found = reader.peek()?;
    reader.map_length()?.ok_or_else(|| mismatch(ty, found))
}

fn mismatch(ty: &Type, found: Marker) -> DecodeError {
    DecodeError::new(format!("{ty} is required, but this is {}", describe(found)))
}
