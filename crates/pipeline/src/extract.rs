//! `extract_fields`: the named groups of a value become values of fields.

use std::collections::BTreeSet;

use ir::{Case, Cmp, Pattern, Predicate};
use lower::{Detection, Item, Value};
use source::Span;

use crate::apply::{Done, negate, problem};
use crate::codes::NOTHING_LEFT;
use crate::fields::case_of;
use crate::model::{Extract, Step};
use crate::pattern::{parse, plain};
use crate::python::at_start;
use crate::replace::number;
use crate::values::field;

/// The item as items of the groups; `None` leaves it.
pub fn split(step: &Step, it: &Extract, item: &Item) -> Done<Option<Detection>> {
    let forms =
        || item.values.iter().flat_map(|value| value.forms.iter().map(|it| (it, value.span)));
    if !forms().all(|(it, _)| matches!(it, Predicate::Text(..))) {
        return Ok(None);
    }
    let case = case_of(item);
    let mut parts = Vec::new();
    let mut dropped = false;
    for (form, span) in forms() {
        let Predicate::Text(pattern, _) = form else { continue };
        let text = plain(pattern);
        let Some(found) = at_start(&it.pattern, &text) else {
            if it.keep_unmatched {
                let values = vec![Value::one(form.clone(), span)];
                parts.push(Detection::Item(Item { values, negated: false, ..item.clone() }));
            } else {
                dropped = true;
            }
            continue;
        };
        let mut items = Vec::new();
        for name in it.pattern.capture_names().flatten() {
            let text = found.name(name).map_or("", |it| it.as_str());
            if text.is_empty() {
                continue;
            }
            let name = match &it.prefix {
                Some(prefix) => format!("{prefix}.{name}"),
                None => name.to_owned(),
            };
            items.push(Detection::Item(Item {
                field: field(name),
                values: vec![value(text, case, span)],
                all: false,
                negated: false,
                span: item.span,
                steps: BTreeSet::new(),
            }));
        }
        if !items.is_empty() {
            parts.push(Detection::All(items));
        }
    }
    if parts.is_empty() {
        return Ok(None);
    }
    // Leaving out one of several alternatives asks less; one of several demands asks for more
    // events than the rule does.
    if dropped && (item.all || item.negated) {
        let message = "a value that the expression does not fit would be left out";
        let label = "all of its values count, so the rule would match more";
        return Err(problem(&NOTHING_LEFT, step, item.span, message, label));
    }
    let whole = match parts.len() {
        1 => parts.remove(0),
        _ if item.all => Detection::All(parts),
        _ => Detection::Any(parts),
    };
    Ok(Some(if item.negated { negate(whole) } else { whole }))
}

/// What a group has caught: null, a number, or text.
fn value(text: &str, case: Case, span: Span) -> Value {
    let lower = text.to_lowercase();
    if matches!(lower.as_str(), "null" | "none") {
        return Value::one(Predicate::Null, span);
    }
    // What begins with a zero is no number but for zero itself: the zero may matter.
    let plain = text == "0" || !text.starts_with('0');
    match number(text).filter(|_| plain) {
        Some(it) => Value::one(Predicate::Number(Cmp::Eq, it), span),
        None => Value::one(Predicate::Text(Pattern::new(parse(text, false)), case), span),
    }
}
