//! Reads one line of JSON and keeps where the values of known fields stand.
//!
//! Knows the grammar of JSON; a line it accepts is one that `serde_json` accepts. What is rare it
//! leaves to the careful reading by `serde_json`: keys with escapes, a key twice in one object,
//! exponents, surrogates, deep nesting, and everything that is wrong.
//! Does not know rules.

use wide::u8x16;

use super::keys::{FieldId, Keys};
use super::slots::{Kind, Slots};

/// Deeper lines are left to the careful reading, which has a limit of its own.
const DEPTH: u32 = 64;

/// No field: the value is only passed over.
const SKIPPED: FieldId = FieldId::MAX;

/// Reads `line` into `slots`; `None` leaves it to the careful reading.
pub(crate) fn read(line: &str, keys: &Keys, slots: &mut Slots) -> Option<()> {
    let mut reader = Reader { bytes: line.as_bytes(), at: 0, block: 0, stops: 0, keys, slots };
    reader.load();
    reader.blank();
    reader.expect(b'{')?;
    reader.object(None, 0)?;
    reader.blank();
    (reader.at == reader.bytes.len()).then_some(())
}

/// How many bytes are looked at together.
const BLOCK: usize = 64;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the block begins that `stops` is about.
    block: usize,
    stops: u64,
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
    /// and a dot.
    fn object(&mut self, prefix: Option<usize>, depth: u32) -> Option<()> {
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
            if self.string()? {
                return None;
            }
            let end = self.at - 1;
            if self.peek() == b':' {
                self.at += 1;
            } else {
                self.blank();
                self.expect(b':')?;
            }
            self.blank();
            let name = &self.bytes[start..end];
            let found = match prefix {
                None => self.keys.find(name),
                Some(prefix) => {
                    self.slots.path.truncate(prefix);
                    self.slots.path.push(b'.');
                    self.slots.path.extend_from_slice(name);
                    self.keys.find(&self.slots.path)
                }
            };
            match found {
                None => self.value(SKIPPED, None, depth)?,
                Some(id) => {
                    if !self.slots.first_time(id, serial) {
                        return None;
                    }
                    let inner = self.keys.is_outer(id).then(|| {
                        if prefix.is_none() {
                            self.slots.path.clear();
                            self.slots.path.extend_from_slice(name);
                        }
                        self.slots.path.len()
                    });
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

    /// A value of `field`, and of the fields within it when `inner` says how long its path is.
    fn value(&mut self, field: FieldId, inner: Option<usize>, depth: u32) -> Option<()> {
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
                    Some(prefix) => self.object(Some(prefix), depth + 1),
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

    fn array(&mut self, field: FieldId, inner: Option<usize>, depth: u32) -> Option<()> {
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
            self.blank();
            self.expect(b':')?;
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

    /// Looks at the block that begins here.
    #[inline]
    fn load(&mut self) {
        self.block = self.at;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.stops = match rest.first_chunk() {
            Some(it) => stops(it),
            None => {
                // What is not there stops a text too.
                let mut last = [0; BLOCK];
                last[..rest.len()].copy_from_slice(rest);
                stops(&last)
            }
        };
    }

    /// Goes on to the next quote, backslash or control character, or to the end.
    #[inline]
    fn stop(&mut self) {
        loop {
            let passed = self.at - self.block;
            let left = if passed < BLOCK { self.stops >> passed } else { 0 };
            if left != 0 {
                self.at += left.trailing_zeros() as usize;
                return;
            }
            self.at = self.at.max(self.block + BLOCK);
            self.load();
        }
    }

    /// The rest of a string after its first quote: whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        let mut escaped = false;
        loop {
            self.stop();
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Some(escaped);
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.bytes.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' => {
                let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                let surrogate =
                    matches!(digits[0], b'd' | b'D') && !matches!(digits[1], b'0'..=b'7');
                if surrogate || !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.slots.code_points = true;
                self.at += 6;
            }
            _ => return None,
        }
        Some(())
    }
}

/// Which of the bytes end a run of plain text: quotes, backslashes and control characters. The
/// first byte is the lowest bit.
#[inline]
fn stops(bytes: &[u8; BLOCK]) -> u64 {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let control = u8x16::splat(0x1f);
    let parts = bytes.as_chunks::<16>().0.iter().enumerate();
    parts.fold(0, |res, (at, part)| {
        let it = u8x16::new(*part);
        let found = it.simd_eq(quote) | it.simd_eq(backslash) | it.min(control).simd_eq(it);
        res | u64::from(found.to_bitmask()) << (at * 16)
    })
}
