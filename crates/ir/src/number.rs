//! Numbers, compared exactly whether whole or not.

use std::cmp::Ordering;
use std::fmt;

/// A number of a rule or an event.
///
/// Never NaN and never infinite. A float without a fraction is a whole number.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub enum Number {
    /// A whole number.
    Int(i128),
    /// A number with a fraction, or one beyond the range of whole numbers.
    Float(f64),
}

impl Number {
    /// A float as a number; `None` for NaN and infinities.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        // Up to 2^96 a float without a fraction is a whole number that i128 holds exactly.
        if value.fract() == 0.0 && value.abs() < 7.9e28 {
            return Some(Number::Int(value as i128));
        }
        Some(Number::Float(value))
    }

    /// The number that `text` spells in JSON's way: no sign `+`, no leading zeros, no blanks.
    pub fn parse(text: &str) -> Option<Number> {
        let rest = text.strip_prefix('-').unwrap_or(text);
        let whole = rest.len() - rest.trim_start_matches(|ch: char| ch.is_ascii_digit()).len();
        if whole == 0 || (whole > 1 && rest.starts_with('0')) {
            return None;
        }
        let tail = &rest[whole..];
        if tail.is_empty() && whole < 38 {
            return text.parse().ok().map(Number::Int);
        }
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
        let (fraction, exponent) = match tail.find(['e', 'E']) {
            Some(at) => (&tail[..at], Some(&tail[at + 1..])),
            None => (tail, None),
        };
        let good_fraction = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(digits);
        let good_exponent =
            exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)));
        if !(good_fraction && good_exponent) {
            return None;
        }
        text.parse().ok().and_then(Number::from_f64)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        let mixed = |int: i128, float: f64| {
            if float.abs() >= 1.7e38 {
                return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
            }
            int.cmp(&(float.floor() as i128)).then(Ordering::Less)
        };
        match (*self, *other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(&b),
            (Number::Float(a), Number::Float(b)) => a.total_cmp(&b),
            (Number::Int(a), Number::Float(b)) => mixed(a, b),
            (Number::Float(a), Number::Int(b)) => mixed(b, a).reverse(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(it) => it.fmt(f),
            Number::Float(it) => it.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_across_kinds() {
        assert_eq!(Number::parse("5.0"), Number::parse("5"));
        assert!(Number::parse("5.5") > Number::parse("5"));
        assert!(Number::parse("-5.5") < Number::parse("-5"));
        assert_eq!(Number::parse("05"), None);
        assert_eq!(Number::parse("+5"), None);
        assert_eq!(Number::parse("5 "), None);
        assert_eq!(Number::parse("1e3"), Some(Number::Int(1000)));
    }
}
