//! Conditions: names become what they stand for.

use diagnostic::{Diagnostic, nearest};
use ir::Expr;
use source::Spanned;
use syntax::{ConditionAst, Quantity, Wanted};

use crate::codes::{EMPTY_PATTERN, UNDEFINED_SELECTION};

/// The selections of a rule by name; `None` for one of which pipelines
/// left nothing.
pub type Selections = Vec<(Spanned<String>, Option<Expr>)>;

/// Resolves a condition; `None` when nothing is left of what it names, or a name is wrong, which is
/// then in `problems`. Names used are noted in `used`, by position.
pub fn resolve(
    condition: &ConditionAst,
    selections: &Selections,
    used: &mut [bool],
    problems: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let mut many = |parts: &[ConditionAst], problems: &mut Vec<Diagnostic>| {
        let all: Vec<Option<Expr>> =
            parts.iter().map(|it| resolve(it, selections, used, problems)).collect();
        left(all)
    };
    match condition {
        ConditionAst::Any(parts) => many(parts, problems).map(Expr::any),
        ConditionAst::All(parts) => many(parts, problems).map(Expr::all),
        ConditionAst::Not(part) => resolve(part, selections, used, problems).map(Expr::not),
        ConditionAst::Name(name) => {
            match selections.iter().position(|(it, _)| it.value == name.value) {
                Some(at) => {
                    used[at] = true;
                    selections[at].1.clone()
                }
                None => {
                    problems.push(undefined(name, selections));
                    None
                }
            }
        }
        ConditionAst::Of(quantity, wanted) => {
            let places: Vec<usize> = (0..selections.len())
                .filter(|&at| fits(&wanted.value, &selections[at].0.value))
                .collect();
            if places.is_empty() {
                problems.push(empty(wanted, selections));
                return None;
            }
            let mut parts = Vec::new();
            for at in places {
                used[at] = true;
                parts.push(selections[at].1.clone());
            }
            let parts = left(parts)?;
            Some(if *quantity == Quantity::All { Expr::all(parts) } else { Expr::any(parts) })
        }
    }
}

/// The parts that say something; `None` when none does.
fn left(parts: Vec<Option<Expr>>) -> Option<Vec<Expr>> {
    let parts: Vec<Expr> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then_some(parts)
}

/// Whether a selection is meant. Names that begin with `_` are left out, unless the pattern
/// begins so too.
pub(crate) fn fits(wanted: &Wanted, name: &str) -> bool {
    match wanted {
        Wanted::Them => !name.starts_with('_'),
        Wanted::Pattern(pattern) => {
            (pattern.starts_with('_') || !name.starts_with('_')) && glob(pattern, name)
        }
    }
}

/// Whether `name` is `pattern`, where `*` is any run of characters.
fn glob(pattern: &str, name: &str) -> bool {
    let pieces: Vec<&str> = pattern.split('*').collect();
    let [first, middle @ .., last] = pieces.as_slice() else { return pattern == name };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn names(selections: &Selections) -> String {
    let names: Vec<&str> = selections.iter().map(|(it, _)| it.value.as_str()).collect();
    names.join(", ")
}

fn undefined(name: &Spanned<String>, selections: &Selections) -> Diagnostic {
    let known = selections.iter().map(|(it, _)| it.value.as_str());
    let problem = Diagnostic::error(
        &UNDEFINED_SELECTION,
        name.span,
        format!("the condition names `{}`, which the rule does not define", name.value),
        "no selection has this name",
    );
    match nearest(&name.value, known) {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")).with_fix(
            format!("write `{near}`"),
            diagnostic::Applicability::Unsafe,
            vec![source::Edit { span: name.span, replacement: near.to_owned() }],
        ),
        None => problem.with_help(format!("the rule defines: {}", names(selections))),
    }
}

fn empty(wanted: &Spanned<Wanted>, selections: &Selections) -> Diagnostic {
    let what = match &wanted.value {
        Wanted::Them => "them",
        Wanted::Pattern(it) => it,
    };
    Diagnostic::error(
        &EMPTY_PATTERN,
        wanted.span,
        format!("no selection fits `{what}`"),
        "this part of the condition has nothing to match",
    )
    .with_help(format!("the rule defines: {}", names(selections)))
}
