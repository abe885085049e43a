//! A title that begins with `Detects`.

use diagnostic::{Code, Diagnostic};
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L086", name: "title-detects", page: include_str!("title_detects.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(title) = &subject.ast.title else { return };
    for word in ["Detect", "Detects"] {
        if title.value.strip_prefix(word).is_some_and(|it| it.starts_with(' ')) {
            let span = place_inside(subject.text, title.span, &title.value, 0, word.len());
            let message = format!("the title begins with `{word}`");
            let label = "all rules detect something; the word says nothing of this one";
            problems.push(
                Diagnostic::info(code, span, message, label)
                    .with_help("begin with what is detected"),
            );
        }
    }
}
