//! Fields of an event and their values.

use std::borrow::Cow;

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

/// The text of a string, number or boolean.
pub(crate) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(it) => Some(Cow::Borrowed(it)),
        Value::Number(_) => number(value).map(|it| Cow::Owned(it.to_string())),
        Value::Bool(it) => Some(Cow::Borrowed(if *it { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The number that a value is, or spells.
pub(crate) fn number(value: &Value) -> Option<ir::Number> {
    match value {
        Value::Number(it) => it
            .as_i64()
            .map(|it| ir::Number::Int(it.into()))
            .or_else(|| it.as_u64().map(|it| ir::Number::Int(it.into())))
            .or_else(|| it.as_f64().and_then(ir::Number::from_f64)),
        Value::String(it) => ir::Number::parse(it),
        _ => None,
    }
}
