//! A false positive with a word that is often misspelt.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L056",
        name: "misspelt-falsepositive",
        page: include_str!("misspelt_falsepositive.md"),
    },
    by_default: true,
    check: Check::Head(check),
};

/// Spellings that are never right, and what is meant.
const SLIPS: &[(&str, &str)] = &[
    ("adminstrator", "administrator"),
    ("adminstrators", "administrators"),
    ("legimate", "legitimate"),
    ("legitamate", "legitimate"),
    ("legitim", "legitimate"),
    ("legitimatly", "legitimately"),
    ("legitimeate", "legitimate"),
    ("legitmate", "legitimate"),
    ("legtimate", "legitimate"),
    ("ligitimate", "legitimate"),
    ("uknown", "unknown"),
    ("unknow", "unknown"),
    ("unkown", "unknown"),
    ("unlikly", "unlikely"),
];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for entry in &subject.ast.falsepositives {
        let value = entry.value.as_str();
        for word in value.split(|ch: char| !ch.is_alphanumeric()) {
            let slip = SLIPS.iter().find(|(it, _)| word.eq_ignore_ascii_case(it));
            let Some((_, right)) = slip else { continue };
            let from = word.as_ptr() as usize - value.as_ptr() as usize;
            let span =
                syntax::place_inside(subject.text, entry.span, value, from, from + word.len());
            let message = format!("`{word}` is misspelt");
            let label = "a search for the word does not find this rule";
            let mut problem =
                Diagnostic::info(code, span, message, label).with_help(format!("write `{right}`"));
            if subject.text.get(span.range()) == Some(word) {
                let edits = vec![Edit { span, replacement: like(word, right) }];
                problem = problem.with_fix("correct the word", Applicability::Safe, edits);
            }
            problems.push(problem);
        }
    }
}

/// `right` with a capital where `word` has one.
fn like(word: &str, right: &str) -> String {
    let capital = word.starts_with(|it: char| it.is_ascii_uppercase());
    let (first, rest) = right.split_at(1);
    if capital { first.to_ascii_uppercase() + rest } else { right.to_owned() }
}
