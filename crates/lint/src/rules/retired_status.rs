//! A retired rule among those in use.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L079", name: "retired-status", page: include_str!("retired_status.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(status) = &subject.ast.status else { return };
    let word = status.value.as_str();
    let mut folders = subject.path.split(['/', '\\']).rev().skip(1);
    if !matches!(word, "deprecated" | "unsupported") || folders.any(|it| it == word) {
        return;
    }
    let label = "whoever takes the folder as a whole takes this rule too";
    problems.push(
        Diagnostic::info(code, status.span, format!("a rule that is {word} stands here"), label)
            .with_help(format!("move it to a folder `{word}`")),
    );
}
