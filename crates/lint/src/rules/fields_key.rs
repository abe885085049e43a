//! The old key `fields`.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L061", name: "fields-key", page: include_str!("fields_key.md") },
    by_default: false,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let [first, .., last] = subject.ast.fields.as_slice() else {
        if let [only] = subject.ast.fields.as_slice() {
            problems.push(problem(code, only.span));
        }
        return;
    };
    problems.push(problem(code, first.span.to(last.span)));
}

fn problem(code: &'static Code, at: source::Span) -> Diagnostic {
    let label = "SigmaHQ no longer takes this key, and few tools read it";
    Diagnostic::info(code, at, "the rule uses the old key `fields`", label)
        .with_help("remove `fields`; say in the description what to look at")
}
