//! Patterns as the plain text that pipelines work on.
//!
//! In it `*` and `?` are wildcards, `\*` and `\?` are these characters, `%name%` is a placeholder,
//! and every other backslash is itself. So a literal backslash before a wildcard looks like an
//! escaped one; what takes text apart keeps to the parts, not to this text.

use ir::{Part, Pattern};

/// The pattern as plain text.
pub fn plain(pattern: &Pattern) -> String {
    pattern.parts().iter().map(part).collect()
}

/// How long the plain text is, about.
pub fn plain_len(pattern: &Pattern) -> usize {
    let len = |it: &Part| match it {
        Part::Literal(it) | Part::Placeholder(it) => it.len(),
        Part::Run | Part::One => 1,
    };
    pattern.parts().iter().map(len).sum()
}

fn part(part: &Part) -> String {
    match part {
        Part::Literal(it) => it.chars().map(character).collect(),
        Part::Run => "*".to_owned(),
        Part::One => "?".to_owned(),
        Part::Placeholder(name) => format!("%{name}%"),
    }
}

fn character(ch: char) -> String {
    if matches!(ch, '*' | '?') { format!("\\{ch}") } else { ch.to_string() }
}

/// The parts of plain text; with `placeholders`, `%name%` is one.
pub fn parse(text: &str, placeholders: bool) -> Vec<Part> {
    let mut res = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        let after = &rest[ch.len_utf8()..];
        rest = after;
        match ch {
            '\\' if after.starts_with(['*', '?']) => {
                literal.push_str(&after[..1]);
                rest = &after[1..];
            }
            '*' | '?' => {
                res.push(Part::Literal(std::mem::take(&mut literal)));
                res.push(if ch == '*' { Part::Run } else { Part::One });
            }
            '%' if placeholders => match placeholder(after) {
                Some(name) => {
                    res.push(Part::Literal(std::mem::take(&mut literal)));
                    res.push(Part::Placeholder(name.to_owned()));
                    rest = &after[name.len() + 1..];
                }
                None => literal.push('%'),
            },
            _ => literal.push(ch),
        }
    }
    res.push(Part::Literal(literal));
    res
}

/// The name before the next `%`, of a reasonable length.
fn placeholder(text: &str) -> Option<&str> {
    const LONGEST: usize = 200;
    let end = text.bytes().take(LONGEST).position(|it| it == b'%')?;
    let name = text.get(..end)?;
    (!name.is_empty() && !name.contains('\\')).then_some(name)
}

/// The plain text, and for every character of the pattern where it stands there.
pub fn spelled(pattern: &Pattern) -> (String, Vec<(usize, usize, Part)>) {
    let mut text = String::new();
    let mut places = Vec::new();
    let mut push = |it: Part, spelling: &str| {
        places.push((text.len(), text.len() + spelling.len(), it));
        text.push_str(spelling);
    };
    for it in pattern.parts() {
        match it {
            Part::Literal(literal) => {
                for ch in literal.chars() {
                    push(Part::Literal(ch.to_string()), &character(ch));
                }
            }
            it => push(it.clone(), &part(it)),
        }
    }
    (text, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_read_back() {
        for text in [r"C:\a*b", r"a\*b\?", "a%b", "*", ""] {
            let pattern = Pattern::new(parse(text, false));
            assert_eq!(plain(&pattern), text);
        }
        let parts = parse("a%x%*", true);
        assert_eq!(plain(&Pattern::new(parts.clone())), "a%x%*");
        assert!(parts.contains(&Part::Placeholder("x".to_owned())));
    }
}
