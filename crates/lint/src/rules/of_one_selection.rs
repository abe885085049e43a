//! `1 of` or `all of` with a pattern that only one selection fits.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::Wanted;

use super::of_without_asterisk::{each_of, whole};
use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L045", name: "of-one-selection", page: include_str!("of_one_selection.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let detection = &subject.ast.detection;
    for condition in &detection.conditions {
        each_of(condition, &mut |wanted| {
            let Wanted::Pattern(pattern) = &wanted.value else { return };
            if !pattern.contains('*') || kept_open(pattern) {
                return;
            }
            let hidden = |it: &str| it.starts_with('_') && !pattern.starts_with('_');
            let mut names = detection
                .selections
                .iter()
                .map(|it| it.name.value.as_str())
                .filter(|it| !hidden(it) && glob(pattern, it));
            let (Some(name), None) = (names.next(), names.next()) else { return };
            let span = wanted.span;
            let message = format!("`of {pattern}` means only the selection `{name}`");
            let label = "it reads as a choice, but there is none";
            let problem = Diagnostic::info(code, span, message, label)
                .with_help(format!("write `{name}`, or check the other selections' names"));
            let exact = subject.text.get(span.range()) == Some(pattern);
            problems.push(match whole(subject.text, span).filter(|_| exact) {
                Some(span) => problem.with_fix(
                    format!("write `{name}`"),
                    Applicability::Safe,
                    vec![Edit { span, replacement: name.to_owned() }],
                ),
                None => problem,
            });
        });
    }
}

/// `filter_main_*` and the like are kept open for selections to come.
fn kept_open(pattern: &str) -> bool {
    pattern.ends_with("_*") && (pattern.starts_with("filter_") || pattern.starts_with("selection_"))
}

/// Whether `name` is `pattern`, where `*` is any run of characters.
fn glob(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = name.strip_prefix(first).and_then(|it| it.strip_suffix(last));
    let after = inner.and_then(|it| {
        middle.split('*').try_fold(it, |it, piece| it.find(piece).map(|at| &it[at + piece.len()..]))
    });
    after.is_some()
}
