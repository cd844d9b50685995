//! Values to JSON.

use super::super::{EncodeError, Number, Step, Type, Value, error};
use serde_json::Value as Json;

/// Writes a value of this type.
///
/// An error says where the value is not of the type, or is unknown or infinite: JSON has no form
/// for these.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    Ok(to_json(value, ty)?.to_string().into_bytes())
}

fn to_json(value: &Value, ty: &Type) -> Result<Json, EncodeError> {
    Ok(match (value, ty) {
        (Value::Null, _) => Json::Null,
        (Value::Unknown(_), _) => {
            return Err(EncodeError::new("the value is not known yet, and JSON cannot say so"));
        }
        (Value::Bool(truth), Type::Bool) => Json::Bool(*truth),
        (Value::Number(exact), Type::Number) => number(exact)?,
        (Value::String(text), Type::String) => Json::String(text.clone()),
        (Value::List(elements), Type::List(element)) => elements
            .iter()
            .enumerate()
            .map(|(position, value)| to_json(value, element).map_err(|e| e.under(error::index(position))))
            .collect::<Result<_, _>>()?,
        (Value::Set(elements), Type::Set(element)) => elements
            .iter()
            .map(|value| to_json(value, element).map_err(EncodeError::under_set))
            .collect::<Result<_, _>>()?,
        (Value::Tuple(elements), Type::Tuple(types)) => {
            EncodeError::check_length(elements.len(), types.len())?;
            elements
                .iter()
                .zip(types)
                .enumerate()
                .map(|(position, (value, ty))| {
                    to_json(value, ty).map_err(|e| e.under(error::index(position)))
                })
                .collect::<Result<_, _>>()?
        }
        (Value::Map(entries), Type::Map(element)) => entries
            .iter()
            .map(|(key, value)| {
                let json = to_json(value, element).map_err(|e| e.under(Step::Key(key.clone())))?;
                Ok((key.clone(), json))
            })
            .collect::<Result<_, EncodeError>>()?,
        (Value::Object(attributes), Type::Object(types)) => {
            EncodeError::check_attributes(attributes, types)?;
            attributes
                .iter()
                .zip(types.values())
                .map(|((name, value), ty)| {
                    let json = to_json(value, ty).map_err(|e| e.under(Step::Attribute(name.clone())))?;
                    Ok((name.clone(), json))
                })
                .collect::<Result<_, EncodeError>>()?
        }
        (Value::Dynamic(typed), Type::Dynamic) => {
            let (ty, value) = &**typed;
            let members = [("value", to_json(value, ty)?), ("type", ty.to_json_value())];
            members.into_iter().map(|(name, json)| (name.to_owned(), json)).collect()
        }
        _ => return Err(EncodeError::mismatch(value, ty)),
    })
}

fn number(number: &Number) -> Result<Json, EncodeError> {
    let decimal = number.to_string().parse::<serde_json::Number>();
    decimal.map(Json::Number).map_err(|_| EncodeError::new("the number is infinite, and JSON cannot say so"))
}
