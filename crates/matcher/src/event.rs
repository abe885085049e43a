//! Fields of an event and their values.

use std::borrow::Cow;

use ir::Number;
use serde_json::Value;

/// What stands under `field` in the event, as it is: `null`, arrays and objects too.
///
/// `a.b` is the key `a.b`, and `b` in `a`, at every dot and through arrays; all that is found.
pub fn lookup<'a>(event: &'a Value, field: &str) -> Vec<&'a Value> {
    let mut res = Vec::new();
    find(event, field, &mut res);
    res
}

/// The values that `field` holds: arrays stand for their elements, `null` for nothing.
pub fn values<'a>(event: &'a Value, field: &str) -> Vec<&'a Value> {
    let mut res = Vec::new();
    for found in lookup(event, field) {
        flatten(found, &mut res);
    }
    res
}

// A node of the event is reached by one split of the name only, so this is linear in the event.
fn find<'a>(at: &'a Value, field: &str, res: &mut Vec<&'a Value>) {
    match at {
        Value::Object(map) => {
            res.extend(map.get(field));
            for (dot, _) in field.match_indices('.') {
                if let Some(inner) = map.get(&field[..dot]) {
                    find(inner, &field[dot + 1..], res);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                find(item, field, res);
            }
        }
        _ => {}
    }
}

fn flatten<'a>(value: &'a Value, res: &mut Vec<&'a Value>) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for item in items {
                flatten(item, res);
            }
        }
        it => res.push(it),
    }
}

/// Whether a string value anywhere in `value` passes; keys are not values.
pub(crate) fn any_string(value: &Value, passes: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(it) => passes(it),
        Value::Array(items) => items.iter().any(|it| any_string(it, passes)),
        Value::Object(map) => map.values().any(|it| any_string(it, passes)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// One value of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Text(&'a str),
    Number(Number),
    Bool(bool),
    /// An object: a value, but one that passes no question about values.
    Object,
}

impl<'a> Scalar<'a> {
    /// What `value` is; arrays and `null` are no values and come out as objects do.
    pub(crate) fn of(value: &'a Value) -> Scalar<'a> {
        match value {
            Value::String(it) => Scalar::Text(it),
            Value::Number(it) => number(it).map_or(Scalar::Object, Scalar::Number),
            Value::Bool(it) => Scalar::Bool(*it),
            Value::Null | Value::Array(_) | Value::Object(_) => Scalar::Object,
        }
    }

    /// The text of a string, number or boolean.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(it) => Some(Cow::Borrowed(it)),
            Scalar::Number(it) => Some(Cow::Owned(it.to_string())),
            Scalar::Bool(it) => Some(Cow::Borrowed(if it { "true" } else { "false" })),
            Scalar::Object => None,
        }
    }

    /// The number that the value is, or spells.
    pub(crate) fn number(self) -> Option<Number> {
        match self {
            Scalar::Number(it) => Some(it),
            Scalar::Text(it) => Number::parse(it),
            Scalar::Bool(_) | Scalar::Object => None,
        }
    }
}

/// The number of an event as one of ours; never `None` for what JSON can spell.
pub(crate) fn number(value: &serde_json::Number) -> Option<Number> {
    let whole = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    whole.map(Number::Int).or_else(|| value.as_f64().and_then(Number::from_f64))
}
