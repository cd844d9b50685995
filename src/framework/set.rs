//! Sets as fields of models.

use std::ops::Deref;

use super::model::{ModelError, ModelValue, mismatch, part};
use crate::cty::{Path, Type, Value};

/// A set, as a field of a [model](crate::model): `Attr<Set<Attr<String>>>`, or `Attr<Set<Rule>>` for blocks.
///
/// Terraform counts unknown elements one by one, since each may turn out to be another value. So only wholly known
/// elements are dropped as duplicates here; a [`BTreeSet`](std::collections::BTreeSet), for which two unknown elements
/// are equal, is no field of a model.
///
/// Elements are kept sorted, so that two sets compare without regard to order. Make one with `collect`; read it as a
/// slice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Set<T>(Vec<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Set<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: ModelValue + Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: Vec<T> = elements.into_iter().collect();
        elements.sort();
        elements.dedup_by(|a, b| a == b && a.to_value().is_wholly_known());
        Self(elements)
    }
}

impl<T: ModelValue + Ord, const N: usize> From<[T; N]> for Set<T> {
    fn from(elements: [T; N]) -> Self {
        elements.into_iter().collect()
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: ModelValue + Ord> ModelValue for Set<T> {
    fn ty() -> Type {
        Type::set(T::ty())
    }

    fn from_value(value: &Value, path: &Path) -> Result<Self, ModelError> {
        match value {
            Value::Null => Ok(Self::default()),
            Value::Set(elements) => elements.iter().map(|element| part(element, path)).collect(),
            _ => mismatch(path, "a set"),
        }
    }

    fn to_value(&self) -> Value {
        Value::set(self.iter().map(ModelValue::to_value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Attr;

    crate::model! {
        /// A rule.
        struct Rule {
            /// Its port.
            port: Attr<String>,
            /// Where from.
            from: Attr<Set<Attr<String>>>,
        }
    }

    #[test]
    fn only_wholly_known_elements_are_duplicates() {
        let set: Set<Attr<String>> =
            [Attr::Unknown, "b".into(), "a".into(), Attr::Unknown, "a".into()].into();
        assert_eq!(*set, [Attr::Unknown, Attr::Unknown, "a".into(), "b".into()]);
        let other: Set<Attr<String>> = ["b".into(), Attr::Unknown, "a".into(), Attr::Unknown].into();
        assert_eq!(set, other, "without regard to order");
        let rule =
            |port: &str, from: Attr<String>| Rule { port: port.into(), from: Attr::Known([from].into()) };
        let rules = [
            rule("1", "a".into()),
            rule("1", Attr::Unknown),
            rule("1", Attr::Unknown),
            rule("1", "a".into()),
        ];
        assert_eq!(Set::from(rules).len(), 3);
    }

    #[test]
    fn a_value_of_unknown_elements_keeps_their_number() {
        for count in 0..4 {
            let some = std::iter::repeat_n(Value::UNKNOWN, count);
            let value = Value::set(some.chain([Value::string("x"), Value::Null]));
            let set = Set::<Attr<String>>::from_value(&value, &Path::root()).unwrap();
            assert_eq!((set.len(), set.to_value()), (count + 2, value));
        }
        let rule = || {
            Value::object([("port", Value::UNKNOWN), ("from", Value::set([Value::UNKNOWN, Value::UNKNOWN]))])
        };
        let rules = Value::set([rule(), rule()]);
        assert_eq!(Set::<Rule>::from_value(&rules, &Path::root()).unwrap().to_value(), rules);
    }

    #[test]
    fn an_absent_set_is_empty_and_anything_else_no_set() {
        let read = |value: Value| Set::<Attr<String>>::from_value(&value, &Path::root());
        assert_eq!(read(Value::Null), Ok(Set::default()));
        for wrong in [Value::UNKNOWN, Value::list([]), Value::string("a")] {
            assert_eq!(read(wrong).unwrap_err().expected, "a set");
        }
    }
}
