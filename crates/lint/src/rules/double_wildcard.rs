//! Wildcards in a row that mean one.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::{Scalar, place_inside};

use super::control_character::has;
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L037", name: "double-wildcard", page: include_str!("double_wildcard.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// Modifiers after which a text is no pattern with wildcards.
pub(super) const LITERAL: &[&str] = &["re", "cidr", "fieldref"];

/// A sign in a text that matters to wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// `*`
    Run,
    /// `?`
    One,
    /// `\*` or `\?`
    Escaped,
}

/// Every mark of a text and the byte where it begins.
pub(super) fn marks(text: &str) -> impl Iterator<Item = (usize, Mark)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let here = at;
            let byte = *bytes.get(at)?;
            at += 1;
            match byte {
                b'*' => return Some((here, Mark::Run)),
                b'?' => return Some((here, Mark::One)),
                b'\\' => match bytes.get(at) {
                    Some(b'\\') => at += 1,
                    Some(b'*' | b'?') => {
                        at += 1;
                        return Some((here, Mark::Escaped));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    })
}

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    subject.ast.detection.items().for_each(|item| {
        if has(item, LITERAL) {
            return;
        }
        for value in &item.values {
            let Scalar::Text(text) = &value.value else { continue };
            let Some((from, to)) = first_row(text) else { continue };
            let span = place_inside(subject.text, value.span, text, from, to);
            let message = format!("`{}` means the same as `*`", &text[from..to]);
            let label = "one `*` already stands for any run of characters";
            let mut problem =
                Diagnostic::info(code, span, message, label).with_help("write one `*`");
            if subject.text.get(span.range()) == Some(&text[from..to]) {
                let edit = Edit { span, replacement: "*".to_owned() };
                problem = problem.with_fix("write one `*`", Applicability::Safe, vec![edit]);
            }
            problems.push(problem);
        }
    });
}

/// The first bytes that are two or more `*` in a row.
fn first_row(text: &str) -> Option<(usize, usize)> {
    if !text.contains("**") {
        return None;
    }
    let mut row: Option<(usize, usize)> = None;
    for (at, _) in marks(text).filter(|(_, it)| *it == Mark::Run) {
        row = match row {
            Some((from, to)) if to == at => Some((from, at + 1)),
            Some((from, to)) if to - from > 1 => return Some((from, to)),
            _ => Some((at, at + 1)),
        };
    }
    row.filter(|(from, to)| to - from > 1)
}
