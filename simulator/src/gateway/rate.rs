//! Rate limits: so many calls of an action in each window, per account and region.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::error::ApiError;

/// The limits, and what was used of them.
#[derive(Debug)]
pub(crate) struct Rates {
    limits: BTreeMap<String, u32>,
    used: BTreeMap<(String, String, String), (u128, u32)>,
    window: Duration,
    start: Instant,
    /// Whether a refusal tells the time that is left.
    pub(crate) with_headers: bool,
}

impl Rates {
    /// No limits yet; windows of this length, at least a millisecond.
    pub(crate) fn new(window: Duration) -> Self {
        let window = window.max(Duration::from_millis(1));
        let (limits, used) = (BTreeMap::new(), BTreeMap::new());
        Self { limits, used, window, start: Instant::now(), with_headers: true }
    }

    /// Sets or lifts the limit of an action.
    pub(crate) fn limit(&mut self, action: &str, calls: Option<u32>) {
        match calls {
            Some(calls) => self.limits.insert(action.to_owned(), calls),
            None => self.limits.remove(action),
        };
    }

    /// Counts a call, or refuses it until the next window.
    pub(crate) fn take(&mut self, account: &str, region: &str, action: &str) -> Result<(), ApiError> {
        self.take_at(account, region, action, self.start.elapsed())
    }

    fn take_at(&mut self, account: &str, region: &str, action: &str, at: Duration) -> Result<(), ApiError> {
        let Some(&limit) = self.limits.get(action) else { return Ok(()) };
        let window = at.as_millis() / self.window.as_millis().max(1);
        let key = (account.to_owned(), region.to_owned(), action.to_owned());
        let used = self.used.entry(key).or_insert((window, 0));
        if used.0 != window {
            *used = (window, 0);
        }
        if used.1 < limit {
            used.1 += 1;
            return Ok(());
        }
        let gone = at.as_millis() % self.window.as_millis().max(1);
        let left = self.window.as_millis().saturating_sub(gone);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX));
        Err(throttled(self.with_headers.then_some(left), limit))
    }
}

/// `Throttling.User`, with the headers that tell how long to wait, if that is told.
pub(crate) fn throttled(left: Option<Duration>, limit: u32) -> ApiError {
    let mut error = ApiError::new(400, "Throttling.User", "Request was denied due to user flow control.");
    if let Some(left) = left {
        let value = format!("Limit:{limit},Remain:0,TimeLeft:{0},Reset:{0}", left.as_millis());
        error.headers = vec![("x-ratelimit-user-api", value.clone()), ("x-ratelimit-user", value)];
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_gives_a_new_allowance_per_account_region_and_action() {
        let mut rates = Rates::new(Duration::from_mins(1));
        rates.limit("A", Some(2));
        let mut take = |account: &str, region: &str, action: &str, at: u64| {
            rates.take_at(account, region, action, Duration::from_secs(at)).map_err(|error| error.headers)
        };
        assert_eq!(take("1", "r", "A", 0), Ok(()));
        assert_eq!(take("1", "r", "A", 1), Ok(()));
        let headers = take("1", "r", "A", 45).unwrap_err();
        assert_eq!(
            headers[0],
            ("x-ratelimit-user-api", "Limit:2,Remain:0,TimeLeft:15000,Reset:15000".into())
        );
        for (account, region, action) in [("2", "r", "A"), ("1", "s", "A"), ("1", "r", "B")] {
            assert_eq!(take(account, region, action, 45), Ok(()));
        }
        assert_eq!(take("1", "r", "A", 60), Ok(()));
        rates.limit("A", None);
        assert!((0..9).all(|_| rates.take("1", "r", "A").is_ok()));
    }
}
