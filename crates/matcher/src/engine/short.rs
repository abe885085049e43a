//! Texts of fewer than four bytes that another contains, all looked for at once.
//!
//! Knows folded bytes only; each text found is reported by the number it was added with.

use rustc_hash::FxHashMap;

use super::seek::commonness_of_byte;

/// Texts of fewer than four bytes.
#[derive(Debug, Default)]
pub(crate) struct Short {
    ascii: Pairs,
    /// Only looked for in text beyond ASCII.
    others: Pairs,
    /// Texts of one byte.
    ones: Vec<(u8, u32)>,
    /// The text of none.
    empty: Option<u32>,
}

/// Texts of two or three bytes.
#[derive(Debug, Default)]
struct Pairs {
    /// A bit for each two bytes with which one begins; none when there are no texts.
    filter: Vec<u64>,
    /// By these two bytes: what may come after them, and the text's number.
    texts: FxHashMap<u16, Vec<(Option<u8>, u32)>>,
    /// Up to three bytes of which every text has one, its rarest; more are not known.
    rare: Vec<u8>,
}

impl Short {
    pub(crate) fn new(texts: &[(&[u8], u32)]) -> Short {
        let mut res = Short::default();
        for (text, id) in texts {
            match **text {
                [] => res.empty = Some(*id),
                [one] => res.ones.push((one, *id)),
                [one, two, ref rest @ ..] => {
                    let pairs = if text.is_ascii() { &mut res.ascii } else { &mut res.others };
                    pairs.add([one, two], rest.first().copied(), *id);
                }
            }
        }
        res
    }

    /// The texts that `text` contains, each once.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], found: &mut Vec<u32>) {
        found.extend(self.empty);
        let ones = self.ones.iter().filter(|it| memchr::memchr(it.0, text).is_some());
        found.extend(ones.map(|it| it.1));
        if !self.ascii.filter.is_empty() {
            self.ascii.find(text, found);
        }
        if !self.others.filter.is_empty() && !text.is_ascii() {
            self.others.find(text, found);
        }
    }
}

impl Pairs {
    fn add(&mut self, [one, two]: [u8; 2], three: Option<u8>, id: u32) {
        let key = u16::from_be_bytes([one, two]);
        self.filter.resize(1 << 10, 0);
        self.filter[usize::from(key >> 6)] |= 1 << (key & 63);
        self.texts.entry(key).or_default().push((three, id));
        let known = |it: &u8| self.rare.contains(it);
        if ![one, two].iter().chain(&three).any(known) {
            let bytes = [one, two].into_iter().chain(three);
            self.rare.extend(bytes.min_by_key(|it| commonness_of_byte(*it)));
        }
    }

    #[inline]
    fn find(&self, text: &[u8], found: &mut Vec<u32>) {
        let may_be = match *self.rare {
            [one] => memchr::memchr(one, text).is_some(),
            [one, two] => memchr::memchr2(one, two, text).is_some(),
            [one, two, three] => memchr::memchr3(one, two, three, text).is_some(),
            _ => true,
        };
        if may_be {
            self.look(text, found);
        }
    }

    #[inline(never)]
    fn look(&self, text: &[u8], found: &mut Vec<u32>) {
        let before = found.len();
        for (at, pair) in text.windows(2).enumerate() {
            let key = u16::from_be_bytes([pair[0], pair[1]]);
            if self.filter[usize::from(key >> 6)] >> (key & 63) & 1 != 0 {
                self.look_up(key, text.get(at + 2).copied(), before, found);
            }
        }
    }

    /// Adds the texts of these two bytes and a third, but for those found from `before` on.
    #[inline(never)]
    fn look_up(&self, key: u16, third: Option<u8>, before: usize, found: &mut Vec<u32>) {
        for (rest, id) in self.texts.get(&key).into_iter().flatten() {
            if (rest.is_none() || *rest == third) && !found[before..].contains(id) {
                found.push(*id);
            }
        }
    }
}
