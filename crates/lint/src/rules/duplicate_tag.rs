//! A tag that stands twice.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

pub(super) use crate::line_of;
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L032", name: "duplicate-tag", page: include_str!("duplicate_tag.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let tags = &subject.ast.tags;
    for (idx, tag) in tags.iter().enumerate() {
        let first = tags[..idx].iter().find(|it| it.value.eq_ignore_ascii_case(&tag.value));
        let Some(first) = first else { continue };
        let message = format!("the tag `{}` stands here twice", tag.value);
        let mut problem =
            Diagnostic::warning(code, tag.span, message, "the second says nothing new")
                .with_label(first.span, "it stands here already")
                .with_help("remove one, or write the tag that was meant");
        if let Some(span) = line_of(subject.text, tag.span, "-") {
            problem = problem.with_fix(
                "remove the second",
                Applicability::Safe,
                vec![Edit { span, replacement: String::new() }],
            );
        }
        problems.push(problem);
    }
}
