//! A tag that is not written as `namespace.name`.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L031", name: "tag-format", page: include_str!("tag_format.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some((message, from, to)) = wrong(&tag.value) else { continue };
        let span = place_inside(subject.text, tag.span, &tag.value, from, to);
        let label = "tools that read tags by their form miss this one";
        let mut problem = Diagnostic::warning(code, span, message, label).with_help(
            "write `namespace.name` with lower-case letters, digits, `-`, `_` and dots in the name",
        );
        let lower = tag.value.to_ascii_lowercase();
        let whole = place_inside(subject.text, tag.span, &tag.value, 0, tag.value.len());
        if wrong(&lower).is_none() && subject.text.get(whole.range()) == Some(&tag.value) {
            problem = problem.with_fix(
                "write it in lower case",
                Applicability::Safe,
                vec![Edit { span: whole, replacement: lower }],
            );
        }
        problems.push(problem);
    }
}

/// What is wrong with a tag, and at which bytes of it.
fn wrong(tag: &str) -> Option<(String, usize, usize)> {
    let good = |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit() || "-_.".contains(ch);
    if let Some((at, ch)) = tag.char_indices().find(|(_, ch)| !good(*ch)) {
        let message = if ch.is_ascii_uppercase() {
            format!("`{ch}` in a tag must be in lower case")
        } else {
            format!("a tag can't hold `{}`", ch.escape_debug())
        };
        return Some((message, at, at + ch.len_utf8()));
    }
    match tag.split_once('.') {
        None => Some(("this tag has no namespace".to_owned(), 0, tag.len())),
        Some(("", _)) => Some(("this tag has no namespace".to_owned(), 0, tag.len())),
        Some((_, "")) => Some(("this tag has no name".to_owned(), 0, tag.len())),
        Some(_) => None,
    }
}
