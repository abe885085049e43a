//! A `modified` without a `date`.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L073",
        name: "modified-without-date",
        page: include_str!("modified_without_date.md"),
    },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let (None, Some(modified)) = (&subject.ast.date, &subject.ast.modified) else { return };
    let label = "nobody can tell a new rule from an old one that was changed";
    problems.push(
        Diagnostic::warning(code, modified.span, "`modified` stands without `date`", label)
            .with_help("add `date`, the day the rule was made; a new rule has only that"),
    );
}
