//! `1 of name` where the name has no `*`, so that it means one selection.

use diagnostic::{Applicability, Code, Diagnostic};
use source::{Edit, Span, Spanned};
use syntax::{ConditionAst, Wanted};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L044",
        name: "of-without-asterisk",
        page: include_str!("of_without_asterisk.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

/// Every `1 of x` and `all of x` of a condition.
pub(super) fn each_of<'a>(condition: &'a ConditionAst, each: &mut dyn FnMut(&'a Spanned<Wanted>)) {
    match condition {
        ConditionAst::Any(parts) | ConditionAst::All(parts) => {
            parts.iter().for_each(|it| each_of(it, each));
        }
        ConditionAst::Not(part) => each_of(part, each),
        ConditionAst::Name(_) => {}
        ConditionAst::Of(_, wanted) => each(wanted),
    }
}

/// From the quantity to the end of what is wanted, if they stand as they should before `wanted`.
pub(super) fn whole(text: &str, wanted: Span) -> Option<Span> {
    let before = text.get(..wanted.start as usize)?.trim_end().strip_suffix("of")?.trim_end();
    let start = ["1", "any", "all"].iter().find_map(|it| before.strip_suffix(it))?.len();
    Some(Span::new(wanted.file, start, wanted.end as usize))
}

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let detection = &subject.ast.detection;
    for condition in &detection.conditions {
        each_of(condition, &mut |wanted| {
            let Wanted::Pattern(name) = &wanted.value else { return };
            // A name that is not there is an error, reported when the condition is resolved.
            let exists = detection.selections.iter().any(|it| it.name.value == *name);
            if name.contains('*') || !exists {
                return;
            }
            let fits = |it: &str| it.len() > name.len() && it.starts_with(name.as_str());
            let more = detection.selections.iter().filter(|it| fits(&it.name.value)).count();
            let message = format!("`of {name}` has no `*`, so it means one selection");
            let span = wanted.span;
            let exact = subject.text.get(span.range()) == Some(name);
            problems.push(if more > 0 {
                let label = format!("{more} more begin with that name and are not meant");
                let problem = Diagnostic::warning(code, span, message, label)
                    .with_help(format!("write `{name}*` for all of them"));
                let edit = Edit { span, replacement: format!("{name}*") };
                match exact {
                    true => problem.with_fix("add `*`", Applicability::Unsafe, vec![edit]),
                    false => problem,
                }
            } else {
                let label = "the words before it change nothing";
                let problem = Diagnostic::warning(code, span, message, label)
                    .with_help(format!("write `{name}` alone, or a pattern with `*`"));
                match whole(subject.text, span).filter(|_| exact) {
                    Some(span) => problem.with_fix(
                        format!("write `{name}` alone"),
                        Applicability::Safe,
                        vec![Edit { span, replacement: name.clone() }],
                    ),
                    None => problem,
                }
            });
        });
    }
}
