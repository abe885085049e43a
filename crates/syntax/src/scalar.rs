//! What a plain value of YAML is: text, a number, a boolean or null.
//!
//! The core schema of YAML 1.2: `yes` and `on` are text, `0x1f` and `0o17` are numbers.

use std::borrow::Cow;

/// A scalar value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text, quoted or not.
    Text(String),
    /// A whole number, and how it was spelled.
    Int(i128, String),
    /// A number with a fraction or exponent, and how it was spelled.
    Float(f64, String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`, `~` or nothing at all.
    Null,
}

impl Scalar {
    /// What an unquoted value means.
    pub fn plain(text: &str) -> Scalar {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
            "true" | "True" | "TRUE" => return Scalar::Bool(true),
            "false" | "False" | "FALSE" => return Scalar::Bool(false),
            _ => {}
        }
        let first = text.as_bytes()[0];
        if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
            return Scalar::Text(text.to_owned());
        }
        if let Some(value) = int(text) {
            return Scalar::Int(value, text.to_owned());
        }
        match float(text) {
            Some(value) => Scalar::Float(value, text.to_owned()),
            None => Scalar::Text(text.to_owned()),
        }
    }

    /// The value as text, numbers as they were spelled.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Scalar::Text(it) | Scalar::Int(_, it) | Scalar::Float(_, it) => Cow::Borrowed(it),
            Scalar::Bool(true) => Cow::Borrowed("true"),
            Scalar::Bool(false) => Cow::Borrowed("false"),
            Scalar::Null => Cow::Borrowed("null"),
        }
    }

    /// What it is, for a message.
    pub fn describe(&self) -> &'static str {
        match self {
            Scalar::Text(_) => "text",
            Scalar::Int(..) | Scalar::Float(..) => "a number",
            Scalar::Bool(_) => "a boolean",
            Scalar::Null => "null",
        }
    }

    /// The same value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Number, Value};
        match self {
            Scalar::Text(it) => Value::String(it.clone()),
            Scalar::Bool(it) => Value::Bool(*it),
            Scalar::Null => Value::Null,
            Scalar::Int(value, text) => {
                Number::from_i128(*value).map_or_else(|| Value::String(text.clone()), Value::Number)
            }
            Scalar::Float(value, text) => {
                Number::from_f64(*value).map_or_else(|| Value::String(text.clone()), Value::Number)
            }
        }
    }
}

fn int(text: &str) -> Option<i128> {
    let digits = |it: &str, radix: u32| {
        let plain = !it.is_empty() && it.chars().all(|ch| ch.is_digit(radix));
        plain.then(|| i128::from_str_radix(it, radix).ok()).flatten()
    };
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, 16);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    match text.strip_prefix('-') {
        Some(rest) => digits(rest, 10).map(|it| -it),
        None => digits(text.strip_prefix('+').unwrap_or(text), 10),
    }
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn float(text: &str) -> Option<f64> {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let good = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let good_exponent = exponent.is_none_or(|it| {
        let it = it.strip_prefix(['-', '+']).unwrap_or(it);
        !it.is_empty() && digits(it)
    });
    if !(good && good_exponent) {
        return None;
    }
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_follow_the_core_schema() {
        assert_eq!(Scalar::plain("yes"), Scalar::Text("yes".to_owned()));
        assert_eq!(Scalar::plain("0x1F"), Scalar::Int(31, "0x1F".to_owned()));
        assert_eq!(Scalar::plain("-3"), Scalar::Int(-3, "-3".to_owned()));
        assert_eq!(Scalar::plain("1.5e3"), Scalar::Float(1500.0, "1.5e3".to_owned()));
        assert_eq!(Scalar::plain("10.0.0.1"), Scalar::Text("10.0.0.1".to_owned()));
        assert_eq!(Scalar::plain("-"), Scalar::Text("-".to_owned()));
        assert_eq!(Scalar::plain("~"), Scalar::Null);
    }
}
