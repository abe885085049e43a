//! SARIF 2.1.0, the log that code scanners read.

use serde_json::{Map, Value, json as object};
use source::{Sources, Span};

use crate::{Code, Diagnostic, Severity, printable};

/// Where the schema of the format lies.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name under which relative paths are understood: the folder that holds the sources.
const ROOT: &str = "SRCROOT";

/// Renders one run with all of its findings.
///
/// Columns count characters, and the log says so. Every kind of finding that occurs is described
/// once, with its page. Paths are relative where they were given so.
pub fn sarif(findings: &[&Diagnostic], sources: &Sources, version: &str) -> Value {
    let mut codes: Vec<&'static Code> = findings.iter().map(|it| it.code).collect();
    codes.sort_by_key(|it| it.id);
    codes.dedup_by_key(|it| it.id);
    let rules: Vec<Value> = codes.iter().map(|it| rule(it, findings)).collect();
    let results: Vec<Value> = findings.iter().map(|it| result(it, &codes, sources)).collect();
    object!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "rulec", "version": version, "semanticVersion": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text": "the folder that rulec ran in" } } },
            "results": results,
        }],
    })
}

/// A kind of finding; its level is the highest that it has in this run.
fn rule(code: &'static Code, findings: &[&Diagnostic]) -> Value {
    let mine = findings.iter().filter(|it| it.code.id == code.id);
    let worst = mine.map(|it| it.severity).max().unwrap_or(Severity::Warning);
    let body = code.page.split_once('\n').map_or("", |(_, it)| it).trim();
    let short = body.lines().next().filter(|it| !it.is_empty()).unwrap_or(code.name);
    object!({
        "id": code.id,
        "name": code.name,
        "shortDescription": { "text": short },
        "fullDescription": { "text": body.split("\n\n").next().unwrap_or(short).replace('\n', " ") },
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(worst) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn result(it: &Diagnostic, codes: &[&'static Code], sources: &Sources) -> Value {
    let mut text = it.message.clone();
    if !it.primary.text.is_empty() {
        text = format!("{text}: {}", it.primary.text);
    }
    if let Some(help) = &it.help {
        text = format!("{text}\n{help}");
    }
    let mut res = object!({
        "ruleId": it.code.id,
        "ruleIndex": codes.iter().position(|code| code.id == it.code.id),
        "level": level(it.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(it.primary.span, sources) }],
    });
    let Value::Object(map) = &mut res else { return res };
    if !it.secondary.is_empty() {
        let related = it.secondary.iter().enumerate().map(|(at, label)| {
            object!({
                "id": at + 1,
                "message": { "text": label.text },
                "physicalLocation": physical(label.span, sources),
            })
        });
        map.insert("relatedLocations".to_owned(), related.collect());
    }
    if let Some(fix) = &it.fix {
        let mut changes: Vec<(Value, Vec<Value>)> = Vec::new();
        for edit in &fix.edits {
            let replacement = object!({
                "deletedRegion": region(edit.span, sources),
                "insertedContent": { "text": edit.replacement },
            });
            let artifact = artifact(edit.span, sources);
            match changes.iter_mut().find(|(known, _)| *known == artifact) {
                Some((_, all)) => all.push(replacement),
                None => changes.push((artifact, vec![replacement])),
            }
        }
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|(artifact, all)| object!({ "artifactLocation": artifact, "replacements": all }))
            .collect();
        let fix = object!({ "description": { "text": fix.title }, "artifactChanges": changes });
        map.insert("fixes".to_owned(), Value::from(vec![fix]));
    }
    res
}

fn physical(span: Span, sources: &Sources) -> Value {
    object!({ "artifactLocation": artifact(span, sources), "region": region(span, sources) })
}

fn artifact(span: Span, sources: &Sources) -> Value {
    let path = sources.get(span.file).map_or("", |it| it.path()).replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut res = Map::new();
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        let slash = if path.starts_with('/') { "" } else { "/" };
        res.insert("uri".to_owned(), format!("file://{slash}{}", encoded(path)).into());
    } else {
        res.insert("uri".to_owned(), encoded(path).into());
        res.insert("uriBaseId".to_owned(), ROOT.into());
    }
    Value::Object(res)
}

/// A path as part of a URI.
fn encoded(path: &str) -> String {
    let mut res = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                res.push(char::from(byte));
            }
            _ => res.push_str(&format!("%{byte:02X}")),
        }
    }
    res
}

fn region(span: Span, sources: &Sources) -> Value {
    let Some(file) = sources.get(span.file) else { return Value::Null };
    let start = file.position(span.start as usize);
    let end = file.position(span.end as usize);
    let text = file.text().get(span.range()).unwrap_or_default();
    let mut res = object!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    });
    if let (false, Value::Object(map)) = (text.is_empty() || text.len() > 500, &mut res) {
        map.insert("snippet".to_owned(), object!({ "text": printable(text) }));
    }
    res
}
