//! Sources in the order in which they are asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::Credentials;
use super::expiration::{self, in_words};
use super::source::{CredentialsError, NotLoaded, Source};
use crate::alicloud::clock::Clock;

/// One place in a [`Chain`].
#[derive(Debug)]
pub(crate) struct Link {
    /// The source, as messages name it.
    pub(crate) name: String,
    /// Nobody named it: it is used since nothing else was set.
    pub(crate) implicit: bool,
    /// The source; or why it is not asked, which completes "NAME: …" (`not set`).
    pub(crate) source: Result<Box<dyn Source>, String>,
}

impl Link {
    /// A source that somebody named.
    pub(crate) fn chosen(name: impl Into<String>, source: impl Source + 'static) -> Self {
        Self { name: name.into(), implicit: false, source: Ok(Box::new(source)) }
    }

    /// A source that nobody named.
    pub(crate) fn implicit(name: impl Into<String>, source: impl Source + 'static) -> Self {
        Self { name: name.into(), implicit: true, source: Ok(Box::new(source)) }
    }

    /// A source that is not asked.
    pub(crate) fn skipped(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), implicit: false, source: Err(why.into()) }
    }
}

/// Asks its sources in order until one has credentials; from then on only that one. A source that fails ends the
/// search.
#[derive(Debug)]
pub(crate) struct Chain {
    links: Vec<Link>,
    /// What to do when none has any.
    fix: String,
    /// The variables that are set and not read, which may have been meant to name a source.
    unread: Option<String>,
    /// The place of the source that had some; [`NOBODY`] before.
    winner: AtomicUsize,
}

const NOBODY: usize = usize::MAX;

impl Chain {
    pub(crate) fn new(links: Vec<Link>, fix: impl Into<String>) -> Self {
        Self { links, fix: fix.into(), unread: None, winner: AtomicUsize::new(NOBODY) }
    }

    /// The chain, with variables that its log line about a source that nobody named tells of.
    pub(crate) fn beside(self, unread: Option<String>) -> Self {
        Self { unread, ..self }
    }

    /// A chain of one source.
    pub(crate) fn of(name: impl Into<String>, source: impl Source + 'static) -> Self {
        Self::new(vec![Link::chosen(name, source)], "")
    }

    /// Why no source of the chain can give any, as far as that shows before one is asked. That there is no source at all
    /// is no such reason: what needs no credentials goes on without.
    pub(crate) fn check(&self) -> Result<(), CredentialsError> {
        let mut looked_at = Vec::new();
        for link in &self.links {
            let why_not = match &link.source {
                Err(why) => why.clone(),
                Ok(source) => match source.check() {
                    Ok(()) => return Ok(()),
                    Err(NotLoaded::Absent(why)) => why,
                    Err(NotLoaded::Failed(error)) => {
                        let name = source.found().unwrap_or_else(|| link.name.clone());
                        return Err(error.at(&name, &looked_at));
                    }
                },
            };
            looked_at.push(format!("{}: {why_not}", link.name));
        }
        Ok(())
    }

    /// Gets credentials that still hold.
    pub(super) async fn load(&self, clock: &dyn Clock) -> Result<Credentials, CredentialsError> {
        let winner = self.winner.load(Ordering::Relaxed);
        let mut looked_at = Vec::new();
        for (index, link) in self.links.iter().enumerate() {
            if winner != NOBODY && index != winner {
                continue;
            }
            let name = || {
                let found = link.source.as_ref().ok().and_then(Source::found);
                found.unwrap_or_else(|| link.name.clone())
            };
            let why_not = match &link.source {
                Err(why) => why.clone(),
                Ok(source) => match source.load().await.and_then(|found| still_good(found, clock.now())) {
                    Ok(credentials) => {
                        self.winner.store(index, Ordering::Relaxed);
                        if link.implicit && winner == NOBODY {
                            tracing::info!(
                                source = name(),
                                access_key = credentials.masked_id(),
                                set_but_not_read = self.unread,
                                "no profile and no other source of credentials is named, so what is found here is used"
                            );
                        }
                        tracing::debug!(
                            source = name(),
                            access_key = credentials.masked_id(),
                            origin = credentials.origin(),
                            expires = in_words(credentials.expires(), clock.now()),
                            "credentials found"
                        );
                        return Ok(credentials);
                    }
                    Err(NotLoaded::Absent(why)) => why,
                    Err(NotLoaded::Failed(error)) => return Err(error.at(&name(), &looked_at)),
                },
            };
            tracing::debug!(source = link.name, why = why_not, "no credentials here");
            looked_at.push(format!("{}: {why_not}", link.name));
        }
        Err(CredentialsError::missing(self.fix.clone()).after(looked_at))
    }
}

/// Credentials that have not run out yet.
fn still_good(credentials: Credentials, now: SystemTime) -> Result<Credentials, NotLoaded> {
    match credentials.expires() {
        Some(end) if end <= now => Err(NotLoaded::failed(
            format!(
                "The {} ran out at {}, and it is {} by this machine's clock.",
                credentials.describe(),
                expiration::write(end),
                expiration::write(now)
            ),
            "Have new ones made there; if they are new, set this machine's clock.",
        )),
        _ => Ok(credentials),
    }
}
