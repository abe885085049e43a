//! A source named in the description while `references` is empty.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L052",
        name: "link-in-description",
        page: include_str!("link_in_description.md"),
    },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(description) = &subject.ast.description else { return };
    if !subject.ast.references.is_empty() {
        return;
    }
    let value = description.value.as_str();
    let Some((from, to)) = link(value).or_else(|| research(value)) else { return };
    let span = syntax::place_inside(subject.text, description.span, value, from, to);
    let message = "the description names a source, but the rule has no `references`";
    let label = "tools show and check sources only from `references`";
    problems.push(
        Diagnostic::info(code, span, message, label).with_help("move it to a list `references:`"),
    );
}

/// The first web address.
fn link(text: &str) -> Option<(usize, usize)> {
    let mut rest = 0;
    while let Some(at) = text[rest..].find("://").map(|it| it + rest) {
        let scheme = text[..at].rfind(|ch: char| !ch.is_ascii_alphabetic()).map_or(0, |it| it + 1);
        // A character before the scheme may have several bytes.
        let from = (scheme..at).find(|&it| text.is_char_boundary(it)).unwrap_or(at);
        let name = &text[from..at];
        if name.eq_ignore_ascii_case("http") || name.eq_ignore_ascii_case("https") {
            let end = |ch: char| ch.is_whitespace() || matches!(ch, ')' | '>' | '"' | '\'');
            let to = text[at..].find(end).map_or(text.len(), |it| it + at);
            return Some((from, to));
        }
        rest = at + "://".len();
    }
    None
}

/// "internal research", which is a source too.
fn research(text: &str) -> Option<(usize, usize)> {
    const WORDS: &[u8] = b"internal research";
    let at = text.as_bytes().windows(WORDS.len()).position(|it| it.eq_ignore_ascii_case(WORDS))?;
    Some((at, at + WORDS.len()))
}
