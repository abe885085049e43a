//! Events made of values for fields.
//!
//! Knows: how an event spells fields and values. Does not know: why these values.

use std::collections::BTreeMap;

use ir::{Field, Predicate, Test};
use serde_json::{Map, Value};

use crate::lang::value;
use crate::world::{Atom, AtomId, FieldId, World};

/// Values for fields, not yet an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    /// What each field holds; a field that is not here is missing.
    pub(crate) fields: BTreeMap<FieldId, Held>,
    /// Strings that stand anywhere.
    pub(crate) keywords: Vec<String>,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    /// `null`.
    Null,
    /// An object.
    Object,
    /// These texts; with `true`, as the number or boolean that it spells.
    Values(Vec<(String, bool)>),
}

/// Where strings stand that are looked for anywhere.
const KEYWORD_FIELDS: [&str; 3] = ["message", "text", "other"];

impl Draft {
    /// The first text of a field.
    pub(crate) fn text(&self, field: FieldId) -> Option<String> {
        match self.fields.get(&field) {
            Some(Held::Values(it)) => it.first().map(|it| it.0.clone()),
            _ => None,
        }
    }

    /// Makes the text the value of the field, or one more of its values.
    pub(crate) fn put(&mut self, field: FieldId, text: String, more: bool) {
        match self.fields.get_mut(&field) {
            Some(Held::Values(it)) if more => it.push((text, false)),
            _ => {
                self.fields.insert(field, Held::Values(vec![(text, false)]));
            }
        }
    }

    /// Whether the values of two fields compare as the question asks.
    pub(crate) fn compares(&self, world: &World, atom: AtomId) -> bool {
        let Atom::Like(a, b, anchor, case) = world.get(atom) else { return false };
        let test = Test {
            field: Field::Named(world.name(*a).clone()),
            predicate: Predicate::Field(world.name(*b).clone(), *anchor, *case),
            span: source::Span::new(source::FileId::FIRST, 0, 0),
        };
        let matcher = matcher::Matcher::new(&ir::Expr::Test(test));
        matcher.is_ok_and(|it| it.matches(&self.event(world, false)))
    }

    /// The event, each field under its whole name, or nested at its dots.
    pub(crate) fn event(&self, world: &World, nested: bool) -> Value {
        let mut res = Map::new();
        for (field, held) in &self.fields {
            let name = world.name(*field);
            let held = match held {
                Held::Null => Value::Null,
                Held::Object => Value::Object(Map::new()),
                Held::Values(texts) => {
                    let numeric = world.is_typed(*field);
                    let mut all: Vec<Value> =
                        texts.iter().map(|(it, typed)| value(it, *typed || numeric)).collect();
                    if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
                }
            };
            if nested {
                insert(&mut res, name, held);
            } else {
                res.insert(name.to_string(), held);
            }
        }
        if !self.keywords.is_empty() {
            let mut all: Vec<Value> =
                self.keywords.iter().map(|it| Value::String(it.clone())).collect();
            let held = if all.len() == 1 { all.remove(0) } else { Value::Array(all) };
            let free = KEYWORD_FIELDS.iter().find(|it| !world.knows(it)).unwrap_or(&"keywords");
            res.insert((*free).to_owned(), held);
        }
        Value::Object(res)
    }
}

/// The event in which each field is nested at its dots.
pub(crate) fn nested<'a>(fields: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let mut res = Map::new();
    fields.for_each(|(name, held)| insert(&mut res, name, held));
    Value::Object(res)
}

/// Puts a value where the name leads, at every dot one level deeper; a name in the way stops it.
fn insert(at: &mut Map<String, Value>, name: &str, held: Value) {
    if let Some((first, rest)) = name.split_once('.')
        && !first.is_empty()
        && !rest.is_empty()
    {
        let inner = at.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            insert(inner, rest, held);
            return;
        }
    }
    at.insert(name.to_owned(), held);
}
