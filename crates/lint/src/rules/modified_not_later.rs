//! A `modified` that is no later than `date`.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

use super::bad_date::parse;
use super::duplicate_tag::line_of;
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L043",
        name: "modified-not-later",
        page: include_str!("modified_not_later.md"),
    },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let (Some(date), Some(modified)) = (&subject.ast.date, &subject.ast.modified) else { return };
    let (Some(made), Some(changed)) = (parse(&date.value), parse(&modified.value)) else { return };
    if changed < made {
        problems.push(
            Diagnostic::warning(
                code,
                modified.span,
                "the rule was modified before it was made",
                "one of the two dates is wrong",
            )
            .with_label(date.span, "it was made on this day")
            .with_help("correct the wrong one; perhaps the two were exchanged"),
        );
    } else if changed == made {
        let label = "a rule that was never changed needs no `modified`";
        let message = "`modified` is the same day as `date`";
        let mut problem = Diagnostic::info(code, modified.span, message, label)
            .with_label(date.span, "the same day")
            .with_help("remove `modified`, or write the day of the last change");
        if let Some(span) = line_of(subject.text, modified.span, "modified:") {
            problem = problem.with_fix(
                "remove `modified`",
                Applicability::Safe,
                vec![Edit { span, replacement: String::new() }],
            );
        }
        problems.push(problem);
    }
}
