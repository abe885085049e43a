//! A rule without an id.

use diagnostic::{Code, Diagnostic};
use source::Span;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L017", name: "missing-id", page: include_str!("missing_id.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    if subject.ast.id.as_ref().is_some_and(|it| !it.value.trim().is_empty()) {
        return;
    }
    let label = "once its title changes, nothing tells that it is still the same rule";
    problems.push(
        Diagnostic::warning(code, place(subject), "the rule has no `id`", label)
            .with_help("add `id:` with a new random UUID; `uuidgen` prints one"),
    );
}

/// The title, as the part of the text that stands for the whole rule.
fn place(subject: &Subject<'_>) -> Span {
    let ast = subject.ast;
    ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span)
}
