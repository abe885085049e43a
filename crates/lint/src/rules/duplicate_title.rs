//! A title that two rules have.

use std::collections::HashMap;

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L014", name: "duplicate-title", page: include_str!("duplicate_title.md") },
    by_default: true,
    check: Check::Set(check),
};

fn check(code: &'static Code, subjects: &[Subject<'_>], problems: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::with_capacity(subjects.len());
    for it in subjects {
        let Some(title) = &it.ast.title else { continue };
        let (path, first) = *seen.entry(title.value.as_str()).or_insert((it.path, title.span));
        // The documents of one file may share a title on purpose (`action: global`), and a file
        // may be named twice.
        let same_file = first.file == title.span.file;
        if first == title.span || (path == it.path && !same_file) {
            continue;
        }
        problems.push(
            Diagnostic::warning(
                code,
                title.span,
                format!("two rules are called `{}`", title.value),
                "an alert with this title does not tell which of them fired",
            )
            .with_label(first, "the other one")
            .with_help("say in each title what sets the rule apart, or remove one of the rules"),
        );
    }
}
