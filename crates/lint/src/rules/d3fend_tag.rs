//! A `d3fend.` tag that has not the form of anything in D3FEND.

use diagnostic::{Applicability, Code, Diagnostic, nearest};
use source::Edit;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L026", name: "d3fend-tag", page: include_str!("d3fend_tag.md") },
    by_default: true,
    check: Check::Head(check),
};

const TACTICS: [&str; 7] = ["model", "harden", "detect", "isolate", "deceive", "evict", "restore"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(word) = tag.value.strip_prefix("d3fend.") else { continue };
        if TACTICS.contains(&word) || is_technique(word) || is_artifact(word) {
            continue;
        }
        let span = syntax::place_inside(subject.text, tag.span, &tag.value, 7, tag.value.len());
        let message = format!("`{word}` has not the form of a D3FEND name");
        let label = "nobody finds the countermeasure, nor this rule by it";
        let problem = Diagnostic::warning(code, span, message, label);
        problems.push(match nearest(word, TACTICS) {
            Some(near) if subject.text.get(span.range()) == Some(word) => {
                let edit = Edit { span, replacement: near.to_owned() };
                problem.with_help(format!("did you mean `{near}`?")).with_fix(
                    format!("write `{near}`"),
                    Applicability::Unsafe,
                    vec![edit],
                )
            }
            _ => problem.with_help(
                "write a technique, `d3fend.d3-am`, an artifact, `d3fend.d3f-Process`, or a tactic",
            ),
        });
    }
}

/// `d3-am`
fn is_technique(word: &str) -> bool {
    word.strip_prefix("d3-")
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase()))
}

/// `d3f-WindowsNtOpenFile`
fn is_artifact(word: &str) -> bool {
    word.strip_prefix("d3f-").is_some_and(|it| {
        !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    })
}
