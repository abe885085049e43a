//! A field name with a space in it.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L060", name: "space-in-field", page: include_str!("space_in_field.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|item| {
            let Some(field) = item.field.as_ref().filter(|it| it.value.contains(' ')) else {
                return;
            };
            let label = "few search languages can name such a field";
            let message = format!("the field `{}` has a space in its name", field.value);
            let replacement = field.value.trim().replace(' ', "_");
            let help = format!("Sigma writes an underscore: `{replacement}`");
            let edits = vec![Edit { span: field.span, replacement }];
            problems.push(
                Diagnostic::warning(code, field.span, message, label).with_help(help).with_fix(
                    "write underscores",
                    Applicability::Unsafe,
                    edits,
                ),
            );
        });
    }
}
