//! Analytics rules of Microsoft Sentinel, as its repository keeps them.

use diagnostic::Diagnostic;
use serde_json::{Map, Value};

use super::{Document, File, documents, left_tags, level};
use crate::about::{About, add, tactic, technique, text, texts, uuid};
use crate::place::unsayable;
use crate::{Columns, Language, Place};

const KNOWN: &[&str] = &[
    "id",
    "name",
    "description",
    "severity",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "tactics",
    "relevantTechniques",
    "version",
    "kind",
    "status",
    "query",
    "enabled",
    "eventGroupingSettings",
];

/// A rule for each document of the file.
pub fn yaml(
    language: &'static Language,
    file: &File<'_>,
    columns: &Columns<'_>,
) -> Result<Vec<Document>, Box<Diagnostic>> {
    let mut res = Vec::new();
    for value in file.yaml()? {
        let Some(map) = value.as_object() else {
            let label = "keys and values are expected";
            return Err(file.bad(file.head(), "this is no analytics rule", label));
        };
        match rule(language, file, columns, map) {
            Ok(it) => res.extend(it),
            Err(why) => {
                let (about, span) = (About::default(), why.primary.span);
                res.extend(documents(language, &about, Err(vec![*why]), span, Vec::new()));
            }
        }
    }
    Ok(res)
}

fn rule(
    language: &'static Language,
    file: &File<'_>,
    columns: &Columns<'_>,
    map: &Map<String, Value>,
) -> Result<Vec<Document>, Box<Diagnostic>> {
    let Some(query) = map.get("query").and_then(Value::as_str).map(unfenced) else {
        return Err(file.bad(file.head(), "the rule has no `query`", "there is nothing to read"));
    };
    let place = Place::within(query, file.text, file.all());
    let threshold = map.get("triggerThreshold").and_then(Value::as_u64).unwrap_or(0);
    let operator = text(map, "triggerOperator").unwrap_or_else(|| "gt".to_owned());
    // More than so many results are what a target of the language can be told.
    if operator != "gt" && !operator.eq_ignore_ascii_case("greaterthan") {
        let at = file.text.find("triggerOperator").map_or(file.head(), |it| file.span(it, it + 15));
        let label = "a rule of ours says which events match, and not that few do";
        let problem = unsayable(at, "the rule asks how few its matches are", label);
        return Err(Box::new(
            problem.with_help("import the query alone, and count by a correlation"),
        ));
    }
    let mut about = About {
        title: text(map, "name"),
        id: text(map, "id").as_deref().and_then(uuid),
        description: text(map, "description")
            .map(|it| it.trim_matches(['\'', '"']).trim().to_owned()),
        level: text(map, "severity").as_deref().and_then(level),
        version: text(map, "version").and_then(|it| it.split('.').next()?.parse().ok()),
        every: text(map, "queryFrequency").map(|it| duration(&it)),
        lookback: text(map, "queryPeriod").map(|it| duration(&it)),
        ..About::default()
    };
    let head = place.span(0, query.len().min(1));
    let mut left = file.left(map, KNOWN, head);
    let mut unknown = Vec::new();
    for (key, read) in [("tactics", tactic as fn(&str) -> _), ("relevantTechniques", technique)] {
        for it in texts(map, key) {
            match read(it.trim()) {
                Some(tag) => add(&mut about.tags, tag),
                None => unknown.push(it),
            }
        }
    }
    left.extend(left_tags(&unknown, head));
    if let Some(name) = map.get("metadata").and_then(|it| it.pointer("/author/name")) {
        about.authors.extend(name.as_str().map(str::to_owned));
    }
    let grouping = map.get("eventGroupingSettings").and_then(|it| it.get("aggregationKind"));
    if let Some(it) = grouping {
        about.options.insert("grouping".to_owned(), it.clone());
    }
    if threshold > 0 {
        about.options.insert("threshold".to_owned(), threshold.into());
    }
    let query_span = place.span(0, query.len());
    Ok(documents(language, &about, language.read(&place, columns), query_span, left))
}

/// `PT5M` and `P1D` as `5m` and `1d`.
fn duration(text: &str) -> String {
    match text.strip_prefix('P') {
        Some(it) => it.trim_start_matches('T').to_ascii_lowercase(),
        None => text.to_owned(),
    }
}

/// A query that stands in a fence of Markdown, as some libraries of queries keep it.
fn unfenced(query: &str) -> &str {
    let inner = query.trim().strip_prefix("```").and_then(|it| it.strip_suffix("```"));
    inner.and_then(|it| it.split_once('\n')).map_or(query, |it| it.1)
}
