//! The wall clock, and its correction by the server's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time of day; tests replace it.
pub(crate) trait Clock: Send + Sync {
    fn now(&self) -> SystemTime;
}

/// The machine's own clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that can be told what time the server has: the service refuses a timestamp that is more than
/// 15 minutes away from its own.
pub(crate) struct CorrectedClock {
    clock: Arc<dyn Clock>,
    /// Seconds to add to the machine's time.
    correction: AtomicI64,
    /// By how many seconds the server's clock was ahead of this machine's when it answered last.
    ahead: AtomicI64,
}

impl CorrectedClock {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, correction: AtomicI64::new(0), ahead: AtomicI64::new(0) }
    }

    /// Seconds since the epoch, by the server's clock as far as it is known.
    pub(crate) fn unix_seconds(&self) -> i64 {
        seconds(self.clock.now()).saturating_add(self.correction.load(Ordering::Relaxed))
    }

    /// Notes what time the server has. Requests keep their timestamps for it, since the service takes those that are
    /// some minutes off.
    pub(crate) fn note(&self, server: SystemTime) {
        self.ahead.store(self.behind(server), Ordering::Relaxed);
    }

    /// Seconds since the epoch by the server's clock, as its last answer showed it.
    pub(crate) fn server_seconds(&self) -> i64 {
        seconds(self.clock.now()).saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    /// By how many seconds the server's clock is ahead of this machine's.
    pub(crate) fn behind(&self, server: SystemTime) -> i64 {
        seconds(server).saturating_sub(seconds(self.clock.now()))
    }

    /// When it is that time on the server, by this machine's clock.
    pub(crate) fn local(&self, server: SystemTime) -> SystemTime {
        let correction = self.correction.load(Ordering::Relaxed);
        let by = Duration::from_secs(correction.unsigned_abs());
        let local = if correction > 0 { server.checked_sub(by) } else { server.checked_add(by) };
        local.unwrap_or(server)
    }

    /// Takes the server's time from now on.
    pub(crate) fn follow(&self, server: SystemTime) {
        self.correction.store(self.behind(server), Ordering::Relaxed);
    }
}

fn seconds(time: SystemTime) -> i64 {
    let magnitude = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => magnitude(after),
        Err(before) => -magnitude(before.duration()),
    }
}
