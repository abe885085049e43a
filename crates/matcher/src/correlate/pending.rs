//! Events that wait for others that may still come before them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::note::Note;

/// An event with its place in the stream.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) at: i64,
    /// Its number, in the order of arrival.
    pub(super) number: u64,
    pub(super) note: Note,
}

impl PartialEq for Seen {
    fn eq(&self, other: &Seen) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Seen {}

impl PartialOrd for Seen {
    fn partial_cmp(&self, other: &Seen) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seen {
    fn cmp(&self, other: &Seen) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// Events in the order of time, then of arrival.
#[derive(Debug, Default)]
pub(super) struct Pending {
    heap: BinaryHeap<Reverse<Seen>>,
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

    /// All of them, in order.
    pub(super) fn all(&self) -> Vec<&Seen> {
        let mut all: Vec<&Seen> = self.heap.iter().map(|it| &it.0).collect();
        all.sort();
        all
    }
}
