//! Lucene's regular expressions, with all of its own operators.
//!
//! An expression always covers the whole text; `.` is any character; `^` and `$` are themselves.

use crate::regex_text::{Class, Fold, covering, literal};

/// The expression in the words of the meaning, for the flag `s`.
///
/// # Errors
///
/// A sentence, and where in the text, when it can't be said or is no expression.
pub fn read(text: &str, fold: Fold) -> Result<String, (String, usize)> {
    let mut reader = Reader { chars: text.char_indices().collect(), at: 0, fold, depth: 0 };
    let res = reader.union()?;
    if reader.at < reader.chars.len() {
        return Err(("a parenthesis is closed that was not opened".to_owned(), reader.place()));
    }
    Ok(covering(&res))
}

struct Reader {
    chars: Vec<(usize, char)>,
    at: usize,
    fold: Fold,
    depth: usize,
}

type Read<T> = Result<T, (String, usize)>;

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|it| it.1)
    }

    fn next(&mut self) -> Option<char> {
        let res = self.peek();
        self.at += 1;
        res
    }

    fn place(&self) -> usize {
        self.chars.get(self.at).or(self.chars.last()).map_or(0, |it| it.0)
    }

    fn fail<T>(&self, message: &str) -> Read<T> {
        Err((message.to_owned(), self.place()))
    }

    fn union(&mut self) -> Read<String> {
        let mut res = self.concat()?;
        while self.peek() == Some('|') {
            self.at += 1;
            res.push('|');
            res.push_str(&self.concat()?);
        }
        Ok(res)
    }

    fn concat(&mut self) -> Read<String> {
        let mut res = String::new();
        while let Some(ch) = self.peek() {
            match ch {
                '|' | ')' => break,
                '&' => return self.fail("an intersection `&` of expressions is not read"),
                '~' => return self.fail("a complement `~` of an expression is not read"),
                _ => {}
            }
            let one = self.simple()?;
            res.push_str(&self.repeated(one)?);
        }
        Ok(res)
    }

    fn repeated(&mut self, mut one: String) -> Read<String> {
        while let Some(ch @ ('?' | '*' | '+' | '{')) = self.peek() {
            self.at += 1;
            let count = match ch {
                '{' => self.count()?,
                it => it.to_string(),
            };
            // A second sign is another repetition here, and greed in the words of the meaning.
            let again =
                one.ends_with(['?', '*', '+', '}']) && !one.ends_with("\\}") && one.len() > 1;
            let single = !again || is_escaped_end(&one);
            one = if single { format!("{one}{count}") } else { format!("(?:{one}){count}") };
        }
        Ok(one)
    }

    fn count(&mut self) -> Read<String> {
        let mut res = String::from("{");
        while let Some(ch) = self.next() {
            res.push(ch);
            match ch {
                '}' => return Ok(res),
                ',' | '0'..='9' => {}
                _ => break,
            }
        }
        self.fail("a repetition `{` is not closed")
    }

    fn simple(&mut self) -> Read<String> {
        let mut res = String::new();
        match self.next() {
            Some('.') => res.push('.'),
            Some('@') => res.push_str("(?:.*)"),
            Some('#') => res.push_str("[a&&b]"),
            Some('"') => {
                res.push_str("(?:");
                loop {
                    match self.next() {
                        Some('"') => break,
                        Some(ch) => literal(ch, self.fold, &mut res),
                        None => return self.fail("a quote is not closed"),
                    }
                }
                res.push(')');
            }
            Some('(') => {
                self.depth += 1;
                if self.depth > 60 {
                    return self.fail("it is nested too deep");
                }
                let inner = self.union()?;
                self.depth -= 1;
                if self.next() != Some(')') {
                    return self.fail("a parenthesis is not closed");
                }
                res = format!("(?:{inner})");
            }
            Some('[') => self.class()?.write(self.fold, &mut res),
            Some('<') => return self.fail("a numeric interval `<>` is not read"),
            Some('\\') => match self.next() {
                Some(ch @ ('d' | 'D' | 'w' | 'W' | 's' | 'S')) => res.extend(['\\', ch]),
                Some(ch) => literal(ch, self.fold, &mut res),
                None => return self.fail("it ends in a backslash"),
            },
            Some(ch @ ('*' | '+' | '?' | '{')) => {
                return self.fail(&format!("`{ch}` repeats nothing"));
            }
            Some(ch) => literal(ch, self.fold, &mut res),
            None => return self.fail("it ends too early"),
        }
        Ok(res)
    }

    fn class(&mut self) -> Read<Class> {
        let mut res = Class::default();
        if self.peek() == Some('^') {
            self.at += 1;
            res.negated = true;
        }
        loop {
            let from = match self.next() {
                Some(']') if !res.ranges.is_empty() || !res.named.is_empty() => return Ok(res),
                Some('\\') => match self.next() {
                    Some(ch @ ('d' | 'D' | 'w' | 'W' | 's' | 'S')) => {
                        res.named.push(format!("\\{ch}"));
                        continue;
                    }
                    Some(ch) => ch,
                    None => return self.fail("a class is not closed"),
                },
                Some(ch) => ch,
                None => return self.fail("a class is not closed"),
            };
            let mut to = from;
            if self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|it| it.1 != ']')
            {
                self.at += 1;
                to = match self.next() {
                    Some('\\') => self.next().unwrap_or('\\'),
                    Some(ch) => ch,
                    None => return self.fail("a class is not closed"),
                };
            }
            if to < from {
                return self.fail("a range of a class ends before it begins");
            }
            res.ranges.push((from, to));
        }
    }
}

/// Whether the last character is there by an escape, and so repeats nothing.
fn is_escaped_end(text: &str) -> bool {
    let before = &text[..text.len() - text.chars().last().map_or(0, char::len_utf8)];
    before.bytes().rev().take_while(|it| *it == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_is_covered() {
        let of = |it: &str| read(it, Fold::No).unwrap();
        assert_eq!(of("a.b"), r"\Aa.b\z");
        assert_eq!(of(".*a^$.*"), r"a\^\$");
        assert_eq!(of("a|b"), r"\A(?:a|b)\z");
        assert_eq!(of(r"(a\|b)+"), r"\A(?:a\|b)+\z");
        assert_eq!(of(r#""a.*"@"#), r"\A(?:a\.\*)(?:.*)\z");
        assert_eq!(of(r"[^a\-z\d]{2,3}"), r"\A[^a\x{2d}z\d]{2,3}\z");
        assert_eq!(of("a+?"), r"\A(?:a+)?\z");
        assert_eq!(of(r"\.*"), r"\A\.*\z");
        assert_eq!(read("aB[c-d]", Fold::Ascii).unwrap(), r"\A[Aa][Bb][c-d]\z");
    }

    #[test]
    fn what_is_not_read_has_a_place() {
        for (text, at) in [("a&b", 1), ("~a", 0), ("<1-5>", 1), ("(a", 1), ("a)", 1), ("[a", 1)] {
            assert_eq!(read(text, Fold::No).unwrap_err().1, at, "{text}");
        }
    }
}
