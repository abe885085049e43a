//! docs/rule.schema.json says of a document what the reader says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use rulec_driver::load;
use serde_json::{Value, json};
use source::FileId;

const SCHEMA: &str = include_str!("../../../docs/rule.schema.json");

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::draft7::meta::validate(&schema).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

/// The documents of a text, as an editor sees them.
fn documents(text: &str) -> Vec<Value> {
    let mut res = Vec::new();
    let mut from = 0;
    let ends = text.match_indices("\n---\n").map(|(at, _)| at + 1).chain([text.len()]);
    for end in ends.collect::<Vec<_>>() {
        let node = syntax::read_document(text, FileId::FIRST, from..end, &mut Vec::new());
        res.extend(node.map(|it| it.to_json()).filter(|it| !it.is_null()));
        from = (end + 4).min(text.len());
    }
    res
}

fn yml(root: &Path) -> Vec<PathBuf> {
    let (mut folders, mut res) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yml") {
                res.push(path);
            }
        }
    }
    res.sort();
    res
}

/// The codes of what the reader finds wrong, and of words that it leaves out.
fn problems(text: &str) -> Vec<&'static str> {
    let loaded = load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
    let all = loaded.all_problems();
    let counts = |it: &&diagnostic::Diagnostic| {
        it.severity == diagnostic::Severity::Error || it.code.id == "R007"
    };
    // What documents say of each other is beyond a schema of one.
    let of_one = |it: &&str| !(it.starts_with('F') || ("K004".."K999").contains(it));
    all.filter(counts).map(|it| it.code.id).filter(of_one).collect()
}

/// Of files that can be used, none is rejected; what is rejected can't be used.
#[track_caller]
fn agree(root: &Path) -> usize {
    let validator = validator();
    let mut count = 0;
    for path in yml(root) {
        let text = std::fs::read_to_string(&path).unwrap();
        let wrong: Vec<String> = documents(&text)
            .iter()
            .flat_map(|it| validator.iter_errors(it).map(|it| it.to_string()).collect::<Vec<_>>())
            .collect();
        // A document after `action: global` is a part of a rule, which a schema can't see.
        let parts = text.contains("\naction: global") || text.starts_with("action: global");
        if !wrong.is_empty() && !parts {
            assert!(!problems(&text).is_empty(), "{}: {wrong:#?}", path.display());
        }
        count += usize::from(wrong.is_empty());
    }
    count
}

#[test]
fn our_rules_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    assert_eq!(agree(&root), yml(&root).len());
}

#[test]
fn rules_that_can_be_used_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if !root.is_dir() {
        eprintln!("skipped: {} is not there", root.display());
        return;
    }
    let valid = agree(&root);
    eprintln!("{valid} of {} files are valid", yml(&root).len());
    assert!(valid > 3000, "{valid}");
}

const RULE: &str = "\
title: An Example
id: 11111111-1111-4111-8111-111111111111
name: example
related: [{ id: 22222222-2222-4222-8222-222222222222, type: similar }]
taxonomy: sigma
status: test
description: What it finds.
license: MIT
author: Jane Doe
references: [a, b]
date: '2025-01-15'
modified: '2025-02-15'
logsource: { category: process_creation, product: windows, service: x, definition: y, own: z }
detection:
    selection: { Image|endswith: [a, 5], User: null, Cmd|exists: true, Id|gte: 5, 'N|re|i': b }
    more: [{ Image: a }, { User|cidr: 10.0.0.0/8 }]
    words: [a, 5, true]
    word: a
    condition: selection or more or words or word
fields: [a]
falsepositives: [a]
level: high
tags: [attack.t1059]
scope: [server]
risk_score: 50
version: 2
schedule: { every: 5m, lookback: 6m, max_alerts: 5 }
tests:
    - { name: x, match: true, event: { a: b } }
targets: { eql: { skip: true, reason: x }, falco: { args: joined, output: x } }
own: { a: b }
";

const CORRELATION: &str = "\
title: An Example
correlation:
    type: value_count
    rules: [example]
    group-by: [User]
    timespan: 5w
    aliases: { user: { example: User } }
    condition: { gte: 5, lte: 9, field: [a] }
    generate: true
level: high
generate: false
tests:
    - name: x
      match: true
      events: [{ at: 0s, repeat: 2, every: 1M, event: { a: b } }]
";

const FILTER: &str = "\
title: An Example
logsource: { product: windows }
filter:
    rules: [example]
    selection: { User: a }
    condition: not selection
";

/// Each is one edit of a rule, and a mistake.
#[test]
fn bad_rules_are_rejected() {
    let validator = validator();
    for (from, to) in [
        ("title: An Example\n", ""),
        ("title: An", "title: [An]\nx: An"),
        ("logsource: { category: process_creation, product: windows, service: x,", "logsource: {"),
        ("    condition: selection or more or words or word\n", ""),
        ("condition: selection or", "condition: selection | count() > 5 or"),
        ("    words:", "    timeframe: 5m\n    words:"),
        ("words: [a, 5, true]", "words: []"),
        ("words: [a, 5, true]", "words: null"),
        ("Image|endswith", "Image|endwith"),
        ("Image|endswith: [a, 5]", "Image|endswith: { a: b }"),
        ("Image|endswith: [a, 5]", "Image|endswith: [[a]]"),
        ("Image|endswith: [a, 5]", "Image|endswith: [null]"),
        ("Cmd|exists: true", "Cmd|exists: 'yes'"),
        ("Id|gte: 5", "Id|gte: '5'"),
        ("level: high", "level: hihg"),
        ("status: test", "status: testing"),
        ("risk_score: 50", "risk_score: 101"),
        ("version: 2", "version: two"),
        ("every: 5m", "every: 5w"),
        ("every: 5m", "evry: 5m"),
        ("match: true", "match: yes"),
        ("match: true", "matches: true"),
        ("event: { a: b }", "event: a"),
        ("targets: { eql: { skip: true, reason: x }", "targets: { eql: skip"),
        ("args: joined", "args: split"),
        ("args: joined", "arg: joined"),
        ("related: [{ id: 22222222-2222-4222-8222-222222222222, type: similar }]", "related: [x]"),
        ("tags: [attack.t1059]", "tags: { attack: t1059 }"),
    ] {
        assert!(RULE.contains(from), "{from}");
        let text = RULE.replacen(from, to, 1);
        let document = documents(&text).remove(0);
        assert!(!validator.is_valid(&document), "accepted: {to}");
    }
}

fn to_text(document: &Value) -> String {
    // JSON is YAML.
    document.to_string()
}

/// Every place of a document, as a path of keys and numbers.
fn places(value: &Value, here: &str, res: &mut Vec<String>) {
    res.push(here.to_owned());
    match value {
        Value::Object(pairs) => pairs.iter().for_each(|(key, it)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            places(it, &format!("{here}/{key}"), res);
        }),
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.for_each(|(idx, it)| places(it, &format!("{here}/{idx}"), res));
        }
        _ => {}
    }
}

/// Every document that differs from this one in one place: another value there, the key gone, or
/// one more key.
fn mutants(document: &Value) -> Vec<(String, Value)> {
    let values = [
        json!(null),
        json!(true),
        json!(5),
        json!(-5),
        json!(1_000_000),
        json!("x"),
        json!(""),
        json!([]),
        json!(["x"]),
        json!([{}]),
        json!([[]]),
        json!([null]),
        json!({}),
        json!({ "x": "y" }),
        json!({ "x": null }),
    ];
    let mut all = Vec::new();
    places(document, "", &mut all);
    let mut res = Vec::new();
    for place in all {
        for value in &values {
            let mut it = document.clone();
            *it.pointer_mut(&place).unwrap() = value.clone();
            res.push((format!("{place} = {value}"), it));
        }
        let mut more = document.clone();
        if let Some(Value::Object(pairs)) = more.pointer_mut(&place) {
            pairs.insert("zzzzzz".to_owned(), "x".into());
            res.push((format!("{place} with one more key"), more));
        }
        let Some((above, last)) = place.rsplit_once('/') else { continue };
        let mut it = document.clone();
        if let Some(Value::Object(pairs)) = it.pointer_mut(above) {
            pairs.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
            res.push((format!("without {place}"), it));
        }
    }
    res
}

/// What the reader refuses for reasons of shape is refused by the schema, and nothing else is, but
/// for words of fixed sets.
#[test]
fn the_schema_and_the_reader_agree_on_every_small_change() {
    let validator = validator();
    let (mut strict, mut lax, mut both) = (Vec::new(), Vec::new(), 0);
    for text in [RULE, CORRELATION, FILTER] {
        let document = documents(text).remove(0);
        let wrong: Vec<_> = validator.iter_errors(&document).map(|it| it.to_string()).collect();
        assert_eq!((problems(text), wrong), (vec![], vec![]), "{text}");
        for (what, mutant) in mutants(&document) {
            let reader = problems(&to_text(&mutant));
            let valid = validator.is_valid(&mutant);
            match (reader.is_empty(), valid) {
                (true, false) => strict.push(what),
                (false, true) => lax.push(format!("{what}: {}", reader.join(" "))),
                (false, false) => both += 1,
                (true, true) => {}
            }
        }
    }
    eprintln!("both refuse {both}");
    insta::assert_debug_snapshot!("stricter_than_the_reader", strict);
    insta::assert_debug_snapshot!("laxer_than_the_reader", lax);
}
