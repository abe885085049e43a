//! A title that lists cut off.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L085", name: "long-title", page: include_str!("long_title.md") },
    by_default: false,
    check: Check::Head(check),
};

/// The most characters of a title.
const MOST: usize = 120;

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(title) = &subject.ast.title else { return };
    let len = title.value.chars().count();
    if len > MOST {
        let label =
            format!("it has {len} characters; lists of alerts cut off what is beyond {MOST}");
        problems.push(
            Diagnostic::info(code, title.span, "the title is very long", label)
                .with_help("say the rest in the description"),
        );
    }
}
