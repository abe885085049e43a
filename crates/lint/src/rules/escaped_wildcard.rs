//! A wildcard that a backslash before it turns into a plain character.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::{Scalar, place_inside};

use super::control_character::has;
use super::double_wildcard::{LITERAL, Mark, marks};
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L038", name: "escaped-wildcard", page: include_str!("escaped_wildcard.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    subject.ast.detection.items().for_each(|item| {
        if has(item, LITERAL) {
            return;
        }
        for value in &item.values {
            let Scalar::Text(text) = &value.value else { continue };
            for (at, mark) in marks(text) {
                if mark != Mark::Escaped {
                    continue;
                }
                let sign = &text[at + 1..at + 2];
                let span = place_inside(subject.text, value.span, text, at, at + 2);
                let message = format!("`\\{sign}` matches the character `{sign}`");
                if !between_separators(text, at) {
                    problems.push(
                        Diagnostic::info(code, span, message, "this is not a wildcard").with_help(
                            format!("leave it if that is meant; for a backslash and a wildcard write `\\\\{sign}`"),
                        ),
                    );
                    continue;
                }
                let label = "a name in a path can't be that: a wildcard was probably meant";
                let mut problem = Diagnostic::warning(code, span, message, label)
                    .with_help(format!("write `\\\\{sign}` for a backslash and a wildcard"));
                if subject.text.get(span.range()) == text.get(at..at + 2) {
                    problem = problem.with_fix(
                        "make it a backslash and a wildcard",
                        Applicability::Unsafe,
                        vec![Edit { span, replacement: format!("\\\\{sign}") }],
                    );
                }
                problems.push(problem);
            }
        }
    });
}

/// Whether the `\*` at `at` looks like a whole name in a Windows path: `C:\Users\*\Temp`.
fn between_separators(text: &str, at: usize) -> bool {
    let (before, after) = (&text[..at], &text[at + 2..]);
    // Before a name in a path stands another; `\\*\IPC$` is how Windows itself logs a share.
    let path = before.bytes().any(|it| it.is_ascii_alphanumeric());
    text[at..].starts_with("\\*") && path && after.starts_with('\\') && after.len() > 1
}
