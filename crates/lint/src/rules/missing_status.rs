//! A rule without a status.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L078", name: "missing-status", page: include_str!("missing_status.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    if subject.ast.status.is_none() {
        let label = "nobody can tell whether it was tried out";
        problems.push(
            Diagnostic::info(code, subject.ast.place("title"), "the rule has no `status`", label)
                .with_help("a new rule is `experimental`"),
        );
    }
}
