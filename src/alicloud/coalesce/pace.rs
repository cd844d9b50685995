//! When a batch is closed: the rule, apart from the queue that it is for.
//!
//! The host runs so many operations side by side and starts the next when one returns. A name that waits for company
//! holds one of its places, and when all places wait, the host stands still. So while the service is willing a batch
//! leaves as soon as the names left behind in the host are just enough to keep it busy until the batch returns: at
//! `peak - reserve`, where the reserve is the time of a call divided by the time between two arrivals. When the service
//! throttles, calls are what is scarce and not time: then all that can come is waited for. `docs/design/batching.md`
//! has the reasons in numbers.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

/// After so long without a name the next one is alone and needn't wait for company.
const ALONE: Duration = Duration::from_secs(1);

/// Names that come at once are told from one alone by gaps shorter than this.
const BURST: Duration = Duration::from_millis(5);

/// The most that the first names after a rest wait for each other.
const LONGEST_BURST: Duration = Duration::from_millis(50);

/// Gaps between arrivals, on average, that must pass without one before the host is taken to stand still.
const QUIET_GAPS: f64 = 4.0;

/// The bounds of that quiet.
const QUIET: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// That quiet while calls are scarce: with as few as one a second, a second is what a call is worth.
const SCARCE_QUIET: Duration = Duration::from_secs(1);

/// No name waits longer for company, however steadily others come.
const LONGEST_GATHERING: Duration = Duration::from_secs(3);

/// Times and gaps vary: the reserve is larger than their means ask for.
const MARGIN: f64 = 1.2;

/// The largest reserve; with more, a host of a hundred places would not fill its calls.
const LARGEST_RESERVE: usize = 25;

/// After a refusal for too many calls they stay scarce for so long: the service counts by the minute.
const SCARCE: Duration = Duration::from_mins(2);

/// What is in the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    /// Names that no call has been started for.
    pub(crate) waiting: usize,
    /// All names: waiting or in a call.
    pub(crate) outstanding: usize,
    /// When the first of those waiting came.
    pub(crate) oldest: Instant,
    /// The most names in a call.
    pub(crate) most: usize,
}

/// When to close the next batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    /// Unless something happens before.
    At(Instant),
}

/// What is known of the host and the service.
#[derive(Debug)]
pub(crate) struct Pace {
    /// How many names the host has outstanding at most, as far as seen.
    peak: usize,
    /// Whether that is all it can; if not, more are waited for.
    peak_is_known: bool,
    /// Mean seconds between two arrivals while the host is free to go on.
    gap: f64,
    /// Mean seconds of a call.
    trip: f64,
    last_arrival: Option<Instant>,
    last_event: Option<Instant>,
    /// Whether the last arrival took the host's last place.
    host_was_full: bool,
    /// Whether the names waiting are the first after a rest.
    first: bool,
    scarce_until: Option<Instant>,
    /// In place of what is measured, to see what that is worth.
    #[cfg(test)]
    fixed_reserve: Option<usize>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            peak: 0,
            peak_is_known: false,
            gap: 0.02,
            trip: 0.05,
            last_arrival: None,
            last_event: None,
            host_was_full: false,
            first: false,
            scarce_until: None,
            #[cfg(test)]
            fixed_reserve: None,
        }
    }
}

impl Pace {
    /// A name came; with it, so many are `outstanding`.
    pub(crate) fn arrived(&mut self, now: Instant, outstanding: usize) {
        if outstanding <= 1 {
            self.first = self.last_event.is_none_or(|last| now.saturating_duration_since(last) >= ALONE);
        }
        if let Some(last) = self.last_arrival {
            let gap = now.saturating_duration_since(last);
            if gap <= QUIET.1 && !self.host_was_full {
                self.gap += 0.2 * (gap.as_secs_f64() - self.gap);
            }
        }
        if outstanding > self.peak {
            self.peak = outstanding;
            self.peak_is_known = false;
        }
        self.host_was_full = self.peak_is_known && outstanding >= self.peak;
        self.last_arrival = Some(now);
        self.last_event = Some(now);
    }

    /// A call was answered after this time.
    pub(crate) fn answered(&mut self, now: Instant, trip: Duration) {
        self.trip += 0.3 * (trip.as_secs_f64() - self.trip);
        self.last_event = Some(now);
    }

    /// The service refused a call because there were too many.
    pub(crate) fn throttled(&mut self, now: Instant) {
        self.scarce_until = Some(now + SCARCE);
    }

    /// When to close the next batch of this queue.
    pub(crate) fn when(&self, now: Instant, queue: Queue) -> When {
        let newest = self.last_arrival.unwrap_or(now);
        if queue.waiting >= queue.most {
            return When::Now;
        }
        if self.first {
            return at(now, (newest + BURST).min(queue.oldest + LONGEST_BURST));
        }
        let scarce = self.is_scarce(now);
        let enough = if scarce { self.peak } else { self.peak.saturating_sub(self.reserve()) };
        if self.peak_is_known && queue.waiting >= enough.max(1) {
            return When::Now;
        }
        let longest = queue.oldest + LONGEST_GATHERING;
        if scarce && queue.outstanding > queue.waiting {
            // The host has more to send once the call under way returns.
            return at(now, longest);
        }
        at(now, (newest + self.quiet(now)).min(longest))
    }

    /// A batch of this queue is closed.
    pub(crate) fn closed(&mut self, now: Instant, queue: Queue) {
        if self.first {
            self.first = false;
            return;
        }
        let newest = self.last_arrival.unwrap_or(now);
        if queue.waiting >= queue.most {
            self.peak_is_known = true;
        } else if now >= newest + self.quiet(now) {
            // Nobody came: what there is, is what the host can.
            self.peak = queue.outstanding;
            self.peak_is_known = true;
        }
    }

    /// How many names are best left with the host while a call is under way.
    fn reserve(&self) -> usize {
        #[cfg(test)]
        if let Some(fixed) = self.fixed_reserve {
            return fixed;
        }
        let most = LARGEST_RESERVE.min(self.peak / 2);
        let wanted = (MARGIN * self.trip / self.gap.max(1e-6)).ceil();
        // From float to integer saturates, and the bound is small.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let wanted = wanted as usize;
        wanted.min(most)
    }

    fn is_scarce(&self, now: Instant) -> bool {
        self.scarce_until.is_some_and(|until| now < until)
    }

    fn quiet(&self, now: Instant) -> Duration {
        if self.is_scarce(now) {
            return SCARCE_QUIET;
        }
        Duration::from_secs_f64(self.gap.clamp(0.0, 1.0) * QUIET_GAPS).clamp(QUIET.0, QUIET.1)
    }
}

fn at(now: Instant, then: Instant) -> When {
    if then <= now { When::Now } else { When::At(then) }
}
