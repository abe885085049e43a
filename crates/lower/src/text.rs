//! Sigma's string escapes.

use ir::{Part, Pattern};

/// Reads a written string as a pattern.
///
/// `*` and `?` are wildcards; `\*`, `\?` are those characters; `\\` is one backslash; a backslash
/// before anything else is itself. With `placeholders`, `%name%` is one and `\%` is a percent.
pub fn parse_pattern(text: &str, placeholders: bool) -> Pattern {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        let mut used = ch.len_utf8();
        match ch {
            '\\' => match rest[1..].chars().next() {
                Some(next) if matches!(next, '\\' | '*' | '?') || (placeholders && next == '%') => {
                    literal.push(next);
                    used += 1;
                }
                _ => literal.push('\\'),
            },
            '*' | '?' => {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
                parts.push(if ch == '*' { Part::Run } else { Part::One });
            }
            '%' if placeholders => match placeholder(rest) {
                Some(name) => {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                    parts.push(Part::Placeholder(name.to_owned()));
                    used = name.len() + 2;
                }
                None => literal.push('%'),
            },
            _ => literal.push(ch),
        }
        rest = &rest[used..];
    }
    parts.push(Part::Literal(literal));
    Pattern::new(parts)
}

/// The name in `%name%` at the start of `text`.
fn placeholder(text: &str) -> Option<&str> {
    let end = text[1..].find('%')?;
    let name = &text[1..=end];
    let plain = |ch: char| ch.is_alphanumeric() || "_-.".contains(ch);
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Part::{One, Run};

    fn lit(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    #[track_caller]
    fn check(text: &str, parts: &[Part]) {
        assert_eq!(parse_pattern(text, true).parts(), parts, "{text}");
    }

    #[test]
    fn escapes_are_those_of_the_specification() {
        check(r"C:\Windows\cmd.exe", &[lit(r"C:\Windows\cmd.exe")]);
        check(r"a\*b", &[lit("a*b")]);
        check(r"a\\*b", &[lit(r"a\"), Run, lit("b")]);
        check(r"a\\\*b", &[lit(r"a\*b")]);
        check(r"\\\\host", &[lit(r"\\host")]);
        check(r"\\\host", &[lit(r"\\host")]);
        check(r"\\host", &[lit(r"\host")]);
        check(r"end\", &[lit(r"end\")]);
        check(r"a?*", &[lit("a"), One, Run]);
        check("50% of %Users%", &[lit("50% of "), Part::Placeholder("Users".to_owned())]);
        check(r"\%Users%", &[lit("%Users%")]);
        check("100%", &[lit("100%")]);
    }
}
