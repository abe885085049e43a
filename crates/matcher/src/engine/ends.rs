//! Texts that another begins with, ends with, or is, all looked for at once.
//!
//! Knows folded bytes only; each text found is reported by the number it was added with.

use rustc_hash::FxHashMap;

use super::keys::{word, words};

/// Texts that another begins with, ends with, or is.
///
/// Each is found by its first or last eight bytes, or by all of a shorter one, and then compared.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// By the first and the last eight bytes, and the length.
    exact: FxHashMap<(u64, u64, usize), Vec<Text>>,
    /// A bit for each length that a text of `exact` has; the last one stands for all beyond.
    exact_lens: [u64; 4],
    prefixes: Edge,
    suffixes: Edge,
}

#[derive(Debug, Default)]
struct Edge {
    /// The lengths of keys there are, of 1 to 8.
    lens: Vec<usize>,
    /// By length and key: the texts that share them.
    found: FxHashMap<(u64, u8), Vec<Text>>,
}

/// A text and its number.
type Text = (Box<[u8]>, u32);

impl Ends {
    pub(crate) fn exact(&mut self, text: &str, id: u32) {
        let text = text.as_bytes();
        let (word, bit) = place_of_len(text.len());
        self.exact_lens[word] |= bit;
        let (first, last) = words(text);
        self.exact.entry((first, last, text.len())).or_default().push((text.into(), id));
    }

    pub(crate) fn prefix(&mut self, text: &str, id: u32) {
        let len = text.len().min(8);
        self.prefixes.add(&text.as_bytes()[..len], text, id);
    }

    pub(crate) fn suffix(&mut self, text: &str, id: u32) {
        let len = text.len().min(8);
        self.suffixes.add(&text.as_bytes()[text.len() - len..], text, id);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.lens.is_empty() && self.suffixes.lens.is_empty()
    }

    #[inline]
    pub(crate) fn find(&self, text: &[u8], found: &mut Vec<u32>) {
        // The length is asked first: a text that was only just folded is slow to read back.
        let (word, bit) = place_of_len(text.len());
        if self.exact_lens[word] & bit != 0 {
            let (first, last) = words(text);
            if let Some(same) = self.exact.get(&(first, last, text.len())) {
                found.extend(same.iter().filter(|it| *it.0 == *text).map(|it| it.1));
            }
        }
        for len in &self.prefixes.lens {
            let Some(key) = text.get(..*len) else { continue };
            for (prefix, id) in self.prefixes.of(key) {
                if text.starts_with(prefix) {
                    found.push(*id);
                }
            }
        }
        for len in &self.suffixes.lens {
            let Some(start) = text.len().checked_sub(*len) else { continue };
            for (suffix, id) in self.suffixes.of(&text[start..]) {
                if text.ends_with(suffix) {
                    found.push(*id);
                }
            }
        }
    }
}

/// Where the bit of a length stands in [`Ends::exact_lens`].
#[inline]
fn place_of_len(len: usize) -> (usize, u64) {
    let len = len.min(255);
    (len / 64, 1 << (len % 64))
}

impl Edge {
    fn add(&mut self, key: &[u8], text: &str, id: u32) {
        if !self.lens.contains(&key.len()) {
            self.lens.push(key.len());
        }
        self.found.entry(packed(key)).or_default().push((text.as_bytes().into(), id));
    }

    #[inline]
    fn of(&self, key: &[u8]) -> &[Text] {
        self.found.get(&packed(key)).map_or(&[], Vec::as_slice)
    }
}

/// Up to eight bytes as a number, and how many.
#[inline]
fn packed(key: &[u8]) -> (u64, u8) {
    if key.len() == 8 {
        return (word(key, 0), 8);
    }
    (key.iter().fold(0, |it, byte| it << 8 | u64::from(*byte)), key.len() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found() {
        let mut ends = Ends::default();
        ends.exact("abc", 0);
        ends.exact("a long text of many bytes", 1);
        ends.prefix("a", 2);
        ends.prefix("a long text", 3);
        ends.suffix("\\powershell.exe", 4);
        ends.suffix("c", 5);
        let find = |text: &str| {
            let mut found = Vec::new();
            ends.find(text.as_bytes(), &mut found);
            found.sort_unstable();
            found
        };
        assert_eq!(find("abc"), [0, 2, 5]);
        assert_eq!(find("a long text of many bytes"), [1, 2, 3]);
        assert_eq!(find("c:\\powershell.exe"), [4]);
        assert_eq!(find("powershell.exe"), Vec::<u32>::new());
        assert_eq!(find(""), Vec::<u32>::new());
    }
}
