//! Examples as YAML: to be pasted, or put into the file of their rule.
//!
//! The file keeps its comments, its order and its quotes: text is added, and nothing else is touched.

use serde_json::Value;
use source::Edit;
use syntax::RuleAst;

use super::Example;
use crate::config::Config;
use crate::load::{Loaded, load_with};

/// Columns of a line, beyond which an event is written over several.
const WIDTH: usize = 120;

/// A file with examples added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its path, as given.
    pub path: String,
    /// As it was.
    pub before: String,
    /// As it is with the examples.
    pub after: String,
    /// How many were added.
    pub count: usize,
}

/// The examples as the value of `tests`, indented by so many columns a level, with the key before it.
pub fn snippet(examples: &[Example]) -> String {
    format!("tests:\n{}", entries(examples, 4, 4))
}

/// The examples as entries of a list whose dashes stand in column `at`.
fn entries(examples: &[Example], at: usize, step: usize) -> String {
    let mut res = String::new();
    let pad = " ".repeat(at);
    for it in examples {
        res.push_str(&format!("{pad}- name: {}\n", scalar(&it.name, false)));
        res.push_str(&format!("{pad}  match: {}\n", it.matches));
        let flow = format!("{pad}  event: {}", flow(&it.event));
        if flow.chars().count() <= WIDTH && !has_lines(&it.event) {
            res.push_str(&flow);
            res.push('\n');
        } else {
            res.push_str(&format!("{pad}  event:\n"));
            block(&it.event, at + 2 + step, step, &mut res);
        }
    }
    res
}

/// Adds examples to the files of their rules: for each place in the list of rules, its examples. What
/// can't be added is told in sentences.
pub fn written(
    loaded: &Loaded,
    wanted: &[(usize, Vec<Example>)],
    config: &Config,
) -> (Vec<Written>, Vec<String>) {
    let (mut res, mut problems) = (Vec::new(), Vec::new());
    for (file, source) in loaded.sources.iter() {
        let path = source.path();
        let before = source.text();
        let rules =
            wanted.iter().filter_map(|(at, examples)| Some((loaded.rules.get(*at)?, examples)));
        let mine = rules.filter(|it| it.0.file == file && !it.1.is_empty());
        let edits = mine.map(|(rule, examples)| edit(before, &rule.ast, examples));
        let edits: Result<Vec<Edit>, String> = edits.collect();
        let after = edits.and_then(|it| {
            source::apply(before, &it).map_err(|_| "two rules share their place".to_owned())
        });
        match after {
            Ok(after) if after != before => res.push(Written {
                path: path.to_owned(),
                before: before.to_owned(),
                after,
                count: 0,
            }),
            Ok(_) => {}
            Err(why) => problems.push(format!("{path}: {why}")),
        }
    }
    confirm(loaded, wanted, config, &mut res, &mut problems);
    (res, problems)
}

/// Where the examples of a rule go: after those it has, or at its end.
fn edit(text: &str, ast: &RuleAst, examples: &[Example]) -> Result<Edit, String> {
    let range = ast.span.range();
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let document = text.get(range.clone()).unwrap_or_default();
    let key = lines(document).find(|(_, line)| line.trim_end().starts_with("tests:"));
    let column = |at: usize| at - text[..at].rfind('\n').map_or(0, |it| it + 1);
    let (at, added) = match (key, ast.fixtures.last()) {
        (Some(_), Some(last)) => {
            let first = ast.fixtures.first().map_or(last, |it| it).span.start as usize;
            let start = text[..first].rfind('\n').map_or(0, |it| it + 1);
            let dash = text[start..first].find('-');
            let (Some(dash), true) = (dash, text[start..first].trim() == "-") else {
                return Err("its `tests` are written in one line; write them one by one".to_owned());
            };
            let step = column(first).saturating_sub(dash).max(2);
            let from = last.span.start as usize;
            let end = end_of_entry(&text[..range.end], from, dash);
            (end, entries(examples, dash, if step == 2 { 4 } else { step }))
        }
        (Some((from, line)), None) => {
            let rest = line.trim_end()["tests:".len()..].trim();
            if !matches!(rest, "" | "[]" | "~" | "null") {
                return Err("its `tests` can't be added to as they are written".to_owned());
            }
            // The key stays, what stands for nothing goes.
            let from = range.start + from;
            let span = source::Span::new(ast.span.file, from, from + line.trim_end().len());
            let body = format!("tests:\n{}", entries(examples, 4, 4));
            let replacement = body.trim_end().replace('\n', newline);
            return Ok(Edit { span, replacement });
        }
        (None, _) => {
            let end = range.start + document.trim_end().len();
            (end_of_line(text, end, range.start), format!("tests:\n{}", entries(examples, 4, 4)))
        }
    };
    let mut replacement = added.replace('\n', newline);
    if !text[..at].ends_with('\n') {
        replacement.insert_str(0, newline);
        if at == text.len() {
            // A file without a last line break keeps having none.
            replacement.truncate(replacement.trim_end().len());
        }
    }
    Ok(Edit { span: source::Span::new(ast.span.file, at, at), replacement })
}

/// The lines of a text, and where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let from = at;
        at += line.len();
        (from, line)
    })
}

/// After the line in which the text before `end` ends; blanks and line breaks at the end don't count.
fn end_of_line(text: &str, end: usize, from: usize) -> usize {
    let end = from + text.get(from..end).unwrap_or_default().trim_end().len();
    text[end..].find('\n').map_or(text.len(), |it| end + it + 1)
}

/// After the last line of the entry that begins at `from`; its dash stands in column `dash`. Blank
/// lines and comments after it belong to what follows.
fn end_of_entry(text: &str, from: usize, dash: usize) -> usize {
    let mut res = from;
    for (at, line) in lines(text.get(from..).unwrap_or_default()) {
        let rest = line.trim_start();
        let deep = at == 0 || line.len() - rest.len() > dash;
        match rest.trim_end() {
            "" => {}
            it if it.starts_with('#') => {}
            _ if deep => res = from + at + line.len(),
            _ => break,
        }
    }
    res
}

/// Every rule must say what it said, and have its examples; files of which that is not so are left out.
fn confirm(
    loaded: &Loaded,
    wanted: &[(usize, Vec<Example>)],
    config: &Config,
    files: &mut Vec<Written>,
    problems: &mut Vec<String>,
) {
    // Filters and correlations of other files belong to a rule's meaning, so all are read again.
    let texts: std::collections::BTreeMap<&str, &str> =
        files.iter().map(|it| (it.path.as_str(), it.after.as_str())).collect();
    let all = loaded.sources.iter().map(|(_, it)| {
        let text = texts.get(it.path()).copied().unwrap_or(it.text());
        (it.path().to_owned(), text.as_bytes().to_vec())
    });
    let again = load_with(all, config);
    let mut wrong: Vec<&str> = Vec::new();
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for (at, old) in loaded.rules.iter().enumerate() {
        let path = loaded.sources.get(old.file).map_or("", |it| it.path());
        let added = wanted.iter().find(|it| it.0 == at && texts.contains_key(path));
        let added = added.map_or(&[][..], |it| it.1.as_slice());
        let new = again.rules.get(at).filter(|it| {
            again.sources.get(it.file).is_some_and(|it| it.path() == path) && it.index == old.index
        });
        let same = match (&old.lowered, new.map(|it| &it.lowered)) {
            (None, Some(None)) => true,
            (Some(was), Some(Some(is))) => {
                let known = was.rule.fixtures.len();
                was.rule.expr == is.rule.expr
                    && is.rule.fixtures.len() == known + added.len()
                    && is.rule.fixtures[known..].iter().zip(added).all(|(a, b)| {
                        a.name == b.name && a.matches == b.matches && a.event == b.event
                    })
            }
            _ => false,
        };
        if same {
            counts.push((path, added.len()));
        } else {
            wrong.push(path);
        }
    }
    let is_wrong: Vec<bool> = files.iter().map(|it| wrong.contains(&it.path.as_str())).collect();
    let sum = |path: &str| counts.iter().filter(|it| it.0 == path).map(|it| it.1).sum();
    let sums: Vec<usize> = files.iter().map(|it| sum(&it.path)).collect();
    let mut kept = Vec::new();
    for ((mut it, is_wrong), count) in files.drain(..).zip(is_wrong).zip(sums) {
        if is_wrong {
            problems
                .push(format!("{}: the examples can't be added here; add them by hand", it.path));
        } else {
            it.count = count;
            kept.push(it);
        }
    }
    *files = kept;
}

/// An event in one line, as it is written under `tests`.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key, true), flow(value)))
                .collect();
            if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::String(it) => scalar(it, true),
        it => it.to_string(),
    }
}

/// Whether a text of the event has several lines.
fn has_lines(value: &Value) -> bool {
    match value {
        Value::String(it) => it.contains('\n'),
        Value::Array(items) => items.iter().any(has_lines),
        Value::Object(map) => map.values().any(has_lines),
        _ => false,
    }
}

fn block(value: &Value, at: usize, step: usize, res: &mut String) {
    let pad = " ".repeat(at);
    for (key, value) in value.as_object().into_iter().flatten() {
        let key = scalar(key, false);
        match value {
            Value::Object(map) if !map.is_empty() && pad.len() + flow(value).len() > WIDTH => {
                res.push_str(&format!("{pad}{key}:\n"));
                block(value, at + step, step, res);
            }
            Value::String(it) => res.push_str(&format!("{pad}{key}: {}\n", scalar(it, false))),
            it => res.push_str(&format!("{pad}{key}: {}\n", flow(it))),
        }
    }
}

/// A text as a scalar: plain where that is read as the same text, else in quotes.
fn scalar(text: &str, within: bool) -> String {
    if text
        .chars()
        .any(|it| it.is_control() || it == '\u{feff}' || ('\u{e000}'..='\u{f8ff}').contains(&it))
        || text.chars().any(|it| it >= '\u{f0000}' || it == '\u{2028}' || it == '\u{2029}')
    {
        return double_quoted(text);
    }
    let first = text.chars().next();
    let starts = first
        .is_some_and(|it| it.is_alphanumeric() || matches!(it, '/' | '\\' | '.' | '_' | '$' | '('));
    let harmless = |ch: char| {
        ch.is_alphanumeric()
            || matches!(
                ch,
                ' ' | '/'
                    | '\\'
                    | '.'
                    | '_'
                    | '-'
                    | '$'
                    | '('
                    | ')'
                    | '+'
                    | ';'
                    | '='
                    | '@'
                    | '%'
                    | '^'
                    | '~'
                    | '<'
                    | '>'
                    | ':'
            )
            || (!within
                && matches!(
                    ch,
                    ',' | '[' | ']' | '{' | '}' | '"' | '?' | '|' | '*' | '&' | '!' | '\''
                ))
    };
    let plain = starts
        && text.chars().all(harmless)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && (!within || !text.contains(':') || !text.contains(":,"))
        && reads_as_text(text);
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// Whether a plain scalar of these letters is text, and not a number or another word with a meaning.
fn reads_as_text(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"];
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if text.split('.').count() == 4 && text.split('.').all(digits) {
        return true;
    }
    // What begins like a number may be one in some version of YAML, or a date.
    !words.contains(&lower.as_str())
        && !text.starts_with(|ch: char| ch.is_ascii_digit() || ch == '.')
}

fn double_quoted(text: &str) -> String {
    let mut res = String::from("\"");
    for ch in text.chars() {
        match ch {
            '"' => res.push_str("\\\""),
            '\\' => res.push_str("\\\\"),
            '\n' => res.push_str("\\n"),
            '\r' => res.push_str("\\r"),
            '\t' => res.push_str("\\t"),
            it if it.is_control() || it > '\u{d7ff}' => {
                res.push_str(&format!("\\U{:08x}", u32::from(it)));
            }
            '\u{2028}' | '\u{2029}' => res.push_str(&format!("\\u{:04x}", u32::from(ch))),
            it => res.push(it),
        }
    }
    res.push('"');
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        for text in [
            "a",
            "C:\\Windows\\a.exe",
            "a: b",
            "4688",
            "true",
            "it's",
            "-x",
            "",
            " a ",
            "a #b",
            "{a}",
            "a\nb",
            "\u{f0000}",
            "@a",
            "*",
            "2026-01-01",
            "a,b",
            "x:",
            "\u{fffd}",
            "1.2.3.4",
            "~",
        ] {
            for (made, wrap) in [(scalar(text, false), "v: {}"), (scalar(text, true), "{ v: {} }")]
            {
                let yaml = wrap.replacen("{}", &made, 1);
                let value: Value = serde_yaml::from_str(&yaml).unwrap();
                assert_eq!(value["v"], Value::from(text), "{yaml}");
            }
        }
        assert_eq!(scalar("C:\\Windows\\a.exe", true), "C:\\Windows\\a.exe");
        assert_eq!(scalar("4688", true), "'4688'");
    }
}
