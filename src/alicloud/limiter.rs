//! One gate per operation, so that its callers wait together when the service throttles.
//!
//! The service counts calls per account, region and operation. When it refuses one call for that reason, the others
//! would be refused too, and each refusal costs: so a throttled call closes the gate for all. When it opens again, one
//! call goes first; each that is let through makes room for one more, until there is no limit left.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::backoff;
use super::call::{Call, Interrupted};
use super::error::Error;

/// With this many calls let through side by side, throttling is over.
const OPEN_AGAIN: usize = 64;

/// The gate of one operation.
#[derive(Default)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Nobody passes before.
    closed_until: Option<Instant>,
    /// How many may be under way at once; no limit while the service is willing.
    window: Option<usize>,
    in_flight: usize,
    /// Counts closings. Calls that were under way when the gate closed belong to the wave before: their refusals say
    /// nothing new, nor do their successes.
    wave: u64,
    /// Closings in a row without a success.
    failures: u32,
    /// Why the gate is closed.
    reason: Option<Error>,
}

enum Entry {
    Admitted(u64),
    ClosedUntil(Instant),
    Full,
}

impl State {
    fn enter(&mut self, now: Instant) -> Entry {
        match (self.closed_until, self.window) {
            (Some(until), _) if until > now => Entry::ClosedUntil(until),
            (_, Some(window)) if self.in_flight >= window => Entry::Full,
            _ => {
                self.in_flight += 1;
                Entry::Admitted(self.wave)
            }
        }
    }
}

impl Limiter {
    /// Waits until the operation may be called. Gives up at once when the gate stays closed beyond the deadline.
    pub(crate) async fn admit(&self, call: &Call) -> Result<Permit<'_>, Interrupted> {
        loop {
            if call.cancel.is_cancelled() {
                return Err(Interrupted::Cancelled);
            }
            let now = Instant::now();
            if call.deadline <= now {
                return Err(Interrupted::Deadline);
            }
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            let entry = self.state().enter(now);
            match entry {
                Entry::Admitted(wave) => return Ok(Permit { limiter: self, wave }),
                Entry::ClosedUntil(until) if until >= call.deadline => return Err(Interrupted::Deadline),
                Entry::ClosedUntil(until) => {
                    let reopened = async {
                        tokio::select! {
                            () = changed => {}
                            () = tokio::time::sleep_until(until) => {}
                        }
                    };
                    call.run(reopened).await?;
                }
                Entry::Full => call.run(changed).await?,
            }
        }
    }

    /// Waits until it is certain that the gate stays closed until `deadline`.
    pub(crate) async fn closed_beyond(&self, deadline: Instant) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.state().closed_until.is_some_and(|until| until >= deadline) {
                return;
            }
            changed.await;
        }
    }

    /// The refusal that closed the gate, as long as it keeps callers waiting: while the gate is closed, or as many calls
    /// are under way as may be.
    pub(crate) fn reason(&self) -> Option<Error> {
        let state = self.state();
        let is_closed = state.closed_until.is_some_and(|until| until > Instant::now());
        let is_full = state.window.is_some_and(|window| state.in_flight >= window);
        state.reason.clone().filter(|_| is_closed || is_full)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave for one call; returned when dropped.
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    wave: u64,
}

impl Permit<'_> {
    /// The service answered the call without throttling it.
    pub(crate) fn accepted(&self) {
        let mut state = self.limiter.state();
        if state.wave != self.wave {
            return;
        }
        if let Some(window) = state.window {
            state.failures /= 2;
            if window < OPEN_AGAIN {
                state.window = Some(window + 1);
            } else {
                state.window = None;
                state.failures = 0;
                state.reason = None;
            }
        }
        drop(state);
        self.limiter.changed.notify_waiters();
    }

    /// The service throttled the call, and asks to `wait`, if it said so. Answers for how long the gate is closed, if
    /// it was this call that closed it.
    pub(crate) fn throttled(&self, wait: Option<Duration>, error: &Error) -> Option<Duration> {
        let mut state = self.limiter.state();
        let now = Instant::now();
        let closed = if state.wave == self.wave {
            state.wave += 1;
            state.failures = state.failures.saturating_add(1);
            state.window = Some(1);
            state.reason = Some(error.clone());
            let closed = match wait {
                // The service was wrong about the wait if it refuses again, so that more is added each time.
                Some(wait) if state.failures > 1 => wait + backoff::full_jitter(state.failures - 1),
                Some(wait) => wait,
                None => backoff::full_jitter(state.failures),
            };
            state.closed_until = Some(now + closed);
            Some(closed)
        } else {
            // A straggler: the gate closed while this call was under way.
            let until = wait.map(|wait| now + wait);
            state.closed_until = state.closed_until.max(until);
            None
        };
        drop(state);
        self.limiter.changed.notify_waiters();
        closed
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        drop(state);
        self.limiter.changed.notify_waiters();
    }
}
