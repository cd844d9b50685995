//! Where in a value something stands.

use std::fmt;

/// One step down into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute or a nested block of an object, by name.
    Attribute(String),
    /// An element of a map, by key.
    Key(String),
    /// An element of a list or tuple, counted from 0.
    Index(i64),
}

/// A way from a value's root to a place inside it; the empty path is the root itself.
///
/// Elements of sets have no address, so a path ends at the set.
///
/// ```
/// use alicloud_provider::cty::Path;
/// let path = Path::root().attribute("rules").index(0).attribute("tags").key("a b");
/// assert_eq!(path.to_string(), r#"rules[0].tags["a b"]"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The path of the whole value.
    pub fn root() -> Path {
        Path::default()
    }

    /// This path and one step further, to an attribute or nested block.
    #[must_use]
    pub fn attribute(&self, name: impl Into<String>) -> Path {
        self.then(Step::Attribute(name.into()))
    }

    /// This path and one step further, to a map's element.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Path {
        self.then(Step::Key(key.into()))
    }

    /// This path and one step further, to an element of a list or tuple (from 0).
    #[must_use]
    pub fn index(&self, index: i64) -> Path {
        self.then(Step::Index(index))
    }

    /// This path and one step further.
    #[must_use]
    pub fn then(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// The steps from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the path of the whole value.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a step before the first one: errors learn their path on the way up.
    pub(super) fn prepend(&mut self, step: Step) {
        self.0.insert(0, step);
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Path {
        Path(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    /// As one would write it in a configuration: `tags["a b"]`, `timeouts.create`, `list[0]`.
    /// Control characters in names are escaped: damaged data may hold any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{}", name.escape_debug())?,
                Step::Attribute(name) => write!(f, ".{}", name.escape_debug())?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
