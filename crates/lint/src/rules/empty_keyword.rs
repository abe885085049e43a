//! A keyword that every event has.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::Scalar;

use super::control_character::has;
use super::double_wildcard::LITERAL;
use super::duplicate_tag::line_of;
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L049", name: "empty-keyword", page: include_str!("empty_keyword.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    subject.ast.detection.items().for_each(|item| {
        // With `contains` and its like, another lint reports it.
        let anchored = has(item, &["contains", "startswith", "endswith"]);
        if item.field.is_some() || anchored || has(item, LITERAL) {
            return;
        }
        let alone = item.values.len() == 1;
        for value in &item.values {
            let Scalar::Text(text) = &value.value else { continue };
            if !text.bytes().all(|it| it == b'*') {
                continue;
            }
            let label = match alone || has(item, &["all"]) {
                true => "it changes nothing",
                false => "the other keywords of this list don't matter any more",
            };
            let message = "this keyword is in every event";
            let mut problem = Diagnostic::warning(code, value.span, message, label)
                .with_help("write what was meant, or remove it");
            if !alone && let Some(span) = line_of(subject.text, value.span, "-") {
                problem = problem.with_fix(
                    "remove it",
                    Applicability::Unsafe,
                    vec![Edit { span, replacement: String::new() }],
                );
            }
            problems.push(problem);
        }
    });
}
