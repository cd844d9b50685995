//! The simulator's clock: the machine's, shifted on request so that tests can show a skewed one.

use std::sync::atomic::{AtomicI64, Ordering};

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

/// `2023-03-13T08:34:30Z`, as requests carry it.
const SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
/// `2023-09-04T08:33Z`, as the creation time of a key pair is shown.
const MINUTES: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]Z");
/// The date of an HTTP header.
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// A clock that can be set ahead or back.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    /// Sets how far this clock is ahead (negative: behind) of the machine's.
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }

    /// The simulator's time.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let offset = Duration::seconds(self.offset_seconds.load(Ordering::Relaxed));
        let machine = OffsetDateTime::now_utc();
        machine.checked_add(offset).unwrap_or(machine)
    }
}

/// Reads `2023-03-13T08:34:30Z`.
pub(crate) fn parse_seconds(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, SECONDS).ok().map(PrimitiveDateTime::assume_utc)
}

/// Writes `2023-03-13T08:34:30Z`, as sessions tell their end.
pub(crate) fn seconds(at: OffsetDateTime) -> String {
    at.format(SECONDS).unwrap_or_default()
}

/// Writes `2023-09-04T08:33Z`.
pub(crate) fn minutes(at: OffsetDateTime) -> String {
    at.format(MINUTES).unwrap_or_default()
}

/// Writes `Tue, 15 Nov 1994 08:12:31 GMT`.
pub(crate) fn http_date(at: OffsetDateTime) -> String {
    at.format(HTTP_DATE).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_each_form_and_reads_the_one_of_requests() {
        let at = parse_seconds("2023-03-05T08:04:03Z").unwrap();
        assert_eq!(seconds(at), "2023-03-05T08:04:03Z");
        assert_eq!(minutes(at), "2023-03-05T08:04Z");
        assert_eq!(http_date(at), "Sun, 05 Mar 2023 08:04:03 GMT");
        for wrong in ["", "2023-03-05", "2023-03-05T08:04:03", "2023-03-05T08:04:03+00:00", "yesterday"] {
            assert_eq!(parse_seconds(wrong), None, "{wrong}");
        }
    }
}
