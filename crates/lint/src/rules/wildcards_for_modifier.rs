//! Wildcards at the ends of values where a modifier says the same.

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span};
use syntax::{ItemAst, Scalar, Selection, ValueAst};

use super::double_wildcard::{Mark, marks};
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L040",
        name: "wildcards-for-modifier",
        page: include_str!("wildcards_for_modifier.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for selection in &subject.ast.detection.selections {
        walk(code, subject, &selection.body, problems);
    }
}

fn walk(
    code: &'static Code,
    subject: &Subject<'_>,
    body: &Selection,
    problems: &mut Vec<Diagnostic>,
) {
    match body {
        Selection::All(items) => {
            for item in items {
                problems.extend(judge(code, subject, item, items));
            }
        }
        Selection::Any(entries) => {
            entries.iter().for_each(|it| walk(code, subject, it, problems));
        }
        Selection::Keywords(_) => {}
    }
}

fn judge(
    code: &'static Code,
    subject: &Subject<'_>,
    item: &ItemAst,
    siblings: &[ItemAst],
) -> Option<Diagnostic> {
    let field = item.field.as_ref()?;
    if !item.modifiers.iter().all(|it| matches!(it.value.as_str(), "all" | "neq" | "cased")) {
        return None;
    }
    let shape = ends(item.values.first()?)?;
    if !item.values.iter().all(|it| ends(it) == Some(shape)) {
        return None;
    }
    let (modifier, message, where_to) = match shape {
        (true, true) => ("contains", "`*` at both ends means `contains`", "both ends"),
        (true, false) => ("endswith", "`*` at the start means `endswith`", "the start"),
        (false, true) => ("startswith", "`*` at the end means `startswith`", "the end"),
        (false, false) => return None,
    };
    let label = "readers and tools look for the modifier, not for the wildcards";
    let help = format!("write `{}|{modifier}`, and remove `*` from {where_to}", field.value);
    let problem = Diagnostic::info(code, item.span, message, label).with_help(help);
    let taken = siblings.iter().any(|it| {
        let mut names = it.modifiers.iter().map(|it| it.value.as_str());
        it.field.as_ref().is_some_and(|it| it.value == field.value)
            && names.next() == Some(modifier)
            && names.eq(item.modifiers.iter().map(|it| it.value.as_str()))
    });
    let mut edits = Vec::new();
    let good = !taken
        && subject.text.get(field.span.range()) == Some(&field.value)
        && item.values.iter().all(|it| strip(subject.text, it, shape, &mut edits).is_some());
    if !good {
        return Some(problem);
    }
    let end = field.span.end as usize;
    let span = Span::new(field.span.file, end, end);
    edits.push(Edit { span, replacement: format!("|{modifier}") });
    Some(problem.with_fix(format!("write `{modifier}`"), Applicability::Safe, edits))
}

/// Whether a value begins and ends with `*`; `None` when it is no such text, or has more wildcards.
fn ends(value: &ValueAst) -> Option<(bool, bool)> {
    let Scalar::Text(text) = &value.value else { return None };
    if !(text.starts_with('*') || text.ends_with('*')) {
        return None;
    }
    let (mut first, mut last) = (false, false);
    for (at, _) in marks(text).filter(|(_, it)| *it != Mark::Escaped) {
        match at {
            0 => first = true,
            _ if at + 1 == text.len() && text.ends_with('*') => last = true,
            _ => return None,
        }
    }
    let inner = text.len().checked_sub(usize::from(first) + usize::from(last))?;
    (inner > 0 && text.starts_with('*') == first).then_some((first, last))
}

/// Edits that take the wildcards off a quoted value.
fn strip(text: &str, value: &ValueAst, shape: (bool, bool), edits: &mut Vec<Edit>) -> Option<()> {
    let raw = text.get(value.span.range())?;
    let quote = raw.chars().next().filter(|it| matches!(it, '\'' | '"'))?;
    let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut cut = |at: usize| {
        edits.push(Edit { span: value.span.sub(at, 1), replacement: String::new() });
    };
    if shape.0 {
        inner.starts_with('*').then(|| cut(1))?;
    }
    if shape.1 {
        inner.ends_with('*').then(|| cut(raw.len() - 2))?;
    }
    Some(())
}
