//! The groups of one correlation, the one that was hit longest ago first.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashTable;

use super::note::Text;
use super::window::{NEVER, Window};

/// The memory that a group takes besides its key and its window, in bytes, about: its slot, its
/// place in the table and in the order, and what these keep free.
const GROUP: usize = size_of::<Option<Group>>() + 64;

/// The values that the events of a group have in common.
#[derive(Debug)]
pub(super) enum Key {
    One(Arc<str>),
    Many(Box<[Arc<str>]>),
}

impl Key {
    fn new(key: &[Text]) -> Key {
        match key {
            [one] => Key::One(one.text.clone()),
            all => Key::Many(all.iter().map(|it| it.text.clone()).collect()),
        }
    }

    pub(super) fn texts(&self) -> &[Arc<str>] {
        match self {
            Key::One(it) => std::slice::from_ref(it),
            Key::Many(all) => all,
        }
    }

    fn is(&self, key: &[Text]) -> bool {
        let texts = self.texts();
        texts.len() == key.len() && texts.iter().zip(key).all(|(a, b)| *a == b.text)
    }

    fn bytes(&self) -> usize {
        // Each value is a text of its own, with two counters.
        self.texts().iter().map(|it| it.len() + 32).sum()
    }
}

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    hash: u64,
    pub(super) key: Key,
    pub(super) window: Window,
    /// The time of its newest event.
    pub(super) last: i64,
    /// Up to this time events of it may have been forgotten before it began.
    pub(super) doubt: i64,
    bytes: usize,
    /// Its newest place in the order is that of this number.
    turn: u32,
}

/// When a group was hit. What is not the newest of its group counts no longer.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: i64,
    slot: u32,
    number: u32,
}

/// Groups by key, and in the order of their newest events.
#[derive(Debug)]
pub(super) struct Groups {
    by_key: HashTable<u32>,
    slots: Vec<Option<Group>>,
    free: Vec<u32>,
    /// A queue, and not a list through the groups: to move a group in such a list is to touch two
    /// others, far away in memory.
    order: VecDeque<Turn>,
    /// The memory that they take, in bytes, about.
    pub(super) bytes: usize,
    /// Until when events were forgotten for want of memory.
    pub(super) forgotten: i64,
}

impl Default for Groups {
    fn default() -> Groups {
        Groups {
            by_key: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            order: VecDeque::new(),
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
    /// is of this time, which is not before that of any other.
    pub(super) fn visit<T>(
        &mut self,
        (key, hash): (&[Text], u64),
        at: i64,
        new: impl FnOnce() -> Window,
        with: impl FnOnce(&mut Group) -> T,
    ) -> Option<T> {
        let group = |slot: &u32| self.slots.get(*slot as usize)?.as_ref();
        let is = |it: &Group| it.hash == hash && it.key.is(key);
        let slot = match self.by_key.find(hash, |it| group(it).is_some_and(is)) {
            Some(it) => {
                let slot = *it;
                self.turn(slot, at);
                slot
            }
            None => self.insert((key, hash), new(), at, self.forgotten),
        };
        let group = self.slots.get_mut(slot as usize)?.as_mut()?;
        group.last = at;
        let res = with(group);
        let bytes = group.window.bytes();
        self.bytes = (self.bytes + bytes).saturating_sub(group.bytes);
        group.bytes = bytes;
        Some(res)
    }

    /// Adds a group as the newest.
    pub(super) fn insert(
        &mut self,
        (key, hash): (&[Text], u64),
        window: Window,
        last: i64,
        doubt: i64,
    ) -> u32 {
        let key = Key::new(key);
        let bytes = window.bytes();
        self.bytes += GROUP + key.bytes() + bytes;
        let group = Group { hash, key, window, last, doubt, bytes, turn: 0 };
        let slot = match self.free.pop() {
            Some(it) => {
                self.slots[it as usize] = Some(group);
                it
            }
            None => {
                self.slots.push(Some(group));
                // More groups than that take more memory than there is.
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let slots = &self.slots;
        let hash_of = |it: &u32| slots.get(*it as usize).and_then(Option::as_ref);
        self.by_key.insert_unique(hash, slot, |it| hash_of(it).map_or(0, |it| it.hash));
        self.order.push_back(Turn { at: last, slot, number: 0 });
        slot
    }

    /// Makes a group the newest.
    fn turn(&mut self, slot: u32, at: i64) {
        let Some(Some(group)) = self.slots.get_mut(slot as usize) else { return };
        match self.order.back_mut() {
            Some(it) if it.slot == slot && it.number == group.turn => it.at = at,
            _ => {
                group.turn = group.turn.wrapping_add(1);
                self.order.push_back(Turn { at, slot, number: group.turn });
            }
        }
        if self.order.len() > 2 * self.by_key.len() + 64 {
            let slots = &self.slots;
            self.order.retain(|it| newest(slots, it).is_some());
        }
    }

    /// Takes out the groups whose newest event was before `start`.
    pub(super) fn expire(&mut self, start: i64) {
        while self.order.front().is_some_and(|it| it.at < start) {
            self.pop_turn();
        }
    }

    /// Takes out the oldest group: the time of its newest event.
    pub(super) fn pop(&mut self) -> Option<i64> {
        loop {
            let at = self.order.front()?.at;
            if self.pop_turn() {
                return Some(at);
            }
        }
    }

    /// Takes out the oldest place of the order, and its group if it has no newer one: whether it has
    /// none.
    fn pop_turn(&mut self) -> bool {
        let Some(turn) = self.order.pop_front() else { return false };
        if newest(&self.slots, &turn).is_none() {
            return false;
        }
        let Some(group) = self.slots.get_mut(turn.slot as usize).and_then(Option::take) else {
            return false;
        };
        self.free.push(turn.slot);
        if let Ok(it) = self.by_key.find_entry(group.hash, |it| *it == turn.slot) {
            it.remove();
        }
        self.bytes = self.bytes.saturating_sub(GROUP + group.key.bytes() + group.bytes);
        if self.by_key.is_empty() {
            // What a flood made large is given back.
            *self = Groups { forgotten: self.forgotten, ..Groups::default() };
        }
        true
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.order.iter().filter_map(|it| newest(&self.slots, it))
    }
}

/// The group whose newest place in the order this is.
fn newest<'a>(slots: &'a [Option<Group>], turn: &Turn) -> Option<&'a Group> {
    slots.get(turn.slot as usize)?.as_ref().filter(|it| it.turn == turn.number)
}
