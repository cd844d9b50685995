//! The times at which credentials run out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime, Time};

/// Reads a time as the cloud's services write it: `2006-01-02T15:04:05Z`, with fractions of a second passed over.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let (date, time) = text.trim().strip_suffix(['Z', 'z'])?.split_once(['T', 't', ' '])?;
    let mut date = date.split('-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let mut time = time.split(':');
    let (hour, minute, second) = (time.next()?, time.next()?, time.next()?);
    if date.next().is_some() || time.next().is_some() || year.len() != 4 {
        return None;
    }
    let second = second.split_once('.').map_or(second, |(whole, _)| whole);
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let time = Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?).ok()?;
    from_unix(OffsetDateTime::new_utc(date, time).unix_timestamp())
}

/// A time from seconds since the epoch; `None` before it.
pub(crate) fn from_unix(seconds: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// A time in seconds since the epoch.
pub(super) fn unix(time: SystemTime) -> i64 {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// A time as the cloud's services write it.
pub(crate) fn write(time: SystemTime) -> String {
    write_unix(unix(time))
}

/// A time as the cloud's services write it, from seconds since the epoch. A time that no calendar holds becomes the
/// epoch.
pub(crate) fn write_unix(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// When something expires, for the log.
pub(super) fn in_words(expires: Option<SystemTime>, now: SystemTime) -> String {
    match expires {
        None => "never".to_owned(),
        Some(at) => {
            let left = at.duration_since(now).unwrap_or_default().as_secs();
            format!("{} (in {left} s)", write(at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2016-02-23T12:46:24Z", Some(1_456_231_584)),
            ("2016-02-23T12:46:24.999Z", Some(1_456_231_584)),
            (" 2016-02-23t12:46:24z ", Some(1_456_231_584)),
            ("1969-12-31T23:59:59Z", None),
            ("2016-02-30T12:46:24Z", None),
            ("2016-02-23T25:46:24Z", None),
            ("2016-02-23T12:46:24", None),
            ("2016-02-23T12:46:24+08:00", None),
            ("16-02-23T12:46:24Z", None),
            ("soon", None),
            ("", None),
        ] {
            let time = parse(text);
            assert_eq!(time, seconds.and_then(from_unix), "{text}");
            if let Some(time) = time.filter(|_| text.len() == 20 && text.ends_with('Z')) {
                assert_eq!(write(time), text);
            }
        }
        let now = from_unix(1_456_231_584);
        assert_eq!(
            in_words(now.map(|it| it + Duration::from_secs(5)), now.unwrap()),
            "2016-02-23T12:46:29Z (in 5 s)"
        );
        assert_eq!(write_unix(i64::MAX), "1970-01-01T00:00:00Z");
        assert_eq!(in_words(None, SystemTime::now()), "never");
    }
}
