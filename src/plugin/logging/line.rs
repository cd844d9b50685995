//! One event as one line.

use std::borrow::Cow;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::plugin::printable;

/// Hosts split lines of 64 KiB and more, and then no longer know their level.
pub(super) const LINE_LIMIT: usize = 60 * 1024;

/// A string is not cut below this many bytes; if that is not enough, whole fields go.
const SHORT: usize = 256;
const CUT_MARK: &str = "… (cut)";

/// The fields of an event or a span.
pub(super) type Fields = Map<String, Value>;

/// Six digits of the second, neither more nor less: hosts take lines with others for plain text.
pub(super) fn timestamp(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    )
}

/// The line with its end. Long values are cut until it is shorter than [`LINE_LIMIT`] bytes.
///
/// Terraform prints the values as they are, so that what is no printable text is replaced here.
pub(super) fn encode(mut fields: Fields) -> Vec<u8> {
    for value in fields.values_mut() {
        if let Value::String(text) = value
            && let Cow::Owned(shown) = printable(text)
        {
            *text = shown;
        }
    }
    loop {
        // A map of JSON values always serialises.
        let mut line = serde_json::to_vec(&fields).unwrap_or_default();
        if line.len() < LINE_LIMIT {
            line.push(b'\n');
            return line;
        }
        shorten(&mut fields);
    }
}

/// Halves the longest value, or removes it if it cannot be halved.
fn shorten(fields: &mut Fields) {
    let longest = fields
        .iter()
        .max_by_key(|(key, value)| key.len() + value.to_string().len())
        .map(|(key, _)| key.clone());
    let Some(key) = longest else { return };
    match fields.get_mut(&key) {
        Some(Value::String(text)) if text.len() > SHORT => {
            text.truncate(text.floor_char_boundary(text.len() / 2));
            text.push_str(CUT_MARK);
        }
        _ => drop(fields.remove(&key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, Value)]) -> Fields {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn timestamps_have_six_digits() {
        for (nanos, text) in [
            (0_i128, "1970-01-01T00:00:00.000000Z"),
            (1_709_210_096_000_001_999, "2024-02-29T12:34:56.000001Z"),
            (-1_000, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(timestamp(OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap()), text);
        }
    }

    #[test]
    fn short_lines_are_left_alone() {
        let line = encode(fields(&[("@message", "a\nb \"c\"".into()), ("n", 7.into())]));
        assert_eq!(String::from_utf8(line).unwrap(), "{\"@message\":\"a\\nb \\\"c\\\"\",\"n\":7}\n");
    }

    #[test]
    fn what_a_terminal_acts_on_does_not_reach_the_log() {
        let line =
            encode(fields(&[("@message", "a\u{1b}[2J".into()), ("title", "\u{202e}b\u{200b}".into())]));
        let line: Fields = serde_json::from_slice(&line).unwrap();
        assert_eq!(
            (&line["@message"], &line["title"]),
            (&"a\u{fffd}[2J".into(), &"\u{fffd}b\u{fffd}".into())
        );
    }

    #[test]
    fn long_lines_are_cut_and_stay_json() {
        let many: Vec<(String, Value)> =
            (0..300).map(|n| (format!("k{n}"), "x".repeat(250).into())).collect();
        let many: Vec<(&str, Value)> =
            many.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        for (name, pairs) in [
            ("ascii", vec![("@message", "m".repeat(200_000).into())]),
            ("one byte too long", vec![("m", "m".repeat(LINE_LIMIT - 8).into())]),
            ("wide characters", vec![("@message", "𝄞é".repeat(60_000).into())]),
            ("replaced characters take three bytes", vec![("@message", "\u{1}".repeat(50_000).into())]),
            ("many", many),
            ("two", vec![("a", "a".repeat(50_000).into()), ("b", "\n".repeat(50_000).into())]),
            ("a list", vec![("@message", "m".into()), ("a", vec![1; 50_000].into())]),
        ] {
            let line = encode(fields(&pairs));
            assert!(line.len() <= LINE_LIMIT && line.ends_with(b"\n"), "{name}: {}", line.len());
            let value: Fields = serde_json::from_slice(&line).unwrap();
            assert!(name == "many" || !value.is_empty(), "{name}");
            if let Some((_, Value::String(text))) =
                value.iter().find(|(key, _)| *key == "@message" && name != "a list")
            {
                assert!(text.ends_with(CUT_MARK), "{name}");
            }
        }
    }

    #[test]
    fn a_line_below_the_limit_is_not_cut() {
        let text = "m".repeat(LINE_LIMIT - 9);
        let line = encode(fields(&[("m", text.clone().into())]));
        assert_eq!(line.len(), LINE_LIMIT);
        assert_eq!(serde_json::from_slice::<Fields>(&line).unwrap()["m"], text);
    }
}
