//! A rule without a level.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L065", name: "missing-level", page: include_str!("missing_level.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let ast = subject.ast;
    if ast.level.is_some() {
        return;
    }
    let at = ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span);
    let label = "its alerts can't be ranked, and filters by level leave it out";
    problems.push(
        Diagnostic::warning(code, at, "the rule has no `level`", label)
            .with_help("add `level:` with `informational`, `low`, `medium`, `high` or `critical`"),
    );
}
