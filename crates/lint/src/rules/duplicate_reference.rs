//! A reference that stands twice in one rule.

use std::collections::HashMap;

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L013",
        name: "duplicate-reference",
        page: include_str!("duplicate_reference.md"),
    },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let references = &subject.ast.references;
    if references.len() < 2 {
        return;
    }
    let mut seen: HashMap<&str, Span> = HashMap::with_capacity(references.len());
    for it in references {
        let first = *seen.entry(it.value.as_str()).or_insert(it.span);
        if first == it.span {
            continue;
        }
        let label = "it tells a reader nothing new; perhaps another was meant";
        let mut problem =
            Diagnostic::warning(code, it.span, "this reference stands here twice", label)
                .with_label(first, "first written here")
                .with_help("remove it, or put in the one that was meant");
        if let Some(line) = entry_line(subject.text, it.span) {
            problem = problem.with_fix(
                "remove the second",
                Applicability::Safe,
                vec![Edit { span: line, replacement: String::new() }],
            );
        }
        problems.push(problem);
    }
}

/// The line of an entry of a list, its end included, when nothing else stands in it.
fn entry_line(text: &str, span: Span) -> Option<Span> {
    let start = text.get(..span.start as usize)?.rfind('\n')? + 1;
    let rest = text.get(span.end as usize..)?;
    let len = rest.find('\n')? + 1;
    let alone =
        text.get(start..span.start as usize)?.trim() == "-" && rest.get(..len)?.trim().is_empty();
    alone.then(|| Span::new(span.file, start, span.end as usize + len))
}
