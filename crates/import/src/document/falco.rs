//! Files of Falco rules: lists, macros, and rules with their exceptions.

use diagnostic::Diagnostic;
use ir::{Expr, Level};
use serde_json::{Map, Value};
use source::{FileId, Span};

use super::{Document, File, left_tags};
use crate::about::{About, add, tactic, technique, text, texts};
use crate::falco::{Names, condition};
use crate::place::aside;
use crate::{Columns, Language, Place, Query, Reading};

/// What files define: lists, macros and rules, as all files together leave them.
///
/// Falco reads all of its files before it looks at a condition. So what a later file changes is
/// changed for the files before it, too.
#[derive(Debug, Default)]
pub struct Shelf {
    files: Vec<FileId>,
    lists: Vec<(String, Vec<String>)>,
    macros: Vec<Macro>,
    rules: Vec<Written>,
    /// The names, once all files are there.
    names: Option<Names>,
}

/// A macro: its condition as written, and where that stands.
#[derive(Debug)]
struct Macro {
    name: String,
    written: String,
    at: (FileId, Vec<u32>),
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

/// All rules of a file. What other files on the shelf say of them is part of them.
pub fn yaml(
    language: &'static Language,
    file: &File<'_>,
    columns: &Columns<'_>,
    shelf: &mut Shelf,
) -> Result<Vec<Document>, Box<Diagnostic>> {
    shelf.add(file)?;
    let columns = &columns.in_language(language.key);
    if shelf.names.is_none() {
        shelf.names = Some(shelf.resolve(columns));
    }
    let Some(names) = &shelf.names else { return Ok(Vec::new()) };
    let mine = shelf.rules.iter().filter(|it| it.file == file.id);
    Ok(mine.map(|it| it.read(language, file, columns, names)).collect())
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
#[derive(Debug)]
struct Written {
    file: FileId,
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
                (Some(Value::Array(old)), Value::Array(new)) if adds && key == "exceptions" => {
                    new.iter().for_each(|it| add_exception(old, it));
                }
                (Some(Value::Array(old)), Value::Array(new)) if adds => old.extend(new.clone()),
                _ => {
                    self.map.insert(key.clone(), value.clone());
                }
            }
        }
    }

    fn read(
        &self,
        language: &'static Language,
        file: &File<'_>,
        columns: &Columns<'_>,
        names: &Names,
    ) -> Document {
        let Written { map, span, .. } = self;
        let span = *span;
        let written = map.get("condition").and_then(Value::as_str).unwrap_or_default();
        let place = Place::within(written, file.text, span);
        let expr = condition(&place, columns, names);
        let expr = expr.and_then(|it| {
            let mut parts = vec![it];
            for exception in map.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
                parts.extend(exceptions(exception, file, span, columns, names)?);
            }
            Ok(Expr::all(parts))
        });
        let place = place.span(0, written.len());
        let source = text(map, "source").unwrap_or_else(|| "syscall".to_owned());
        // Rules that name no source are about system calls, and so are those that name them.
        let place_of = (source != "syscall").then(|| ("source", source.clone()));
        let place_of = place_of.into_iter().collect();
        let query = expr.map(|expr| Reading::Event(Query { place: place_of, ..Query::of(expr) }));
        let mut about = About {
            title: text(map, "rule"),
            description: text(map, "desc"),
            level: text(map, "priority").map(|it| priority(&it)),
            product: match source.as_str() {
                "syscall" => Some("linux".to_owned()),
                "k8s_audit" => Some("kubernetes".to_owned()),
                _ => None,
            },
            ..About::default()
        };
        let mut others = Vec::new();
        for tag in texts(map, "tags") {
            let read = tag.strip_prefix("mitre_").map_or_else(|| technique(&tag), tactic);
            if let Some(it) = read {
                add(&mut about.tags, it);
            } else if let Some(it) = tag.strip_prefix("maturity_") {
                about.status = match it {
                    "stable" => Some(ir::Status::Stable),
                    "incubating" => Some(ir::Status::Test),
                    "sandbox" => Some(ir::Status::Experimental),
                    "deprecated" => Some(ir::Status::Deprecated),
                    _ => None,
                };
            // Where it applies is told by the place of the rule, and tactics by their names.
            } else if !matches!(tag.as_str(), "host" | "container") && !tag.starts_with("TA00") {
                others.push(tag);
            }
        }
        if let Some(it) = text(map, "output") {
            about.options.insert("output".to_owned(), Value::String(it));
        }
        let mut left = file.left(map, KNOWN, place.sub(0, 1));
        left.extend(left_tags(&others, place.sub(0, 1)));
        if map.get("enabled") == Some(&Value::Bool(false)) {
            left.push(aside(
                place.sub(0, 1),
                "left aside: this rule is switched off in its file",
                "a rule of ours has no such switch; leave it out of your folder",
            ));
        }
        Document { about, language, query, part: None, span: place, aside: left }
    }
}

impl Shelf {
    /// Puts what a file defines on the shelf; once.
    ///
    /// # Errors
    ///
    /// When the file is no file of items.
    pub(super) fn add(&mut self, file: &File<'_>) -> Result<(), Box<Diagnostic>> {
        if self.files.contains(&file.id) {
            return Ok(());
        }
        let mut items = Vec::new();
        for value in file.yaml()? {
            let Value::Array(found) = value else {
                let label = "a list is expected";
                return Err(file.bad(file.head(), "this is no file of Falco rules", label));
            };
            items.extend(found);
        }
        self.files.push(file.id);
        self.names = None;
        let mut from = 0;
        for item in &items {
            let Some(map) = item.as_object() else { continue };
            let span = section(file, map, &mut from);
            if let Some(name) = text(map, "list") {
                self.list(name, map);
            } else if let Some(name) = text(map, "macro") {
                self.define(name, map, file, span);
            } else if map.contains_key("rule") {
                match self.rules.iter_mut().find(|it| it.map.get("rule") == map.get("rule")) {
                    Some(known) => known.change(map),
                    None => self.rules.push(Written { file: file.id, map: map.clone(), span }),
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, name: String, map: &Map<String, Value>) {
        let items = map.get("items").and_then(Value::as_array).into_iter().flatten();
        let items = items.map(|it| match it {
            Value::String(it) => it.clone(),
            it => it.to_string(),
        });
        match self.lists.iter_mut().find(|it| it.0 == name) {
            Some((_, known)) if appends(map, "items") => known.extend(items),
            Some((_, known)) => *known = items.collect(),
            None => self.lists.push((name, items.collect())),
        }
    }

    fn define(&mut self, name: String, map: &Map<String, Value>, file: &File<'_>, span: Span) {
        let mut written = match map.get("condition") {
            Some(Value::String(it)) => it.clone(),
            Some(it @ (Value::Bool(_) | Value::Number(_))) => it.to_string(),
            _ => String::new(),
        };
        let known = self.macros.iter_mut().find(|it| it.name == name);
        if let Some(known) = known.as_ref().filter(|_| appends(map, "condition")) {
            written = format!("{} {written}", known.written);
        }
        let at = Place::within(&written, file.text, span).into_map();
        match known {
            Some(it) => (it.written, it.at) = (written, at),
            None => self.macros.push(Macro { name, written, at }),
        }
    }

    /// What each name stands for: a list may hold earlier lists, a macro may use earlier macros.
    fn resolve(&self, columns: &Columns<'_>) -> Names {
        let mut names = Names::default();
        for (name, items) in &self.lists {
            let mut opened = Vec::new();
            for it in items {
                match names.lists.get(it) {
                    Some(inner) => opened.extend(inner.iter().cloned()),
                    None => opened.push(it.clone()),
                }
            }
            names.lists.insert(name.clone(), opened);
        }
        for it in &self.macros {
            let place = Place::again(&it.written, it.at.clone());
            let expr = condition(&place, columns, &names);
            names.macros.insert(it.name.clone(), expr.map_err(|all| all.into_iter().next()));
        }
        names
    }
}

/// Whether an item adds to what an earlier one says under a key.
fn appends(map: &Map<String, Value>, key: &str) -> bool {
    map.get("append") == Some(&Value::Bool(true))
        || map.get("override").is_some_and(|it| it.get(key) == Some(&Value::from("append")))
}

/// Adds an exception, or values to the one of its name.
fn add_exception(known: &mut Vec<Value>, new: &Value) {
    let same = |it: &&mut Value| it.get("name").is_some() && it.get("name") == new.get("name");
    let Some(old) = known.iter_mut().find(same) else {
        known.push(new.clone());
        return;
    };
    let values = new.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
    match old.get_mut("values") {
        Some(Value::Array(old)) => old.extend(values),
        _ => {
            if let Some(old) = old.as_object_mut() {
                old.insert("values".to_owned(), Value::Array(values));
            }
        }
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
