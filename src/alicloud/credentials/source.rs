//! What each source of credentials does, and how it fails.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::Credentials;

/// One place where credentials may be.
pub(crate) trait Source: Send + Sync + fmt::Debug {
    /// Gets credentials. Asked again when those have to be refreshed; then it gets new ones, from the same place.
    fn load(&self) -> Loading<'_>;

    /// Why it can't give any, as far as that shows before it is asked: by its arguments, or by the file that it reads.
    fn check(&self) -> Result<(), NotLoaded> {
        Ok(())
    }

    /// What exactly it turned out to be, once it was asked, where its name in the chain leaves that open.
    fn found(&self) -> Option<String> {
        None
    }
}

/// What [`Source::load`] answers with.
pub(crate) type Loading<'a> = Pin<Box<dyn Future<Output = Result<Credentials, NotLoaded>> + Send + 'a>>;

/// Why a source gave no credentials.
#[derive(Clone, Debug)]
pub(crate) enum NotLoaded {
    /// It holds nothing, and nobody said that it would: the next source is asked. The text completes
    /// "NAME: …" (`there is no such file`).
    Absent(String),
    /// It should have some, and can't give them: no other source is asked, since that might be somebody else's.
    Failed(CredentialsError),
}

impl NotLoaded {
    /// A failure: a sentence for its reason, and one (or more) for the way to mend it.
    pub(crate) fn failed(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Failed(CredentialsError::failed(reason, fix))
    }
}

/// Why there are no credentials, for the user. Holds no secret.
#[derive(Clone, Debug)]
pub struct CredentialsError(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    missing: bool,
    reason: String,
    fix: String,
    looked_at: Vec<String>,
}

impl CredentialsError {
    fn new(missing: bool, reason: String, fix: String) -> Self {
        Self(Box::new(Details { missing, reason, fix, looked_at: Vec::new() }))
    }

    /// No source holds any; `fix` says what to set.
    pub(crate) fn missing(fix: impl Into<String>) -> Self {
        Self::new(true, "No credentials were found.".to_owned(), fix.into())
    }

    /// A source that was asked for failed.
    pub(crate) fn failed(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(false, reason.into(), fix.into())
    }

    /// The process ends before there are any.
    pub(super) fn broken_off() -> Self {
        Self::failed("Getting credentials was broken off.", "Run the command again.")
    }

    /// The same, as the failure of a source in a chain, after what was looked at there before.
    pub(crate) fn at(mut self, source: &str, looked_at: &[String]) -> Self {
        let below = std::mem::take(&mut self.0.looked_at);
        let found = if below.is_empty() { "failed" } else { "needs other credentials first, which failed" };
        self.0.looked_at = looked_at.to_vec();
        self.0.looked_at.push(format!("{source}: {found}"));
        self.0.looked_at.extend(below);
        self
    }

    /// The same, after what was looked at in vain.
    pub(super) fn after(mut self, looked_at: Vec<String>) -> Self {
        self.0.looked_at = looked_at;
        self
    }

    /// Whether no source held any, rather than one having failed.
    pub fn is_missing(&self) -> bool {
        self.0.missing
    }

    /// The reason alone, in one sentence or two.
    pub(crate) fn reason(&self) -> &str {
        &self.0.reason
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.reason)?;
        if !self.0.looked_at.is_empty() {
            f.write_str("\n\nLooked at, in this order:")?;
            for place in &self.0.looked_at {
                write!(f, "\n  - {place}")?;
            }
        }
        if !self.0.fix.is_empty() {
            write!(f, "\n\n{}", self.0.fix)?;
        }
        Ok(())
    }
}

impl std::error::Error for CredentialsError {}

impl Source for Box<dyn Source> {
    fn load(&self) -> Loading<'_> {
        (**self).load()
    }

    fn check(&self) -> Result<(), NotLoaded> {
        (**self).check()
    }

    fn found(&self) -> Option<String> {
        (**self).found()
    }
}

impl<S: Source> Source for std::sync::Arc<S> {
    fn load(&self) -> Loading<'_> {
        (**self).load()
    }

    fn check(&self) -> Result<(), NotLoaded> {
        (**self).check()
    }

    fn found(&self) -> Option<String> {
        (**self).found()
    }
}

/// A source that could not be made fails when it is asked.
impl<S: Source> Source for Result<S, NotLoaded> {
    fn load(&self) -> Loading<'_> {
        match self {
            Ok(source) => source.load(),
            Err(why) => Box::pin(async { Err(why.clone()) }),
        }
    }

    fn check(&self) -> Result<(), NotLoaded> {
        match self {
            Ok(source) => source.check(),
            Err(why) => Err(why.clone()),
        }
    }
}
