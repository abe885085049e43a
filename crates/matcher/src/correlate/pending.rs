//! Events that wait for others that may still come before them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::plan::Name;

/// An event, as far as correlations ask about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) at: i64,
    /// Its number, in the order of arrival.
    pub(super) number: u64,
    /// The rules that it matches.
    pub(super) rules: Vec<usize>,
    /// The values of fields as texts.
    pub(super) values: Vec<(Name, Vec<Arc<str>>)>,
}

/// Events in the order of time, then of arrival.
#[derive(Debug, Default)]
pub(super) struct Pending {
    heap: std::collections::BinaryHeap<Reverse<Seen>>,
}

/// A saved event.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    at: i64,
    number: u64,
    rules: Vec<usize>,
    values: Vec<(Name, Vec<String>)>,
}

impl Pending {
    pub(super) fn push(&mut self, it: Seen) {
        self.heap.push(Reverse(it));
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The first event, if it is not after `until`.
    pub(super) fn pop(&mut self, until: i64) -> Option<Seen> {
        if self.heap.peek()?.0.at > until {
            return None;
        }
        self.heap.pop().map(|it| it.0)
    }

    /// When the first event was.
    pub(super) fn first(&self) -> Option<i64> {
        self.heap.peek().map(|it| it.0.at)
    }

    pub(super) fn all(&self) -> Vec<Waiting> {
        let mut all: Vec<&Seen> = self.heap.iter().map(|it| &it.0).collect();
        all.sort();
        let texts = |it: &Vec<Arc<str>>| it.iter().map(|it| it.to_string()).collect();
        let values = |it: &Seen| it.values.iter().map(|(name, it)| (*name, texts(it))).collect();
        all.into_iter()
            .map(|it| Waiting {
                at: it.at,
                number: it.number,
                rules: it.rules.clone(),
                values: values(it),
            })
            .collect()
    }

    /// Saved events, their fields found by name among those of now.
    pub(super) fn restored(all: Vec<Waiting>, then: &[String], now: &[Arc<str>]) -> Pending {
        let places: BTreeMap<&str, Name> =
            now.iter().enumerate().map(|(at, it)| (it.as_ref(), at)).collect();
        let place = |it: Name| places.get(then.get(it)?.as_str()).copied();
        let mut res = Pending::default();
        for it in all {
            let texts = |it: Vec<String>| it.into_iter().map(Arc::from).collect();
            let values = it.values.into_iter();
            let values = values.filter_map(|(name, it)| Some((place(name)?, texts(it)))).collect();
            res.push(Seen { at: it.at, number: it.number, rules: it.rules, values });
        }
        res
    }
}
