//! Kusto queries against the limits of their engine, and their regular expressions against its dialect.
//!
//! Knows: how a query is spelled, the documented limits.
//! Does not know: what a query means.
//!
//! Kusto's dialect is that of the Rust crate `regex`, so that crate itself is the judge.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

/// The longest query of an analytics rule, in characters.
const LONGEST: usize = 10_000;
/// The deepest nesting that the parser takes; measured on it.
const DEEPEST: usize = 122;
/// The most captures of one regular expression.
const GROUPS: usize = 16;

/// Judges all queries of `rulec convert --jsonl`.
///
/// # Errors
///
/// A regular expression that Kusto would refuse, or a query nested too deep.
pub fn judge(target: &str, outputs: &str, say: &dyn Fn(&str)) -> Result<(), String> {
    let (mut queries, mut long) = (0, 0);
    let mut regexes = BTreeSet::new();
    let mut bad = Vec::new();
    for line in outputs.lines() {
        let row: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let Some(query) = row["query"].as_str() else { continue };
        queries += 1;
        long += usize::from(query.chars().count() > LONGEST);
        let read = read(query);
        if read.depth > DEEPEST {
            bad.push(format!("{}: nested {} deep", row["path"], read.depth));
        }
        for regex in read.regexes {
            if let Some(why) = refused(&regex) {
                bad.push(format!("{}: {why}: {regex}", row["path"]));
            }
            regexes.insert(regex);
        }
    }
    say(&format!(
        "{target}: {} regular expressions compiled, {} bad; {long} of {queries} queries are longer than the \
         {LONGEST} characters of an analytics rule",
        regexes.len(),
        bad.len()
    ));
    bad.iter().take(10).for_each(|it| say(&format!("  {it}")));
    if queries == 0 {
        return Err(format!("{target}: no queries"));
    }
    if bad.is_empty() { Ok(()) } else { Err(format!("{target}: {} bad queries", bad.len())) }
}

/// Why Kusto refuses a regular expression.
fn refused(regex: &str) -> Option<String> {
    match Regex::new(regex) {
        Err(err) => Some(err.to_string().replace('\n', " ")),
        Ok(it) if it.captures_len() - 1 > GROUPS => {
            Some(format!("{} groups", it.captures_len() - 1))
        }
        Ok(_) => None,
    }
}

#[derive(Debug, Default, PartialEq)]
struct Read {
    regexes: Vec<String>,
    depth: usize,
}

/// The regular expressions of a query, their quotes undone, and how deep its parentheses go.
fn read(query: &str) -> Read {
    let mut res = Read::default();
    let mut depth = 0_usize;
    let mut chars = query.char_indices();
    while let Some((at, ch)) = chars.next() {
        match ch {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '\'' => {
                let text = literal(&mut chars);
                if query[..at].trim_end().ends_with("matches regex") {
                    res.regexes.push(text);
                }
            }
            _ => {}
        }
        res.depth = res.depth.max(depth);
    }
    res
}

/// The text of a literal, from after its opening quote on.
fn literal(chars: &mut std::str::CharIndices<'_>) -> String {
    let mut res = String::new();
    while let Some((_, ch)) = chars.next() {
        match ch {
            '\'' => break,
            '\\' => match chars.next().map(|(_, it)| it) {
                Some('n') => res.push('\n'),
                Some('r') => res.push('\r'),
                Some('t') => res.push('\t'),
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).map(|(_, it)| it).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    res.extend(code.and_then(char::from_u32));
                }
                other => res.extend(other),
            },
            _ => res.push(ch),
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_with_its_quotes_undone() {
        let found = read(r"T | where not((a == '(\'((' and b matches regex 'x\\.\u0041\'('))");
        assert_eq!(found, Read { regexes: vec![r"x\.A'(".to_owned()], depth: 2 });
    }

    #[test]
    fn what_kusto_refuses_is_found() {
        assert!(refused("a(?=b)").is_some() && refused(&"(a)".repeat(17)).is_some());
        let row = |query: &str| serde_json::json!({ "path": "a.yml", "query": query }).to_string();
        let judge = |query: &str| judge("t", &row(query), &|_| {});
        assert!(judge("T | where a matches regex 'b('").is_err());
        assert!(judge(&format!("T | where {}a == 1{}", "(".repeat(123), ")".repeat(123))).is_err());
        assert!(judge("T | where a matches regex 'b'").is_ok());
        assert!(super::judge("t", "", &|_| {}).is_err());
    }
}
