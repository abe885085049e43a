//! Text as Kusto writes it.

use diagnostic::Diagnostic;
use pest::iterators::Pair;

use super::grammar::Rule;
use crate::codes::UNREADABLE;
use crate::place::Place;

/// The text that a literal stands for.
pub fn quoted(pair: &Pair<'_, Rule>, place: &Place<'_>) -> Result<String, Box<Diagnostic>> {
    let text = pair.as_str().trim_start_matches(['h', 'H']);
    literal(text).map_err(|escape| {
        Box::new(Diagnostic::error(
            &UNREADABLE,
            place.of(pair),
            format!("`{escape}` is no escape"),
            "in this text",
        ))
    })
}

/// The text between quotes, or the escape that is none.
fn literal(text: &str) -> Result<String, String> {
    if let Some(it) = text.strip_prefix("```") {
        let body = it.strip_suffix("```").unwrap_or(it);
        return Ok(body.to_owned());
    }
    if let Some(it) = text.strip_prefix('@') {
        let quote = &it[..1];
        return Ok(it[1..it.len() - 1].replace(&quote.repeat(2), quote));
    }
    let mut res = String::new();
    let mut chars = text[1..text.len() - 1].chars();
    while let Some(ch) = chars.next() {
        if ch != '\\' {
            res.push(ch);
            continue;
        }
        match chars.next() {
            Some('n') => res.push('\n'),
            Some('r') => res.push('\r'),
            Some('t') => res.push('\t'),
            Some('a') => res.push('\u{7}'),
            Some('b') => res.push('\u{8}'),
            Some('f') => res.push('\u{c}'),
            Some('v') => res.push('\u{b}'),
            Some('0') => res.push('\0'),
            Some(it @ ('\\' | '"' | '\'')) => res.push(it),
            Some(it @ ('u' | 'U' | 'x')) => {
                let len = match it {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits: String = chars.by_ref().take(len).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == len);
                match code.and_then(char::from_u32) {
                    Some(it) => res.push(it),
                    None => return Err(format!("\\{it}{digits}")),
                }
            }
            other => return Err(format!("\\{}", other.map(String::from).unwrap_or_default())),
        }
    }
    Ok(res)
}

/// An expression without blanks and comments, its texts in one spelling: equal ones are the same text.
pub fn canonical(text: &str) -> String {
    let mut res = String::new();
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        let verbatim = rest.starts_with("@'") || rest.starts_with("@\"");
        if ch == '\'' || ch == '"' || verbatim {
            let len = literal_len(rest);
            let (this, after) = rest.split_at(len);
            match literal(this) {
                Ok(it) => res.push_str(&format!("{it:?}")),
                Err(_) => res.push_str(this),
            }
            rest = after;
            continue;
        }
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        }
        if !ch.is_whitespace() {
            res.push(ch);
        }
        rest = &rest[ch.len_utf8()..];
    }
    res
}

/// How long the literal is that a text begins with.
fn literal_len(text: &str) -> usize {
    let verbatim = text.starts_with('@');
    let start = usize::from(verbatim);
    let quote = text[start..].chars().next();
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((at, ch)) = chars.next() {
        let end = start + 1 + at + ch.len_utf8();
        if ch == '\\' && !verbatim {
            chars.next();
        } else if Some(ch) == quote {
            if verbatim && chars.peek().map(|it| it.1) == quote {
                chars.next();
                continue;
            }
            return end;
        }
    }
    text.len()
}

/// The names of a path that [`canonical`] wrote: `a.b["c d"]`.
pub fn parts(path: &str) -> Option<Vec<String>> {
    let mut res = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(it) = rest.strip_prefix('[') {
            let len = literal_len(it);
            res.push(serde_json::from_str(&it[..len]).ok()?);
            rest = it[len..].strip_prefix(']')?;
        } else {
            let len = rest.find(['.', '[']).unwrap_or(rest.len());
            if len == 0 {
                return None;
            }
            res.push(rest[..len].to_owned());
            rest = &rest[len..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    Some(res)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_every_kind_are_undone() {
        assert_eq!(literal(r"'a\'\\\u0041\n'").unwrap(), "a'\\A\n");
        assert_eq!(literal(r#"@"C:\a""b""#).unwrap(), r#"C:\a"b"#);
        assert_eq!(literal("```a\nb```").unwrap(), "a\nb");
        assert_eq!(literal(r"'\q'").unwrap_err(), r"\q");
    }

    #[test]
    fn equal_expressions_are_the_same_text() {
        let one = canonical("strcat( A, '\\\\' , // x\n B)");
        assert_eq!(one, canonical(r#"strcat(A,@"\",B)"#));
        assert_eq!(parts(r#"a.["c d"].e"#).unwrap(), ["a", "c d", "e"]);
    }
}
