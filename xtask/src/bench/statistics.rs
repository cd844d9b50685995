//! What many runs say together.

use std::fmt;
use std::time::Duration;

/// The median of some runs, with the quartiles around it. In text: milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Median {
    pub(super) value: Duration,
    lower: Duration,
    upper: Duration,
}

impl Median {
    /// Of at least one run.
    pub(super) fn of(mut runs: Vec<Duration>) -> Option<Self> {
        runs.sort_unstable();
        let at = |quarter: usize| runs.get((runs.len().checked_sub(1)? * quarter + 2) / 4).copied();
        Some(Self { value: at(2)?, lower: at(1)?, upper: at(3)? })
    }

    /// The same in seconds.
    pub(super) fn in_seconds(&self) -> String {
        let number = |duration: Duration| format!("{:.1}", duration.as_secs_f64());
        format!("{} ({}–{})", seconds(self.value), number(self.lower), number(self.upper))
    }
}

impl fmt::Display for Median {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}–{})", millis(self.value), number(self.lower), number(self.upper))
    }
}

/// A duration in milliseconds, with as many digits as mean something.
pub(super) fn millis(duration: Duration) -> String {
    format!("{} ms", number(duration))
}

/// A duration in seconds.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// A proportion.
pub(super) fn ratio(times: f64) -> String {
    format!("{times:.2}")
}

fn number(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1e3;
    if millis < 100.0 { format!("{millis:.1}") } else { format!("{millis:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let of = |millis: &[u64]| {
            Median::of(millis.iter().copied().map(Duration::from_millis).collect()).map(|it| it.to_string())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]).as_deref(), Some("7.0 ms (7.0–7.0)"));
        assert_eq!(of(&[5, 1, 3, 400, 2]).as_deref(), Some("3.0 ms (2.0–5.0)"));
        assert_eq!(of(&[100, 300, 200]).as_deref(), Some("200 ms (200–300)"));
    }
}
