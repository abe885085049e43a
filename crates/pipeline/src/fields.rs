//! New names for fields.

use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Case, Predicate};
use lower::{Detection, Item, Value};
use source::Spanned;
use syntax::{CorrelationAst, CorrelationConditionAst};

use crate::apply::{Done, each_item, negate, problem};
use crate::codes::{CANNOT_CHANGE, REFUSED};
use crate::condition;
use crate::model::{Action, Mapping, Step};
use crate::rule::{Body, Subject};

/// The names that a step gives a field; `None` leaves it as it is.
fn names(action: &Action, name: Option<&str>) -> Option<Vec<String>> {
    let begins = |mapping: &Mapping, name: &str| {
        mapping.iter().find_map(|(old, new)| {
            let rest = name.strip_prefix(old.as_deref()?)?;
            Some(new.iter().map(|it| format!("{it}{rest}")).collect())
        })
    };
    match (action, name) {
        (Action::MapFields(mapping), name) => {
            mapping.iter().find(|it| it.0.as_deref() == name).map(|it| it.1.clone())
        }
        (Action::MapPrefixes(mapping), Some(name)) => begins(mapping, name),
        (Action::Suffix(suffix), Some(name)) => Some(vec![format!("{name}{suffix}")]),
        (Action::Prefix(prefix), Some(name)) => Some(vec![format!("{prefix}{name}")]),
        _ => None,
    }
}

/// Gives fields the names that a step has for them.
pub fn rename(step: &Step, subject: &mut Subject) -> Done<()> {
    let fields = std::mem::take(&mut subject.meta.fields);
    let mut renamed = Vec::with_capacity(fields.len());
    for field in &fields {
        renamed.extend(listed(step, subject, field)?);
    }
    subject.meta.fields = renamed;
    if let Body::Correlation(ast, _) = &subject.body {
        let mut ast = ast.clone();
        correlation(step, subject, &mut ast)?;
        if let Body::Correlation(it, _) = &mut subject.body {
            *it = ast;
        }
    }
    each_item(step, subject, &mut |item, subject| renamed_item(step, subject, item))
}

/// A name of a list or a reference, and that the step made it.
fn listed(step: &Step, subject: &mut Subject, name: &str) -> Done<Vec<String>> {
    let Some(new) = names(&step.action, Some(name)) else { return Ok(vec![name.to_owned()]) };
    if !condition::name(step, Some(name), subject)? {
        return Ok(vec![name.to_owned()]);
    }
    if new != [name] {
        let mut by = subject.named_by.remove(name).unwrap_or_default();
        by.insert(step.id.clone());
        for it in &new {
            subject.named_by.insert(Arc::from(it.as_str()), by.clone());
        }
    }
    subject.native.extend(new.iter().map(|it| Arc::from(it.as_str())));
    Ok(new)
}

fn renamed_item(step: &Step, subject: &mut Subject, item: &Item) -> Done<Option<Detection>> {
    let mut item = item.clone();
    let mut changed = false;
    for value in &mut item.values {
        let mut forms = Vec::with_capacity(value.forms.len());
        for form in &value.forms {
            match form {
                Predicate::Field(name, anchor, case) => {
                    let new = listed(step, subject, name)?;
                    changed |= new != [&**name];
                    forms.extend(
                        new.iter()
                            .map(|it| Predicate::Field(Arc::from(it.as_str()), *anchor, *case)),
                    );
                }
                it => forms.push(it.clone()),
            }
        }
        value.forms = forms;
    }
    let own = names(&step.action, item.field.as_deref());
    let own = match own {
        Some(it) if condition::own_name(step, &item, subject)? => Some(it),
        _ => None,
    };
    let Some(new) = own else { return Ok(changed.then_some(Detection::Item(item))) };
    if item.field.is_none() {
        item.values.iter_mut().for_each(contained);
    }
    subject.mapped.extend(item.field.clone());
    for name in &new {
        subject.mapped.insert(Arc::from(name.as_str()));
        subject.native.insert(Arc::from(name.as_str()));
    }
    Ok(Some(spread(item, &new)))
}

/// A keyword that becomes the value of a field is contained in it.
fn contained(value: &mut Value) {
    for form in &mut value.forms {
        if let Predicate::Text(pattern, _) = form {
            *pattern = pattern.open(true, true);
        }
    }
}

/// The item asked of several fields, whose values count as those of one.
///
/// A value is found in any of them; that there is none must be so of all.
fn spread(item: Item, names: &[String]) -> Detection {
    let copy = |item: &Item, name: &String| {
        Detection::Item(Item { field: Some(Arc::from(name.as_str())), ..item.clone() })
    };
    if let [name] = names {
        return copy(&item, name);
    }
    let negated = item.negated;
    let item = Item { negated: false, ..item };
    let absent = |it: &Value| it.negated || it.forms.iter().all(|it| *it == Predicate::Null);
    let of = |values: Vec<Value>| Item { values, ..item.clone() };
    let (none, some): (Vec<Value>, Vec<Value>) = item.values.iter().cloned().partition(absent);
    let all = |item: &Item| Detection::All(names.iter().map(|it| copy(item, it)).collect());
    let any = |item: &Item| Detection::Any(names.iter().map(|it| copy(item, it)).collect());
    let whole = if some.is_empty() {
        all(&item)
    } else if none.is_empty() || item.all {
        any(&item)
    } else {
        Detection::Any(vec![any(&of(some)), all(&of(none))])
    };
    if negated { negate(whole) } else { whole }
}

/// Refuses a rule with a field that no step has mapped.
pub fn refuse_unmapped(step: &Step, subject: &Subject) -> Done<()> {
    let Some(draft) = subject.draft() else { return Ok(()) };
    let mut unmapped: Vec<&Item> = Vec::new();
    for detection in draft.detections() {
        detection.for_each_item(&mut |item| {
            let known = |it: &Arc<str>| {
                subject.mapped.contains(it)
                    || unmapped.iter().any(|item| item.field.as_ref() == Some(it))
            };
            if item.field.as_ref().is_some_and(|it| !known(it)) {
                unmapped.push(item);
            }
        });
    }
    let Some(first) = unmapped.first() else { return Ok(()) };
    let names: Vec<&str> = unmapped.iter().filter_map(|it| it.field.as_deref()).collect();
    let message = format!("the pipeline has no name for these fields: {}", names.join(", "));
    Err(problem(&REFUSED, step, first.span, message, "the first of them"))
}

/// The names in a correlation: those of aliases, of `group-by` and of the condition.
fn correlation(step: &Step, subject: &mut Subject, ast: &mut CorrelationAst) -> Done<()> {
    let one = |subject: &mut Subject, name: &Spanned<String>| -> Done<Spanned<String>> {
        match listed(step, subject, &name.value)?.as_slice() {
            [new] => Ok(Spanned::new(new.clone(), name.span)),
            _ => Err(Box::new(
                Diagnostic::error(
                    &CANNOT_CHANGE,
                    name.span,
                    format!("`{}` becomes several fields", name.value),
                    "here only one can stand",
                )
                .with_label(step.kind.span, "by this step of the pipeline")
                .with_help("map it to one field where `is_sigma_correlation_rule` holds"),
            )),
        }
    };
    let mut aliases = Vec::new();
    for alias in &mut ast.aliases {
        aliases.push(alias.name.value.clone());
        for (_, field) in &mut alias.fields {
            *field = one(subject, field)?;
        }
    }
    let mut groups = Vec::new();
    for group in &ast.group_by {
        if aliases.contains(&group.value) {
            groups.push(group.clone());
            continue;
        }
        for name in listed(step, subject, &group.value)? {
            groups.push(Spanned::new(name, group.span));
        }
    }
    ast.group_by = groups;
    if let Some(CorrelationConditionAst::Compare(compare)) = &mut ast.condition {
        for field in &mut compare.fields {
            *field = one(subject, field)?;
        }
    }
    Ok(())
}

/// A text where case makes no difference, unless the item's other texts tell it apart.
pub fn case_of(item: &Item) -> Case {
    let cased = |it: &Predicate| matches!(it, Predicate::Text(_, Case::Sensitive));
    match item.values.iter().flat_map(|it| &it.forms).any(cased) {
        true => Case::Sensitive,
        false => Case::Insensitive,
    }
}
