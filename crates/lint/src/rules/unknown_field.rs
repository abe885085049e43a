//! A field that no event of the log source has.

use diagnostic::{Applicability, Code, Diagnostic, nearest_within};
use source::{Edit, Span};
use syntax::{ItemAst, Scalar};

use super::field_letter_case::right_case;

use crate::fields::{self, Fields};
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L094", name: "unknown-field", page: include_str!("unknown_field.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// Names shorter than this are too much alike for a guess.
const SHORTEST: usize = 5;

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let ast = subject.ast;
    // The names are Sigma's own; another taxonomy has others.
    if ast.taxonomy.as_ref().is_some_and(|it| it.value != "sigma") {
        return;
    }
    let Some(known) = fields::of(&ast.logsource) else { return };
    let product = ast.logsource.product.as_ref().map_or("-", |it| it.value.as_str());
    for item in ast.detection.items() {
        for (name, span) in names(item) {
            if known.names.contains(name) || right_case(name).is_some() || name.contains(' ') {
                continue;
            }
            problems.extend(judge(code, subject, known, product, name, span));
        }
    }
}

/// The fields that an item names: its own, and those it is compared with.
fn names(item: &ItemAst) -> Vec<(&str, Span)> {
    let mut res: Vec<(&str, Span)> =
        item.field.iter().map(|it| (it.value.as_str(), it.span)).collect();
    if item.modifiers.iter().any(|it| it.value == "fieldref") {
        res.extend(item.values.iter().filter_map(|it| match &it.value {
            Scalar::Text(name) => Some((name.as_str(), it.span)),
            _ => None,
        }));
    }
    res
}

fn judge(
    code: &'static Code,
    subject: &Subject<'_>,
    known: &Fields,
    product: &str,
    name: &str,
    span: Span,
) -> Option<Diagnostic> {
    let source = &subject.ast.logsource;
    let shown = source.category.as_ref().or(source.service.as_ref()).map(|it| it.value.as_str());
    let shown = shown.unwrap_or(product);
    let message = format!("events of `{shown}` have no field `{name}`");
    // Of names that differ in a number only, each may be meant.
    let bare = |it: &str| it.trim_end_matches(|it: char| it.is_ascii_digit()).to_owned();
    let most = if name.len() < 8 { 1 } else { 2 };
    let near = nearest_within(name, most, known.names.iter().copied())
        .filter(|it| name.len() >= SHORTEST && bare(it) != bare(name))
        // A field of other events is no slip.
        .filter(|_| !fields::is_known(product, name));
    match near {
        Some(near) => {
            let label = "the test fails for every event";
            let mut problem = Diagnostic::warning(code, span, message, label)
                .with_help(format!("did you mean `{near}`?"));
            // In quotes, with escapes in it, or in a value, the name is not simply there.
            if subject.text.get(span.range()) == Some(name) {
                let edits = vec![Edit { span, replacement: near.to_owned() }];
                let title = format!("write `{near}`");
                problem = problem.with_fix(title, Applicability::Unsafe, edits);
            }
            Some(problem)
        }
        None if known.complete => {
            let label = "unless yours are collected by another product, the test always fails";
            Some(
                Diagnostic::info(code, span, message, label)
                    .with_help("use a field of Sigma's taxonomy, or another log source"),
            )
        }
        None => None,
    }
}
