//! Reads one line of JSON and keeps where the values of known fields stand.
//!
//! Knows the grammar of JSON; a line it accepts is one that `serde_json` accepts. What is rare it
//! leaves to the careful reading by `serde_json`: keys with escapes, a key twice in one object,
//! exponents, surrogates, deep nesting, and everything that is wrong.
//! Does not know rules.

use wide::u8x16;

use super::keys::{FieldId, Keys};
use super::shape::{self, Shape};
use super::slots::{Kind, Slots};

/// Deeper lines are left to the careful reading, which has a limit of its own.
const DEPTH: u32 = 64;

/// No field: the value is only passed over.
const SKIPPED: FieldId = FieldId::MAX;

/// Reads `line` into `slots`; `None` leaves it to the careful reading.
pub(crate) fn read(line: &str, keys: &Keys, slots: &mut Slots) -> Option<()> {
    slots.shapes.start();
    let mut reader = Reader {
        bytes: line.as_bytes(),
        at: 0,
        block: 0,
        ends: 0,
        escapes: 0,
        carry: 0,
        keys,
        slots,
    };
    reader.load(0, 0);
    reader.blank();
    reader.expect(b'{')?;
    reader.object(None, shape::ROOT, 0)?;
    reader.blank();
    (reader.at == reader.bytes.len()).then_some(())
}

/// How many bytes are looked at together.
const BLOCK: usize = 64;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the block begins that the next three are about.
    block: usize,
    /// What ends a text: quotes that no backslash escapes, control characters, wrong escapes.
    ends: u64,
    /// The backslashes.
    escapes: u64,
    /// Whether the first byte after the block is escaped.
    carry: u64,
    keys: &'a Keys,
    slots: &'a mut Slots,
}

impl Reader<'_> {
    #[inline]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        if self.peek() != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    #[inline]
    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// After an item of an object or an array: whether another comes before its `end`.
    #[inline]
    fn more(&mut self, end: u8) -> Option<bool> {
        if self.peek() != b',' && self.peek() != end {
            self.blank();
        }
        let more = self.peek() == b',';
        if !more && self.peek() != end {
            return None;
        }
        self.at += 1;
        Some(more)
    }

    /// The rest of an object after its `{`; names in it follow the first `prefix` bytes of the path
    /// and a dot. Its keys are guessed to be those that came after `shape` before.
    fn object(&mut self, prefix: Option<usize>, mut shape: Shape, depth: u32) -> Option<()> {
        let serial = self.slots.next_object();
        self.blank();
        if self.peek() == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.blank();
            self.expect(b'"')?;
            let start = self.at;
            let (name, found);
            match self.slots.shapes.guess(shape, self.bytes, start) {
                Some(guess) => {
                    self.at += guess.len;
                    name = start..self.at - 2;
                    (shape, found) = (guess.shape, guess.found);
                }
                None => {
                    if self.string()? {
                        return None;
                    }
                    name = start..self.at - 1;
                    self.colon()?;
                    let text = &self.bytes[name.clone()];
                    found = match prefix {
                        None => self.keys.find(text),
                        Some(prefix) => {
                            self.slots.extend_path(prefix, text);
                            self.keys.find(&self.slots.path)
                        }
                    };
                    shape = self.slots.shapes.learn(shape, self.bytes, name.clone(), found);
                }
            }
            self.blank();
            match found {
                None => self.value(SKIPPED, None, depth)?,
                Some(id) => {
                    if !self.slots.first_time(id, serial) {
                        return None;
                    }
                    let inner = if self.keys.is_outer(id) {
                        let text = &self.bytes[name];
                        match prefix {
                            None => {
                                self.slots.path.clear();
                                self.slots.path.extend_from_slice(text);
                            }
                            Some(prefix) => self.slots.extend_path(prefix, text),
                        }
                        Some((self.slots.path.len(), shape))
                    } else {
                        None
                    };
                    let field = if self.keys.is_field(id) { id } else { SKIPPED };
                    if field != SKIPPED {
                        self.slots.present(field);
                    }
                    self.value(field, inner, depth)?;
                }
            }
            if !self.more(b'}')? {
                return Some(());
            }
        }
    }

    #[inline]
    fn colon(&mut self) -> Option<()> {
        if self.peek() != b':' {
            self.blank();
        }
        self.expect(b':')
    }

    /// A value of `field`, and of the fields within it when `inner` says how long its path is, and
    /// at which key it stands.
    fn value(&mut self, field: FieldId, inner: Option<(usize, Shape)>, depth: u32) -> Option<()> {
        let start = self.at;
        let kind = match self.peek() {
            b'"' => {
                self.at += 1;
                let escaped = self.string()?;
                if field != SKIPPED {
                    let kind = if escaped { Kind::Escaped } else { Kind::Text };
                    self.slots.push(field, kind, start + 1, self.at - 1);
                }
                return Some(());
            }
            b'{' => {
                if field != SKIPPED {
                    self.slots.push(field, Kind::Object, start, start);
                }
                if depth >= DEPTH {
                    return None;
                }
                self.at += 1;
                return match inner {
                    Some((prefix, shape)) => {
                        let shape = self.slots.shapes.within(shape);
                        self.object(Some(prefix), shape, depth + 1)
                    }
                    None => self.skip_object(depth + 1),
                };
            }
            b'[' => {
                if depth >= DEPTH {
                    return None;
                }
                self.at += 1;
                return self.array(field, inner, depth + 1);
            }
            b't' => {
                self.word(b"true")?;
                Kind::True
            }
            b'f' => {
                self.word(b"false")?;
                Kind::False
            }
            b'n' => {
                self.word(b"null")?;
                return Some(());
            }
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return None,
        };
        if field != SKIPPED {
            self.slots.push(field, kind, start, self.at);
        }
        Some(())
    }

    fn array(&mut self, field: FieldId, inner: Option<(usize, Shape)>, depth: u32) -> Option<()> {
        self.blank();
        if self.peek() == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.blank();
            self.value(field, inner, depth)?;
            if !self.more(b']')? {
                return Some(());
            }
        }
    }

    fn skip_object(&mut self, depth: u32) -> Option<()> {
        self.blank();
        if self.peek() == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.blank();
            self.expect(b'"')?;
            self.string()?;
            self.colon()?;
            self.blank();
            self.value(SKIPPED, None, depth)?;
            if !self.more(b'}')? {
                return Some(());
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.bytes[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    fn number(&mut self) -> Option<Kind> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let first = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let digits = self.at - first;
        if digits == 0 || (digits > 1 && self.bytes[first] == b'0') {
            return None;
        }
        if self.peek() == b'.' {
            self.at += 1;
            let first = self.at;
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
            if self.at == first {
                return None;
            }
        }
        // An exponent can lead out of range; `serde_json` knows.
        if matches!(self.peek(), b'e' | b'E') {
            return None;
        }
        let plain = !negative && self.at - start == digits && digits < 18;
        Some(if plain { Kind::Whole } else { Kind::Number })
    }

    /// Looks at the block from `from`, of which the first byte is escaped when `carry` is 1.
    #[inline]
    fn load(&mut self, from: usize, carry: u64) {
        self.block = from;
        let rest = self.bytes.get(from..).unwrap_or_default();
        let marks = match rest.first_chunk() {
            Some(it) => marks(it),
            None => {
                // What is not there ends a text too.
                let mut last = [0; BLOCK];
                last[..rest.len()].copy_from_slice(rest);
                marks(&last)
            }
        };
        self.ends = marks.quotes | marks.controls;
        self.escapes = marks.backslashes;
        self.carry = 0;
        if marks.backslashes | carry != 0 {
            let (after, carry) = escaped(marks.backslashes, carry);
            self.carry = carry;
            self.ends &= !(after & marks.quotes);
            let mut others = after & !(marks.quotes | marks.backslashes);
            while others != 0 {
                let at = others.trailing_zeros();
                others &= others - 1;
                if !self.is_escape(from + at as usize) {
                    self.ends |= 1 << at;
                }
            }
        }
    }

    /// Whether what stands there may follow a backslash.
    fn is_escape(&mut self, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => {
                let Some(digits) = self.bytes.get(at + 1..at + 5) else { return false };
                let surrogate =
                    matches!(digits[0], b'd' | b'D') && !matches!(digits[1], b'0'..=b'7');
                self.slots.code_points = true;
                !surrogate && digits.iter().all(u8::is_ascii_hexdigit)
            }
            _ => false,
        }
    }

    /// The rest of a string after its first quote: whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        let mut passed = self.at - self.block;
        if passed >= BLOCK {
            self.load(self.at, 0);
            passed = 0;
        }
        let mut escaped = 0;
        loop {
            let (ends, escapes) = (self.ends >> passed, self.escapes >> passed);
            if ends != 0 {
                // All bits before the first.
                escaped |= escapes & (ends & ends.wrapping_neg()).wrapping_sub(1);
                self.at = self.block + passed + ends.trailing_zeros() as usize;
                self.expect(b'"')?;
                return Some(escaped != 0);
            }
            escaped |= escapes;
            self.load(self.block + BLOCK, self.carry);
            passed = 0;
        }
    }
}

/// Where something stands in a block; the first byte is the lowest bit.
struct Marks {
    quotes: u64,
    backslashes: u64,
    controls: u64,
}

#[inline]
fn marks(bytes: &[u8; BLOCK]) -> Marks {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let control = u8x16::splat(0x1f);
    let mut res = Marks { quotes: 0, backslashes: 0, controls: 0 };
    for (at, part) in bytes.as_chunks::<16>().0.iter().enumerate() {
        let it = u8x16::new(*part);
        let mask = |it: u8x16| u64::from(it.to_bitmask()) << (at * 16);
        res.quotes |= mask(it.simd_eq(quote));
        res.backslashes |= mask(it.simd_eq(backslash));
        res.controls |= mask(it.min(control).simd_eq(it));
    }
    res
}

/// Which bytes a backslash escapes, and whether the last backslash escapes what comes after them.
#[inline]
fn escaped(backslashes: u64, carry: u64) -> (u64, u64) {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    // A backslash that is escaped escapes nothing.
    let backslashes = backslashes & !carry;
    let follows = backslashes << 1 | carry;
    // Of rows of backslashes that begin at an odd place, the sum carries beyond the end.
    let odd = backslashes & !EVEN & !follows;
    let (ends, carry) = odd.overflowing_add(backslashes);
    ((EVEN ^ ends << 1) & follows, carry.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_bytes_are_those_after_every_other_backslash() {
        let mut state: u64 = 7;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let backslashes = (state >> 3) & (state >> 21) | (state >> 40 & 0xff) << 56;
            for carry in [0, 1] {
                let (mut want, mut open) = (0_u64, carry == 1);
                for at in 0..64 {
                    if open {
                        want |= 1 << at;
                        open = false;
                    } else {
                        open = backslashes >> at & 1 == 1;
                    }
                }
                let found = escaped(backslashes, carry);
                assert_eq!(found, (want, open.into()), "{backslashes:064b} {carry}");
            }
        }
    }
}
