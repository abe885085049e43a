//! `all of them`, which takes in whatever selection comes later.

use diagnostic::{Code, Diagnostic};
use syntax::{ConditionAst, Quantity, Wanted};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L010", name: "all-of-them", page: include_str!("all_of_them.md") },
    by_default: false,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for it in &subject.ast.detection.conditions {
        visit(code, it, problems);
    }
}

fn visit(code: &'static Code, condition: &ConditionAst, problems: &mut Vec<Diagnostic>) {
    match condition {
        ConditionAst::Any(parts) | ConditionAst::All(parts) => {
            parts.iter().for_each(|it| visit(code, it, problems));
        }
        ConditionAst::Not(it) => visit(code, it, problems),
        ConditionAst::Of(Quantity::All, wanted) if wanted.value == Wanted::Them => {
            let label = "a selection added later, even a filter, becomes one more demand";
            problems.push(
                Diagnostic::info(code, wanted.span, "`all of them` demands every selection", label)
                    .with_help("name them by a pattern, `all of selection_*`, or one by one"),
            );
        }
        ConditionAst::Of(..) | ConditionAst::Name(_) => {}
    }
}
