//! New values, one for one or several for one.

use std::sync::Arc;

use ir::Predicate;
use lower::{Item, Value};
use source::Span;

use crate::apply::{Done, problem};
use crate::codes::NOTHING_LEFT;
use crate::model::Step;

/// What becomes of one form of a value: `None` leaves it, a list takes its place.
pub type Change<'c> = &'c dyn Fn(&Step, &Predicate, Span) -> Done<Option<Vec<Predicate>>>;

/// The item with its values changed, or `None` when no value did.
///
/// Several that take the place of one are alternatives, also where all values of the item must
/// pass.
pub fn change(step: &Step, item: &Item, change: Change<'_>) -> Done<Option<Item>> {
    let mut changed = false;
    let mut values = Vec::with_capacity(item.values.len());
    for value in &item.values {
        let mut forms = Vec::with_capacity(value.forms.len());
        for form in &value.forms {
            match change(step, form, value.span)? {
                Some(new) => {
                    changed = true;
                    forms.extend(new);
                }
                None => forms.push(form.clone()),
            }
        }
        // A constant in place of every form is one form.
        forms.dedup();
        if !forms.is_empty() {
            values.push(Value { forms, ..value.clone() });
        }
    }
    if changed && values.is_empty() {
        let message = "no value of this item is left";
        let label = "without values it would ask that the field holds none";
        return Err(problem(&NOTHING_LEFT, step, item.span, message, label));
    }
    Ok(changed.then(|| Item { values, ..item.clone() }))
}

/// The name of a field, shared.
pub fn field(name: impl AsRef<str>) -> Option<Arc<str>> {
    Some(Arc::from(name.as_ref()))
}
