//! Texts of one event, folded, one after the other; and what escapes of JSON spell.
//!
//! Does not know values or fields.

use rustc_hash::FxHashMap;
use wide::u8x16;

/// More memory than this is given back after the event that needed it.
pub(crate) const KEPT: usize = 1 << 20;

/// How many bytes are folded at once.
const STEP: usize = 16;

/// The folded texts of one event. Kept from event to event for its memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folded {
    /// Longer than the texts: its rest is room that need not be cleared again.
    memory: Vec<u8>,
    len: usize,
    /// What characters beyond ASCII that were met are folded to.
    cases: FxHashMap<char, char>,
}

impl Folded {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        if self.memory.len() > KEPT {
            self.memory = Vec::new();
        }
        if self.cases.len() > 1 << 16 {
            self.cases = FxHashMap::default();
        }
    }

    /// A text that was added.
    #[inline]
    pub(crate) fn get(&self, (start, end): (usize, usize)) -> &[u8] {
        &self.memory[start..end]
    }

    /// Adds a text, folded as [`ir::fold`] does; where it stands.
    #[inline]
    pub(crate) fn add(&mut self, text: &str) -> (usize, usize) {
        match self.add_ascii::<false>(text.as_bytes()) {
            Some(it) => it,
            None => self.add_beyond_ascii(text),
        }
    }

    /// Adds the folded text of a string of JSON with escapes but no `\u`; `None` for one that is not
    /// ASCII.
    #[inline]
    pub(crate) fn add_escaped(&mut self, raw: &[u8]) -> Option<(usize, usize)> {
        self.add_ascii::<true>(raw)
    }

    /// Each step is folded before it is written: to read back what was only just written is slow.
    #[inline]
    fn add_ascii<const ESCAPES: bool>(&mut self, raw: &[u8]) -> Option<(usize, usize)> {
        let start = self.len;
        if self.memory.len() < start + raw.len() + STEP {
            // Grown in steps, but no further than a long text needs.
            let want = start + raw.len() + STEP;
            self.memory.resize(want + want.min(KEPT), 0);
        }
        let (mut at, mut to) = (0, start);
        let mut all = u8x16::splat(0);
        while at < raw.len() {
            let (step, len) = match raw.get(at..).and_then(<[u8]>::first_chunk::<STEP>) {
                Some(it) => (*it, STEP),
                None => {
                    let rest = &raw[at..];
                    let mut last = [0; STEP];
                    last[..rest.len()].copy_from_slice(rest);
                    (last, rest.len())
                }
            };
            let step = u8x16::new(step);
            all |= step;
            let room = self.memory.get_mut(to..).and_then(<[u8]>::first_chunk_mut::<STEP>)?;
            *room = lower(step).to_array();
            if !ESCAPES {
                (at, to) = (at + len, to + len);
                continue;
            }
            // Texts with escapes are paths mostly, with a backslash every few bytes: a whole step is
            // written, and what follows a backslash written over.
            let backslash = step.simd_eq(u8x16::splat(b'\\')).to_bitmask();
            let plain = backslash.trailing_zeros() as usize;
            if plain >= len {
                (at, to) = (at + len, to + len);
                continue;
            }
            let escape = *raw.get(at + plain + 1)?;
            *self.memory.get_mut(to + plain)? = escaped(escape).to_ascii_lowercase();
            (at, to) = (at + plain + 2, to + plain + 1);
        }
        // The highest bits: set of what is not ASCII.
        if all.to_bitmask() != 0 {
            return None;
        }
        self.len = to;
        Some((start, to))
    }

    #[cold]
    fn add_beyond_ascii(&mut self, text: &str) -> (usize, usize) {
        let start = self.len;
        // Put together before anything is written over it.
        self.memory.truncate(start);
        let mut buffer = [0; 4];
        for ch in text.chars() {
            if ch.is_ascii() {
                self.memory.push(ch.to_ascii_lowercase() as u8);
            } else {
                let ch = *self.cases.entry(ch).or_insert_with(|| ir::fold::fold(ch));
                self.memory.extend_from_slice(ch.encode_utf8(&mut buffer).as_bytes());
            }
        }
        self.len = self.memory.len();
        (start, self.len)
    }
}

#[inline]
fn lower(step: u8x16) -> u8x16 {
    let from_a = step - u8x16::splat(b'A');
    let capital = from_a.min(u8x16::splat(b'Z' - b'A')).simd_eq(from_a);
    step | (capital & u8x16::splat(0x20))
}

/// What an escape other than `\u` stands for.
#[inline]
fn escaped(after_backslash: u8) -> u8 {
    match after_backslash {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        it => it,
    }
}

/// Adds the text that `raw`, a string of JSON without its quotes, spells. It is known to be right.
pub(crate) fn unescape(raw: &str, to: &mut String) {
    let mut rest = raw;
    while let Some(at) = backslash(rest.as_bytes()) {
        to.push_str(&rest[..at]);
        let (ch, len) = match rest.as_bytes().get(at + 1) {
            Some(b'u') => {
                let digits = rest.get(at + 2..at + 6).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).unwrap_or_default();
                (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
            }
            Some(it) => (escaped(*it) as char, 2),
            None => return,
        };
        to.push(ch);
        rest = rest.get(at + len..).unwrap_or_default();
    }
    to.push_str(rest);
}

/// Where the first backslash stands. Paths have one every few bytes, which a search for long texts
/// is slow with.
#[inline]
fn backslash(text: &[u8]) -> Option<usize> {
    let (steps, rest) = text.as_chunks::<STEP>();
    for (at, step) in steps.iter().enumerate() {
        let found = u8x16::new(*step).simd_eq(u8x16::splat(b'\\')).to_bitmask();
        if found != 0 {
            return Some(at * STEP + found.trailing_zeros() as usize);
        }
    }
    let at = rest.iter().position(|it| *it == b'\\')?;
    Some(steps.len() * STEP + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_folded_wherever_they_stand() {
        let mut folded = Folded::default();
        let texts = ["", "a", "@AZ[`az{", "C:\\Windows\\System32\\cmd.exe", "Ärger", "ſK", "日本"];
        for round in 0..3 {
            for text in texts {
                for count in [1, 3, 20] {
                    let text = text.repeat(count);
                    let range = folded.add(&text);
                    let want = ir::fold::fold_text(&text);
                    assert_eq!(folded.get(range), want.as_bytes(), "{round} {text}");
                }
            }
            folded.clear();
        }
    }

    #[test]
    fn escapes_are_read_while_folding() {
        let mut folded = Folded::default();
        for shift in 0..40 {
            let raw = format!(r#"{}C:\\Win\\A\"B\n\r\t\b\f\/\\"#, "X".repeat(shift));
            let mut own = String::new();
            unescape(&raw, &mut own);
            let json = serde_json::from_str::<String>(&format!("\"{raw}\""));
            assert_eq!(json.ok().as_deref(), Some(&*own));
            let range = folded.add_escaped(raw.as_bytes()).unwrap_or_default();
            assert_eq!(folded.get(range), own.to_ascii_lowercase().as_bytes());
            assert_eq!(folded.add_escaped(format!("{raw}é").as_bytes()), None);
        }
    }
}
