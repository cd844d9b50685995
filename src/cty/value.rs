//! Values: null, unknown, or known.

use super::{Number, Path, Refinements, Step, Type, text};
use std::collections::BTreeMap;

/// What stands in a place of a configuration, plan or state.
///
/// A value does not know its type (a null fits any); the place it stands in does. Only where that
/// place takes anything ([`Type::Dynamic`]) the value brings its type along, as
/// [`Value::Dynamic`]; the questions below look through that wrapper.
///
/// Equality and order are those of the content: sets are kept in one canonical order, numbers
/// compare by value, strings made by [`Value::string`] and by the codecs are in normal form C.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Absent.
    Null,
    /// Not known yet, perhaps with some promises about it.
    Unknown(Option<Box<Refinements>>),
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text; see [`Value::string`].
    String(String),
    /// Elements of a list.
    List(Vec<Value>),
    /// Elements of a set; make it with [`Value::set`], which sorts and drops doubles.
    Set(Vec<Value>),
    /// Elements of a tuple.
    Tuple(Vec<Value>),
    /// Elements of a map.
    Map(BTreeMap<String, Value>),
    /// All attributes of an object.
    Object(BTreeMap<String, Value>),
    /// A value in a place that takes any, and its own type.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// Not known yet, and nothing promised.
    pub const UNKNOWN: Value = Value::Unknown(None);

    /// A string, in Unicode normal form C as hosts hold it.
    pub fn string(text: impl Into<String>) -> Value {
        Value::String(text::nfc(text.into()))
    }

    /// A set of these elements, sorted and without doubles. Elements that are not wholly known may
    /// still turn out different, so none of them counts as a double.
    pub fn set(elements: impl IntoIterator<Item = Value>) -> Value {
        let mut elements: Vec<Value> = elements.into_iter().collect();
        elements.sort_unstable();
        elements.dedup_by(|a, b| a == b && a.is_wholly_known());
        Value::Set(elements)
    }

    /// A list of these elements.
    pub fn list(elements: impl IntoIterator<Item = Value>) -> Value {
        Value::List(elements.into_iter().collect())
    }

    /// A map of these elements; of two with one key the later stays.
    pub fn map(elements: impl IntoIterator<Item = (String, Value)>) -> Value {
        Value::Map(elements.into_iter().map(|(key, value)| (text::nfc(key), value)).collect())
    }

    /// An object of these attributes.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Object(attributes.into_iter().map(|(name, value)| (text::nfc(name.into()), value)).collect())
    }

    /// A value for a place of any type, together with its own type. A value of a type that says
    /// nothing (a null or unknown) stays as it is.
    pub fn dynamic(ty: Type, value: Value) -> Value {
        match (&ty, &value) {
            (Type::Dynamic, _) | (_, Value::Dynamic(_)) => value,
            _ => Value::Dynamic(Box::new((ty, value))),
        }
    }

    /// Whether the value is absent.
    pub fn is_null(&self) -> bool {
        matches!(self.content(), Value::Null)
    }

    /// Whether the value itself is not known yet. A known list of unknown elements is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self.content(), Value::Unknown(_))
    }

    /// Whether nothing in the value is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown(_) => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => {
                elements.iter().all(Value::is_wholly_known)
            }
            Value::Map(elements) | Value::Object(elements) => elements.values().all(Value::is_wholly_known),
            Value::Dynamic(typed) => typed.1.is_wholly_known(),
        }
    }

    /// Where the value is not known, from the first place to the last. Elements of sets have no address, so the path
    /// of a set stands for them.
    pub fn unknown_places(&self) -> Vec<Path> {
        let mut found = Vec::new();
        self.find_unknown(&Path::root(), &mut found);
        found
    }

    fn find_unknown(&self, here: &Path, found: &mut Vec<Path>) {
        match self {
            Value::Unknown(_) => found.push(here.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::List(elements) | Value::Tuple(elements) => {
                for (index, element) in (0..).zip(elements) {
                    element.find_unknown(&here.index(index), found);
                }
            }
            Value::Set(_) => found.extend((!self.is_wholly_known()).then(|| here.clone())),
            Value::Map(entries) => {
                for (key, element) in entries {
                    element.find_unknown(&here.key(key.as_str()), found);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    field.find_unknown(&here.attribute(name.as_str()), found);
                }
            }
            Value::Dynamic(typed) => typed.1.find_unknown(here, found),
        }
    }

    /// The text, if this is a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self.content() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is a known one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.content() {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number, if this is a known one.
    pub fn as_number(&self) -> Option<&Number> {
        match self.content() {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements, if this is a known list, set or tuple.
    pub fn as_elements(&self) -> Option<&[Value]> {
        match self.content() {
            Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The attributes or elements by name, if this is a known object or map.
    pub fn as_entries(&self) -> Option<&BTreeMap<String, Value>> {
        match self.content() {
            Value::Map(entries) | Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The attribute of an object or element of a map by this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_entries()?.get(name)
    }

    /// What stands at this place. `None` where there is no such place, or it lies inside a set,
    /// a null or an unknown.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        path.steps().iter().try_fold(self, |value, step| match (value.content(), step) {
            (Value::Object(attributes), Step::Attribute(name)) => attributes.get(name),
            (Value::Map(elements), Step::Key(key)) => elements.get(key),
            (Value::List(elements) | Value::Tuple(elements), Step::Index(index)) => {
                elements.get(usize::try_from(*index).ok()?)
            }
            _ => None,
        })
    }

    /// The same value with all promises about its unknown parts taken off.
    #[must_use]
    pub fn without_refinements(self) -> Value {
        let all = |elements: Vec<Value>| elements.into_iter().map(Value::without_refinements);
        let named = |entries: BTreeMap<String, Value>| {
            entries.into_iter().map(|(name, value)| (name, value.without_refinements())).collect()
        };
        match self {
            Value::Unknown(_) => Value::UNKNOWN,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => self,
            Value::List(elements) => Value::List(all(elements).collect()),
            // The order may depend on the refinements.
            Value::Set(elements) => Value::set(all(elements)),
            Value::Tuple(elements) => Value::Tuple(all(elements).collect()),
            Value::Map(entries) => Value::Map(named(entries)),
            Value::Object(entries) => Value::Object(named(entries)),
            Value::Dynamic(typed) => Value::Dynamic(Box::new((typed.0, typed.1.without_refinements()))),
        }
    }

    /// The value itself, without the type that it may bring along.
    fn content(&self) -> &Value {
        match self {
            Value::Dynamic(typed) => typed.1.content(),
            _ => self,
        }
    }

    /// In words, for messages: `a string`, `an unknown value`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Unknown(_) => "an unknown value",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Tuple(_) => "a tuple",
            Value::Map(_) => "a map",
            Value::Object(_) => "an object",
            Value::Dynamic(_) => "a value with its type",
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number.into())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Value::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::string(text)
    }
}
