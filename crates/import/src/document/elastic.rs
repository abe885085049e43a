//! Rules of Elastic Security: a file of the detection-rules repository, or what Kibana exports.

use diagnostic::Diagnostic;
use ir::Status;
use serde_json::{Map, Value};
use source::Span;

use super::{Document, File, documents, level};
use crate::about::{About, add, tactic, technique, text, texts, uuid};
use crate::place::{aside, unsayable};
use crate::{Columns, EQL, KUERY, Place};

/// Keys that become something of a rule, or that say nothing about what it detects.
const KNOWN: &[&str] = &[
    "rule_id",
    "id",
    "name",
    "description",
    "author",
    "references",
    "false_positives",
    "license",
    "severity",
    "risk_score",
    "version",
    "interval",
    "from",
    "to",
    "max_signals",
    "tags",
    "threat",
    "type",
    "language",
    "query",
    "index",
    "timestamp_override",
    "note",
    "setup",
    "enabled",
    "required_fields",
    "related_integrations",
    "immutable",
    "rule_source",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "revision",
    "output_index",
    "filters",
    "exceptions_list",
];

/// Kinds of rules that ask more than which events match, and what that is.
const OTHERS: &[(&str, &str)] = &[
    ("threshold", "counts its matches"),
    ("new_terms", "asks for values that were not seen before"),
    ("threat_match", "looks its values up in another index"),
    ("machine_learning", "asks a model"),
];

/// Whether the text begins as an export of Kibana does.
pub fn is_export(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    serde_json::from_str::<Map<String, Value>>(first).is_ok_and(|it| it.contains_key("type"))
}

/// What Kibana exports: a rule a line.
pub fn ndjson(file: &File<'_>, columns: &Columns<'_>) -> Vec<Document> {
    let mut res = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start_matches(['\u{feff}', ' ']).len());
        let span = file.span(start, at + line.trim_end().len());
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let read: Result<Map<String, Value>, _> =
            serde_json::from_str(line.trim_start_matches('\u{feff}'));
        let map = match read {
            Ok(it) => it,
            Err(err) => {
                let from = (span.start as usize + err.column().saturating_sub(1))
                    .min((span.end as usize).saturating_sub(1));
                let at = file.span(from, from + 1);
                let message = format!("this is not JSON: {err}");
                res.push(failed(*file.bad(at, message, "a rule a line is expected"), span));
                continue;
            }
        };
        // The last line of an export counts what was exported.
        if map.contains_key("exported_count") || map.contains_key("exported_rules_count") {
            continue;
        }
        if map.contains_key("list_id") && !map.contains_key("query") {
            let note = aside(span, "left aside: a list of exceptions", "it is no rule");
            res.push(failed(note, span));
            continue;
        }
        res.extend(rule(file, columns, &map, span));
    }
    res
}

/// A document that can't be read.
fn failed(why: Diagnostic, span: Span) -> Document {
    let mut res = documents(&EQL, &About::default(), Err(vec![why]), span, Vec::new());
    res.remove(0)
}

/// A file of the detection-rules repository.
pub fn toml(file: &File<'_>, columns: &Columns<'_>) -> Result<Vec<Document>, Box<Diagnostic>> {
    let value: Value = toml::from_str(file.text).map_err(|err| {
        let span = err.span().map_or(file.head(), |it| file.span(it.start, it.end));
        file.bad(
            span,
            format!("this is not TOML: {}", err.message()),
            "the file can't be read from here on",
        )
    })?;
    let Some(map) = value.get("rule").and_then(Value::as_object) else {
        return Err(file.bad(file.head(), "there is no table `[rule]`", "it holds the rule"));
    };
    let mut res = rule(file, columns, map, file.all());
    let meta = value.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    for res in &mut res {
        let date = |key: &str| text(&meta, key).map(|it| it.replace('/', "-"));
        res.about.date = date("creation_date");
        res.about.modified = date("updated_date").filter(|it| Some(it) != res.about.date.as_ref());
        res.about.status = match text(&meta, "maturity").as_deref() {
            Some("production") => Some(Status::Stable),
            Some("development") => Some(Status::Experimental),
            Some("deprecated") => Some(Status::Deprecated),
            _ => None,
        };
    }
    Ok(res)
}

fn rule(
    file: &File<'_>,
    columns: &Columns<'_>,
    map: &Map<String, Value>,
    span: Span,
) -> Vec<Document> {
    let kind = text(map, "type").unwrap_or_default();
    // Where a key stands, to point at.
    let at = |key: &str| {
        let text = file.text.get(span.range()).unwrap_or_default();
        let starts = |it: &usize| {
            let before = text[..*it].trim_end_matches([' ', '"', '[']);
            let after = text[*it + key.len()..].trim_start_matches(['"', ' ', ']']);
            (before.is_empty() || before.ends_with(['\n', ',', '{', '.']))
                && (after.starts_with(['=', ':', '\n', '\r']))
        };
        let found = text.match_indices(key).map(|it| it.0).find(starts);
        let first = text.lines().next().map_or(0, str::len);
        found.map_or(span.sub(0, first), |it| span.sub(it, key.len()))
    };
    if let Some((_, asks)) = OTHERS.iter().find(|it| it.0 == kind) {
        let message = format!("a rule of the type `{kind}` {asks}");
        let why = unsayable(at("type"), message, "a rule of ours says which single events match");
        let help = "import the query alone, and relate its matches by a correlation";
        return vec![failed(why.with_help(help), span)];
    }
    let Some(query) = map.get("query").and_then(Value::as_str) else {
        let why = file.bad(span, "the rule has no `query`", "there is nothing to read");
        return vec![failed(*why, span)];
    };
    let said = text(map, "language").unwrap_or_else(|| match kind.as_str() {
        "query" | "saved_query" => "kuery".to_owned(),
        it => it.to_owned(),
    });
    let Some(language) = [&EQL, &KUERY].into_iter().find(|it| it.key == said) else {
        let message = format!("the query of this rule is in `{said}`");
        let why = unsayable(at("language"), message, "only `eql` and `kuery` are read");
        return vec![failed(why, span)];
    };
    // Both change which events the rule is about.
    for (key, what) in [("filters", "filters"), ("exceptions_list", "exceptions")] {
        if map.get(key).and_then(Value::as_array).is_some_and(|it| !it.is_empty()) {
            let message = format!("the rule has {what} besides its query");
            let label = "they change what matches, and are not read";
            let why = unsayable(at(key), message, label)
                .with_help("say what they ask in the query, and import it");
            return vec![failed(why, span)];
        }
    }
    let mut about = About {
        title: text(map, "name"),
        id: text(map, "rule_id").as_deref().and_then(uuid),
        description: text(map, "description"),
        license: text(map, "license").map(|it| match it.as_str() {
            "Elastic License v2" => "Elastic-2.0".to_owned(),
            _ => it,
        }),
        authors: texts(map, "author"),
        references: texts(map, "references"),
        falsepositives: texts(map, "false_positives")
            .iter()
            .map(|it| it.trim().to_owned())
            .collect(),
        level: text(map, "severity").as_deref().and_then(level),
        risk_score: map.get("risk_score").and_then(Value::as_u64),
        version: map.get("version").and_then(Value::as_u64),
        every: text(map, "interval"),
        lookback: text(map, "from").and_then(|it| it.strip_prefix("now-").map(str::to_owned)),
        max_alerts: map.get("max_signals").and_then(Value::as_u64),
        ..About::default()
    };
    for tag in texts(map, "tags") {
        if let Some(os) = tag.strip_prefix("OS: ") {
            about.product.get_or_insert(os.to_ascii_lowercase());
        }
    }
    for it in map.get("threat").and_then(Value::as_array).into_iter().flatten() {
        let name = it.pointer("/tactic/name").and_then(Value::as_str);
        if let Some(tag) = name.and_then(tactic) {
            add(&mut about.tags, tag);
        }
        techniques(it.get("technique"), &mut about.tags);
    }
    for key in ["index", "timestamp_override", "note", "setup", "tags"] {
        if let Some(value) = map.get(key).filter(|it| !matches!(it.as_str(), Some(""))) {
            about.options.insert(key.to_owned(), value.clone());
        }
    }
    let place = Place::within(query, file.text, span);
    documents(
        language,
        &about,
        language.read(&place, columns),
        place.span(0, query.len()),
        file.left(map, KNOWN, place.span(0, query.len().min(1))),
    )
}

fn techniques(value: Option<&Value>, tags: &mut Vec<String>) {
    for it in value.and_then(Value::as_array).into_iter().flatten() {
        if let Some(tag) = it.get("id").and_then(Value::as_str).and_then(technique) {
            add(tags, tag);
        }
        techniques(it.get("subtechnique"), tags);
    }
}
