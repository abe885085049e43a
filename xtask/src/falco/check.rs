//! What Falco's loader refuses or warns of, for what is emitted here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::condition::{Comparison, Condition, Operand, parse};
use super::fields::{Catalogue, Field};

const RULE_KEYS: &[&str] = &[
    "rule",
    "desc",
    "condition",
    "output",
    "priority",
    "tags",
    "source",
    "enabled",
    "exceptions",
    "override",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
];
const PRIORITIES: &[&str] =
    &["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFORMATIONAL", "DEBUG"];

/// The engine version that first has an operator, a transformer or `val()`.
const SINCE: &[(&str, [u32; 3])] = &[
    ("iglob", [0, 40, 0]),
    ("tolower", [0, 40, 0]),
    ("toupper", [0, 40, 0]),
    ("b64", [0, 40, 0]),
    ("val", [0, 40, 0]),
    ("regex", [0, 43, 0]),
    ("basename", [0, 43, 0]),
    ("len", [0, 46, 0]),
];
/// `proc.args[N]`, and the fields of the container plugin.
const SINCE_PLUGIN: [u32; 3] = [0, 50, 0];

/// A whole rules file; returns its conditions by rule name, macros put in.
pub fn file(
    text: &str,
    catalogue: &Catalogue,
    problems: &mut Vec<String>,
) -> Vec<(String, Condition)> {
    let items: Value = match serde_yaml::from_str(text) {
        Ok(it) => it,
        Err(err) => {
            problems.push(format!("not YAML: {err}"));
            return Vec::new();
        }
    };
    let mut file = File::new(catalogue, problems);
    for item in items.as_array().into_iter().flatten() {
        match item.as_object() {
            Some(pairs) => file.item(item, pairs),
            None => file.problems.push("an item is not a mapping".to_owned()),
        }
    }
    if file.declared.is_none_or(|it| it < file.needed) {
        let (declared, needed) = (file.declared, file.needed);
        file.problems.push(format!("required_engine_version {declared:?} is less than {needed:?}"));
    }
    file.conditions
}

/// What is known of a file so far; later items see earlier ones only.
struct File<'a> {
    catalogue: &'a Catalogue,
    problems: &'a mut Vec<String>,
    names: BTreeSet<String>,
    needed: [u32; 3],
    declared: Option<[u32; 3]>,
    plugins: BTreeSet<String>,
    lists: BTreeMap<String, String>,
    macros: BTreeMap<String, Condition>,
    conditions: Vec<(String, Condition)>,
}

impl<'a> File<'a> {
    fn new(catalogue: &'a Catalogue, problems: &'a mut Vec<String>) -> File<'a> {
        File {
            catalogue,
            problems,
            names: BTreeSet::new(),
            needed: [0, 0, 0],
            declared: None,
            plugins: BTreeSet::new(),
            lists: BTreeMap::new(),
            macros: BTreeMap::new(),
            conditions: Vec::new(),
        }
    }

    fn item(&mut self, item: &Value, pairs: &Map<String, Value>) {
        if let Some(version) = pairs.get("required_engine_version") {
            self.declared = version.as_str().and_then(semver);
            if self.declared.is_none() || pairs.len() > 1 {
                self.problems.push(format!("not an engine version: {item}"));
            }
        } else if let Some(list) = pairs.get("required_plugin_versions") {
            for it in list.as_array().into_iter().flatten() {
                match (it["name"].as_str(), it["version"].as_str().and_then(semver)) {
                    (Some(name), Some(_)) => drop(self.plugins.insert(name.to_owned())),
                    _ => self.problems.push(format!("not a plugin version: {it}")),
                }
            }
        } else if let Some(name) = pairs.get("list").and_then(Value::as_str) {
            self.list(name, pairs);
        } else if let Some(name) = pairs.get("macro").and_then(Value::as_str) {
            let condition = pairs.get("condition").and_then(Value::as_str).unwrap_or_default();
            if let Some(condition) = self.condition(condition, None) {
                self.macros.insert(name.to_owned(), condition);
            }
        } else if let Some(name) = pairs.get("rule").and_then(Value::as_str) {
            let before = self.problems.len();
            self.rule(name, pairs);
            for it in &mut self.problems[before..] {
                *it = format!("{name}: {it}");
            }
        } else {
            self.problems.push(format!("neither rule nor version: {item}"));
        }
    }

    /// The items of a list are pasted as they are.
    fn list(&mut self, name: &str, pairs: &Map<String, Value>) {
        let items = pairs.get("items").and_then(Value::as_array);
        let mut texts = Vec::new();
        for it in items.into_iter().flatten() {
            let text = it.as_str().map_or_else(|| it.to_string(), str::to_owned);
            if parse(&format!("evt.type in ({text})")).is_err() {
                self.problems
                    .push(format!("list `{name}`: the item `{text}` is pasted without quotes"));
            }
            texts.push(text);
        }
        self.lists.insert(name.to_owned(), texts.join(", "));
    }

    fn rule(&mut self, name: &str, pairs: &Map<String, Value>) {
        if !self.names.insert(name.to_owned()) {
            self.problems
                .push("the name stands twice: the first rule is gone without a word".to_owned());
        }
        for key in pairs.keys().filter(|it| !RULE_KEYS.contains(&it.as_str())) {
            self.problems.push(format!("LOAD_UNKNOWN_KEY `{key}`"));
        }
        for key in ["desc", "condition", "output", "priority"] {
            if pairs.get(key).and_then(Value::as_str).is_none_or(|it| it.trim().is_empty()) {
                self.problems.push(format!("no `{key}`"));
            }
        }
        let text = |key: &str| pairs.get(key).and_then(Value::as_str).unwrap_or_default();
        if !PRIORITIES.contains(&text("priority")) {
            self.problems.push(format!("no priority: {}", text("priority")));
        }
        if !text("desc").ends_with('.') {
            self.problems.push("`desc` ends without a full stop".to_owned());
        }
        let source = Some(text("source")).filter(|it| !it.is_empty()).unwrap_or("syscall");
        self.output(text("output"), source);
        if let Some(tree) = self.condition(text("condition"), Some(source)) {
            if source == "syscall" && !bound(&tree) {
                self.problems.push("NO_EVTTYPE: the condition matches every event type".to_owned());
            }
            self.conditions.push((name.to_owned(), tree));
        }
    }

    /// Every `%` of an output line begins a field.
    fn output(&mut self, text: &str, source: &str) {
        for piece in text.split('%').skip(1) {
            let end = piece.find(|ch: char| !(ch.is_ascii_alphanumeric() || "._[]/".contains(ch)));
            let name = piece[..end.unwrap_or(piece.len())].trim_end_matches('.');
            if let Some(field) = self.catalogue.field(name, self.problems) {
                let field = field.clone();
                self.place(name, &field, Some(source));
            }
        }
    }

    /// A condition, its lists and macros put in.
    fn condition(&mut self, text: &str, source: Option<&str>) -> Option<Condition> {
        let mut text = text.to_owned();
        for (name, items) in &self.lists {
            let (quoted, replaced) = paste(&text, name, items);
            if quoted {
                self.problems.push(format!("the list `{name}` is put into a quoted text"));
            }
            text = replaced;
        }
        let mut tree = match parse(&text) {
            Ok(it) => it,
            Err(err) => {
                self.problems.push(err);
                return None;
            }
        };
        if let Err(name) = tree.expand(&self.macros) {
            self.problems.push(format!("there is no macro `{name}` yet"));
            return None;
        }
        self.check(&tree, source);
        Some(tree)
    }

    fn check(&mut self, condition: &Condition, source: Option<&str>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|it| self.check(it, source));
            }
            Condition::Not(part) => self.check(part, source),
            Condition::Test(it) => self.comparison(it, source),
            Condition::Macro(_) => {}
        }
    }

    fn need(&mut self, word: &str) {
        let found = SINCE.iter().find(|(it, _)| *it == word);
        self.needed = self.needed.max(found.map_or([0, 0, 0], |(_, since)| *since));
    }

    /// Whether a field is of the rule's source, and its plugin is asked for.
    fn place(&mut self, name: &str, field: &Field, source: Option<&str>) {
        if let (Some(has), Some(wanted)) = (field.source, source)
            && has != wanted
        {
            self.problems.push(format!("`{name}` is a field of {has}, the rule is of {wanted}"));
        }
        if let Some(plugin) = field.plugin
            && !self.plugins.contains(plugin)
        {
            self.problems
                .push(format!("`{name}` needs the plugin {plugin} in required_plugin_versions"));
        }
        if name.starts_with("proc.args[") || field.plugin == Some("container") {
            self.needed = self.needed.max(SINCE_PLUGIN);
        }
    }

    fn comparison(&mut self, it: &Comparison, source: Option<&str>) {
        let Some(field) = self.catalogue.field(&it.field, self.problems) else { return };
        let field = field.clone();
        self.place(&it.field, &field, source);
        self.need(&it.operator);
        let kind = field.kind.as_str();
        let operator = it.operator.as_str();
        if let Some(transform) = &it.transform {
            self.need(transform);
            if field.has("EPF_NO_TRANSFORMER") || kind != "CHARBUF" {
                self.problems.push(format!("`{}` takes no transformer", it.field));
            }
        }
        let text = matches!(kind, "CHARBUF" | "BYTEBUF");
        let words = ["contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex"];
        if words.contains(&operator) && !text {
            self.problems.push(format!("`{operator}` on `{}`, which is {kind}", it.field));
        }
        let numeric =
            kind.contains("INT") || matches!(kind, "PORT" | "DOUBLE" | "RELTIME" | "ABSTIME");
        if matches!(operator, "<" | "<=" | ">" | ">=") && !numeric {
            self.problems.push(format!("`{operator}` on `{}`, which is {kind}", it.field));
        }
        if kind == "LIST" && !matches!(operator, "exists" | "intersects" | "in") {
            self.problems.push(format!("`{operator}` on `{}`, which is a list", it.field));
        }
        if operator != "exists" && it.values.is_empty() {
            self.problems.push(format!("`{operator}` without a value"));
        }
        for value in &it.values {
            match value {
                Operand::Field(name) => self.other(&it.field, kind, name, source),
                Operand::Quoted(value) | Operand::Bare(value) => {
                    self.literal(&it.field, kind, operator, value);
                }
            }
        }
    }

    /// `val(name)` on the right side.
    fn other(&mut self, field: &str, kind: &str, name: &str, source: Option<&str>) {
        self.need("val");
        let Some(other) = self.catalogue.field(name, self.problems) else { return };
        let other = other.clone();
        self.place(name, &other, source);
        if other.has("EPF_NO_RHS") {
            self.problems.push(format!("`{name}` can't stand on the right"));
        }
        if other.kind != kind {
            let other = &other.kind;
            self.problems
                .push(format!("`{field}` is {kind}, and `{name}` on its right is {other}"));
        }
    }

    fn literal(&mut self, field: &str, kind: &str, operator: &str, shown: &str) {
        let good = match kind {
            "BOOL" => matches!(shown, "true" | "false"),
            "IPADDR" => shown.parse::<IpAddr>().is_ok(),
            "IPNET" => network(shown),
            "PORT" => shown.parse::<u16>().is_ok(),
            "DOUBLE" => shown.parse::<f64>().is_ok(),
            "CHARBUF" | "BYTEBUF" | "LIST" => true,
            _ => shown.parse::<i128>().is_ok(),
        };
        if !good {
            self.problems.push(format!("`{field}` is {kind} and can't be `{shown}`"));
        }
        if operator == "regex"
            && let Err(err) = posix(shown)
        {
            self.problems.push(format!("the regex `{shown}`: {err}"));
        }
        if matches!(operator, "glob" | "iglob")
            && let Some(err) = glob(shown)
        {
            self.problems.push(format!("the pattern `{shown}`: {err}"));
        }
    }
}

fn semver(text: &str) -> Option<[u32; 3]> {
    let parts: Option<Vec<u32>> = text.split('.').map(|it| it.parse().ok()).collect();
    parts.and_then(|it| it.try_into().ok())
}

/// A list's name replaced wherever it stands as a word; and whether one place is inside quotes.
fn paste(text: &str, name: &str, items: &str) -> (bool, String) {
    let (mut quoted, mut res, mut inside) = (false, String::new(), false);
    let mut rest = text;
    let part = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    while let Some(ch) = rest.chars().next() {
        let starts = !res.chars().next_back().is_some_and(part);
        match rest.strip_prefix(name).filter(|it| starts && !it.starts_with(part)) {
            Some(after) => {
                quoted |= inside;
                res.push_str(items);
                rest = after;
            }
            None => {
                inside ^= ch == '"' && !res.ends_with('\\');
                res.push(ch);
                rest = &rest[ch.len_utf8()..];
            }
        }
    }
    (quoted, res)
}

/// Whether every way to be true names event types.
fn bound(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().any(bound),
        Condition::Any(parts) => parts.iter().all(bound),
        Condition::Not(_) | Condition::Macro(_) => false,
        Condition::Test(it) => it.field == "evt.type" && matches!(it.operator.as_str(), "=" | "in"),
    }
}

fn network(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let width = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|it| it <= width)
}

/// What `fnmatch` would read in another way than it is meant here: there are no sets in what is
/// emitted, and an escape needs something to escape.
fn glob(text: &str) -> Option<&'static str> {
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some('*' | '?' | '[' | '\\') => {}
                Some(_) => return Some("a backslash before what is not special"),
                None => return Some("a backslash at the end"),
            },
            '[' => return Some("`[` opens a set"),
            _ => {}
        }
    }
    None
}

/// A regular expression in RE2's POSIX syntax, as one of Rust's that covers the whole text.
pub fn posix(text: &str) -> Result<regex::Regex, String> {
    let mut chars = text.chars().peekable();
    let mut class = false;
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some(it) if it.is_ascii_alphanumeric() => {
                    return Err(format!("`\\{it}` is not POSIX"));
                }
                None => return Err("a backslash at the end".to_owned()),
                _ => {}
            },
            '[' if !class => class = true,
            '[' if chars.peek() == Some(&':') => {
                chars.by_ref().find(|it| *it == ']');
            }
            ']' => class = false,
            '(' if !class && chars.peek() == Some(&'?') => {
                return Err("`(?` is not POSIX".to_owned());
            }
            '*' | '+' | '?' | '}' if !class && chars.peek() == Some(&'?') => {
                return Err("a lazy repetition is not POSIX".to_owned());
            }
            _ => {}
        }
    }
    regex::Regex::new(&format!(r"\A(?:{text})\z")).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests;
