//! `all` with one value.

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L075", name: "all-of-one-value", page: include_str!("all_of_one_value.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for item in subject.ast.detection.items() {
        let Some(all) = item.modifiers.iter().find(|it| it.value == "all") else { continue };
        // Some modifiers make several values of one, and `all` speaks of the written ones only.
        if item.field.is_none() || item.values.len() > 1 {
            continue;
        }
        let label = "with one value there is nothing to join";
        let mut problem =
            Diagnostic::warning(code, all.span, "`all` stands with a single value", label)
                .with_help("remove `all`, or write the values that are missing");
        let from = (all.span.start as usize).checked_sub(1);
        let sign = from.filter(|at| subject.text.get(*at..all.span.end as usize) == Some("|all"));
        if let Some(at) = sign {
            let span = Span::new(all.span.file, at, all.span.end as usize);
            let edit = Edit { span, replacement: String::new() };
            problem = problem.with_fix("remove `all`", Applicability::Unsafe, vec![edit]);
        }
        problems.push(problem);
    }
}
