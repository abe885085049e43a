//! A number in quotes.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::Scalar;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L039", name: "number-as-text", page: include_str!("number_as_text.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    subject.ast.detection.items().for_each(|item| {
        let plain = item.modifiers.iter().all(|it| matches!(it.value.as_str(), "all" | "neq"));
        if item.field.is_none() || !plain {
            return;
        }
        // Beside other texts it is one of them: a field of numbers has none.
        let number = |it: &Scalar| !matches!(it, Scalar::Text(it) if !is_number(it));
        if !item.values.iter().all(|it| number(&it.value)) {
            return;
        }
        for value in &item.values {
            let Scalar::Text(text) = &value.value else { continue };
            let label = "in quotes it is text, which a numeric field may never equal";
            let message = format!("the number {text} is written as text");
            let mut problem = Diagnostic::info(code, value.span, message, label)
                .with_help(format!("write {text} without quotes if the field holds numbers"));
            let raw = subject.text.get(value.span.range()).unwrap_or_default();
            if raw.len() == text.len() + 2 && raw.starts_with(['\'', '"']) {
                problem = problem.with_fix(
                    "remove the quotes",
                    Applicability::Unsafe,
                    vec![Edit { span: value.span, replacement: text.clone() }],
                );
            }
            problems.push(problem);
        }
    });
}

/// Whether a text is a whole number that loses nothing when read as one.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let canonical = match digits {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    canonical && digits.len() <= 18
}
