//! A JSON Schema of rules, for editors.
//!
//! Written from the tables that the reader asks: its keys, the modifiers, the words of levels and
//! types, the options of targets. It holds to JSON Schema draft 7, which editors know best.
//!
//! It is stricter than the reader only about words of a fixed set, such as a level, which the
//! reader takes with a warning. It does not know what needs more than one place to see: whether a
//! condition can be read, whether the names in it exist, whether modifiers stand in the right order.

use ir::{Level, Status};
use lower::{MODIFIERS, Modifier};
use serde_json::{Map, Value, json};
use syntax::keys::{
    CORRELATION_KEYS, FILTER_KEYS, FIXTURE_KEYS, Key, Kind, LOGSOURCE_KEYS, OUR_KEYS, RELATED_KEYS,
    RULE_KEYS, SCHEDULE_KEYS, SCHEDULE_UNITS, SERIES_KEYS, STEP_KEYS, TIME_UNITS,
};
use syntax::{BoundOp, CorrelationType};
use target::Target;

use crate::builtin::Targets;

/// The schema of a document of rules. Its parts are under `definitions`.
pub fn schema(targets: &Targets) -> Value {
    let is = |key: &str| json!({ "required": [key] });
    // A document is read as what its keys make it, as the reader does.
    let filter = json!({ "if": { "allOf": [is("filter"), { "not": is("detection") }] },
        "then": reference("filter"), "else": reference("rule") });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A rule for rulec",
        "description": "A Sigma 2.1 rule, correlation or filter, with the keys that rulec adds.",
        "type": "object",
        "if": is("correlation"),
        "then": reference("correlation"),
        "else": filter,
        "definitions": definitions(targets),
    })
}

fn definitions(targets: &Targets) -> Value {
    json!({
        "rule": rule(),
        "correlation": correlation_document(),
        "filter": filter_document(),
        "text": { "type": ["string", "number", "boolean", "null"] },
        "texts": {
            "type": ["array", "string", "number", "boolean", "null"],
            "items": reference("text"),
        },
        "related": { "type": "array", "items": mapping(RELATED_KEYS, &["id", "type"]) },
        "logsource": logsource(),
        "schedule": strict(SCHEDULE_KEYS, &[]),
        "fixtures": { "type": "array", "items": strict(FIXTURE_KEYS, &["match", "event"]) },
        "targets": targets_schema(targets),
        "detection": detection(),
        "condition": {
            "description": "How selections are joined: names with `and`, `or` and `not`; also `1 of name*`, `all of name*`, `1 of them` and `all of them`. Several conditions in a list mean any of them.",
            "anyOf": [
                condition_text(),
                { "type": "array", "items": condition_text() },
            ],
        },
        "selection": selection(),
        "items": items(),
        "value": { "type": ["string", "number", "boolean", "null"] },
        "aliases": {
            "type": "object",
            "additionalProperties": { "type": "object", "additionalProperties": reference("text") },
        },
        "series": { "type": "array", "items": strict(SERIES_KEYS, &["match", "events"]) },
        "steps": { "type": "array", "items": strict(STEP_KEYS, &["event"]) },
        "correlation_section": correlation_section(),
        "compare": compare(),
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn words(all: impl IntoIterator<Item = &'static str>) -> Value {
    all.into_iter().map(Value::from).collect()
}

/// What the value of a key must be.
fn value_of(kind: Kind) -> Value {
    match kind {
        Kind::Text => reference("text"),
        Kind::Texts => reference("texts"),
        Kind::Whole(u32::MAX) => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Kind::Whole(most) => json!({ "type": "integer", "minimum": 0, "maximum": most }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Span => span(SCHEDULE_UNITS),
        Kind::LongSpan => span(&long_units()),
        Kind::Level => json!({ "enum": words(Level::ALL.map(Level::word)) }),
        Kind::Status => json!({ "enum": words(Status::ALL.map(Status::word)) }),
        Kind::Related => reference("related"),
        Kind::LogSource => reference("logsource"),
        Kind::Detection => reference("detection"),
        Kind::Schedule => reference("schedule"),
        Kind::Fixtures => reference("fixtures"),
        Kind::Targets => reference("targets"),
        Kind::CorrelationType => {
            json!({ "enum": words(CorrelationType::ALL.map(CorrelationType::word)) })
        }
        Kind::CorrelationCondition => {
            json!({ "anyOf": [reference("compare"), condition_text()] })
        }
        Kind::Aliases => reference("aliases"),
        Kind::Event => json!({ "type": "object" }),
        Kind::Steps => reference("steps"),
    }
}

fn span(units: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^[0-9]+[{units}]$"), "examples": ["5m"] })
}

fn long_units() -> String {
    TIME_UNITS.iter().map(|(it, _)| *it).collect()
}

/// Keys as `properties`. What stands beside `$ref` is not looked at in draft 7, so a description
/// needs `allOf` around it.
fn properties<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Map<String, Value> {
    let property = |it: &Key| {
        let mut value = value_of(it.kind);
        if value.get("$ref").is_some() {
            value = json!({ "allOf": [value] });
        }
        value["description"] = it.about.into();
        (it.name.to_owned(), value)
    };
    keys.into_iter().map(property).collect()
}

/// A mapping that may have keys of the user's own.
fn mapping(keys: &[Key], required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties(keys), "required": required })
}

/// A mapping that has these keys and no others.
fn strict(keys: &[Key], required: &[&str]) -> Value {
    let mut res = mapping(keys, required);
    res["additionalProperties"] = false.into();
    res
}

fn rule() -> Value {
    let mut known = properties(RULE_KEYS.iter().chain(OUR_KEYS));
    let about = "`global`: the document is no rule, and its values are put into those after it; `reset` forgets them; `repeat`: the rule before, with these values put into it.";
    known.insert(
        "action".to_owned(),
        json!({ "enum": ["global", "reset", "repeat"], "description": about }),
    );
    let whole = json!({
        "required": ["title", "logsource", "detection"],
        "properties": {
            "logsource": { "anyOf": any_logsource() },
            "detection": { "required": ["condition"] },
        },
    });
    json!({
        "type": "object",
        "properties": known,
        // A document with an action is a part of others.
        "if": { "not": { "required": ["action"] } },
        "then": whole,
    })
}

fn logsource() -> Value {
    let mut res = mapping(LOGSOURCE_KEYS, &[]);
    let about = "What has to be set up so that there are such events.";
    res["properties"]["definition"] = json!({ "description": about });
    res
}

/// At least one of the keys holds something.
fn any_logsource() -> Value {
    let holds = |it: &Key| {
        let properties = json!({ it.name: { "not": { "type": "null" } } });
        json!({ "required": [it.name], "properties": properties })
    };
    LOGSOURCE_KEYS.iter().map(holds).collect()
}

/// Text of a condition. A `|` began an aggregation in older rules.
fn condition_text() -> Value {
    json!({ "type": "string", "pattern": "^[^|]*$" })
}

fn detection() -> Value {
    json!({
        "type": "object",
        "properties": {
            "condition": reference("condition"),
            // It belongs to aggregations, which correlations took the place of.
            "timeframe": false,
        },
        "additionalProperties": reference("selection"),
    })
}

/// What stands under the name of a selection: items, keywords, or a list of either.
fn selection() -> Value {
    let keyword = json!({ "type": ["string", "number", "boolean"] });
    json!({
        "description": "A mapping of fields to values means all of them; a list of mappings, any of them; plain values are keywords that stand anywhere in the event.",
        "anyOf": [
            reference("items"),
            { "type": "array", "minItems": 1, "items": reference("selection") },
            keyword,
        ],
    })
}

/// What a modifier takes.
#[derive(PartialEq)]
enum Takes {
    Anything,
    Texts,
    Numbers,
    Flags,
}

fn takes(it: Modifier) -> Takes {
    match it {
        Modifier::All | Modifier::Neq | Modifier::Expand => Takes::Anything,
        Modifier::Exists => Takes::Flags,
        Modifier::Compare(_) | Modifier::Time(_) => Takes::Numbers,
        Modifier::Contains
        | Modifier::StartsWith
        | Modifier::EndsWith
        | Modifier::Cased
        | Modifier::Re
        | Modifier::Flag(_)
        | Modifier::Base64
        | Modifier::Base64Offset
        | Modifier::Utf16(_)
        | Modifier::Windash
        | Modifier::Cidr
        | Modifier::FieldRef => Takes::Texts,
    }
}

/// A mapping of `field|modifier` to values.
fn items() -> Value {
    let spelled = |wanted: &dyn Fn(Modifier) -> bool| {
        let names: Vec<&str> =
            MODIFIERS.iter().filter(|(_, it)| wanted(*it)).map(|(name, _)| *name).collect();
        names.join("|")
    };
    let list = |one: Value| json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] });
    let with = |taken: Takes| format!(r"\|({})(\||$)", spelled(&|it| takes(it) == taken));
    let all = spelled(&|_| true);
    json!({
        "type": "object",
        "description": format!("`field`, or `field|modifier` with any of {}.", all.replace('|', ", ")),
        "propertyNames": { "pattern": format!(r"^[^|]*(\|({all}))*$") },
        "additionalProperties": list(reference("value")),
        "patternProperties": {
            with(Takes::Texts): list(json!({ "type": ["string", "number"] })),
            with(Takes::Numbers): list(json!({ "type": "number" })),
            with(Takes::Flags): list(json!({ "type": "boolean" })),
        },
    })
}

fn targets_schema(targets: &Targets) -> Value {
    let known: Map<String, Value> =
        targets.iter().map(|it| (it.manifest.name.clone(), options(it))).collect();
    json!({
        "type": "object",
        "properties": known,
        // A target of the user's own.
        "additionalProperties": { "type": "object" },
    })
}

fn options(target: &Target) -> Value {
    let mut known = Map::new();
    for (name, it) in &target.manifest.options {
        let mut value = json!({ "description": it.about() });
        if !it.one_of().is_empty() {
            value["enum"] = it.one_of().iter().map(String::as_str).map(Value::from).collect();
        }
        known.insert(name.clone(), value);
    }
    let skip = "Whether the rule is left out of this target's output, or the profiles that it is left out of.";
    let names = json!({ "type": "array", "items": { "type": "string" } });
    known.insert(
        "skip".to_owned(),
        json!({ "description": skip, "anyOf": [{ "type": "boolean" }, names] }),
    );
    known.insert(
        "reason".to_owned(),
        json!({ "type": "string", "description": "Why it is left out." }),
    );
    json!({
        "type": "object",
        "description": target.manifest.about,
        "properties": known,
        "additionalProperties": false,
    })
}

/// The keys of a document that is not a rule: those of one, but for its detection.
fn head() -> Map<String, Value> {
    let left_out = |it: &&Key| it.kind != Kind::Detection;
    properties(RULE_KEYS.iter().chain(OUR_KEYS).filter(left_out))
}

fn correlation_document() -> Value {
    let mut known = head();
    known.insert("tests".to_owned(), reference("series"));
    known.insert("correlation".to_owned(), reference("correlation_section"));
    if let Some(it) = CORRELATION_KEYS.iter().find(|it| it.kind == Kind::Flag) {
        known.extend(properties([it]));
    }
    json!({ "type": "object", "properties": known, "required": ["title", "correlation"] })
}

fn correlation_section() -> Value {
    let mut res = strict(CORRELATION_KEYS, &["type", "timespan"]);
    // Of no length, nothing is in it.
    res["properties"]["timespan"]["pattern"] =
        format!("^[0-9]*[1-9][0-9]*[{}]$", long_units()).into();
    let temporal = words(
        CorrelationType::ALL.into_iter().filter(|it| it.is_temporal()).map(CorrelationType::word),
    );
    res["if"] = json!({ "properties": { "type": { "enum": temporal } } });
    res["else"] = json!({
        "required": ["condition"],
        "properties": { "condition": { "type": "object" } },
    });
    res["anyOf"] = json!([
        { "required": ["rules"] },
        { "required": ["condition"], "properties": { "condition": { "type": "string" } } },
    ]);
    res
}

fn compare() -> Value {
    let mut known: Map<String, Value> =
        BoundOp::ALL.iter().map(|it| (it.word().to_owned(), json!({ "type": "number" }))).collect();
    let bounds: Vec<Value> =
        BoundOp::ALL.iter().map(|it| json!({ "required": [it.word()] })).collect();
    known.insert("field".to_owned(), reference("texts"));
    known
        .insert("percentile".to_owned(), json!({ "type": "number", "minimum": 0, "maximum": 100 }));
    json!({
        "type": "object",
        "properties": known,
        "additionalProperties": false,
        "anyOf": bounds,
    })
}

fn filter_document() -> Value {
    let mut known = head();
    let mut section = detection();
    for (name, it) in properties(FILTER_KEYS) {
        section["properties"][name] = it;
    }
    section["required"] = json!(["rules", "condition"]);
    known.insert("filter".to_owned(), section);
    // As in a rule: the log source names some events.
    known["logsource"] = json!({ "allOf": [known["logsource"], { "anyOf": any_logsource() }] });
    json!({
        "type": "object",
        "properties": known,
        "required": ["title", "logsource", "filter"],
    })
}
