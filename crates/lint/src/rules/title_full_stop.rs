//! A title that ends with a full stop.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L084", name: "title-full-stop", page: include_str!("title_full_stop.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(title) = &subject.ast.title else { return };
    let len = title.value.len();
    if !title.value.ends_with('.') {
        return;
    }
    let span = place_inside(subject.text, title.span, &title.value, len - 1, len);
    let label = "a title is no sentence";
    let mut problem = Diagnostic::info(code, span, "the title ends with a full stop", label)
        .with_help("remove it");
    if subject.text.get(span.range()) == Some(".") && len > 1 {
        let edit = Edit { span, replacement: String::new() };
        problem = problem.with_fix("remove the full stop", Applicability::Safe, vec![edit]);
    }
    problems.push(problem);
}
