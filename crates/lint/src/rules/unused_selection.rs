//! A selection that no condition uses.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L001", name: "unused-selection", page: include_str!("unused_selection.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(lowered) = subject.lowered else { return };
    for name in &lowered.unused {
        let message = format!("the selection `{}` is never used", name.value);
        let label = "no condition names it, so it changes nothing";
        problems.push(
            Diagnostic::warning(code, name.span, message, label)
                .with_help("use it in the condition, or remove it"),
        );
    }
}
