//! An id that is no UUID.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L027", name: "malformed-id", page: include_str!("malformed_id.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(id) = &subject.ast.id else { return };
    // An empty one is reported as missing.
    if id.value.trim().is_empty() || is_uuid(&id.value) {
        return;
    }
    let label = "most Sigma tools refuse to read a rule with such an id";
    problems.push(
        Diagnostic::warning(code, id.span, "the id is not a UUID", label)
            .with_help("write a new random UUID; `uuidgen` prints one"),
    );
}

/// Hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(text: &str) -> bool {
    let dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, it): (usize, u8)| if dash(at) { it == b'-' } else { it.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}
