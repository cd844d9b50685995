//! Credentials that are kept as long as they hold, and refreshed before they run out.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

use super::chain::Chain;
use super::expiration;
use super::refreshes::{Refreshes, UnderWay};
use super::source::CredentialsError;
use super::{Credentials, CredentialsFuture, ProvideCredentials, RenewFuture};
use crate::alicloud::clock::Clock;

/// How long before their end credentials are refreshed, as the official SDKs do; but never earlier than a tenth of
/// their life before it. It takes no time from the operations that go on meanwhile, but for [`PATIENCE`]: those use the
/// old credentials. What is waited for when there are none to use is part of an operation's time, and ends with it; the
/// refresh goes on for the others.
const MARGIN: Duration = Duration::from_mins(3);

/// How long after a refresh began callers wait for it while the old credentials still hold. Most refreshes take less.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest pause after a refresh that failed while the old credentials still hold.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// For how long a failure, or credentials that the service refused before, are the answer to all who ask, so that a
/// hundred resources don't each run into it.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

/// Asks a [`Chain`] for credentials, once for all callers, and keeps what it got. A refresh is carried out to its
/// end whatever becomes of the callers: a token that may be used once must not get lost between two steps. The end of
/// the process waits for it too, for as long as there is; see [`Refreshes::end`].
pub(crate) struct Refreshing(Arc<Shared>);

struct Shared {
    chain: Chain,
    clock: Arc<dyn Clock>,
    refreshes: Refreshes,
    state: Mutex<State>,
}

type Outcome = Result<Credentials, CredentialsError>;

/// A refresh, as those see it who wait for it.
#[derive(Clone)]
struct Running {
    began: Instant,
    /// `None` before there is an outcome.
    outcome: watch::Receiver<Option<Outcome>>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    running: Option<Running>,
    /// The last refresh failed; no other is begun before then.
    failed: Option<(CredentialsError, Instant)>,
}

struct Held {
    credentials: Credentials,
    refresh_from: Option<SystemTime>,
    /// The service says that they have run out.
    refused: bool,
    /// Asking again gave the same; until then, all who ask get them, and hear from the service itself what is wrong with
    /// them.
    same_until: Option<Instant>,
}

/// What a caller finds.
enum Step {
    Done(Outcome),
    /// Wait for the refresh; these hold meanwhile.
    Wait(Running, Option<Credentials>),
}

impl Refreshing {
    pub(crate) fn new(chain: Chain, clock: Arc<dyn Clock>) -> Self {
        Self::among(Refreshes::of_process(), chain, clock)
    }

    /// With refreshes that are counted among these.
    fn among(refreshes: Refreshes, chain: Chain, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { chain, clock, refreshes, state: Mutex::default() }))
    }

    async fn get(&self) -> Outcome {
        match self.0.step() {
            Step::Done(outcome) => outcome,
            Step::Wait(running, None) => running.outcome().await,
            Step::Wait(running, Some(old)) => {
                let until = running.began + PATIENCE;
                match tokio::time::timeout_at(until, running.clone().outcome()).await {
                    Ok(Ok(new)) => Ok(new),
                    _ if old.expires() > Some(self.0.clock.now()) => Ok(old),
                    Ok(Err(error)) => Err(error),
                    Err(_) => running.outcome().await,
                }
            }
        }
    }
}

impl ProvideCredentials for Refreshing {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(self.get())
    }

    fn renew<'a>(&'a self, refused: &'a Credentials) -> RenewFuture<'a> {
        Box::pin(async {
            self.0.refuse(refused);
            Ok(!self.get().await?.is_same_as(refused))
        })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, refused: &Credentials) {
        let mut state = self.state();
        if let Some(held) = &mut state.held
            && held.credentials.is_same_as(refused)
            && !held.refused
        {
            held.refused = true;
            // A refresh failed while nobody needed it: what it met may have passed, and now there is need.
            state.failed = None;
        }
    }

    /// What to do for a caller; begins a refresh if one is due.
    fn step(self: &Arc<Self>) -> Step {
        let now = self.clock.now();
        let mut state = self.state();
        let old = match &state.held {
            Some(held) if held.same_until.is_some_and(|until| Instant::now() < until) => {
                return Step::Done(Ok(held.credentials.clone()));
            }
            Some(held) if held.refused => None,
            Some(held) => match (held.refresh_from, held.credentials.expires()) {
                (Some(from), Some(end)) if from <= now => (end > now).then(|| held.credentials.clone()),
                _ => return Step::Done(Ok(held.credentials.clone())),
            },
            None => None,
        };
        if let Some(running) = &state.running {
            return Step::Wait(running.clone(), old);
        }
        if let Some((error, until)) = &state.failed
            && Instant::now() < *until
        {
            return Step::Done(old.ok_or_else(|| error.clone()));
        }
        let Some(under_way) = self.refreshes.begin() else {
            return Step::Done(old.ok_or_else(CredentialsError::broken_off));
        };
        let (tell, outcome) = watch::channel(None);
        let running = Running { began: Instant::now(), outcome };
        state.running = Some(running.clone());
        // A task that can't be begun is dropped at once, and that needs the state.
        drop(state);
        let refresh = Refresh { shared: Arc::clone(self), tell, _under_way: under_way };
        tokio::spawn(refresh.run());
        Step::Wait(running, old)
    }

    /// Takes in the outcome of a refresh.
    fn take_in(&self, outcome: &Outcome) {
        let now = self.clock.now();
        let mut state = self.state();
        state.running = None;
        match outcome {
            Ok(new) => {
                let refresh_from = new.expires().map(|end| {
                    let life = end.duration_since(now).unwrap_or_default();
                    end - MARGIN.min(life / 10)
                });
                // Asking again gave the same: that is what the service refused.
                let refused =
                    state.held.as_ref().is_some_and(|held| held.refused && held.credentials.is_same_as(new));
                let same_until = refused.then(|| Instant::now() + FAILURE_HOLDS);
                state.held = Some(Held { credentials: new.clone(), refresh_from, refused, same_until });
            }
            Err(error) => {
                let end = state
                    .held
                    .as_ref()
                    .filter(|held| !held.refused)
                    .and_then(|held| held.credentials.expires());
                let left = end.and_then(|end| end.duration_since(now).ok()).filter(|left| !left.is_zero());
                let pause = match left {
                    Some(left) => {
                        tracing::warn!(
                            why = error.reason(),
                            expires = expiration::in_words(end, now),
                            "the credentials could not be refreshed; those in use hold for a while yet"
                        );
                        (left / 4).min(LONGEST_PAUSE)
                    }
                    None => FAILURE_HOLDS,
                };
                state.failed = Some((error.clone(), Instant::now() + pause));
            }
        }
    }
}

/// A refresh under way. Those who wait are told when it ends, or when it is broken off.
struct Refresh {
    shared: Arc<Shared>,
    tell: watch::Sender<Option<Outcome>>,
    _under_way: UnderWay,
}

impl Refresh {
    async fn run(self) {
        let outcome = self.shared.chain.load(&*self.shared.clock).await;
        self.shared.take_in(&outcome);
        self.tell.send_replace(Some(outcome));
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        if self.tell.borrow().is_none() {
            self.shared.state().running = None;
        }
    }
}

impl Running {
    async fn outcome(mut self) -> Outcome {
        match self.outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone()) {
            Ok(Some(outcome)) => outcome,
            Ok(None) | Err(_) => Err(CredentialsError::broken_off()),
        }
    }
}

impl fmt::Debug for Refreshing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refreshing").field(&self.0.chain).finish()
    }
}
