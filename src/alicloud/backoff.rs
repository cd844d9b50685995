//! How long to wait before another try.

use std::time::Duration;

/// No wait is shorter.
const SHORTEST: Duration = Duration::from_millis(100);

/// The upper bound of the first wait; it doubles with each further try.
const FIRST: Duration = Duration::from_millis(500);

/// The upper bound stops growing here.
const LONGEST: Duration = Duration::from_secs(30);

/// The upper bound of the wait after `failures` failures in a row (counting from one).
fn bound(failures: u32) -> Duration {
    FIRST.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST)
}

/// A wait after `failures` failures in a row: drawn evenly from nothing to the bound ("full jitter"), so that callers
/// who failed together don't come back together.
pub(crate) fn full_jitter(failures: u32) -> Duration {
    bound(failures).mul_f64(fastrand::f64()).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_its_limit() {
        let bounds: Vec<_> = (1..=9).map(|failures| bound(failures).as_millis()).collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        assert_eq!(bound(u32::MAX), LONGEST);
    }

    #[test]
    fn waits_are_spread_over_the_whole_range() {
        fastrand::seed(7);
        let waits: Vec<_> = (0..200).map(|_| full_jitter(6)).collect();
        assert!(waits.iter().all(|wait| *wait >= SHORTEST && *wait <= bound(6)));
        for quarter in 0..4 {
            let range = bound(6) * quarter / 4..bound(6) * (quarter + 1) / 4;
            assert!(waits.iter().any(|wait| range.contains(wait)), "quarter {quarter}");
        }
    }
}
