//! A word of the title in small letters.

use diagnostic::{Code, Diagnostic};
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L083", name: "title-case", page: include_str!("title_case.md") },
    by_default: false,
    check: Check::Head(check),
};

/// Words that stay small.
const SMALL: &[&str] = &[
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "new", "of", "on", "or", "over",
    "the", "through", "to", "via", "with", "without",
];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(title) = &subject.ast.title else { return };
    let mut at = 0;
    for word in title.value.split(' ') {
        let (from, to) = (at, at + word.len());
        at = to + 1;
        let upper = word.chars().any(char::is_uppercase) || !word.chars().any(char::is_lowercase);
        // Names of files and commands are written as they are.
        let name = word.contains(['.', '/', '_']) || word.starts_with(|it: char| it.is_numeric());
        if upper || name || SMALL.contains(&word) {
            continue;
        }
        let span = place_inside(subject.text, title.span, &title.value, from, to);
        let label = "SigmaHQ's titles have all but little words in capitals";
        problems.push(
            Diagnostic::info(code, span, format!("`{word}` begins with a small letter"), label)
                .with_help("begin it with a capital"),
        );
    }
}
