//! What is known about a value that is not known.

use super::{Number, Type};

/// Promises about an unknown value, as the host makes them (for example for `"web-${random}"`:
/// not null, and beginning with `web-`).
///
/// A provider that puts refinements on a value of its own must keep them once the value is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refinements {
    /// `Some(false)`: the value will not be null. `Some(true)`: it will be.
    pub null: Option<bool>,
    /// A string will begin with this.
    pub prefix: Option<String>,
    /// A number will not be below this.
    pub lower: Option<Bound>,
    /// A number will not be above this.
    pub upper: Option<Bound>,
    /// A collection will have at least so many elements.
    pub min_length: Option<u64>,
    /// A collection will have at most so many elements.
    pub max_length: Option<u64>,
}

/// One end of a range of numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// Where the range ends.
    pub value: Number,
    /// Whether the end itself is inside the range.
    pub inclusive: bool,
}

impl Refinements {
    /// Whether nothing is promised.
    pub fn is_empty(&self) -> bool {
        *self == Refinements::default()
    }

    /// Those promises that can be made about a value of this type. Hosts take the others as
    /// damage.
    pub(super) fn fitting(self, ty: &Type) -> Refinements {
        let number = matches!(ty, Type::Number);
        let collection = matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_));
        Refinements {
            null: self.null.filter(|_| !matches!(ty, Type::Dynamic)),
            prefix: self.prefix.filter(|_| matches!(ty, Type::String)),
            lower: self.lower.filter(|_| number),
            upper: self.upper.filter(|_| number),
            min_length: self.min_length.filter(|_| collection),
            max_length: self.max_length.filter(|_| collection),
        }
    }
}
