//! `1 of them` where there is one selection only.

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span};
use syntax::{ConditionAst, Wanted};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L011",
        name: "them-for-one-selection",
        page: include_str!("them_for_one_selection.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let detection = &subject.ast.detection;
    // `them` leaves out names that begin with `_`.
    let mut meant = detection.selections.iter().filter(|it| !it.name.value.starts_with('_'));
    let (Some(only), None) = (meant.next(), meant.next()) else { return };
    let name = &only.name.value;
    for condition in &detection.conditions {
        visit(condition, &mut |them| {
            let mut problem = Diagnostic::info(
                code,
                them,
                format!("`them` means one selection only, `{name}`"),
                "this reads as if there were several; perhaps one is missing",
            )
            .with_label(only.name.span, "this is all of them")
            .with_help(format!("write `{name}`, or add the selection that is missing"));
            if let Some(whole) = quantified(subject.text, them) {
                problem = problem.with_fix(
                    format!("write `{name}`"),
                    Applicability::Safe,
                    vec![Edit { span: whole, replacement: name.clone() }],
                );
            }
            problems.push(problem);
        });
    }
}

/// Calls `found` with the place of every `them`.
fn visit(condition: &ConditionAst, found: &mut dyn FnMut(Span)) {
    match condition {
        ConditionAst::Any(parts) | ConditionAst::All(parts) => {
            parts.iter().for_each(|it| visit(it, found));
        }
        ConditionAst::Not(it) => visit(it, found),
        ConditionAst::Of(_, wanted) if wanted.value == Wanted::Them => found(wanted.span),
        ConditionAst::Of(..) | ConditionAst::Name(_) => {}
    }
}

/// The whole `1 of them`, when it is written as such.
fn quantified(text: &str, them: Span) -> Option<Span> {
    if text.get(them.range())? != "them" {
        return None;
    }
    let before = text.get(..them.start as usize)?;
    let before = before.trim_end().strip_suffix("of")?.trim_end();
    let before = ["1", "any", "all"].iter().find_map(|it| before.strip_suffix(it))?;
    Some(Span::new(them.file, before.len(), them.end as usize))
}
