//! When a batch is closed: the rule, apart from the queue that it is for.
//!
//! The host runs so many operations side by side and starts the next when one returns. A name that waits for company
//! holds one of its places, and when all places wait, the host stands still. So while the service is willing a batch
//! leaves as soon as the names left behind in the host are just enough to keep it busy until the batch returns: at
//! `peak - reserve`, where the reserve is the time of a call divided by the time between two arrivals. When the service
//! throttles, calls are what is scarce and not time: then all that can come is waited for.
//!
//! The peak is learnt by waiting until nobody comes. A host also pauses for reasons of its own, which looks the same, so
//! one pause is no proof that it can do less; and a peak that was taken too low would never be exceeded again, so now
//! and then a batch waits to see whether more come. `docs/design/batching.md` has the reasons in numbers.

mod peak;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

use self::peak::Peak;

/// After so long without a name the next one is alone and needn't wait for company.
const ALONE: Duration = Duration::from_secs(1);

/// Names that come at once are told from one alone by gaps shorter than this.
const BURST: Duration = Duration::from_millis(5);

/// The most that the first names after a rest wait for each other.
const LONGEST_BURST: Duration = Duration::from_millis(50);

/// The host is taken to stand still when nobody comes for so many times the longest gap between arrivals lately.
const QUIET_GAPS: f64 = 1.5;

/// Nor before this part of the time has passed that a whole batch takes to come: that much more is not worth a call.
const QUIET_SHARE: f64 = 0.125;

/// What becomes of the longest gap with each arrival after it.
const FADES: f64 = 0.99;

/// The bounds of that quiet.
const QUIET: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A longer gap than this says that there is nothing to come, not how long to wait for it.
const LONGEST_GAP: Duration = Duration::from_millis(500);

/// That quiet while calls are scarce: with as few as one a second, a second is what a call is worth.
const SCARCE_QUIET: Duration = Duration::from_secs(1);

/// No name waits longer for company, however steadily others come; a host of a hundred places that has a large state to
/// write needs half of that to send them all.
const LONGEST_GATHERING: Duration = Duration::from_secs(10);

/// Nor for longer than this part of the time that its caller has.
const PATIENCE: u32 = 4;

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
    /// When the most impatient of those waiting has had enough; see [`leave_by`].
    pub(crate) leave_by: Instant,
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
    peak: Peak,
    /// Mean seconds between two arrivals while the host is free to go on.
    gap: f64,
    /// The longest of them lately.
    longest_gap: f64,
    /// Mean seconds of a call.
    trip: f64,
    last_arrival: Option<Instant>,
    last_event: Option<Instant>,
    /// Whether a call was answered since: only that may have let the next one come.
    answered: bool,
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
            peak: Peak::default(),
            gap: 0.02,
            longest_gap: 0.02,
            trip: 0.05,
            last_arrival: None,
            last_event: None,
            answered: false,
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
        if let Some(last) = self.last_event {
            let gap = now.saturating_duration_since(last);
            if gap <= LONGEST_GAP {
                let gap = gap.as_secs_f64();
                self.longest_gap = gap.max(FADES * self.longest_gap);
                if !self.answered {
                    self.gap += 0.2 * (gap - self.gap);
                }
            }
        }
        self.peak.see(outstanding);
        self.answered = false;
        self.last_arrival = Some(now);
        self.last_event = Some(now);
    }

    /// A call was answered after this time.
    pub(crate) fn answered(&mut self, now: Instant, trip: Duration) {
        self.trip += 0.3 * (trip.as_secs_f64() - self.trip);
        self.answered = true;
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
        let enough = self.enough(now);
        let probes = enough < self.peak.most() && self.peak.is_to_be_probed();
        if self.peak.is_known() && !probes && queue.waiting >= enough.max(1) {
            return When::Now;
        }
        let longest = queue.leave_by;
        if self.is_scarce(now) && queue.outstanding > queue.waiting {
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
            self.peak.filled_a_batch();
        } else if now >= newest + self.quiet(now) {
            self.peak.stood_still(queue.outstanding);
        } else {
            self.peak.left_early();
        }
    }

    /// How many names are a batch.
    fn enough(&self, now: Instant) -> usize {
        let peak = self.peak.most();
        if self.is_scarce(now) { peak } else { peak.saturating_sub(self.reserve()) }
    }

    /// How many names are best left with the host while a call is under way.
    fn reserve(&self) -> usize {
        #[cfg(test)]
        if let Some(fixed) = self.fixed_reserve {
            return fixed;
        }
        let most = LARGEST_RESERVE.min(self.peak.most() / 2);
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
        #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
        let whole = self.gap * self.peak.most() as f64;
        let quiet = (QUIET_GAPS * self.longest_gap).max(QUIET_SHARE * whole);
        Duration::from_secs_f64(quiet.clamp(0.0, 1.0)).clamp(QUIET.0, QUIET.1)
    }
}

/// When a name that came at `since` waits for company no more.
pub(super) fn leave_by(since: Instant, deadline: Instant) -> Instant {
    since + LONGEST_GATHERING.min(deadline.saturating_duration_since(since) / PATIENCE)
}

fn at(now: Instant, then: Instant) -> When {
    if then <= now { When::Now } else { When::At(then) }
}
