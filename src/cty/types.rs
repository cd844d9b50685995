//! Types, and their JSON form.

use super::{DecodeError, error, text};
use crate::cty::Step;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

/// What may stand in a place of a configuration or state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Unicode text in normal form C.
    String,
    /// A decimal number of any size and precision.
    Number,
    /// True or false.
    Bool,
    /// Any value; each value then brings its own type along.
    Dynamic,
    /// Any number of elements of one type, in order.
    List(Box<Type>),
    /// Any number of different elements of one type, without order.
    Set(Box<Type>),
    /// Any number of elements of one type, each under a string key.
    Map(Box<Type>),
    /// A fixed row of elements, each with its type.
    Tuple(Vec<Type>),
    /// Exactly these attributes, each with its type.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// A list of such elements.
    pub fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    /// A set of such elements.
    pub fn set(element: Type) -> Type {
        Type::Set(Box::new(element))
    }

    /// A map to such elements.
    pub fn map(element: Type) -> Type {
        Type::Map(Box::new(element))
    }

    /// An object of these attributes.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Type)>) -> Type {
        Type::Object(attributes.into_iter().map(|(name, ty)| (text::nfc(name.into()), ty)).collect())
    }

    /// The JSON form, as schemas and dynamic values carry it: `"string"`, `["list","string"]`,
    /// `["object",{"a":"bool"}]`.
    pub fn to_json(&self) -> Vec<u8> {
        self.to_json_value().to_string().into_bytes()
    }

    /// Reads the JSON form. The third part of `["object",{…},["optional names"]]` is legal and
    /// says nothing about values, so it is passed over.
    pub fn from_json(bytes: &[u8]) -> Result<Type, DecodeError> {
        let json = serde_json::from_slice(bytes)
            .map_err(|e| DecodeError::new(format!("the type is not valid JSON (column {})", e.column())))?;
        Type::from_json_value(&json)
    }

    pub(super) fn to_json_value(&self) -> Json {
        let pair = |kind: &str, of: Json| Json::Array(vec![kind.into(), of]);
        match self {
            Type::String => "string".into(),
            Type::Number => "number".into(),
            Type::Bool => "bool".into(),
            Type::Dynamic => "dynamic".into(),
            Type::List(element) => pair("list", element.to_json_value()),
            Type::Set(element) => pair("set", element.to_json_value()),
            Type::Map(element) => pair("map", element.to_json_value()),
            Type::Tuple(elements) => pair("tuple", elements.iter().map(Type::to_json_value).collect()),
            Type::Object(attributes) => pair(
                "object",
                Json::Object(
                    attributes.iter().map(|(name, ty)| (name.clone(), ty.to_json_value())).collect(),
                ),
            ),
        }
    }

    fn from_json_value(json: &Json) -> Result<Type, DecodeError> {
        let damaged = || DecodeError::new("this is not a type");
        match json {
            Json::String(name) => match name.as_str() {
                "string" => Ok(Type::String),
                "number" => Ok(Type::Number),
                "bool" => Ok(Type::Bool),
                "dynamic" => Ok(Type::Dynamic),
                _ => Err(damaged()),
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), of] => match (kind.as_str(), of) {
                    ("list", element) => Ok(Type::list(Type::from_json_value(element)?)),
                    ("set", element) => Ok(Type::set(Type::from_json_value(element)?)),
                    ("map", element) => Ok(Type::map(Type::from_json_value(element)?)),
                    ("tuple", Json::Array(elements)) => {
                        let types = elements.iter().enumerate().map(|(position, element)| {
                            Type::from_json_value(element).map_err(|e| e.under(error::index(position)))
                        });
                        Ok(Type::Tuple(types.collect::<Result<_, _>>()?))
                    }
                    ("object", Json::Object(attributes)) => object_from_json(attributes),
                    _ => Err(damaged()),
                },
                [Json::String(kind), Json::Object(attributes), Json::Array(_)] if kind == "object" => {
                    object_from_json(attributes)
                }
                _ => Err(damaged()),
            },
            _ => Err(damaged()),
        }
    }
}

fn object_from_json(attributes: &serde_json::Map<String, Json>) -> Result<Type, DecodeError> {
    let types = attributes.iter().map(|(name, ty)| {
        let ty = Type::from_json_value(ty).map_err(|e| e.under(Step::Attribute(name.clone())))?;
        Ok((text::nfc(name.clone()), ty))
    });
    Ok(Type::Object(types.collect::<Result<_, DecodeError>>()?))
}

impl fmt::Display for Type {
    /// In words, for messages: `a string`, `a list`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::String => "a string",
            Type::Number => "a number",
            Type::Bool => "true or false",
            Type::Dynamic => "a value with its type",
            Type::List(_) => "a list",
            Type::Set(_) => "a set",
            Type::Map(_) => "a map",
            Type::Tuple(_) => "a tuple",
            Type::Object(_) => "an object",
        })
    }
}
