//! Numbers as a configuration writes them: exact decimals.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An exact decimal number, or an infinity. There is no NaN, and zero has no sign.
///
/// Compared by value: `1.50` is `1.5`, `-0` is `0`. A large exponent costs no memory.
///
/// ```
/// use alicloud_provider::cty::Number;
/// let tenth: Number = "0.10".parse().unwrap();
/// assert_eq!(tenth.to_string(), "0.1");
/// assert!(tenth < Number::from(1_i64));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    /// ±0.DIGITS × 10^point. The digits neither begin nor end with a zero; there are none for
    /// zero, whose point is 0 and which is not negative. So equal numbers have equal fields.
    Finite {
        negative: bool,
        digits: Box<str>,
        point: i64,
    },
    Infinite {
        negative: bool,
    },
}

/// A text that is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not in decimal notation.
    #[error("a number in decimal notation is required")]
    Syntax,
    /// An exponent beyond ±2³¹, which no host can hold either.
    #[error("the number's exponent is out of range")]
    Exponent,
}

/// Beyond this many zeros that only fill up to or from the decimal point, a number is written with
/// an exponent. (Hosts write none, but a short text must not become a billion digits.)
const MAX_FILL: i64 = 4096;

/// No `f64` has more significant decimal digits than this.
const MAX_F64_DIGITS: usize = 767;

impl Number {
    /// Zero.
    pub fn zero() -> Number {
        Number(Repr::Finite { negative: false, digits: "".into(), point: 0 })
    }

    /// Positive or negative infinity.
    pub fn infinity(negative: bool) -> Number {
        Number(Repr::Infinite { negative })
    }

    /// The exact decimal expansion of a float: `0.1` becomes 0.1000000000000000055511151…, which is
    /// what that float is. `None` for NaN.
    pub fn from_f64(float: f64) -> Option<Number> {
        if float.is_nan() {
            None
        } else if float.is_infinite() {
            Some(Number::infinity(float.is_sign_negative()))
        } else {
            // Rust's formatting is exact at any precision.
            format!("{float:.precision$e}", precision = MAX_F64_DIGITS - 1).parse().ok()
        }
    }

    /// The number as an `i64`, if it is one exactly.
    pub fn as_i64(&self) -> Option<i64> {
        i64::try_from(self.as_i128()?).ok()
    }

    /// The number as a `u64`, if it is one exactly.
    pub fn as_u64(&self) -> Option<u64> {
        u64::try_from(self.as_i128()?).ok()
    }

    /// The nearest `f64`; `None` if the number is finite and beyond the range of `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Repr::Infinite { negative: false } => Some(f64::INFINITY),
            Repr::Infinite { negative: true } => Some(f64::NEG_INFINITY),
            Repr::Finite { negative, digits, point } => {
                let sign = if *negative { "-" } else { "" };
                format!("{sign}0.{digits}0e{point}").parse().ok().filter(|float: &f64| float.is_finite())
            }
        }
    }

    /// The number as an `f64`, if it is one exactly.
    pub(super) fn as_exact_f64(&self) -> Option<f64> {
        match &self.0 {
            Repr::Finite { digits, .. } if digits.len() > MAX_F64_DIGITS => None,
            _ => self.as_f64().filter(|float| Number::from_f64(*float).as_ref() == Some(self)),
        }
    }

    /// Whether this is one of the two infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinite { .. })
    }

    fn as_i128(&self) -> Option<i128> {
        // 20 digits hold every u64, and i128 holds every 20 digits.
        let Repr::Finite { negative, digits, point: point @ 0..=20 } = &self.0 else { return None };
        let point = usize::try_from(*point).ok().filter(|point| digits.len() <= *point)?;
        let sign = if *negative { "-" } else { "" };
        format!("{sign}0{digits:0<point$}").parse().ok()
    }

    /// -1, 0 or 1.
    fn signum(&self) -> i8 {
        match &self.0 {
            Repr::Finite { digits, .. } if digits.is_empty() => 0,
            Repr::Finite { negative, .. } | Repr::Infinite { negative } => {
                if *negative {
                    -1
                } else {
                    1
                }
            }
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Decimal notation, with or without sign, fraction and exponent: `-12.50e+3`; and `Inf` for
    /// infinity.
    fn from_str(text: &str) -> Result<Number, NumberError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        if unsigned == "Inf" {
            return Ok(Number::infinity(negative));
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return Err(NumberError::Syntax);
        }

        let all = [whole, fraction].concat();
        let significant = all.trim_start_matches('0');
        let leading = all.len() - significant.len();
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Ok(Number::zero());
        }
        let shift = |count: usize| i64::try_from(count).map_err(|_| NumberError::Exponent);
        // Neither sum can overflow: lengths of texts are far from i64::MAX, and exponents are i32.
        let point = exponent + shift(whole.len())? - shift(leading)?;
        if i32::try_from(point).is_err() {
            return Err(NumberError::Exponent);
        }
        Ok(Number(Repr::Finite { negative, digits: digits.into(), point }))
    }
}

fn parse_exponent(text: &str) -> Result<i64, NumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::Syntax);
    }
    text.parse::<i32>().map(i64::from).map_err(|_| NumberError::Exponent)
}

impl fmt::Display for Number {
    /// Plain decimal notation, as hosts print a number; with an exponent only where that would
    /// take thousands of zeros. [`FromStr`] gives the same number back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, digits, point) = match &self.0 {
            Repr::Infinite { negative } => return f.write_str(if *negative { "-Inf" } else { "+Inf" }),
            Repr::Finite { negative, digits, point } => (negative, digits, *point),
        };
        if *negative {
            f.write_str("-")?;
        }
        let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        if digits.is_empty() {
            f.write_str("0")
        } else if point > count.saturating_add(MAX_FILL) || point < -MAX_FILL {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            write!(f, "{first}{dot}{rest}e{:+}", point - 1)
        } else if point <= 0 {
            let fill = usize::try_from(-point).unwrap_or(0);
            write!(f, "0.{:0<fill$}{digits}", "")
        } else {
            let width = usize::try_from(point).unwrap_or(0);
            match digits.split_at_checked(width) {
                Some((whole, fraction)) if !fraction.is_empty() => write!(f, "{whole}.{fraction}"),
                _ => write!(f, "{digits:0<width$}"),
            }
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.signum().cmp(&other.signum()).then_with(|| {
            let by_size = match (&self.0, &other.0) {
                (
                    Repr::Finite { digits, point, .. },
                    Repr::Finite { digits: other_digits, point: other_point, .. },
                ) => point.cmp(other_point).then_with(|| digits.cmp(other_digits)),
                (Repr::Infinite { .. }, Repr::Infinite { .. }) => Ordering::Equal,
                (Repr::Infinite { .. }, Repr::Finite { .. }) => Ordering::Greater,
                (Repr::Finite { .. }, Repr::Infinite { .. }) => Ordering::Less,
            };
            if self.signum() < 0 { by_size.reverse() } else { by_size }
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        Number::from_integer(number < 0, number.unsigned_abs())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Number {
        Number::from_integer(false, number)
    }
}

impl Number {
    fn from_integer(negative: bool, size: u64) -> Number {
        if size == 0 {
            return Number::zero();
        }
        let all = size.to_string();
        // At most 20 digits.
        let point = i64::try_from(all.len()).unwrap_or(0);
        Number(Repr::Finite { negative, digits: all.trim_end_matches('0').into(), point })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn one_value_has_one_text() {
        let table = [
            ("0", "0"),
            ("-0", "0"),
            ("0e99", "0"),
            ("+7", "7"),
            ("007.500", "7.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-12.50e+3", "-12500"),
            ("1E-3", "0.001"),
            ("100", "100"),
            ("1234.5678e2", "123456.78"),
            ("9223372036854775808", "9223372036854775808"),
            ("1e999999999", "1e+999999999"),
            ("-1.25e-999999999", "-1.25e-999999999"),
            ("Inf", "+Inf"),
            ("-Inf", "-Inf"),
        ];
        for (text, wanted) in table {
            assert_eq!(number(text).to_string(), wanted, "{text}");
            assert_eq!(number(wanted), number(text));
        }
        assert_eq!(number("1e400").to_string().len(), 401);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "1 ", "0x1", "1_000", "NaN", "--1", "1.2.3", "1e1.5", "é"]
        {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Syntax), "{text:?}");
        }
        for text in ["1e99999999999", "1e-99999999999", "10e2147483647"] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Exponent), "{text:?}");
        }
    }

    #[test]
    fn order_is_by_value() {
        let ascending = [
            "-Inf",
            "-1e999999999",
            "-100",
            "-99.5",
            "-1",
            "-0.1",
            "-1e-999999999",
            "0",
            "1e-999999999",
            "0.1",
            "0.11",
            "0.9",
            "1",
            "9",
            "10",
            "100",
            "1e999999999",
            "Inf",
        ];
        for pair in ascending.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn conversions_are_exact_or_absent() {
        assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
        assert_eq!(number("9223372036854775808").as_i64(), None);
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551616").as_u64(), None);
        for text in ["0.5", "-1", "1e999999999", "Inf"] {
            assert_eq!(number(text).as_u64(), None, "{text}");
        }
        assert_eq!(number("1e3").as_i64(), Some(1000));
        assert_eq!(number("0").as_u64(), Some(0));
        assert_eq!(Number::from(i64::MIN), number("-9223372036854775808"));

        assert_eq!(number("0.1").as_f64(), Some(0.1));
        assert_eq!(number("0.1").as_exact_f64(), None);
        assert_eq!(number("0.5").as_exact_f64(), Some(0.5));
        assert_eq!(number("1e400").as_f64(), None);
        assert_eq!(number("1e-999999999").as_f64(), Some(0.0));
        assert_eq!(number("1e-999999999").as_exact_f64(), None);
        assert_eq!(number("-Inf").as_exact_f64(), Some(f64::NEG_INFINITY));
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(-0.0), Some(Number::zero()));
        let tenth = Number::from_f64(0.1).unwrap().to_string();
        assert_eq!(tenth, "0.1000000000000000055511151231257827021181583404541015625");
        for extreme in [f64::MAX, f64::MIN_POSITIVE, 5e-324] {
            assert_eq!(Number::from_f64(extreme).unwrap().as_exact_f64(), Some(extreme));
        }
    }
}
