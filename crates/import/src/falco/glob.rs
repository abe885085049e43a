//! Falco's patterns: those of `fnmatch` without flags.
//!
//! `*` is any run, slashes too; `?` one character; `[...]` a class; `\` makes what follows itself.

use std::sync::Arc;

use ir::{Case, Part, Pattern, Predicate, Regex};

use crate::ascii;
use crate::regex_text::{Class, Fold, covering, literal};

enum Piece {
    Plain(Part),
    Class(Class),
}

/// What a value must be.
///
/// # Errors
///
/// A sentence that says what is wrong with the pattern.
pub fn read(text: &str, fold: Fold) -> Result<Predicate, String> {
    let pieces = pieces(text)?;
    if pieces.iter().all(|it| matches!(it, Piece::Plain(_))) {
        let parts = pieces.into_iter().filter_map(|it| match it {
            Piece::Plain(it) => Some(it),
            Piece::Class(_) => None,
        });
        let pattern = Pattern::new(parts);
        return Ok(match fold {
            Fold::Ascii => ascii::uncased(pattern),
            Fold::No => Predicate::Text(pattern, Case::Sensitive),
        });
    }
    let mut res = String::new();
    for piece in &pieces {
        match piece {
            Piece::Plain(Part::Literal(it)) => {
                it.chars().for_each(|ch| literal(ch, fold, &mut res))
            }
            Piece::Plain(Part::Run) => res.push_str(".*"),
            Piece::Plain(_) => res.push('.'),
            Piece::Class(it) => it.write(fold, &mut res),
        }
    }
    let regex = Regex::new(&covering(&res), false, false, true).map_err(|err| err.message)?;
    Ok(Predicate::Regex(Arc::new(regex)))
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut res = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        res.push(Piece::Plain(match ch {
            '*' => Part::Run,
            '?' => Part::One,
            '\\' => match chars.next() {
                Some(it) => Part::Literal(it.to_string()),
                None => return Err("the pattern ends in a backslash".to_owned()),
            },
            '[' => {
                let rest: String = chars.clone().collect();
                match class(&rest) {
                    Some((class, len)) => {
                        chars.by_ref().take(len).for_each(drop);
                        res.push(Piece::Class(class));
                        continue;
                    }
                    // A bracket that nothing closes is itself.
                    None => Part::Literal("[".to_owned()),
                }
            }
            it => Part::Literal(it.to_string()),
        }));
    }
    Ok(res)
}

/// A class, and how many characters it takes after its opening bracket.
fn class(text: &str) -> Option<(Class, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let mut res = Class::default();
    let mut at = 0;
    if matches!(chars.first(), Some('!' | '^')) {
        res.negated = true;
        at = 1;
    }
    let first = at;
    loop {
        let mut from = *chars.get(at)?;
        if from == ']' && at > first {
            return Some((res, at + 1));
        }
        if from == '[' && chars.get(at + 1) == Some(&':') {
            let name: String =
                chars[at + 2..].iter().take_while(|it| it.is_ascii_alphabetic()).collect();
            at += 2 + name.len();
            if chars.get(at) != Some(&':') || chars.get(at + 1) != Some(&']') {
                return None;
            }
            res.named.push(format!("[:{name}:]"));
            at += 2;
            continue;
        }
        if from == '\\' {
            at += 1;
            from = *chars.get(at)?;
        }
        at += 1;
        let mut to = from;
        if chars.get(at) == Some(&'-') && chars.get(at + 1).is_some_and(|it| *it != ']') {
            at += 1;
            if chars[at] == '\\' {
                at += 1;
            }
            to = *chars.get(at)?;
            at += 1;
        }
        if to < from {
            return None;
        }
        res.ranges.push((from, to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_and_without_classes() {
        let of = |text: &str| match read(text, Fold::No).unwrap() {
            Predicate::Text(it, _) => format!("{:?}", it.parts()),
            Predicate::Regex(it) => it.text().to_owned(),
            it => panic!("{it:?}"),
        };
        assert_eq!(of(r"a\*b*"), r#"[Literal("a*b"), Run]"#);
        assert_eq!(of("/tmp/[a-c]*"), r"\A/tmp/[a-c]");
        assert_eq!(of("[!x]?"), r"\A[^x].\z");
        assert_eq!(of("a[b"), r#"[Literal("a[b")]"#);
        assert_eq!(of("[[:digit:]_]"), r"\A[\x{5f}[:digit:]]\z");
    }
}
