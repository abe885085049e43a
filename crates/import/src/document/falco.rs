//! Files of Falco rules: lists, macros, and rules with their exceptions.

use std::collections::BTreeMap;

use diagnostic::Diagnostic;
use ir::{Expr, Level};
use serde_json::{Map, Value};
use source::Span;

use super::{Document, File};
use crate::about::{About, add, tactic, technique, text, texts};
use crate::falco::{Names, condition};
use crate::{Columns, Place, Query};

/// What files read before this one define.
#[derive(Debug, Default)]
pub struct Shelf {
    names: Names,
    /// Conditions of macros as they are written, for those that are added to.
    written: BTreeMap<String, String>,
}

const KNOWN: &[&str] = &[
    "rule",
    "desc",
    "condition",
    "output",
    "priority",
    "tags",
    "source",
    "enabled",
    "exceptions",
    "append",
    "override",
];

/// Whether the text is a file of items, and not a condition.
pub fn is_file(text: &str) -> bool {
    let item = |line: &str| {
        let words =
            ["rule:", "macro:", "list:", "required_engine_version:", "required_plugin_versions:"];
        line.strip_prefix("- ")
            .is_some_and(|it| words.iter().any(|word| it.trim_start().starts_with(word)))
    };
    text.lines().any(item)
}

/// All rules of a file.
pub fn yaml(
    file: &File<'_>,
    columns: &Columns<'_>,
    shelf: &mut Shelf,
) -> Result<Vec<Document>, Box<Diagnostic>> {
    let value = file.yaml()?;
    let Some(items) = value.as_array() else {
        return Err(file.bad(file.head(), "this is no file of Falco rules", "a list is expected"));
    };
    let mut rules: Vec<Written> = Vec::new();
    let mut from = 0;
    for item in items {
        let Some(map) = item.as_object() else { continue };
        let span = section(file, map, &mut from);
        if let Some(name) = text(map, "list") {
            shelf.list(&name, map);
        } else if let Some(name) = text(map, "macro") {
            shelf.define(&name, map, file, columns, span);
        } else if map.contains_key("rule") {
            match rules.iter_mut().find(|it| it.map.get("rule") == map.get("rule")) {
                Some(known) => known.change(map),
                None => rules.push(Written { map: map.clone(), span }),
            }
        }
    }
    Ok(rules.into_iter().map(|it| it.read(file, columns, shelf)).collect())
}

/// Where an item stands: from its first key to the next item.
fn section(file: &File<'_>, map: &Map<String, Value>, from: &mut usize) -> Span {
    let rest = file.text.get(*from..).unwrap_or_default();
    let first = map.keys().next().map(String::as_str).unwrap_or_default();
    let mut at = 0;
    let mut found = 0;
    let mut end = rest.len();
    let mut seen = false;
    for line in rest.split_inclusive('\n') {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("-\t"));
        match item {
            Some(it) if !seen && it.trim_start().starts_with(first) => {
                found = at;
                seen = true;
            }
            Some(_) if seen => {
                end = at;
                break;
            }
            _ => {}
        }
        at += line.len();
    }
    let span = file.span(*from + found, *from + end);
    *from += end;
    span
}

/// A rule, and what later items change in it.
struct Written {
    map: Map<String, Value>,
    span: Span,
}

impl Written {
    /// Appends or replaces, as `append` or `override` says; a rule of the same name takes its place.
    fn change(&mut self, map: &Map<String, Value>) {
        let appends = map.get("append").and_then(Value::as_bool) == Some(true);
        let how = map.get("override").and_then(Value::as_object);
        if !appends && how.is_none() {
            self.map = map.clone();
            return;
        }
        for (key, value) in
            map.iter().filter(|it| !matches!(it.0.as_str(), "rule" | "append" | "override"))
        {
            let adds = appends || how.and_then(|it| it.get(key)?.as_str()) == Some("append");
            match (self.map.get_mut(key), value) {
                (Some(Value::String(old)), Value::String(new)) if adds => {
                    *old = format!("{old} {new}");
                }
                (Some(Value::Array(old)), Value::Array(new)) if adds => old.extend(new.clone()),
                _ => {
                    self.map.insert(key.clone(), value.clone());
                }
            }
        }
    }

    fn read(self, file: &File<'_>, columns: &Columns<'_>, shelf: &Shelf) -> Document {
        let Written { map, span } = self;
        let written = map.get("condition").and_then(Value::as_str).unwrap_or_default();
        let place = Place::within(written, file.text, span);
        let expr = condition(&place, columns, &shelf.names);
        let expr = expr.and_then(|it| {
            let mut parts = vec![it];
            for exception in map.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
                parts.extend(exceptions(exception, file, span, columns, &shelf.names)?);
            }
            Ok(Expr::all(parts))
        });
        let place = place.span(0, written.len());
        let source = text(&map, "source").unwrap_or_else(|| "syscall".to_owned());
        // Rules that name no source are about system calls, and so are those that name them.
        let place_of = (source != "syscall").then(|| ("source", source.clone()));
        let query = expr.map(|expr| Query {
            expr,
            place: place_of.into_iter().collect(),
            lookback: None,
            aside: Vec::new(),
        });
        let mut about = About {
            title: text(&map, "rule"),
            description: text(&map, "desc"),
            level: text(&map, "priority").map(|it| priority(&it)),
            product: match source.as_str() {
                "syscall" => Some("linux".to_owned()),
                "k8s_audit" => Some("kubernetes".to_owned()),
                _ => None,
            },
            ..About::default()
        };
        for tag in texts(&map, "tags") {
            if let Some(it) = tag.strip_prefix("mitre_") {
                add(&mut about.tags, tactic(it));
            } else if let Some(it) = technique(&tag) {
                add(&mut about.tags, it);
            } else if let Some(it) = tag.strip_prefix("maturity_") {
                about.status = match it {
                    "stable" => Some(ir::Status::Stable),
                    "incubating" => Some(ir::Status::Test),
                    "sandbox" => Some(ir::Status::Experimental),
                    "deprecated" => Some(ir::Status::Deprecated),
                    _ => None,
                };
            }
        }
        if let Some(it) = text(&map, "output") {
            about.options.insert("output".to_owned(), Value::String(it));
        }
        Document { about, query, span: place, aside: file.left(&map, KNOWN, place.sub(0, 1)) }
    }
}

impl Shelf {
    fn list(&mut self, name: &str, map: &Map<String, Value>) {
        let mut items = Vec::new();
        for it in map.get("items").and_then(Value::as_array).into_iter().flatten() {
            let item = match it {
                Value::String(it) => it.clone(),
                it => it.to_string(),
            };
            match self.names.lists.get(&item) {
                Some(inner) => items.extend(inner.clone()),
                None => items.push(item),
            }
        }
        let appends = map.get("append").and_then(Value::as_bool) == Some(true)
            || map
                .get("override")
                .is_some_and(|it| it.get("items") == Some(&Value::from("append")));
        match self.names.lists.get_mut(name) {
            Some(known) if appends => known.extend(items),
            _ => drop(self.names.lists.insert(name.to_owned(), items)),
        }
    }

    fn define(
        &mut self,
        name: &str,
        map: &Map<String, Value>,
        file: &File<'_>,
        columns: &Columns<'_>,
        span: Span,
    ) {
        let mut written = match map.get("condition") {
            Some(Value::String(it)) => it.clone(),
            _ => String::new(),
        };
        let appends = map.get("append").and_then(Value::as_bool) == Some(true)
            || map
                .get("override")
                .is_some_and(|it| it.get("condition") == Some(&Value::from("append")));
        if let Some(old) = self.written.get(name).filter(|_| appends) {
            written = format!("{old} {written}");
        }
        let place = Place::within(&written, file.text, span);
        let expr = condition(&place, columns, &self.names).ok();
        self.names.macros.insert(name.to_owned(), expr);
        self.written.insert(name.to_owned(), written);
    }
}

/// The condition that no exception of the entry holds.
fn exceptions(
    entry: &Value,
    file: &File<'_>,
    span: Span,
    columns: &Columns<'_>,
    names: &Names,
) -> Result<Vec<Expr>, Vec<Diagnostic>> {
    let many = |value: Option<&Value>| match value {
        Some(Value::Array(items)) => items.clone(),
        Some(it) => vec![it.clone()],
        None => Vec::new(),
    };
    let fields = many(entry.get("fields"));
    let single = !matches!(entry.get("fields"), Some(Value::Array(_)));
    let comps = many(entry.get("comps"));
    let mut res = Vec::new();
    for values in entry.get("values").and_then(Value::as_array).into_iter().flatten() {
        let values = if single { vec![values.clone()] } else { many(Some(values)) };
        let mut parts = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let field = field.as_str().unwrap_or_default();
            let default = if single { "in" } else { "=" };
            let comp = comps.get(at).and_then(Value::as_str).unwrap_or(default);
            let value = values.get(at).unwrap_or(&Value::Null);
            let spelled = match value {
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(spell).collect();
                    format!("({})", items.join(", "))
                }
                it if matches!(comp, "in" | "pmatch" | "intersects") => format!("({})", spell(it)),
                it => spell(it),
            };
            let text = format!("{field} {comp} {spelled}");
            let at = entry.get("name").and_then(Value::as_str).unwrap_or(field);
            let found = file.text.get(span.range()).and_then(|it| it.find(at));
            let around = found.map_or(span.sub(0, 1), |it| span.sub(it, at.len()));
            let place = Place::within(&text, file.text, around);
            parts.push(condition(&place, columns, names)?);
        }
        if !parts.is_empty() {
            res.push(Expr::all(parts).not());
        }
    }
    Ok(res)
}

/// A value of an exception as a condition writes it.
fn spell(value: &Value) -> String {
    match value {
        Value::String(it) => {
            let plain = |ch: char| ch.is_ascii_alphanumeric() || "_-./".contains(ch);
            let quoted = it.len() > 1 && it.starts_with(['"', '\'']);
            if quoted || (!it.is_empty() && it.chars().all(plain)) {
                return it.clone();
            }
            format!("\"{}\"", it.replace('\\', "\\\\").replace('"', "\\\""))
        }
        it => it.to_string(),
    }
}

fn priority(word: &str) -> Level {
    match word.to_ascii_uppercase().as_str() {
        "EMERGENCY" | "ALERT" | "CRITICAL" => Level::Critical,
        "ERROR" => Level::High,
        "WARNING" => Level::Medium,
        "NOTICE" => Level::Low,
        _ => Level::Informational,
    }
}
