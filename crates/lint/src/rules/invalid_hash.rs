//! A value of Sysmon's `Hashes` that is not `NAME=HEX`.

use diagnostic::{Code, Diagnostic};
use syntax::{ItemAst, Scalar, ValueAst};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L059", name: "invalid-hash", page: include_str!("invalid_hash.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// The hashes Sysmon writes, and how many digits each has.
const HASHES: &[(&str, usize)] = &[("MD5", 32), ("SHA1", 40), ("SHA256", 64), ("IMPHASH", 32)];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|item| {
            if applies(subject, item) {
                for value in &item.values {
                    check_value(code, subject, value, problems);
                }
            }
        });
    }
}

/// `Hashes` is Sysmon's; `Hash` is too on Windows, where it is the field of streams.
fn applies(subject: &Subject<'_>, item: &ItemAst) -> bool {
    let windows = || subject.ast.logsource.product.as_ref().is_some_and(|it| it.value == "windows");
    let named = item
        .field
        .as_ref()
        .is_some_and(|it| it.value == "Hashes" || (it.value == "Hash" && windows()));
    let plain = ["contains", "startswith", "endswith", "all", "cased"];
    named && item.modifiers.iter().all(|it| plain.contains(&it.value.as_str()))
}

fn check_value(
    code: &'static Code,
    subject: &Subject<'_>,
    value: &ValueAst,
    problems: &mut Vec<Diagnostic>,
) {
    if value.value == Scalar::Null {
        return;
    }
    let text = value.value.text();
    // One event lists several: `MD5=...,SHA256=...`.
    for part in text.split([',', '*']).filter(|it| !it.is_empty()) {
        let Some((what, why)) = wrong(part) else { continue };
        let from = what.as_ptr() as usize - text.as_ptr() as usize;
        let to = from + what.len();
        let span = syntax::place_inside(subject.text, value.span, &text, from, to);
        let message = format!("`{what}` can't be in a field of Sysmon's hashes");
        problems.push(
            Diagnostic::warning(code, span, message, why)
                .with_help("write `MD5=`, `SHA1=`, `SHA256=` or `IMPHASH=` and the whole hash"),
        );
    }
}

/// What of `NAME=HEX` is wrong, and why.
fn wrong(part: &str) -> Option<(&str, String)> {
    let Some((name, digits)) = part.split_once('=') else {
        return Some((part, "Sysmon writes the name of the hash before it".to_owned()));
    };
    let Some((name, len)) = HASHES.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)) else {
        return Some((name, "Sysmon has no hash of this name".to_owned()));
    };
    if digits.len() == *len && digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let what = if digits.is_empty() { part } else { digits };
    Some((what, format!("a hash of {name} has {len} hexadecimal digits; no event has this")))
}
