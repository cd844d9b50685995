//! Durations as Go and so Terraform users write them: `30s`, `1h30m`, `1.5m`.

use std::time::Duration;

use super::schema::{Attribute, Block, NestedBlock, Nesting};
use super::{Attr, Diagnostic, Diagnostics};
use crate::cty::Path;

/// A text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not numbers with units.
    #[error("write numbers with units, for example \"90s\", \"10m\" or \"1h30m\"")]
    Syntax,
    /// Below zero.
    #[error("a duration cannot be negative")]
    Negative,
    /// More than any duration here can hold.
    #[error("the duration is too long")]
    TooLong,
}

/// Longest unit names first, so that `ms` is not read as `m`.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Ten years in seconds: far beyond use, and far below what timers overflow at.
const LONGEST_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// Reads a duration.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0_f64;
    if rest.is_empty() {
        return Err(DurationError::Syntax);
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(DurationError::Syntax)?;
        let (number, after) = rest.split_at(end);
        let number: f64 = number.parse().map_err(|_| DurationError::Syntax)?;
        let (unit, factor) =
            UNITS.iter().find(|(unit, _)| after.starts_with(unit)).ok_or(DurationError::Syntax)?;
        seconds += number * factor;
        rest = &after[unit.len()..];
    }
    if negative && seconds > 0.0 {
        return Err(DurationError::Negative);
    }
    if seconds > LONGEST_SECONDS {
        return Err(DurationError::TooLong);
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// The conventional `timeouts` block, with one optional duration per operation. `description`
/// states the defaults.
pub fn timeouts_block(
    description: &'static str,
    operations: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> NestedBlock {
    let block = operations.into_iter().fold(Block::new(description), |block, (operation, description)| {
        block.attribute(operation, Attribute::string().optional().describe(description))
    });
    NestedBlock::new(Nesting::Single, block)
}

/// Reports a text at `path` that is not a duration. Null, unknown and empty are fine.
pub fn validate(value: &Attr<String>, path: &Path, diagnostics: &mut Diagnostics) {
    let Some(text) = value.non_empty() else { return };
    if let Err(error) = parse(text) {
        diagnostics.push(
            Diagnostic::error("Invalid duration", format!("{text:?} is not a duration: {error}."))
                .at_path(path.clone()),
        );
    }
}

/// The duration that `value` sets, or `default`. Validation has refused what does not parse.
pub fn or_default(value: &Attr<String>, default: Duration) -> Duration {
    value.as_str().and_then(|text| parse(text).ok()).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse_as_in_go() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("250ms", 250),
            ("1m0.5s", 60_500),
            ("+2s", 2_000),
            (".5s", 500),
            ("1000us", 1),
            ("-0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn an_empty_text_is_not_set() {
        let mut found = Diagnostics::new();
        validate(&"".into(), &Path::root().attribute("create"), &mut found);
        assert!(found.is_empty());
        assert_eq!(or_default(&"".into(), Duration::from_secs(7)), Duration::from_secs(7));
        validate(&" ".into(), &Path::root().attribute("create"), &mut found);
        assert_eq!(found.iter().map(|it| it.summary.as_str()).collect::<Vec<_>>(), ["Invalid duration"]);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "m", "5 m", "5x", "1h30", "1.2.3s", "five minutes", ".", "-", "5m ", "µs"] {
            assert_eq!(parse(text), Err(DurationError::Syntax), "{text:?}");
        }
        assert_eq!(parse("-5m"), Err(DurationError::Negative));
        assert_eq!(parse("999999999h"), Err(DurationError::TooLong));
        assert_eq!(parse(&("9".repeat(400) + "h")), Err(DurationError::TooLong), "infinite as a float");
    }
}
