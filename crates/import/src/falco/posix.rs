//! RE2's POSIX syntax, as Falco uses it: the whole value, no Perl classes, no groups but plain ones.

use crate::regex_text::{Class, Fold, covering, literal};

/// The expression in the words of the meaning, without flags.
///
/// # Errors
///
/// A sentence that says what Falco refuses, or what is not read.
pub fn read(text: &str, fold: Fold) -> Result<String, String> {
    let mut res = String::new();
    let mut chars = text.chars().peekable();
    let mut depth = 0_usize;
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some('n') => literal('\n', fold, &mut res),
                Some('r') => literal('\r', fold, &mut res),
                Some('t') => literal('\t', fold, &mut res),
                Some('f') => literal('\u{c}', fold, &mut res),
                Some('v') => literal('\u{b}', fold, &mut res),
                Some('a') => literal('\u{7}', fold, &mut res),
                Some(it) if !it.is_alphanumeric() => literal(it, fold, &mut res),
                Some(it) => {
                    return Err(format!("Falco refuses `\\{it}`: its expressions are POSIX's"));
                }
                None => return Err("it ends in a backslash".to_owned()),
            },
            '(' if chars.peek() == Some(&'?') => {
                return Err("Falco refuses `(?`: its expressions are POSIX's".to_owned());
            }
            '(' => {
                depth += 1;
                res.push_str("(?:");
            }
            ')' => {
                depth =
                    depth.checked_sub(1).ok_or("a parenthesis is closed that was not opened")?;
                res.push(')');
            }
            '[' => class(&mut chars)?.write(fold, &mut res),
            // These are the borders of a line in this syntax.
            '^' => res.push_str("(?m:^)"),
            '$' => res.push_str("(?m:$)"),
            '*' | '+' | '?' | '{' => {
                res.push(ch);
                if ch == '{' {
                    for it in chars.by_ref() {
                        res.push(it);
                        if it == '}' {
                            break;
                        }
                    }
                }
                if let Some(it @ ('*' | '+' | '?')) = chars.peek() {
                    return Err(format!("Falco refuses `{it}` after another repetition"));
                }
            }
            '.' | '|' => res.push(ch),
            it => literal(it, fold, &mut res),
        }
    }
    if depth > 0 {
        return Err("a parenthesis is not closed".to_owned());
    }
    Ok(open_ends(res))
}

/// The whole text is covered; any text at an end needs no words.
fn open_ends(text: String) -> String {
    // What is any text here is two characters there: a dot leaves out the newline.
    const ANY: &str = r"(?:.|[[:space:]])*";
    let text = text.replace(ANY, "(?s:.*)");
    if crate::regex_text::has_branches(&text) {
        return covering(&text);
    }
    let (mut before, mut after, mut rest) = (r"\A", r"\z", text.as_str());
    if let Some(it) =
        rest.strip_prefix("(?s:.*)").filter(|it| !it.starts_with(['?', '*', '+', '{']))
    {
        (before, rest) = ("", it);
    }
    if let Some(it) = rest.strip_suffix("(?s:.*)") {
        (after, rest) = ("", it);
    }
    format!("{before}{rest}{after}")
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Class, String> {
    let mut res = Class::default();
    if chars.peek() == Some(&'^') {
        chars.next();
        res.negated = true;
    }
    let mut first = true;
    let open = || "a class is not closed".to_owned();
    loop {
        let mut from = chars.next().ok_or_else(open)?;
        if from == ']' && !first {
            return Ok(res);
        }
        first = false;
        if from == '[' && chars.peek() == Some(&':') {
            chars.next();
            let mut name = String::new();
            while let Some(it) = chars.next_if(char::is_ascii_alphabetic) {
                name.push(it);
            }
            if chars.next() != Some(':') || chars.next() != Some(']') {
                return Err(open());
            }
            res.named.push(format!("[:{name}:]"));
            continue;
        }
        if from == '\\' {
            from = escaped(chars.next().ok_or_else(open)?)?;
        }
        let mut to = from;
        let mut ahead = chars.clone();
        if ahead.next() == Some('-') && ahead.next().is_some_and(|it| it != ']') {
            chars.next();
            to = chars.next().ok_or_else(open)?;
            if to == '\\' {
                to = escaped(chars.next().ok_or_else(open)?)?;
            }
        }
        if to < from {
            return Err("a range of a class ends before it begins".to_owned());
        }
        res.ranges.push((from, to));
    }
}

fn escaped(ch: char) -> Result<char, String> {
    match ch {
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        'f' => Ok('\u{c}'),
        'v' => Ok('\u{b}'),
        'a' => Ok('\u{7}'),
        it if it.is_alphanumeric() => {
            Err(format!("Falco refuses `\\{it}`: its expressions are POSIX's"))
        }
        it => Ok(it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posix_is_said_in_the_words_of_the_meaning() {
        let of = |it: &str| read(it, Fold::No).unwrap();
        assert_eq!(of("a.b"), r"\Aa.b\z");
        assert_eq!(of("(.|[[:space:]])*a(b|c)"), r"a(?:b|c)\z");
        assert_eq!(of(r"[^]a\-z]{2}"), r"\A[^\x{5d}a\x{2d}z]{2}\z");
        for text in [r"\d", "(?i)a", "a*?", "(a", "[a", "a)"] {
            assert!(read(text, Fold::No).is_err(), "{text}");
        }
    }
}
