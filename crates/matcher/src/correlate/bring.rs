//! What an event brings to each group of a correlation that it is in.

use std::collections::BTreeMap;

use ir::Number;

use super::MOST_COMBINATIONS;
use super::note::{Note, Text};
use super::plan::{Name, Plan, Task};
use super::window::Brought;

/// Values that take the place of an event's own, by field.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay(Vec<(Name, Text)>);

impl Overlay {
    pub(super) fn with(&self, values: impl Iterator<Item = (Name, Text)>) -> Overlay {
        let mut res = self.clone();
        for (name, value) in values {
            match res.0.iter_mut().find(|it| it.0 == name) {
                Some(old) => old.1 = value,
                None => res.0.push((name, value)),
            }
        }
        res
    }

    fn values<'a>(&'a self, name: Name, note: &'a Note) -> &'a [Text] {
        match self.0.iter().find(|it| it.0 == name) {
            Some((_, it)) => std::slice::from_ref(it),
            None => note.values(name),
        }
    }
}

/// What an event brings to a group that it is in, and whose hit it is there.
pub(super) struct InGroup<'a> {
    pub(super) members: u64,
    pub(super) values: Vec<Text>,
    pub(super) overlay: &'a Overlay,
}

/// What an event brings to each group that it is in; `None` when there are too many.
pub(super) fn bring<'a>(
    plan: &Plan,
    task: &Task,
    found: &'a [(usize, Overlay)],
    note: &Note,
) -> Option<BTreeMap<Vec<Text>, InGroup<'a>>> {
    let mut res: BTreeMap<Vec<Text>, InGroup<'a>> = BTreeMap::new();
    for (member, overlay) in found {
        let (group_fields, asked) = fields(task, *member)?;
        let lists = |fields: &[Name]| -> Vec<&[Text]> {
            fields.iter().map(|it| overlay.values(*it, note)).collect()
        };
        let mut values = match asked {
            [] => Vec::new(),
            [one] => overlay.values(*one, note).to_vec(),
            many => {
                let sets = combinations(&lists(many))?;
                sets.into_iter().map(|it| joined(plan, &it)).collect()
            }
        };
        if task.numbers {
            values.retain(|it| Number::parse(&it.text).is_some());
        }
        // The question needs some, and there are none.
        if values.is_empty() && !asked.is_empty() {
            continue;
        }
        for key in combinations(&lists(group_fields))? {
            if res.len() >= MOST_COMBINATIONS && !res.contains_key(&key) {
                return None;
            }
            let new = || InGroup { members: 0, values: Vec::new(), overlay };
            let brought = res.entry(key).or_insert_with(new);
            brought.members |= 1 << member;
            if brought.values.is_empty() {
                brought.values = values.clone();
            }
        }
    }
    Some(res)
}

/// The same for the usual case, without memory of its own: one hit, one value of each field of the
/// group, at most one value of the question. `None` when it is another; then, when the event brings
/// nothing.
pub(super) fn bring_one<'a>(
    task: &Task,
    member: usize,
    overlay: &'a Overlay,
    note: &'a Note,
    key: &'a mut Vec<Text>,
) -> Option<Option<(&'a [Text], Brought<'a>)>> {
    let (group_fields, asked) = fields(task, member)?;
    let values = match asked {
        [] => &[],
        [one] => overlay.values(*one, note),
        _ => return None,
    };
    match values {
        [] if asked.is_empty() => {}
        [] => return Some(None),
        [one] if task.numbers && Number::parse(&one.text).is_none() => return Some(None),
        [_] => {}
        _ => return None,
    }
    let brought = Brought { members: 1 << member, values };
    let key = match group_fields {
        [] => &[],
        [one] => overlay.values(*one, note),
        many => {
            key.clear();
            for it in many {
                match overlay.values(*it, note) {
                    [] => return Some(None),
                    [one] => key.push(one.clone()),
                    _ => return None,
                }
            }
            key.as_slice()
        }
    };
    match (group_fields, key) {
        ([_], []) => Some(None),
        ([_], [_, _, ..]) => None,
        _ => Some(Some((key, brought))),
    }
}

/// The fields of the group, and those that the question is about.
fn fields(task: &Task, member: usize) -> Option<(&[Name], &[Name])> {
    let fields = task.fields.get(member)?;
    Some(fields.split_at(task.group_by.len().min(fields.len())))
}

/// Every way to take one value of each list; `None` when there are too many.
fn combinations(lists: &[&[Text]]) -> Option<Vec<Vec<Text>>> {
    let mut res: Vec<Vec<Text>> = vec![Vec::new()];
    for list in lists {
        if res.len().saturating_mul(list.len()) > MOST_COMBINATIONS {
            return None;
        }
        let longer = |it: &Vec<Text>| {
            let it = it.clone();
            list.iter().map(move |value| [it.as_slice(), std::slice::from_ref(value)].concat())
        };
        res = res.iter().flat_map(longer).collect();
    }
    Some(res)
}

/// A set of values as one text that no other set has.
fn joined(plan: &Plan, values: &[Text]) -> Text {
    let each: String = values.iter().map(|it| format!("{}:{}", it.text.len(), it.text)).collect();
    Text::new(plan, &each)
}
