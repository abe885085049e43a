//! The names that rules ask for, and finding them among the keys of an event.

/// The number of a field: its place in [`Keys::names`].
pub(crate) type FieldId = u32;

/// Every field that a rule or a profile asks for, and every beginning of one before a dot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    names: Vec<Box<str>>,
    /// How many of the names are fields; those after them are beginnings only.
    fields: u32,
    /// Whether a longer name begins with this one and a dot.
    inner: Vec<bool>,
    /// A table with open addressing, at most a quarter full.
    table: Vec<Slot>,
}

/// A name in the table: one of up to 16 bytes is told by its two words and its length alone.
#[derive(Debug, Clone, Copy)]
struct Slot {
    first: u64,
    last: u64,
    len: u32,
    id: u32,
}

const EMPTY: Slot = Slot { first: 0, last: 0, len: 0, id: u32::MAX };

impl Keys {
    /// A table of these fields, which must differ; a field's id is its place.
    pub(crate) fn new(fields: &[Box<str>]) -> Keys {
        let count = fields.len() as u32;
        let names = fields.to_vec();
        let mut res = Keys { names, fields: count, inner: Vec::new(), table: Vec::new() };
        let mut known: rustc_hash::FxHashMap<Box<str>, u32> =
            res.names.iter().enumerate().map(|(at, it)| (it.clone(), at as u32)).collect();
        let mut inner = vec![false; res.names.len()];
        for at in 0..count as usize {
            let name = res.names[at].clone();
            for (dot, _) in name.match_indices('.') {
                let id = *known.entry(name[..dot].into()).or_insert_with(|| {
                    res.names.push(name[..dot].into());
                    inner.push(true);
                    res.names.len() as u32 - 1
                });
                inner[id as usize] = true;
            }
        }
        res.inner = inner;
        res.table = vec![EMPTY; (res.names.len() * 4).next_power_of_two().max(8)];
        for id in 0..res.names.len() {
            let name = res.names[id].as_bytes();
            let (first, last) = words(name);
            let len = name.len() as u32;
            let mut at = hash(first, last, name.len()) & (res.table.len() - 1);
            while res.table[at].id != EMPTY.id {
                at = (at + 1) & (res.table.len() - 1);
            }
            res.table[at] = Slot { first, last, len, id: id as u32 };
        }
        res
    }

    /// How many names there are, beginnings too.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// How many fields there are.
    pub(crate) fn fields(&self) -> usize {
        self.fields as usize
    }

    /// The place of a name, whether a field or a beginning.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<u32> {
        let mask = self.table.len().checked_sub(1)?;
        let (first, last) = words(name);
        let mut at = hash(first, last, name.len()) & mask;
        loop {
            let slot = self.table.get(at)?;
            if slot.id == EMPTY.id {
                return None;
            }
            if slot.first == first && slot.last == last && slot.len as usize == name.len() {
                let id = slot.id;
                if name.len() <= 16 || self.names[id as usize].as_bytes() == name {
                    return Some(id);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<FieldId> {
        self.find(name.as_bytes()).filter(|it| self.is_field(*it))
    }

    #[inline]
    pub(crate) fn is_field(&self, id: u32) -> bool {
        id < self.fields
    }

    /// Whether fields lie within an object under this name.
    #[inline]
    pub(crate) fn is_outer(&self, id: u32) -> bool {
        self.inner[id as usize]
    }
}

/// The first and the last eight bytes; of a shorter name, all of it and nothing.
#[inline]
pub(crate) fn words(name: &[u8]) -> (u64, u64) {
    let len = name.len();
    if len >= 8 {
        return (word(name, 0), word(name, len - 8));
    }
    if len >= 4 {
        let half = |at: usize| match name.get(at..at + 4).and_then(|it| it.try_into().ok()) {
            Some(it) => u64::from(u32::from_le_bytes(it)),
            None => 0,
        };
        return (half(0) << 32 | half(len - 4), 0);
    }
    (name.iter().fold(0, |it, byte| it << 8 | u64::from(*byte)), 0)
}

#[inline]
fn hash(first: u64, last: u64, len: usize) -> usize {
    let mixed = (first ^ last.rotate_left(23) ^ len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize
}

/// The eight bytes from `at`; 0 where there are fewer.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8).and_then(|it| it.try_into().ok()) {
        Some(it) => u64::from_le_bytes(it),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_their_beginnings_are_found() {
        let keys = Keys::new(&["a.b.c", "a", "Image", "TargetObjectX"].map(Into::into));
        assert_eq!(keys.fields(), 4);
        assert_eq!(keys.len(), 5);
        let outer = |it: &str| keys.find(it.as_bytes()).map(|id| keys.is_outer(id));
        assert_eq!(outer("a"), Some(true));
        assert_eq!(outer("a.b"), Some(true));
        assert_eq!(outer("a.b.c"), Some(false));
        assert_eq!(outer("b"), None);
        assert_eq!(keys.field("a.b"), None);
        assert_eq!(keys.field("Image"), Some(2));
        assert_eq!(keys.field("image"), None);
        assert_eq!(Keys::new(&[]).find(b"x"), None);
    }
}
