//! Texts and patterns as queries write them.

use std::str::Chars;

use ir::{Part, Pattern};

/// What follows a backslash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escaped {
    /// One character.
    One(char),
    /// No escape: the backslash is itself, and so is what follows.
    Kept,
}

/// The text in which a backslash begins an escape; `one` reads it after its first character.
///
/// # Errors
///
/// The escape that is none, as it is written.
pub fn unescaped(
    text: &str,
    one: impl Fn(char, &mut Chars<'_>) -> Result<Escaped, String>,
) -> Result<String, String> {
    let mut res = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        if ch != '\\' {
            res.push(ch);
            continue;
        }
        let Some(first) = chars.next() else { return Err("\\".to_owned()) };
        let mut rest = chars.clone();
        match one(first, &mut rest).map_err(|it| format!("\\{it}"))? {
            Escaped::One(it) => {
                res.push(it);
                chars = rest;
            }
            Escaped::Kept => res.extend(['\\', first]),
        }
    }
    Ok(res)
}

/// The character that a letter after a backslash stands for in most languages, if it is one of `known`;
/// what is no letter is itself.
pub fn common(ch: char, known: &str) -> Option<Escaped> {
    let one = match ch {
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        '0' => '\0',
        it => it,
    };
    known.contains(ch).then_some(Escaped::One(one))
}

/// The character whose code so many hexadecimal digits are.
pub fn unicode(chars: &mut Chars<'_>, len: usize) -> Option<Escaped> {
    let digits: String = chars.by_ref().take(len).collect();
    let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == len)?;
    char::from_u32(code).map(Escaped::One)
}

/// Text with `*` and `?`, which nothing escapes.
pub fn wildcards(text: &str) -> Pattern {
    let mut parts = Vec::new();
    let mut plain = String::new();
    for ch in text.chars() {
        let part = match ch {
            '*' => Part::Run,
            '?' => Part::One,
            _ => {
                plain.push(ch);
                continue;
            }
        };
        parts.push(Part::Literal(std::mem::take(&mut plain)));
        parts.push(part);
    }
    parts.push(Part::Literal(plain));
    Pattern::new(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_kept_or_refused() {
        let read = |text: &str| {
            unescaped(text, |ch, rest| match ch {
                'u' => unicode(rest, 4).ok_or_else(|| "u".to_owned()),
                'k' => Ok(Escaped::Kept),
                _ => common(ch, "nt\\").ok_or_else(|| ch.to_string()),
            })
        };
        assert_eq!(read(r"a\n\\\u0041\kb").unwrap(), "a\n\\A\\kb");
        assert_eq!(read(r"a\q").unwrap_err(), r"\q");
        assert_eq!(read(r"a\u00").unwrap_err(), r"\u");
        assert_eq!(read("a\\").unwrap_err(), "\\");
    }
}
