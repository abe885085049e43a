//! A rule without a description.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L050",
        name: "missing-description",
        page: include_str!("missing_description.md"),
    },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let ast = subject.ast;
    if ast.description.is_some() {
        return;
    }
    let at = ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span);
    let label = "whoever gets the alert reads the description first";
    problems.push(
        Diagnostic::warning(code, at, "the rule has no `description`", label)
            .with_help("add `description:` with what the rule detects and why that is suspicious"),
    );
}
