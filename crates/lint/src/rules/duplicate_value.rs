//! A value that stands twice in one list.

use std::collections::HashMap;

use diagnostic::{Code, Diagnostic};
use syntax::{ItemAst, Scalar, ValueAst};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L068", name: "duplicate-value", page: include_str!("duplicate_value.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// Modifiers after which the case of a value counts.
const CASED: [&str; 4] = ["base64", "base64offset", "cased", "re"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|it| check_item(code, it, problems));
    }
}

fn check_item(code: &'static Code, item: &ItemAst, problems: &mut Vec<Diagnostic>) {
    if item.values.len() < 2 {
        return;
    }
    let cased = item.modifiers.iter().any(|it| CASED.contains(&it.value.as_str()));
    let key = |it: &ValueAst| {
        let text = it.value.text();
        if cased { text.into_owned() } else { text.to_lowercase() }
    };
    let mut seen: HashMap<String, &ValueAst> = HashMap::new();
    for value in item.values.iter().filter(|it| it.value != Scalar::Null) {
        let first = *seen.entry(key(value)).or_insert(value);
        if first.span == value.span {
            continue;
        }
        let message = format!("`{}` stands twice in this list", value.value.text());
        let label = "the second changes nothing; perhaps another value was meant";
        problems.push(
            Diagnostic::warning(code, value.span, message, label)
                .with_label(first.span, "the first")
                .with_help("remove it, or write the value that was meant"),
        );
    }
}
