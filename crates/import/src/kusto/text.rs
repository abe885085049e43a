//! Text as Kusto writes it.

use diagnostic::Diagnostic;
use pest::iterators::Pair;

use super::grammar::Rule;
use crate::codes::UNREADABLE;
use crate::literal;
use crate::place::Place;

/// The text that a literal stands for.
pub fn quoted(pair: &Pair<'_, Rule>, place: &Place<'_>) -> Result<String, Box<Diagnostic>> {
    let text = pair.as_str().trim_start_matches(['h', 'H']);
    unquoted(text).map_err(|escape| {
        Box::new(Diagnostic::error(
            &UNREADABLE,
            place.of(pair),
            format!("`{escape}` is no escape"),
            "in this text",
        ))
    })
}

/// The text between quotes, or the escape that is none.
fn unquoted(text: &str) -> Result<String, String> {
    if let Some(it) = text.strip_prefix("```") {
        let body = it.strip_suffix("```").unwrap_or(it);
        return Ok(body.to_owned());
    }
    if let Some(it) = text.strip_prefix('@') {
        let quote = &it[..1];
        return Ok(it[1..it.len() - 1].replace(&quote.repeat(2), quote));
    }
    literal::unescaped(&text[1..text.len() - 1], |ch, rest| {
        let len = match ch {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return literal::common(ch, "nrtabfv0\\\"'").ok_or_else(|| ch.to_string()),
        };
        let digits: String = rest.clone().take(len).collect();
        literal::unicode(rest, len).ok_or_else(|| format!("{ch}{digits}"))
    })
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
            match unquoted(this) {
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
        assert_eq!(unquoted(r"'a\'\\\u0041\n'").unwrap(), "a'\\A\n");
        assert_eq!(unquoted(r#"@"C:\a""b""#).unwrap(), r#"C:\a"b"#);
        assert_eq!(unquoted("```a\nb```").unwrap(), "a\nb");
        assert_eq!(unquoted(r"'\q'").unwrap_err(), r"\q");
    }

    #[test]
    fn equal_expressions_are_the_same_text() {
        let one = canonical("strcat( A, '\\\\' , // x\n B)");
        assert_eq!(one, canonical(r#"strcat(A,@"\",B)"#));
        assert_eq!(parts(r#"a.["c d"].e"#).unwrap(), ["a", "c d", "e"]);
    }
}
