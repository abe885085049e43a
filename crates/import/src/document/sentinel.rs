//! Analytics rules of Microsoft Sentinel, as its repository keeps them.

use diagnostic::Diagnostic;
use serde_json::Value;

use super::{Document, File, documents, level};
use crate::about::{About, add, tactic, technique, text, texts, uuid};
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
];

/// One rule.
pub fn yaml(
    language: &'static Language,
    file: &File<'_>,
    columns: &Columns<'_>,
) -> Result<Vec<Document>, Box<Diagnostic>> {
    let value = file.yaml()?;
    let Some(map) = value.as_object() else {
        return Err(file.bad(
            file.head(),
            "this is no analytics rule",
            "keys and values are expected",
        ));
    };
    let Some(query) = map.get("query").and_then(Value::as_str) else {
        return Err(file.bad(file.head(), "the rule has no `query`", "there is nothing to read"));
    };
    let place = Place::within(query, file.text, file.all());
    let threshold = map.get("triggerThreshold").and_then(Value::as_u64).unwrap_or(0);
    let operator = text(map, "triggerOperator").unwrap_or_else(|| "gt".to_owned());
    let more = operator == "gt" || operator.eq_ignore_ascii_case("greaterthan");
    if !more || threshold != 0 {
        let at = file.text.find("trigger").map_or(file.head(), |it| file.span(it, it + 7));
        let label = "a rule of ours is about single events";
        let problem = file.bad(at, "the rule counts its matches", label);
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
    texts(map, "tactics").iter().for_each(|it| add(&mut about.tags, tactic(it)));
    texts(map, "relevantTechniques")
        .iter()
        .filter_map(|it| technique(it))
        .for_each(|it| add(&mut about.tags, it));
    let query_span = place.span(0, query.len());
    let left = file.left(map, KNOWN, place.span(0, query.len().min(1)));
    Ok(documents(language, &about, language.read(&place, columns), query_span, left))
}

/// `PT5M` and `P1D` as `5m` and `1d`.
fn duration(text: &str) -> String {
    match text.strip_prefix('P') {
        Some(it) => it.trim_start_matches('T').to_ascii_lowercase(),
        None => text.to_owned(),
    }
}
