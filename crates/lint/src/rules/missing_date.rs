//! A rule that does not say when it was written.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L042", name: "missing-date", page: include_str!("missing_date.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let ast = subject.ast;
    if ast.date.is_some() {
        return;
    }
    if let Some(modified) = &ast.modified {
        problems.push(
            Diagnostic::warning(
                code,
                modified.span,
                "the rule was modified, but has no date",
                "`modified` is the date of a later change",
            )
            .with_help("write the day the rule was made as `date`; a new rule needs only that"),
        );
        return;
    }
    let span = ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span);
    let label = "nobody can tell how old it is";
    problems.push(
        Diagnostic::info(code, span, "the rule has no date", label)
            .with_help("add `date:` with the day the rule was made, as in `2025-01-31`"),
    );
}
