//! An unquoted value that readers of YAML 1.1 and of YAML 1.2 take differently.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::{Scalar, ValueAst};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L048", name: "ambiguous-value", page: include_str!("ambiguous_value.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    subject.ast.detection.items().for_each(|item| {
        problems.extend(item.values.iter().filter_map(|it| judge(code, subject, it)));
    });
}

fn judge(code: &'static Code, subject: &Subject<'_>, value: &ValueAst) -> Option<Diagnostic> {
    let is_text = matches!(value.value, Scalar::Text(_));
    let raw = match &value.value {
        Scalar::Text(it) | Scalar::Int(_, it) | Scalar::Float(_, it) => it.as_str(),
        Scalar::Bool(_) | Scalar::Null => return None,
    };
    let label = old_reading(raw, is_text)?;
    // Quoted, the text of the file is not the value's.
    if subject.text.get(value.span.range()) != Some(raw) {
        return None;
    }
    let applicability = if is_text { Applicability::Safe } else { Applicability::Unsafe };
    let edit = Edit { span: value.span, replacement: format!("'{raw}'") };
    Some(
        Diagnostic::warning(
            code,
            value.span,
            format!("`{raw}` means different things to different tools"),
            label,
        )
        .with_help(format!(
            "write '{raw}' for text, or the number or `true` or `false` that is meant"
        ))
        .with_fix("put it in quotes", applicability, vec![edit]),
    )
}

/// What YAML 1.1 makes of a value that YAML 1.2 takes otherwise.
fn old_reading(raw: &str, is_text: bool) -> Option<&'static str> {
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    match raw.as_bytes() {
        [b'Y' | b'y' | b'N' | b'n' | b'O' | b'o', _, ..] if raw.len() <= 3 => {
            const WORDS: [&str; 4] = ["yes", "no", "on", "off"];
            let word = WORDS.iter().find(|it| raw.eq_ignore_ascii_case(it))?;
            let rest = &raw[1..];
            let upper = raw.bytes().all(|it| it.is_ascii_uppercase());
            (upper || *rest == word[1..])
                .then_some("text by YAML 1.2, but true or false by YAML 1.1")
        }
        [b'0', b'o', ..] if !is_text => Some("a number by YAML 1.2, but text by YAML 1.1"),
        [b'0', b'b', rest @ ..] if !rest.is_empty() => rest
            .iter()
            .all(|it| matches!(it, b'0' | b'1' | b'_'))
            .then_some("text by YAML 1.2, but a binary number by YAML 1.1"),
        [b'0', b'0'..=b'9', ..] if !is_text && digits(raw) => {
            Some(if raw.bytes().any(|it| it > b'7') {
                "a number by YAML 1.2, but text by YAML 1.1"
            } else {
                "a decimal number by YAML 1.2, but an octal one by YAML 1.1"
            })
        }
        [b'1'..=b'9', .., b'0'..=b'9'] if is_text => {
            let (first, rest) = raw.split_once(':').unwrap_or(("", ""));
            let sixty =
                |it: &str| matches!(it.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
            if raw.bytes().all(|it| it.is_ascii_digit() || it == b'_') {
                Some("text by YAML 1.2, but a number by YAML 1.1")
            } else if !rest.is_empty() && digits(first) && rest.split(':').all(sixty) {
                Some("text by YAML 1.2, but a number in base 60 by YAML 1.1")
            } else {
                None
            }
        }
        _ => None,
    }
}
