//! Events as a target's tables hold them: the field map, applied to data.
//!
//! The map turns a rule's questions into questions about columns; this turns an event into columns
//! the same way, so that an engine's verdict on the one can be compared with the meaning's on the
//! other.

use std::net::IpAddr;

use ir::{Expr, Field, Number, Predicate, Rule};
use serde_json::{Map, Value};

use crate::adapt::{hexadecimal, split_at_each};
use crate::manifest::Kind;
use crate::profile::{FieldLong, FieldSpec, Form, Options, Profile, SourceSpec, Where};

/// An event in the columns of a profile, flat; `None` when a column can't hold what the event
/// says, such as text for a number, or when the rule has no place there.
pub fn carry(rule: &Rule, profile: &Profile, options: &Options, event: &Value) -> Option<Value> {
    let source = profile.source(rule);
    if source.is_none() && !profile.any_source {
        return None;
    }
    let mut leaves = Vec::new();
    flatten(event, &mut String::new(), &mut leaves);
    let mut row = Row { profile, options, columns: Map::new() };
    let names: Vec<String> = leaves.iter().map(|(name, _)| name.clone()).collect();
    if presence_alone(rule, event, &names) {
        return None;
    }
    for (name, values) in leaves {
        row.field(rule, source, &name, values)?;
    }
    if let Some(source) = source {
        row.belong(&source.condition)?;
        row.says_nothing_else(rule, source, &names)?;
    }
    Some(Value::Object(row.columns))
}

/// Whether the rule asks for the presence of a field that is there without a value; columns hold
/// values only.
fn presence_alone(rule: &Rule, event: &Value, names: &[String]) -> bool {
    let mut res = false;
    rule.expr.for_each_test(&mut |test| {
        if let (Field::Named(name), Predicate::Exists) = (&test.field, &test.predicate)
            && !names.iter().any(|it| **it == **name)
        {
            let asked = matcher::Matcher::new(&Expr::Test(test.clone()));
            res |= asked.is_ok_and(|it| it.matches(event));
        }
    });
    res
}

/// The values of every field, by dotted name, in order.
fn flatten(value: &Value, path: &mut String, leaves: &mut Vec<(String, Vec<Value>)>) {
    match value {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                let len = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                flatten(value, path, leaves);
                path.truncate(len);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| flatten(it, path, leaves)),
        Value::Null => {}
        it => match leaves.iter_mut().find(|(name, _)| name == path) {
            Some((_, values)) => values.push(it.clone()),
            None => leaves.push((path.clone(), vec![it.clone()])),
        },
    }
}

struct Row<'a> {
    profile: &'a Profile,
    options: &'a Options,
    columns: Map<String, Value>,
}

impl Row<'_> {
    fn field(
        &mut self,
        rule: &Rule,
        source: Option<&SourceSpec>,
        name: &str,
        values: Vec<Value>,
    ) -> Option<()> {
        // What the profile has no column for is not there.
        let Some(spec) = self.profile.field(rule, source, name, self.options) else {
            return Some(());
        };
        match &*spec {
            FieldSpec::One(column) => values.into_iter().try_for_each(|it| self.put(column, it)),
            FieldSpec::Many(columns) => self.spread(columns, values),
            // One row says one of the cases.
            FieldSpec::Long(long) if !long.cases.is_empty() && values.len() > 1 => None,
            // Several columns hold the elements of a list in order, as many as there are columns.
            FieldSpec::Long(long) => self.tail(long, &values).and_then(|()| {
                values.into_iter().enumerate().try_for_each(|(idx, it)| {
                    match long.columns.as_slice() {
                        [] => self.long(long, None, it),
                        [one] => self.long(long, Some(one), it),
                        many if long.split.is_some() => self.long(long, many.first(), it),
                        many => match many.get(idx).or_else(|| self.joined(many)) {
                            Some(column) => self.long(long, Some(column), it),
                            None => Some(()),
                        },
                    }
                })
            }),
        }
    }

    /// Where a list may be longer than its columns: how many follow the first, and these together.
    fn tail(&mut self, long: &FieldLong, values: &[Value]) -> Option<()> {
        let Some(tail) = &long.tail else { return Some(()) };
        let rest = values.get(1..).unwrap_or_default();
        self.put(&tail.count, Value::from(rest.len()))?;
        rest.iter().try_for_each(|it| self.put(&tail.column, it.clone()))
    }

    /// The last of several columns, if it joins all that is left.
    fn joined<'c>(&self, columns: &'c [String]) -> Option<&'c String> {
        columns.last().filter(|it| self.profile.column(it).0 == Kind::Joined)
    }

    /// Several columns hold the elements of a list in order.
    fn spread(&mut self, columns: &[String], values: Vec<Value>) -> Option<()> {
        values.into_iter().enumerate().try_for_each(|(idx, it)| {
            match columns.get(idx).or_else(|| self.joined(columns)) {
                Some(column) => self.put(column, it),
                None => Some(()),
            }
        })
    }

    fn long(&mut self, long: &FieldLong, column: Option<&String>, value: Value) -> Option<()> {
        let text = spelled(&value);
        if !long.cases.is_empty() {
            let found = long.cases.iter().find(|(key, _)| key.eq_ignore_ascii_case(&text));
            return self.set_all(found?.1);
        }
        if !long.keyed.is_empty() {
            for part in text.split(',') {
                let found = long.keyed.iter().find(|(key, _)| part.starts_with(key.as_str()));
                let (key, column) = found?;
                let digest = &part[key.len()..];
                let whole = matches!(digest.len(), 32 | 40 | 64 | 128);
                if !whole || !digest.bytes().all(|it| it.is_ascii_hexdigit()) {
                    return None;
                }
                self.put(column, Value::from(digest))?;
            }
            return Some(());
        }
        if let Some(split) = long.split
            && let [first, second] = long.columns.as_slice()
        {
            let (left, right) = text.rsplit_once(split).unwrap_or(("", &text));
            if !left.is_empty() {
                self.put(first, Value::from(left))?;
            }
            return self.put(second, Value::from(right));
        }
        let column = column?;
        if let Some((_, there)) =
            long.values.iter().find(|(key, _)| key.eq_ignore_ascii_case(&text))
        {
            return self.put(column, Value::from(there.as_str()));
        }
        let prefix = long
            .prefixes
            .iter()
            .find(|(key, _)| text.get(..key.len()).is_some_and(|it| it.eq_ignore_ascii_case(key)));
        let start = prefix.map(|(key, there)| format!("{there}{}", &text[key.len()..]));
        let mut spelled = start.clone().unwrap_or_else(|| text.clone());
        for (here, part) in &long.parts {
            if let Some(there) = part.there.last() {
                spelled = split_at_each(&spelled, here).join(&there.replace('?', "1"));
            }
        }
        if start.is_some() || spelled != text {
            return self.put(column, Value::from(spelled));
        }
        match long.form {
            Some(Form::BaseName) => {
                let name = text.rsplit(['\\', '/']).next().unwrap_or(&text);
                self.put(column, Value::from(name))
            }
            Some(Form::Decimal) => match hexadecimal(&text) {
                Some(number) => self.put(column, Value::from(number)),
                None => self.put(column, value),
            },
            Some(Form::Inside) => {
                self.put(column, Value::from(Value::from(vec![value]).to_string()))
            }
            None => self.put(column, value),
        }
    }

    /// Makes a condition of the place true where the event says nothing of it; an event that says
    /// otherwise is not of this place.
    fn belong(&mut self, condition: &Where) -> Option<()> {
        for (key, value) in condition {
            let column = key.split('|').next().unwrap_or_default();
            let Some(found) = self.columns.get(column) else {
                let one = std::iter::once((key.clone(), value.clone())).collect();
                self.set_all(&one)?;
                continue;
            };
            let wanted: Vec<String> = match value {
                Value::Array(items) => items.iter().map(spelled).collect(),
                it => vec![spelled(it)],
            };
            let found = match found {
                Value::Array(items) => items.iter().map(spelled).collect(),
                it => vec![spelled(it)],
            };
            if !found.iter().any(|it| wanted.contains(it)) {
                return None;
            }
        }
        Some(())
    }

    /// Refuses an event that is silent about a field which the place itself tells: a connection that
    /// was opened here is one that was initiated.
    fn says_nothing_else(&self, rule: &Rule, source: &SourceSpec, names: &[String]) -> Option<()> {
        // A field that the rule does not ask of makes no difference to it.
        let mut asked = Vec::new();
        rule.expr.for_each_test(&mut |test| {
            if let Field::Named(name) = &test.field {
                asked.push(&**name);
            }
        });
        let groups = source.fields.iter().filter_map(|it| self.profile.groups.get(it));
        let told = |condition: &Where| {
            condition.iter().all(|(key, value)| {
                let (column, modifiers) = key.split_once('|').unwrap_or((key, ""));
                let wanted: Vec<String> = match value {
                    Value::Array(items) => items.iter().map(spelled).collect(),
                    it => vec![spelled(it)],
                };
                let passes = |it: &Value| match modifiers.contains("contains") {
                    true => wanted.iter().any(|part| spelled(it).contains(part.as_str())),
                    false => wanted.contains(&spelled(it)),
                };
                // A condition that something is not so holds of a column without a value, too.
                self.columns.get(column).is_some_and(passes) != modifiers.contains("neq")
            })
        };
        let place = |column: &String| {
            let mut keys = source.condition.keys();
            keys.any(|it| it.split_once('|').map_or(it.as_str(), |it| it.0) == column)
        };
        for (name, spec) in groups.flatten() {
            let tells = match spec {
                FieldSpec::One(column) => place(column),
                FieldSpec::Many(columns) => columns.iter().any(place),
                FieldSpec::Long(long) => {
                    long.columns.iter().any(place)
                        || long.cases.values().any(|it| !it.is_empty() && told(it))
                }
            };
            if tells && asked.contains(&name.as_str()) && !names.contains(name) {
                return None;
            }
        }
        Some(())
    }

    /// Makes a condition true.
    fn set_all(&mut self, condition: &Where) -> Option<()> {
        for (key, value) in condition {
            let mut pieces = key.split('|');
            let column = pieces.next().unwrap_or_default();
            if pieces.any(|it| it == "neq") {
                continue;
            }
            let value = match value {
                Value::Array(items) => items.first()?.clone(),
                it => it.clone(),
            };
            self.columns.remove(column);
            self.put(column, value)?;
        }
        Some(())
    }

    /// Adds a value to a column, in the column's own kind.
    fn put(&mut self, column: &str, value: Value) -> Option<()> {
        let text = spelled(&value);
        let value = match self.profile.column(column).0 {
            Kind::Number => match value {
                Value::Number(_) => value,
                _ => serde_json::from_str(&Number::parse(&text)?.to_string()).ok()?,
            },
            Kind::Bool => Value::Bool(match text.to_ascii_lowercase().as_str() {
                "true" => true,
                "false" => false,
                _ => return None,
            }),
            Kind::Ip => Value::from(text.parse::<IpAddr>().ok()?.to_string()),
            Kind::Any => value,
            _ => Value::from(match self.profile.column(column).1.and_then(|it| it.max_length) {
                Some(most) => start(&text, most).to_owned(),
                None => text,
            }),
        };
        let joins = self.profile.column(column).0 == Kind::Joined;
        match self.columns.get_mut(column) {
            Some(Value::String(one)) if joins => {
                one.push(' ');
                one.push_str(&spelled(&value));
            }
            None => {
                self.columns.insert(column.to_owned(), value);
            }
            Some(Value::Array(items)) => items.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
        Some(())
    }
}

/// The first `most` bytes of a text, or a little less where a character would be cut.
pub fn start(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|it| text.is_char_boundary(*it));
    &text[..end.unwrap_or(0)]
}

/// A value as text, numbers as the meaning spells them.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(it) => it.clone(),
        Value::Number(it) => {
            Number::parse(&it.to_string()).map_or(it.to_string(), |it| it.to_string())
        }
        it => it.to_string(),
    }
}
