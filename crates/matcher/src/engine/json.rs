//! Reads one line of JSON and keeps where the values of known fields stand.
//!
//! Knows the grammar of JSON; a line it accepts is one that `serde_json` accepts. What is rare it
//! leaves to the careful reading by `serde_json`: keys with escapes, a key twice in one object,
//! exponents, surrogates, deep nesting, and everything that is wrong.
//! Does not know rules.

use super::keys::{FieldId, Keys};
use super::marks::Marks;
use super::shape::{NOWHERE, ROOT, Shape, Step, UNKNOWN};
use super::slots::{Kind, Slots};

/// Deeper lines are left to the careful reading, which has a limit of its own.
const DEPTH: u32 = 64;

/// No field: the value is only passed over.
const SKIPPED: FieldId = FieldId::MAX;

/// Reads `line` into `slots`; `None` leaves it to the careful reading.
pub(crate) fn read(line: &str, keys: &Keys, slots: &mut Slots) -> Option<()> {
    slots.shapes.start();
    // Lent out so that they are at hand.
    let mut marks = std::mem::take(&mut slots.marks);
    slots.code_points = marks.take(line.as_bytes());
    let mut reader = Reader { bytes: line.as_bytes(), at: 0, marks: &marks, keys, slots };
    let res = reader.whole();
    slots.marks = marks;
    res
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    marks: &'a Marks,
    keys: &'a Keys,
    slots: &'a mut Slots,
}

impl Reader<'_> {
    fn whole(&mut self) -> Option<()> {
        self.blank();
        self.expect(b'{')?;
        self.object(None, ROOT, 0)?;
        self.blank();
        (self.at == self.bytes.len()).then_some(())
    }

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

    /// After an item of an array or a skipped object: whether another comes before its `end`.
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
    /// and a dot. What leads to its values is guessed to be what came after `shape` before.
    fn object(&mut self, prefix: Option<usize>, mut shape: Shape, depth: u32) -> Option<()> {
        // Told apart by this number when their keys are not all those of a shape.
        let mut serial = (shape == NOWHERE).then(|| self.slots.seen.next_object());
        let mut is_first = true;
        // Apart from the reader, so that each place need not be written and read again.
        let mut at = self.at;
        loop {
            if self.bytes.get(at) == Some(&b'}') {
                self.at = at + 1;
                return Some(());
            }
            let next = self.slots.shapes.follow(shape, self.bytes, at);
            let step;
            (shape, step) = if next != ROOT {
                let step = self.slots.shapes.step(next);
                at += usize::from(step.len);
                (next, step)
            } else {
                self.at = at;
                let step = self.key(prefix, shape, is_first, &mut serial)?;
                at = self.at;
                match step {
                    Some(it) => (it.shape, it),
                    None => return Some(()),
                }
            };
            is_first = false;
            let (mut field, mut inner) = (SKIPPED, None);
            let id = step.found;
            if id != UNKNOWN {
                if self.keys.is_outer(id) {
                    let start = at.checked_sub(step.back.into())?;
                    self.enter(prefix, self.bytes.get(start..start + usize::from(step.key))?);
                    inner = Some((self.slots.path.len(), shape));
                }
                if self.keys.is_field(id) {
                    self.slots.present(id);
                    field = id;
                }
            }
            if step.is_text {
                at = self.text(field, at)?;
            } else {
                self.at = at;
                // Another event may have had no blank here.
                self.blank();
                self.value(field, inner, depth)?;
                at = self.at;
            }
        }
    }

    /// The way to the next value of an object, other than those gone before; none at its end.
    #[inline(never)]
    fn key(
        &mut self,
        prefix: Option<usize>,
        shape: Shape,
        is_first: bool,
        serial: &mut Option<u32>,
    ) -> Option<Option<Step>> {
        let from = self.at;
        self.blank();
        if self.peek() == b'}' {
            self.at += 1;
            return Some(None);
        }
        if !is_first {
            self.expect(b',')?;
            self.blank();
        }
        self.expect(b'"')?;
        let start = self.at;
        let (end, escaped) = self.string(start)?;
        if escaped {
            return None;
        }
        let name = &self.bytes[start..end];
        self.at = end + 1;
        self.colon()?;
        self.blank();
        let is_text = self.peek() == b'"';
        self.at += usize::from(is_text);
        let found = match prefix {
            None => self.keys.find(name),
            Some(prefix) => {
                self.slots.extend_path(prefix, name);
                self.keys.find(&self.slots.path)
            }
        };
        let found = found.unwrap_or(UNKNOWN);
        let (key, back) = match (name.len().try_into(), (self.at - start).try_into()) {
            (Ok(key), Ok(back)) => (key, back),
            // Nobody asks where such a key stands.
            _ if found == UNKNOWN => (0, 0),
            _ => return None,
        };
        let step = Step { shape, found, key, back, is_text, len: 0 };
        if serial.is_none() {
            if found != UNKNOWN && self.slots.shapes.known(shape).any(|it| it == found) {
                return None;
            }
            let shape = self.slots.shapes.learn(self.bytes, from..self.at, step);
            if shape != NOWHERE {
                return Some(Some(Step { shape, ..step }));
            }
        }
        // Where nothing is learned, what came before is noted by key.
        let Slots { shapes, seen, .. } = &mut *self.slots;
        let object = *serial.get_or_insert_with(|| {
            let object = seen.next_object();
            shapes.known(shape).for_each(|it| _ = seen.first_time(it, object));
            object
        });
        if found != UNKNOWN && !seen.first_time(found, object) {
            return None;
        }
        Some(Some(Step { shape: NOWHERE, ..step }))
    }

    /// Makes the path that of the object under a key.
    fn enter(&mut self, prefix: Option<usize>, name: &[u8]) {
        match prefix {
            None => {
                self.slots.path.clear();
                self.slots.path.extend_from_slice(name);
            }
            Some(prefix) => self.slots.extend_path(prefix, name),
        }
    }

    /// A string as a value of `field`, after its first quote; where it ends.
    #[inline(always)]
    fn text(&mut self, field: FieldId, start: usize) -> Option<usize> {
        let (end, escaped) = self.string(start)?;
        if field != SKIPPED {
            let kind = if escaped { Kind::Escaped } else { Kind::Text };
            self.slots.push(field, kind, start, end);
        }
        Some(end + 1)
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
                self.at = self.text(field, start + 1)?;
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
            self.at = self.string(self.at)?.0 + 1;
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

    /// Passes over digits: how many there are.
    #[inline]
    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|it| it.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn number(&mut self) -> Option<Kind> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let first = self.at;
        let digits = self.digits();
        if digits == 0 || (digits > 1 && self.bytes[first] == b'0') {
            return None;
        }
        if self.peek() == b'.' {
            self.at += 1;
            if self.digits() == 0 {
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

    /// Where the last quote of a string stands of which the first stands before `start`, and whether
    /// it has escapes.
    #[inline]
    fn string(&self, start: usize) -> Option<(usize, bool)> {
        let (end, escaped) = self.marks.end(start);
        (self.bytes.get(end) == Some(&b'"')).then_some((end, escaped))
    }
}
