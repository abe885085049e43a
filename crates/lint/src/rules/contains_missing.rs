//! `all` or `base64offset` on whole values, which hardly ever match that way.

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span};
use syntax::{ItemAst, Scalar};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L019", name: "contains-missing", page: include_str!("contains_missing.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for it in &subject.ast.detection.selections {
        it.body.items().for_each(|it| item(code, subject.text, it, problems));
    }
}

fn item(code: &'static Code, text: &str, item: &ItemAst, problems: &mut Vec<Diagnostic>) {
    let find = |name: &str| item.modifiers.iter().find(|it| it.value == name);
    let has = |name: &str| find(name).is_some();
    // Keywords are looked for anywhere; a regular expression says itself where.
    if item.field.is_none() || ["contains", "re", "fieldref"].iter().any(|it| has(it)) {
        return;
    }
    let (modifier, message, label) = if let Some(it) = find("base64offset") {
        let label = "its three forms are parts of a longer text, never the whole value";
        (it, "`base64offset` without `contains`", label)
    } else if let Some(it) = find("all").filter(|_| plain(item) > 1 && !has("neq")) {
        (it, "`all` without `contains`", "a field holds one value, so it can't be all of these")
    } else {
        return;
    };
    let mut problem = Diagnostic::warning(code, modifier.span, message, label)
        .with_help("add `contains`, unless the field is a list of values");
    let anchored = has("startswith") || has("endswith");
    if let Some(at) = place(text, item).filter(|_| !anchored) {
        let edit = Edit { span: at, replacement: "|contains".to_owned() };
        problem = problem.with_fix("add `contains`", Applicability::Unsafe, vec![edit]);
    }
    problems.push(problem);
}

/// How many values stand for themselves: no wildcards.
fn plain(item: &ItemAst) -> usize {
    let literal = |it: &Scalar| match it {
        Scalar::Text(it) => !it.contains(['*', '?']),
        Scalar::Int(..) | Scalar::Float(..) => true,
        Scalar::Bool(_) | Scalar::Null => false,
    };
    item.values.iter().filter(|it| literal(&it.value)).count()
}

/// Where `|contains` goes: at the end of the key, but before an `all` that stands there.
fn place(text: &str, item: &ItemAst) -> Option<Span> {
    let last = item.modifiers.last()?;
    if text.get(last.span.range())? != last.value {
        return None;
    }
    let (start, end) = (last.span.start as usize, last.span.end as usize);
    let at = if last.value == "all" { start.checked_sub(1)? } else { end };
    Some(Span::new(last.span.file, at, at))
}
