//! What a provider tells a person: errors and warnings, at an attribute where one is at fault.

use crate::cty::Path;
use crate::plugin::printable;

/// Text from elsewhere as part of one line, such as a cell of a table: without line breaks, nor anything else that a
/// terminal acts on.
pub fn one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// How much a [`Diagnostic`] weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation goes on.
    Warning,
}

/// One message to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A short title without a full stop. Hosts fold warnings with equal summaries into one, so a
    /// warning about one object names it here.
    pub summary: String,
    /// What happened, why, and what to do next. Lines that start with a space are not re-wrapped.
    pub detail: String,
    /// The attribute at fault, if one is.
    pub path: Option<Path>,
    /// The cause, if other messages may have the same.
    pub cause: Option<Box<Cause>>,
}

/// A cause that many messages can share, such as missing credentials. The first of them is shown with its whole detail,
/// and each one after it, until the provider is configured again, with a short one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Equal for messages of the same cause.
    pub key: String,
    /// The short detail. It stands alone, since Terraform sorts messages: cause, code and what to do, in two lines.
    pub short: String,
}

impl Diagnostic {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
            cause: None,
        }
    }

    /// A warning.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
            cause: None,
        }
    }

    /// The same message, of a cause that others may share. `short` is the detail of those after the first.
    #[must_use]
    pub fn caused_by(mut self, key: impl Into<String>, short: impl Into<String>) -> Self {
        self.cause = Some(Box::new(Cause { key: key.into(), short: short.into() }));
        self
    }

    /// The same message, with a sentence about this object before its detail, in full or in short.
    #[must_use]
    pub fn preceded_by(mut self, sentence: &str) -> Self {
        self.detail = format!("{sentence}\n\n{}", self.detail);
        if let Some(cause) = &mut self.cause {
            cause.short = format!("{sentence}\n{}", cause.short);
        }
        self
    }

    /// The same message, pointing at a root attribute.
    #[must_use]
    pub fn at(self, attribute: &str) -> Self {
        self.at_path(Path::root().attribute(attribute))
    }

    /// The same message, pointing at `path`.
    #[must_use]
    pub fn at_path(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }
}

/// Messages in the order in which they arose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all messages of `other`.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}
