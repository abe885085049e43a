//! Rules of Elastic Security: a file of the detection-rules repository, or what Kibana exports.

use diagnostic::Diagnostic;
use ir::Status;
use serde_json::{Map, Value};
use source::Span;

use super::{Document, File, level};
use crate::about::{About, add, tactic, technique, text, texts, uuid};
use crate::{Columns, Language, Place};

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
];

/// What Kibana exports: a rule a line.
pub fn ndjson(
    language: &Language,
    file: &File<'_>,
    columns: &Columns<'_>,
) -> Result<Vec<Document>, Box<Diagnostic>> {
    let mut res = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let span = file.span(at, at + line.trim_end().len());
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let map: Map<String, Value> = serde_json::from_str(line).map_err(|err| {
            let from = span.start as usize + err.column().saturating_sub(1);
            file.bad(
                file.span(from, from + 1),
                format!("this is not JSON: {err}"),
                "a rule a line is expected",
            )
        })?;
        // The last line of an export counts what was exported.
        if !map.contains_key("exported_count") {
            res.push(rule(language, file, columns, &map, span)?);
        }
    }
    Ok(res)
}

/// A file of the detection-rules repository.
pub fn toml(
    language: &Language,
    file: &File<'_>,
    columns: &Columns<'_>,
) -> Result<Vec<Document>, Box<Diagnostic>> {
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
    let mut res = rule(language, file, columns, map, file.all())?;
    if let Some(meta) = value.get("metadata").and_then(Value::as_object) {
        let date = |key: &str| text(meta, key).map(|it| it.replace('/', "-"));
        res.about.date = date("creation_date");
        res.about.modified = date("updated_date").filter(|it| Some(it) != res.about.date.as_ref());
        res.about.status = match text(meta, "maturity").as_deref() {
            Some("production") => Some(Status::Stable),
            Some("development") => Some(Status::Experimental),
            Some("deprecated") => Some(Status::Deprecated),
            _ => None,
        };
    }
    Ok(vec![res])
}

fn rule(
    language: &Language,
    file: &File<'_>,
    columns: &Columns<'_>,
    map: &Map<String, Value>,
    span: Span,
) -> Result<Document, Box<Diagnostic>> {
    let kind = text(map, "type").unwrap_or_default();
    let Some(query) = map.get("query").and_then(Value::as_str) else {
        return Err(file.bad(span, "the rule has no `query`", "there is nothing to read"));
    };
    let said = text(map, "language").unwrap_or_else(|| kind.clone());
    if said != language.key {
        let message = format!("the query of this rule is in `{said}`");
        let problem = file.bad(span, message, "another language was asked for");
        return Err(Box::new(problem.with_help("only rules of the type `eql` are read")));
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
        if let Some(name) = it.pointer("/tactic/name").and_then(Value::as_str) {
            add(&mut about.tags, tactic(name));
        }
        techniques(it.get("technique"), &mut about.tags);
    }
    for key in ["index", "timestamp_override", "note", "setup", "tags"] {
        if let Some(value) = map.get(key).filter(|it| !matches!(it.as_str(), Some(""))) {
            about.options.insert(key.to_owned(), value.clone());
        }
    }
    let place = Place::within(query, file.text, span);
    Ok(Document {
        about,
        query: language.read(&place, columns),
        span: place.span(0, query.len()),
        aside: file.left(map, KNOWN, place.span(0, query.len().min(1))),
    })
}

fn techniques(value: Option<&Value>, tags: &mut Vec<String>) {
    for it in value.and_then(Value::as_array).into_iter().flatten() {
        if let Some(tag) = it.get("id").and_then(Value::as_str).and_then(technique) {
            add(tags, tag);
        }
        techniques(it.get("subtechnique"), tags);
    }
}
