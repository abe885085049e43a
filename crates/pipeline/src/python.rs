//! Regular expressions and replacements as Python writes them.
//!
//! Knows: where Python's syntax and that of a linear-time engine differ.
//! Does not know: what is matched.

use regex::{Captures, Regex, RegexBuilder};

use crate::limits;

/// Compiles an expression; the error is a sentence without its full stop.
pub fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translate(text)).size_limit(limits::REGEX).nest_limit(100).build().map_err(
        |err| match err {
            regex::Error::CompiledTooBig(most) => {
                format!("the expression is too large: more than {most} bytes when compiled")
            }
            err => {
                let text = err.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            }
        },
    )
}

/// What a search at the very beginning finds: Python's `match`.
pub fn at_start<'t>(regex: &Regex, text: &'t str) -> Option<Captures<'t>> {
    let found = regex.captures(text)?;
    found.get(0).is_some_and(|it| it.start() == 0).then_some(found)
}

/// The expression with what Python writes otherwise written as the engine wants it.
fn translate(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut class = false;
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some('Z') => res.push_str(r"\z"),
                // Escaped, a character that means nothing is itself; `\<` would be a word's start.
                Some(it) if it.is_ascii() && !it.is_ascii_alphanumeric() => {
                    if class {
                        res.push_str(&format!("\\x{:02x}", it as u32));
                    } else {
                        res.push_str(&regex_syntax::escape(&it.to_string()));
                    }
                }
                Some(it) => res.extend(['\\', it]),
                None => res.push('\\'),
            },
            '[' if !class => {
                class = true;
                res.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    res.push('^');
                }
                // The first character of a class is never its end.
                if chars.peek() == Some(&']') {
                    chars.next();
                    res.push_str(r"\]");
                }
            }
            ']' if class => {
                class = false;
                res.push(']');
            }
            // Operators between classes, which Python does not have.
            '[' | '&' | '~' if class => res.push_str(&format!("\\x{:02x}", ch as u32)),
            '{' if !class && chars.peek() == Some(&',') => res.push_str("{0"),
            _ => res.push(ch),
        }
    }
    res
}

/// What is wrong with a `\g` alone.
const NAMELESS: &str = "`\\g` needs the name of a group: `\\g<name>`";

/// What takes the place of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(usize),
    Named(String),
}

impl Replacement {
    /// Reads a replacement for matches of `regex`; the error is a sentence without its full stop.
    pub fn parse(text: &str, regex: &Regex) -> Result<Replacement, String> {
        let mut pieces = vec![];
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        let mut push = |plain: &mut String, piece: Piece| {
            pieces.push(Piece::Text(std::mem::take(plain)));
            pieces.push(piece);
        };
        while let Some(ch) = chars.next() {
            if ch != '\\' {
                plain.push(ch);
                continue;
            }
            match chars.next() {
                Some('g') => {
                    if chars.next() != Some('<') {
                        return Err(NAMELESS.to_owned());
                    }
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some('>') => break,
                            Some(it) => name.push(it),
                            None => return Err(NAMELESS.to_owned()),
                        }
                    }
                    let piece = match name.parse() {
                        Ok(number) => group(number, regex)?,
                        Err(_) if regex.capture_names().flatten().any(|it| it == name) => {
                            Piece::Named(name)
                        }
                        Err(_) => return Err(format!("the expression has no group `{name}`")),
                    };
                    push(&mut plain, piece);
                }
                Some(first @ '1'..='9') => {
                    let mut number = first.to_digit(10).unwrap_or_default() as usize;
                    if let Some(digit) = chars.peek().and_then(|it| it.to_digit(10)) {
                        chars.next();
                        number = number * 10 + digit as usize;
                    }
                    push(&mut plain, group(number, regex)?);
                }
                Some('0') => plain.push('\0'),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('t') => plain.push('\t'),
                Some('a') => plain.push('\u{7}'),
                Some('b') => plain.push('\u{8}'),
                Some('f') => plain.push('\u{c}'),
                Some('v') => plain.push('\u{b}'),
                Some('\\') => plain.push('\\'),
                Some(it) if it.is_ascii_alphabetic() => {
                    return Err(format!("`\\{it}` means nothing in a replacement"));
                }
                Some(it) => plain.extend(['\\', it]),
                None => return Err("a replacement can't end with one `\\`".to_owned()),
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Replacement(pieces))
    }

    /// What takes the place of this match.
    pub fn expand(&self, found: &Captures<'_>) -> String {
        let mut res = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(it) => res.push_str(it),
                Piece::Group(it) => res.push_str(found.get(*it).map_or("", |it| it.as_str())),
                Piece::Named(it) => res.push_str(found.name(it).map_or("", |it| it.as_str())),
            }
        }
        res
    }

    /// The text with every match replaced; `None` when it grows beyond `most` bytes.
    pub fn replace(&self, regex: &Regex, text: &str, most: usize) -> Option<String> {
        let mut res = String::new();
        let mut from = 0;
        for found in regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            res.push_str(&text[from..whole.start()]);
            res.push_str(&self.expand(&found));
            from = whole.end();
            if res.len() > most {
                return None;
            }
        }
        res.push_str(&text[from..]);
        (res.len() <= most).then_some(res)
    }
}

fn group(number: usize, regex: &Regex) -> Result<Piece, String> {
    match number < regex.captures_len() {
        true => Ok(Piece::Group(number)),
        false => Err(format!("the expression has no group {number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn replaced(pattern: &str, replacement: &str, text: &str) -> String {
        let regex = regex(pattern).unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        replacement.replace(&regex, text, 1000).unwrap()
    }

    #[test]
    fn replacements_are_pythons() {
        assert_eq!(replaced("a(b)(?P<n>c)", r"\2\1\g<n>\g<1>-\\\n", "xabcx"), "xcbcb-\\\nx");
        assert_eq!(replaced(r"\<(\w+)\>", r"\1", "<b>"), "b");
        assert_eq!(replaced(r"[[a&&b]+\Z", "-", "x[&b"), "x-");
        assert_eq!(replaced(r"a{,2}\.", "-", "aa."), "-");
        assert_eq!(replaced(r"[]\-\]]", "-", "]x"), "-x");
        assert_eq!(replaced("a", "$1", "a"), "$1");
    }

    #[test]
    fn what_python_refuses_is_refused() {
        let any = regex("a(b)").unwrap();
        for (text, error) in [
            (r"\2", "no group 2"),
            (r"\g<x>", "no group `x`"),
            (r"\q", "means nothing"),
            (r"\", "one `\\`"),
            (r"\g1", r"\g"),
        ] {
            let found = Replacement::parse(text, &any).unwrap_err();
            assert!(found.contains(error), "{text}: {found}");
        }
        assert!(regex(r"(a)\1").unwrap_err().contains("backreferences"));
        assert!(regex("a(?=b)").unwrap_err().contains("look-around"));
        assert!(regex("(((a{100}){100}){100}){100}").unwrap_err().contains("too large"));
    }

    #[test]
    fn a_match_stands_at_the_start() {
        let any = regex("b").unwrap();
        assert!(at_start(&any, "ab").is_none());
        assert!(at_start(&any, "ba").is_some());
    }
}
