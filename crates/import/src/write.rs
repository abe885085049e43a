//! A meaning written as a rule: selections, a condition, and what is said about it.
//!
//! Knows: how a rule is written.
//! Does not know: where the meaning came from.
//!
//! Tests that belong together share a selection; what a selection can't hold is joined by the
//! condition. The order is that of the query.

use ir::{Anchor, Case, Cmp, Expr, Field, LogSource, Number, Predicate, Shape, Test, spell};
use serde_yaml::{Mapping, Value};

use crate::about::About;

/// A document, to be written.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What is said about it; its title must be there.
    pub about: &'a About,
    /// The name by which others refer to it.
    pub name: Option<&'a str>,
    /// What it is.
    pub body: Body<'a>,
    /// The vocabulary of its fields, if it is not the usual one.
    pub taxonomy: Option<&'a str>,
    /// The target whose options are written.
    pub target: Option<&'a str>,
}

/// What a document says of events.
#[derive(Debug)]
pub enum Body<'a> {
    /// A rule: when it matches, and which events it is about.
    Rule(&'a Expr, &'a LogSource),
    /// A correlation.
    Relation(Relation<'a>),
}

/// Rules whose matches stand one after the other; or one, that matches so often.
#[derive(Debug)]
pub struct Relation<'a> {
    /// Their names.
    pub rules: &'a [String],
    /// The fields of each whose values are the same, in one order.
    pub keys: &'a [Vec<String>],
    /// How often one that stands alone matches.
    pub runs: Option<u64>,
    /// The span, in seconds.
    pub seconds: u64,
}

impl Relation<'_> {
    fn write(&self) -> Value {
        let texts = |it: &[String]| -> Value { it.iter().map(|it| Value::from(&**it)).collect() };
        let mut res = Mapping::new();
        let mut put = |key: &str, value: Value| drop(res.insert(Value::from(key), value));
        let kind = if self.runs.is_some() { "event_count" } else { "temporal_ordered" };
        put("type", Value::from(kind));
        put("rules", texts(self.rules));
        let first = self.keys.first().map_or(&[][..], Vec::as_slice);
        if !first.is_empty() {
            put("group-by", texts(first));
        }
        put("timespan", Value::from(format!("{}s", self.seconds)));
        let mut aliases = Mapping::new();
        for (nth, key) in first.iter().enumerate() {
            let own = |it: &Vec<String>| it.get(nth).cloned().unwrap_or_default();
            if self.keys.iter().all(|it| own(it) == *key) {
                continue;
            }
            let fields = self.rules.iter().zip(self.keys);
            let fields: Mapping =
                fields.map(|(rule, it)| (Value::from(&**rule), Value::from(own(it)))).collect();
            aliases.insert(Value::from(&**key), Value::Mapping(fields));
        }
        if !aliases.is_empty() {
            put("aliases", Value::Mapping(aliases));
        }
        if let Some(runs) = self.runs {
            let least: Mapping = [(Value::from("gte"), Value::from(runs))].into_iter().collect();
            put("condition", Value::Mapping(least));
        }
        Value::Mapping(res)
    }
}

impl Draft<'_> {
    /// The document as YAML.
    ///
    /// # Errors
    ///
    /// A sentence that says what can't be written, and where it stands.
    pub fn write(&self) -> Result<String, Unwritable> {
        let mut logsource = Mapping::new();
        let mut detection = Mapping::new();
        let mut relation = Value::Null;
        match &self.body {
            Body::Rule(expr, source) => {
                let mut writer = Writer::default();
                let condition = writer.condition(expr, false)?.text;
                for (name, value) in writer.selections {
                    detection.insert(Value::from(name), value);
                }
                detection.insert(Value::from("condition"), Value::from(condition));
                let parts = [
                    ("product", &source.product),
                    ("category", &source.category),
                    ("service", &source.service),
                ];
                for (key, value) in parts {
                    if let Some(value) = value {
                        logsource.insert(Value::from(key), Value::from(&**value));
                    }
                }
            }
            Body::Relation(it) => relation = it.write(),
        }
        let mut res = Mapping::new();
        let mut put = |key: &str, value: Value| {
            let empty = match &value {
                Value::Null => true,
                Value::Sequence(it) => it.is_empty(),
                Value::Mapping(it) => it.is_empty(),
                _ => false,
            };
            if !empty {
                res.insert(Value::from(key), value);
            }
        };
        let about = self.about;
        let text = |it: &Option<String>| it.as_deref().map_or(Value::Null, Value::from);
        let texts =
            |it: &[String]| Value::Sequence(it.iter().map(|it| Value::from(it.as_str())).collect());
        let number = |it: Option<u64>| it.map_or(Value::Null, Value::from);
        put("title", text(&about.title));
        put("id", text(&about.id));
        put("name", self.name.map_or(Value::Null, Value::from));
        put("status", about.status.map_or(Value::Null, |it| Value::from(it.word())));
        put("description", text(&about.description));
        put("license", text(&about.license));
        put(
            "author",
            if about.authors.is_empty() {
                Value::Null
            } else {
                Value::from(about.authors.join(", "))
            },
        );
        put("references", texts(&about.references));
        put("date", text(&about.date));
        put("modified", text(&about.modified));
        put("tags", texts(&about.tags));
        put("taxonomy", self.taxonomy.map_or(Value::Null, Value::from));
        put("logsource", Value::Mapping(logsource));
        put("detection", Value::Mapping(detection));
        put("correlation", relation);
        put("falsepositives", texts(&about.falsepositives));
        put("level", about.level.map_or(Value::Null, |it| Value::from(it.word())));
        let own = |it: &u64| about.level.is_none_or(|level| u64::from(level.risk_score()) != *it);
        put("risk_score", number(about.risk_score.filter(own)));
        put("version", number(about.version.filter(|it| *it > 0)));
        let mut schedule = Mapping::new();
        let times = [("every", text(&about.every)), ("lookback", text(&about.lookback))];
        let all = times.into_iter().chain([("max_alerts", number(about.max_alerts))]);
        for (key, value) in all.filter(|it| !it.1.is_null()) {
            schedule.insert(Value::from(key), value);
        }
        put("schedule", Value::Mapping(schedule));
        if let (Some(target), false) = (self.target, about.options.is_empty()) {
            let options = serde_yaml::to_value(&about.options).unwrap_or(Value::Null);
            let mut targets = Mapping::new();
            targets.insert(Value::from(target), options);
            put("targets", Value::Mapping(targets));
        }
        serde_yaml::to_string(&Value::Mapping(res))
            .map(|it| plain_to_all(&it))
            .map_err(|err| Unwritable { why: err.to_string(), span: None })
    }
}

/// The text with quotes around values of the detection that older readers of YAML would not take for
/// text: `No`, `12:30`.
fn plain_to_all(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        inside = line == "detection:" || (inside && line.starts_with([' ', '-']));
        let start = line.rfind(": ").map(|it| it + 2);
        let start = start.or_else(|| line.find("- ").map(|it| it + 2)).filter(|_| inside);
        match start.map(|it| line.split_at(it)) {
            Some((before, value)) if is_ambiguous(value) => {
                res.push_str(&format!("{before}'{value}'"));
            }
            _ => res.push_str(line),
        }
        res.push('\n');
    }
    res
}

fn is_ambiguous(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let word = matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    let digits = |ch: char| ch.is_ascii_digit() || "+-.:_".contains(ch);
    let number = value.starts_with(|ch: char| ch.is_ascii_digit()) && value.chars().all(digits);
    word || (number && value[1..].contains([':', '_', '-']))
}

/// What a rule can't hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// Why, as a sentence without its full stop.
    pub why: String,
    /// Where it stands.
    pub span: Option<source::Span>,
}

#[derive(Default)]
struct Writer {
    selections: Vec<(String, Value)>,
}

/// A part of a condition, and how loosely it binds: 0 a name, 1 `not`, 2 `and`, 3 `or`.
struct Part {
    text: String,
    level: u8,
}

impl Part {
    fn within(self, level: u8) -> String {
        if self.level > level { format!("({})", self.text) } else { self.text }
    }
}

/// A key of a selection, and its values.
struct Entry {
    key: String,
    values: Vec<Value>,
    /// Whether values are joined by AND.
    all: bool,
}

impl Entry {
    fn put(self, map: &mut Mapping) {
        let key = if self.all { format!("{}|all", self.key) } else { self.key };
        let mut values = self.values;
        let value = if values.len() == 1 { values.remove(0) } else { Value::Sequence(values) };
        map.insert(Value::from(key), value);
    }
}

impl Writer {
    fn condition(&mut self, expr: &Expr, negated: bool) -> Result<Part, Unwritable> {
        match expr {
            Expr::Const(it) => Err(Unwritable {
                why: format!("the query matches {} event", if *it { "every" } else { "no" }),
                span: None,
            }),
            Expr::Not(part) => {
                let inner = self.condition(part, !negated)?.within(1);
                Ok(Part { text: format!("not {inner}"), level: 1 })
            }
            Expr::Test(_) => {
                let maps = maps(std::slice::from_ref(expr))?.unwrap_or_default();
                Ok(self.select(maps, negated))
            }
            Expr::Any(parts) => {
                if let Some(maps) = maps(parts)? {
                    return Ok(self.select(maps, negated));
                }
                // What one selection can hold stands together, where its first part stood.
                let mut simple = Vec::new();
                let mut all = Vec::new();
                for part in parts {
                    if maps_of_one(part)? { simple.push(part.clone()) } else { all.push(part) }
                }
                let mut texts = Vec::new();
                if !simple.is_empty() {
                    let maps = maps(&simple)?.unwrap_or_default();
                    texts.push(self.select(maps, negated).within(2));
                }
                for part in all {
                    texts.push(self.condition(part, negated)?.within(2));
                }
                Ok(Part { text: texts.join(" or "), level: 3 })
            }
            Expr::All(parts) => self.all(parts, negated),
        }
    }

    /// Entries share a selection as long as their keys differ; other parts follow.
    fn all(&mut self, parts: &[Expr], negated: bool) -> Result<Part, Unwritable> {
        let mut maps: Vec<Mapping> = Vec::new();
        let mut rest = Vec::new();
        let negations = parts.iter().filter_map(|it| match it {
            Expr::Not(inner) => Some((**inner).clone()),
            _ => None,
        });
        // Several negations are one of any: a single filter with a list.
        let negations: Vec<Expr> = negations.collect();
        let joined = (negations.len() > 1).then(|| Expr::any(negations).not());
        let joins = joined.is_some();
        for part in gathered(parts)? {
            match part {
                Ok(entry) => {
                    let key =
                        if entry.all { format!("{}|all", entry.key) } else { entry.key.clone() };
                    let free = maps.iter_mut().find(|it| !it.contains_key(&*key));
                    match free {
                        Some(map) => entry.put(map),
                        None => {
                            let mut map = Mapping::new();
                            entry.put(&mut map);
                            maps.push(map);
                        }
                    }
                }
                Err(Expr::Not(_)) if joins => {}
                Err(part) => rest.push(part),
            }
        }
        rest.extend(&joined);
        let mut texts = Vec::new();
        for map in maps {
            texts.push(self.select(vec![map], negated).within(2));
        }
        for part in rest {
            texts.push(self.condition(part, negated)?.within(2));
        }
        let level = if texts.len() == 1 { 1 } else { 2 };
        Ok(Part { text: texts.join(" and "), level })
    }

    fn select(&mut self, mut maps: Vec<Mapping>, negated: bool) -> Part {
        let base = if negated { "filter" } else { "selection" };
        let count = self.selections.iter().filter(|(it, _)| it.starts_with(base)).count();
        let name = match count {
            0 => base.to_owned(),
            it => format!("{base}_{}", it + 1),
        };
        let value = if maps.len() == 1 {
            Value::Mapping(maps.remove(0))
        } else {
            Value::Sequence(maps.into_iter().map(Value::Mapping).collect())
        };
        self.selections.push((name.clone(), value));
        Part { text: name, level: 0 }
    }
}

/// The parts of a conjunction: entries, those of one key joined where that is an AND of values.
fn gathered(parts: &[Expr]) -> Result<Vec<Result<Entry, &Expr>>, Unwritable> {
    let mut res: Vec<Result<Entry, &Expr>> = Vec::new();
    for part in parts {
        let Some(mut entry) = entry(part)? else {
            res.push(Err(part));
            continue;
        };
        let joins = |it: &Entry| {
            let modifiers = it.key.split('|').skip(1);
            let mut kinds = modifiers.filter(|it| *it != "cased");
            let plain = matches!(kinds.next(), Some("contains" | "startswith" | "endswith"));
            it.key == entry.key && plain && (it.all || it.values.len() == 1)
        };
        let known = res.iter_mut().filter_map(|it| it.as_mut().ok()).find(|it| joins(it));
        match known {
            Some(known) if entry.values.len() == 1 => {
                known.values.append(&mut entry.values);
                known.all = true;
            }
            _ => res.push(Ok(entry)),
        }
    }
    Ok(res)
}

/// The alternatives as maps of one selection; `None` when one of them can't be.
fn maps(parts: &[Expr]) -> Result<Option<Vec<Mapping>>, Unwritable> {
    let mut entries: Vec<Result<Entry, Mapping>> = Vec::new();
    for part in parts {
        if let Some(entry) = entry(part)? {
            let known = entries.iter_mut().filter_map(|it| it.as_mut().ok());
            match known.into_iter().find(|it| it.key == entry.key) {
                Some(known) => known.values.extend(entry.values),
                None => entries.push(Ok(entry)),
            }
            continue;
        }
        let Expr::All(inner) = part else { return Ok(None) };
        let mut map = Mapping::new();
        for it in gathered(inner)? {
            let Ok(entry) = it else { return Ok(None) };
            let before = map.len();
            entry.put(&mut map);
            if map.len() == before {
                return Ok(None);
            }
        }
        entries.push(Err(map));
    }
    let maps = entries.into_iter().map(|it| {
        it.map_or_else(
            |map| map,
            |entry| {
                let mut map = Mapping::new();
                entry.put(&mut map);
                map
            },
        )
    });
    Ok(Some(maps.collect()))
}

fn maps_of_one(part: &Expr) -> Result<bool, Unwritable> {
    Ok(maps(std::slice::from_ref(part))?.is_some())
}

/// A test, or tests of one key any of which must pass.
fn entry(expr: &Expr) -> Result<Option<Entry>, Unwritable> {
    match expr {
        Expr::Test(test) => {
            let (key, value) = item(test)?;
            Ok(Some(Entry { key, values: vec![value], all: false }))
        }
        Expr::Any(parts) => {
            let mut res: Option<Entry> = None;
            for part in parts {
                let Expr::Test(test) = part else { return Ok(None) };
                let (key, value) = item(test)?;
                match &mut res {
                    None => res = Some(Entry { key, values: vec![value], all: false }),
                    Some(it) if it.key == key => it.values.push(value),
                    Some(_) => return Ok(None),
                }
            }
            Ok(res)
        }
        _ => Ok(None),
    }
}

/// A test as a key and a value.
fn item(test: &Test) -> Result<(String, Value), Unwritable> {
    let fail = |why: String| Err(Unwritable { why, span: Some(test.span) });
    let Field::Named(name) = &test.field else {
        return fail("a keyword is not written".to_owned());
    };
    if name.is_empty() || name.contains('|') {
        return fail(format!("no rule can name the field `{name}`"));
    }
    let cased = |case: Case| if case == Case::Sensitive { "|cased" } else { "" };
    let order = |cmp: Cmp| match cmp {
        Cmp::Eq => "",
        Cmp::Lt => "|lt",
        Cmp::Lte => "|lte",
        Cmp::Gt => "|gt",
        Cmp::Gte => "|gte",
    };
    let (modifiers, value) = match &test.predicate {
        Predicate::Text(pattern, case) => {
            let (word, text) = match pattern.shape() {
                Shape::Prefix(it) => ("|startswith", it),
                Shape::Suffix(it) => ("|endswith", it),
                Shape::Infix(it) => ("|contains", it),
                _ => ("", ""),
            };
            let text = match word {
                "" => spell(pattern),
                _ => spell(&ir::Pattern::literal(text)),
            };
            // A wildcard is the same in either case.
            let case = if pattern.shape() == Shape::Anything { "" } else { cased(*case) };
            (format!("{word}{case}"), Value::from(text))
        }
        Predicate::Regex(it) => {
            let flags = [(it.ignore_case(), "|i"), (it.multi_line(), "|m"), (it.dot_all(), "|s")];
            let flags: String = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
            (format!("|re{flags}"), Value::from(it.text()))
        }
        Predicate::Number(cmp, it) => match number(*it) {
            Some(value) => (order(*cmp).to_owned(), value),
            None => return fail(format!("the number {it} is too large for a rule")),
        },
        Predicate::Bool(it) => (String::new(), Value::from(*it)),
        Predicate::Null => (String::new(), Value::Null),
        Predicate::Exists => ("|exists".to_owned(), Value::from(true)),
        Predicate::Net(it) => ("|cidr".to_owned(), Value::from(it.to_string())),
        Predicate::Field(other, anchor, case) => {
            let word = match anchor {
                Anchor::Whole => "",
                Anchor::Start => "|startswith",
                Anchor::End => "|endswith",
                Anchor::Within => "|contains",
            };
            (format!("{}|fieldref{word}", cased(*case)), Value::from(&**other))
        }
        Predicate::Time(part, cmp, it) => match number(*it) {
            Some(value) => (format!("|{}{}", part.word(), order(*cmp)), value),
            None => return fail(format!("the number {it} is too large for a rule")),
        },
        Predicate::Query(_) => return fail("a piece of a query has no words in a rule".to_owned()),
    };
    Ok((format!("{name}{modifiers}"), value))
}

fn number(number: Number) -> Option<Value> {
    match number {
        Number::Int(it) => i64::try_from(it).ok().map(Value::from),
        Number::Float(it) => Some(Value::from(it)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_texts_for_all_readers_of_yaml() {
        let text = "title: No\ndetection:\n  selection:\n    a|cased: No\n    b: 5\n    c:\n    - on\n    - 12:30\n  \
                    condition: selection\nlevel: low\n";
        let wanted = text.replace("cased: No", "cased: 'No'").replace("- on", "- 'on'");
        assert_eq!(plain_to_all(text), wanted.replace("12:30", "'12:30'"));
    }
}
