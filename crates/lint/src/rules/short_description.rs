//! A description too short to say anything.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L051",
        name: "short-description",
        page: include_str!("short_description.md"),
    },
    by_default: false,
    check: Check::Head(check),
};

/// The fewest characters of a description.
const LEAST: usize = 16;

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(description) = &subject.ast.description else { return };
    let len = description.value.trim().chars().take(LEAST).count();
    if len < LEAST {
        let label = format!("it has {len} characters; fewer than {LEAST} explain little");
        problems.push(
            Diagnostic::info(code, description.span, "the description is very short", label)
                .with_help("say what the rule detects and why that is suspicious"),
        );
    }
}
