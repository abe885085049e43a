//! A modifier that stands twice at one field.

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span};
use syntax::ItemAst;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L020",
        name: "repeated-modifier",
        page: include_str!("repeated_modifier.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

/// What changes nothing the second time.
const ONCE: [&str; 9] =
    ["contains", "startswith", "endswith", "all", "cased", "neq", "i", "m", "s"];

/// How many modifiers of a field are looked at.
const MAX: usize = 32;

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for it in &subject.ast.detection.selections {
        it.body.items().for_each(|it| item(code, subject.text, it, problems));
    }
}

/// Two spellings of one modifier as one.
fn meaning(name: &str) -> &str {
    match name {
        "ignorecase" => "i",
        "multiline" => "m",
        "dotall" => "s",
        "utf16le" => "wide",
        other => other,
    }
}

fn item(code: &'static Code, text: &str, item: &ItemAst, problems: &mut Vec<Diagnostic>) {
    for (idx, it) in item.modifiers.iter().take(MAX).enumerate() {
        let name = meaning(&it.value);
        let mut earlier = item.modifiers.iter().take(idx);
        let Some(first) = earlier.find(|it| meaning(&it.value) == name) else { continue };
        // Text may well be encoded twice.
        if name == "base64" {
            continue;
        }
        let mut problem = Diagnostic::warning(
            code,
            it.span,
            format!("the modifier `{name}` stands here twice"),
            "the second does nothing, or does it to what the first has made",
        )
        .with_label(first.span, "first written here")
        .with_help("remove it, or write the modifier that was meant");
        let start = (it.span.start as usize).saturating_sub(1);
        let end = it.span.end as usize;
        let alone = text.get(start..end).and_then(|it| it.strip_prefix('|')) == Some(&it.value);
        if alone && ONCE.contains(&name) {
            let span = Span::new(it.span.file, start, end);
            let edit = Edit { span, replacement: String::new() };
            problem = problem.with_fix("remove it", Applicability::Safe, vec![edit]);
        }
        problems.push(problem);
    }
}
