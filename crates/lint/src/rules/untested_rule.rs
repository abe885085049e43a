//! A rule without examples.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L089", name: "untested-rule", page: include_str!("untested_rule.md") },
    by_default: false,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    if subject.ast.fixtures.is_empty() {
        let label = "no edit of it can be checked";
        problems.push(
            Diagnostic::info(code, subject.ast.place("title"), "the rule has no `tests`", label)
                .with_help("add an event that it must match, and one that it must not"),
        );
        return;
    }
    for (matches, what) in [(true, "must match"), (false, "must not match")] {
        if subject.ast.fixtures.iter().all(|it| it.matches != matches) {
            let message = format!("`tests` has no event that the rule {what}");
            let label = "a rule that always says the same would pass";
            let at = subject.ast.fixtures.first().map_or(subject.ast.span, |it| it.span);
            problems.push(
                Diagnostic::info(code, at, message, label)
                    .with_help(format!("add an event that the rule {what}")),
            );
        }
    }
}
