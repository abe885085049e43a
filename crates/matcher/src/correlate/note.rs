//! What correlations keep of one event: any thread works it out, one takes it in.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use super::plan::{Name, Plan};
use crate::event::{Scalar, values};

/// A value, with its hash: it is looked up by many.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: Arc<str>,
    pub(super) hash: u64,
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.hash == other.hash && self.text == other.text
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Text) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Text {
    pub(super) fn new(plan: &Plan, text: &str) -> Text {
        Text { text: Arc::from(text), hash: plan.hash(text) }
    }
}

/// What correlations have to know of an event: which of their rules it matches, when it was, and the
/// values that they may ask for.
#[derive(Debug, Clone, Default)]
pub struct Note {
    /// When it was, in microseconds since 1970; `None` for an event that tells no time.
    pub(super) at: Option<i64>,
    /// Who sees it: task and member, in their order.
    pub(super) seen_by: Vec<(usize, usize)>,
    /// The names of fields that it has, and where the values of each end.
    fields: Vec<(Name, usize)>,
    texts: Vec<Text>,
}

impl Note {
    /// When the event was, in microseconds since 1970.
    #[cfg(test)]
    pub(crate) fn at(&self) -> Option<i64> {
        self.at
    }

    /// What is kept of an event that matches these rules; `None` when no correlation sees it.
    pub(super) fn of(
        plan: &Plan,
        rules: impl Iterator<Item = usize> + Clone,
        event: &Value,
    ) -> Option<Note> {
        let watched = rules.filter(|it| plan.sees(*it));
        let mut res = Note::default();
        let mut names: Vec<Name> = Vec::new();
        let mut count = 0;
        for rule in watched {
            count += 1;
            res.seen_by.extend(plan.rule_seen_by.get(rule).into_iter().flatten());
            names.extend(plan.rule_fields.get(rule).into_iter().flatten());
        }
        if count > 1 {
            // Where several rules match one event, the first in the list that has a value decides.
            res.seen_by.sort_unstable();
            res.seen_by.dedup();
            names.sort_unstable();
            names.dedup();
        }
        for name in names {
            let field = plan.names.get(name).map_or("", |it| it.as_ref());
            res.push_all(plan, name, field, event);
        }
        (count > 0).then_some(res)
    }

    fn push_all(&mut self, plan: &Plan, name: Name, field: &str, event: &Value) {
        let before = self.texts.len();
        let mut push = |it: &Value| {
            // An empty text is no value here.
            if let Some(text) = Scalar::of(it).text()
                && !text.is_empty()
            {
                self.texts.push(Text::new(plan, &text));
            }
        };
        match event.get(field) {
            // Most fields are plain ones of a flat event.
            Some(it) if !field.contains('.') && !it.is_array() => push(it),
            _ => values(event, field).into_iter().for_each(push),
        }
        if self.texts.len() > before {
            self.fields.push((name, self.texts.len()));
        }
    }

    /// Fields by name, each with its values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (Name, &[Text])> {
        let starts = std::iter::once(0).chain(self.fields.iter().map(|it| it.1));
        let range = |start, end| self.texts.get(start..end).unwrap_or_default();
        self.fields.iter().zip(starts).map(move |((name, end), start)| (*name, range(start, *end)))
    }

    /// The values of a field.
    pub(super) fn values(&self, name: Name) -> &[Text] {
        self.fields().find(|it| it.0 == name).map_or(&[], |it| it.1)
    }

    /// Adds a field with its values.
    pub(super) fn add(&mut self, name: Name, values: impl Iterator<Item = Text>) {
        self.texts.extend(values);
        self.fields.push((name, self.texts.len()));
    }
}
