//! Reads one line of JSON and keeps where the values of known fields stand.
//!
//! Knows the grammar of JSON; a line it accepts is one that `serde_json` accepts. What is rare it
//! leaves to the careful reading by `serde_json`: keys with escapes, a key twice in one object,
//! exponents, surrogates, deep nesting, and everything that is wrong.
//! Does not know rules.

use super::keys::{FieldId, Keys};
use super::slots::{Kind, Slots};

/// Deeper lines are left to the careful reading, which has a limit of its own.
const DEPTH: u32 = 64;

/// No field: the value is only passed over.
const SKIPPED: FieldId = FieldId::MAX;

/// Reads `line` into `slots`; `None` leaves it to the careful reading.
pub(crate) fn read(line: &str, keys: &Keys, slots: &mut Slots) -> Option<()> {
    let mut reader = Reader { bytes: line.as_bytes(), at: 0, keys, slots };
    reader.blank();
    reader.expect(b'{')?;
    reader.object(None, 0)?;
    reader.blank();
    (reader.at == reader.bytes.len()).then_some(())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
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

    /// The rest of a string after its first quote: whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        let mut escaped = false;
        loop {
            self.at += plain(self.bytes.get(self.at..)?);
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

/// How many bytes come before the first quote, backslash or control character.
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const QUOTE: u64 = LOW * b'"' as u64;
    const BACKSLASH: u64 = LOW * b'\\' as u64;
    const SPACE: u64 = LOW * 0x20;
    let mut at = 0;
    // Most strings end soon; the long ones are worth wider steps.
    while let Some(it) = bytes.get(at..at + 8).and_then(|it| <[u8; 8]>::try_from(it).ok()) {
        let it = u64::from_le_bytes(it);
        let (quote, backslash) = (it ^ QUOTE, it ^ BACKSLASH);
        let found = ((quote.wrapping_sub(LOW) & !quote)
            | (backslash.wrapping_sub(LOW) & !backslash)
            | (it.wrapping_sub(SPACE) & !it))
            & HIGH;
        if found != 0 {
            // Borrows make false marks only above a true one.
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
        if at == 32 {
            at += wide(&bytes[at..]);
        }
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..0x20) {
            break;
        }
        at += 1;
    }
    at
}

/// How many bytes, in steps of 32, hold none of what [`plain`] stops at.
fn wide(bytes: &[u8]) -> usize {
    let stops = |byte: u8| (byte == b'"') | (byte == b'\\') | (byte < 0x20);
    let clear = |it: &&[u8]| !it.iter().fold(false, |any, byte| any | stops(*byte));
    bytes.chunks_exact(32).take_while(clear).count() * 32
}
