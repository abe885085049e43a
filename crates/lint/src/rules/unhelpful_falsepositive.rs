//! A false positive that helps nobody to judge an alert.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L054",
        name: "unhelpful-falsepositive",
        page: include_str!("unhelpful_falsepositive.md"),
    },
    by_default: false,
    check: Check::Head(check),
};

/// The words, and why each is out of place.
const WORDS: &[(&str, &str)] = &[
    ("none", "no rule is without false positives; at best none are known"),
    ("pentest", "a test attack that is found is a true positive"),
    ("penetration", "a test attack that is found is a true positive"),
];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for entry in &subject.ast.falsepositives {
        let value = entry.value.as_str();
        for word in value.split(|ch: char| !ch.is_alphanumeric()) {
            let known = WORDS.iter().find(|(it, _)| word.eq_ignore_ascii_case(it));
            let Some((_, why)) = known else { continue };
            let from = word.as_ptr() as usize - value.as_ptr() as usize;
            let span =
                syntax::place_inside(subject.text, entry.span, value, from, from + word.len());
            let message = format!("`{word}` does not describe a false positive");
            problems.push(Diagnostic::info(code, span, message, *why).with_help(
                "name a harmless activity that matches, or write `Unknown` or `Unlikely`",
            ));
        }
    }
}
