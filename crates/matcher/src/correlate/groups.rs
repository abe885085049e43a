//! The groups of one correlation, the one that was hit longest ago first.

use std::collections::HashMap;
use std::sync::Arc;

use super::window::{NEVER, Window};

/// The values that the events of a group have in common.
pub(super) type Key = Arc<[Arc<str>]>;

/// The memory that a group takes besides its key and its window, in bytes, about.
const GROUP: usize = size_of::<Group>() + size_of::<Key>() + 64;
/// No group.
const NONE: usize = usize::MAX;

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) key: Key,
    pub(super) window: Window,
    /// The time of its newest event.
    pub(super) last: i64,
    /// Up to this time events of it may have been forgotten before it began.
    pub(super) doubt: i64,
    bytes: usize,
    older: usize,
    newer: usize,
}

/// Groups by key, and in the order of their newest events.
#[derive(Debug)]
pub(super) struct Groups {
    by_key: HashMap<Key, usize>,
    slots: Vec<Option<Group>>,
    free: Vec<usize>,
    oldest: usize,
    newest: usize,
    /// The memory that they take, in bytes, about.
    pub(super) bytes: usize,
    /// Until when events were forgotten for want of memory.
    pub(super) forgotten: i64,
}

impl Default for Groups {
    fn default() -> Groups {
        Groups {
            by_key: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            bytes: 0,
            forgotten: NEVER,
        }
    }
}

impl Groups {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Calls `with` with a group, made by `new` when there is none, and notes that its newest event
    /// is of this time.
    pub(super) fn visit<T>(
        &mut self,
        key: &[Arc<str>],
        at: i64,
        new: impl FnOnce() -> Window,
        with: impl FnOnce(&mut Group) -> T,
    ) -> Option<T> {
        let slot = match self.by_key.get(key) {
            Some(it) => *it,
            None => self.insert(key, new(), at, self.forgotten),
        };
        self.unlink(slot);
        self.link(slot);
        let group = self.slots.get_mut(slot)?.as_mut()?;
        group.last = at;
        let res = with(group);
        let bytes = group.window.bytes();
        let grown = bytes as isize - group.bytes as isize;
        group.bytes = bytes;
        self.bytes = self.bytes.saturating_add_signed(grown);
        Some(res)
    }

    /// Adds a group as the newest.
    pub(super) fn insert(
        &mut self,
        key: &[Arc<str>],
        window: Window,
        last: i64,
        doubt: i64,
    ) -> usize {
        let key: Key = key.into();
        let bytes = window.bytes();
        self.bytes += GROUP + key_bytes(&key) + bytes;
        let group =
            Group { key: key.clone(), window, last, doubt, bytes, older: NONE, newer: NONE };
        let slot = match self.free.pop() {
            Some(it) => {
                self.slots[it] = Some(group);
                it
            }
            None => {
                self.slots.push(Some(group));
                self.slots.len() - 1
            }
        };
        self.by_key.insert(key, slot);
        self.link(slot);
        slot
    }

    /// The time of the oldest group's newest event.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.slots.get(self.oldest)?.as_ref().map(|it| it.last)
    }

    /// Takes out the oldest group.
    pub(super) fn pop(&mut self) -> Option<Group> {
        let slot = self.oldest;
        if slot == NONE {
            return None;
        }
        self.unlink(slot);
        let group = self.slots.get_mut(slot)?.take()?;
        self.free.push(slot);
        self.by_key.remove(&group.key);
        self.bytes = self.bytes.saturating_sub(GROUP + key_bytes(&group.key) + group.bytes);
        if self.by_key.is_empty() {
            // What a flood made large is given back.
            *self = Groups { forgotten: self.forgotten, ..Groups::default() };
        }
        Some(group)
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Group> {
        let group = |slot: usize| self.slots.get(slot)?.as_ref();
        std::iter::successors(group(self.oldest), move |it| group(it.newer))
    }

    fn link(&mut self, slot: usize) {
        let before = std::mem::replace(&mut self.newest, slot);
        if let Some(Some(group)) = self.slots.get_mut(slot) {
            group.older = before;
            group.newer = NONE;
        }
        match self.slots.get_mut(before) {
            Some(Some(group)) => group.newer = slot,
            _ => self.oldest = slot,
        }
    }

    fn unlink(&mut self, slot: usize) {
        let Some(Some(group)) = self.slots.get(slot) else { return };
        let (older, newer) = (group.older, group.newer);
        match self.slots.get_mut(older) {
            Some(Some(group)) => group.newer = newer,
            _ => self.oldest = newer,
        }
        match self.slots.get_mut(newer) {
            Some(Some(group)) => group.older = older,
            _ => self.newest = older,
        }
    }
}

fn key_bytes(key: &Key) -> usize {
    // Each value is a text of its own, with two counters.
    key.iter().map(|it| it.len() + 32).sum()
}
