//! The values that one event holds, by field, with their texts made when first asked for.

use ir::Number;
use rustc_hash::FxHashMap;
use serde_json::Value;
use wide::u8x16;

use super::keys::{FieldId, Keys};
use super::marks::Marks;
use super::shape::Shapes;
use crate::event::Scalar;

const NONE: u32 = u32::MAX;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string of the line, as it is.
    Text,
    /// A string of the line, with escapes.
    Escaped,
    /// Digits of the line that spell a number without sign and fraction.
    Whole,
    /// A number of the line.
    Number,
    /// Text of our own.
    Own,
    /// A number in text of our own, in JSON's spelling.
    OwnNumber,
    True,
    False,
    Object,
}

/// One value.
#[derive(Debug, Clone, Copy)]
struct Held {
    kind: Kind,
    start: u32,
    end: u32,
    /// The next value of the same field.
    next: u32,
    /// Where its text stands in `own`, for kinds whose text is not in the line.
    text: (u32, u32),
    /// Where its folded text stands.
    folded: (u32, u32),
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// The event that the rest is about.
    stamp: u32,
    first: u32,
}

/// In which object each key was last met.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    keys: Vec<u32>,
    object: u32,
}

impl Seen {
    /// A number for an object that no other object has had lately.
    pub(crate) fn next_object(&mut self) -> u32 {
        self.object = self.object.wrapping_add(1);
        if self.object == 0 {
            self.keys.fill(0);
            self.object = 1;
        }
        self.object
    }

    /// Notes that `key` is in the object; `false` when it was there before.
    #[inline]
    pub(crate) fn first_time(&mut self, key: u32, object: u32) -> bool {
        std::mem::replace(&mut self.keys[key as usize], object) != object
    }
}

/// The values of one event. Kept from event to event for its memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    stamp: u32,
    fields: Vec<Slot>,
    values: Vec<Held>,
    pub(crate) seen: Seen,
    held: Vec<FieldId>,
    own: String,
    folded: Vec<u8>,
    cases: FxHashMap<char, char>,
    /// The dotted name of where the reader is.
    pub(crate) path: Vec<u8>,
    /// Whether a string of the line has a `\u` escape.
    pub(crate) code_points: bool,
    /// The keys of events before.
    pub(crate) shapes: Shapes,
    /// Where strings of the line end.
    pub(crate) marks: Marks,
}

impl Slots {
    pub(crate) fn new(keys: &Keys) -> Slots {
        Slots {
            fields: vec![Slot::default(); keys.fields()],
            seen: Seen { keys: vec![0; keys.len()], object: 0 },
            ..Slots::default()
        }
    }

    /// Forgets the event before.
    pub(crate) fn clear(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.fields.fill(Slot::default());
            self.stamp = 1;
        }
        self.values.clear();
        self.held.clear();
        self.own.clear();
        self.folded.clear();
        self.code_points = false;
        // One large event must not hold its memory for good.
        const KEPT: usize = 1 << 20;
        if self.own.capacity() > KEPT || self.folded.capacity() > KEPT {
            self.own = String::new();
            self.folded = Vec::new();
        }
        if self.cases.len() > 1 << 16 {
            self.cases = FxHashMap::default();
        }
    }

    /// The name within what the first `prefix` bytes of the path name.
    pub(crate) fn extend_path(&mut self, prefix: usize, name: &[u8]) {
        self.path.truncate(prefix);
        self.path.push(b'.');
        self.path.extend_from_slice(name);
    }

    /// Notes that the field is there, whatever it holds.
    #[inline]
    pub(crate) fn present(&mut self, field: FieldId) {
        let slot = &mut self.fields[field as usize];
        if slot.stamp != self.stamp {
            *slot = Slot { stamp: self.stamp, first: NONE };
            self.held.push(field);
        }
    }

    /// Adds a value of a field that is [`present`](Slots::present).
    #[inline]
    pub(crate) fn push(&mut self, field: FieldId, kind: Kind, start: usize, end: usize) {
        let next = self.fields[field as usize].first;
        self.fields[field as usize].first = self.values.len() as u32;
        self.values.push(Held {
            kind,
            start: start as u32,
            end: end as u32,
            next,
            text: (NONE, 0),
            folded: (NONE, 0),
        });
    }

    /// Lets `to` hold what `from` does, when it is not there itself.
    pub(crate) fn alias(&mut self, from: FieldId, to: FieldId) {
        if self.has(from) && !self.has(to) {
            self.fields[to as usize] = self.fields[from as usize];
            self.held.push(to);
        }
    }

    /// The fields that are there.
    pub(crate) fn held(&self) -> &[FieldId] {
        &self.held
    }

    #[inline]
    pub(crate) fn has(&self, field: FieldId) -> bool {
        self.fields[field as usize].stamp == self.stamp
    }

    /// The first value of a field.
    #[inline]
    pub(crate) fn first(&self, field: FieldId) -> Option<u32> {
        let slot = self.fields[field as usize];
        (slot.stamp == self.stamp && slot.first != NONE).then_some(slot.first)
    }

    /// The value after `value` in the same field.
    #[inline]
    pub(crate) fn next(&self, value: u32) -> Option<u32> {
        let next = self.values[value as usize].next;
        (next != NONE).then_some(next)
    }

    #[inline]
    pub(crate) fn kind(&self, value: u32) -> Kind {
        self.values[value as usize].kind
    }

    /// At most how many bytes the text of a string has; `None` for other values.
    #[inline]
    pub(crate) fn most_bytes(&self, value: u32) -> Option<usize> {
        let held = &self.values[value as usize];
        let is_text = matches!(held.kind, Kind::Text | Kind::Escaped | Kind::Own);
        is_text.then_some((held.end - held.start) as usize)
    }

    /// A text of the line as it stands there: two that look the same are the same.
    #[inline]
    pub(crate) fn raw<'a>(&self, line: &'a str, value: u32) -> Option<&'a [u8]> {
        let held = &self.values[value as usize];
        match held.kind {
            Kind::Text | Kind::Escaped | Kind::Whole => {
                line.as_bytes().get(held.start as usize..held.end as usize)
            }
            _ => None,
        }
    }

    /// What a value is, to be asked as the plain evaluator asks.
    pub(crate) fn scalar<'a>(&'a mut self, line: &'a str, value: u32) -> Scalar<'a> {
        let held = self.values[value as usize];
        let number = |text: &str| {
            let number = serde_json::from_str::<serde_json::Number>(text).ok();
            number.and_then(|it| crate::event::number(&it))
        };
        match held.kind {
            Kind::True => Scalar::Bool(true),
            Kind::False => Scalar::Bool(false),
            Kind::Object => Scalar::Object,
            Kind::Whole | Kind::Number => number(&line[held.start as usize..held.end as usize])
                .map_or(Scalar::Object, Scalar::Number),
            Kind::OwnNumber => number(&self.own[held.start as usize..held.end as usize])
                .map_or(Scalar::Object, Scalar::Number),
            Kind::Text | Kind::Escaped | Kind::Own => {
                self.text(line, value).map_or(Scalar::Object, Scalar::Text)
            }
        }
    }

    /// The number that a value is, when it is one.
    pub(crate) fn number(&mut self, line: &str, value: u32) -> Option<Number> {
        let held = self.values[value as usize];
        if held.kind == Kind::Whole {
            // Fewer than 18 digits.
            let digits = line[held.start as usize..held.end as usize].bytes();
            let whole = digits.fold(0_i64, |sum, it| sum * 10 + i64::from(it - b'0'));
            return Some(Number::Int(whole.into()));
        }
        self.scalar(line, value).number()
    }

    /// The text of a value; objects have none.
    #[inline]
    pub(crate) fn text<'a>(&'a mut self, line: &'a str, value: u32) -> Option<&'a str> {
        let held = self.values[value as usize];
        match held.kind {
            Kind::Text | Kind::Whole => Some(&line[held.start as usize..held.end as usize]),
            Kind::Own => Some(&self.own[held.start as usize..held.end as usize]),
            Kind::True => Some("true"),
            Kind::False => Some("false"),
            Kind::Object => None,
            Kind::Escaped | Kind::Number | Kind::OwnNumber => {
                if held.text.0 == NONE {
                    let start = self.own.len();
                    if held.kind == Kind::Escaped {
                        unescape(&line[held.start as usize..held.end as usize], &mut self.own);
                    } else {
                        let text = match self.scalar(line, value) {
                            Scalar::Number(it) => it.to_string(),
                            _ => return None,
                        };
                        self.own.push_str(&text);
                    }
                    self.values[value as usize].text = (start as u32, self.own.len() as u32);
                }
                let (start, end) = self.values[value as usize].text;
                Some(&self.own[start as usize..end as usize])
            }
        }
    }

    /// The folded text of a value; objects have none.
    #[inline]
    pub(crate) fn fold(&mut self, line: &str, value: u32) -> Option<(usize, usize)> {
        let held = self.values[value as usize];
        if held.folded.0 != NONE {
            return Some((held.folded.0 as usize, held.folded.1 as usize));
        }
        let start = self.folded.len();
        match held.kind {
            Kind::Object => return None,
            Kind::Text | Kind::Whole => {
                let text = &line[held.start as usize..held.end as usize];
                fold_into(text, &mut self.folded, &mut self.cases);
            }
            Kind::Escaped if held.text.0 == NONE && !self.code_points => {
                let raw = &line[held.start as usize..held.end as usize];
                if !fold_escaped(raw.as_bytes(), &mut self.folded) {
                    self.folded.truncate(start);
                    let text = held.start as usize..held.end as usize;
                    let own = self.own.len();
                    unescape(&line[text], &mut self.own);
                    self.values[value as usize].text = (own as u32, self.own.len() as u32);
                    fold_into(&self.own[own..], &mut self.folded, &mut self.cases);
                }
            }
            _ => {
                // Lent out so that the text may stand in `own`.
                let mut folded = std::mem::take(&mut self.folded);
                let mut cases = std::mem::take(&mut self.cases);
                if let Some(text) = self.text(line, value) {
                    fold_into(text, &mut folded, &mut cases);
                }
                self.folded = folded;
                self.cases = cases;
            }
        }
        let range = (start, self.folded.len());
        self.values[value as usize].folded = (range.0 as u32, range.1 as u32);
        Some(range)
    }

    /// What [`fold`](Slots::fold) made.
    #[inline]
    pub(crate) fn folded(&self, (start, end): (usize, usize)) -> &[u8] {
        &self.folded[start..end]
    }

    /// Folds a text that is not a value of a field.
    pub(crate) fn fold_text(&mut self, text: &str) -> (usize, usize) {
        let start = self.folded.len();
        fold_into(text, &mut self.folded, &mut self.cases);
        (start, self.folded.len())
    }

    /// Takes back the last folded text.
    pub(crate) fn unfold(&mut self, (start, _): (usize, usize)) {
        self.folded.truncate(start);
    }

    /// Adds a text that is not in the line.
    pub(crate) fn push_text(&mut self, field: FieldId, text: &str) {
        let start = self.own.len();
        self.own.push_str(text);
        self.push(field, Kind::Own, start, self.own.len());
    }

    /// Adds a number that is not in the line, in JSON's spelling.
    pub(crate) fn push_number(&mut self, field: FieldId, text: &str) {
        let start = self.own.len();
        self.own.push_str(text);
        self.push(field, Kind::OwnNumber, start, self.own.len());
    }

    /// Reads an event that is a value already.
    pub(crate) fn read(&mut self, event: &Value, keys: &Keys) {
        self.path.clear();
        self.read_inner(event, keys, None);
    }

    fn read_inner(&mut self, at: &Value, keys: &Keys, prefix: Option<usize>) {
        match at {
            Value::Object(map) => {
                for (name, value) in map {
                    self.path.truncate(prefix.unwrap_or(0));
                    if prefix.is_some() {
                        self.path.push(b'.');
                    }
                    self.path.extend_from_slice(name.as_bytes());
                    let Some(id) = keys.find(&self.path) else { continue };
                    if keys.is_field(id) {
                        self.present(id);
                        self.add(id, value);
                    }
                    if keys.is_outer(id) {
                        self.read_inner(value, keys, Some(self.path.len()));
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|it| self.read_inner(it, keys, prefix)),
            _ => {}
        }
    }

    fn add(&mut self, field: FieldId, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(true) => self.push(field, Kind::True, 0, 0),
            Value::Bool(false) => self.push(field, Kind::False, 0, 0),
            Value::Number(it) => self.push_number(field, &it.to_string()),
            Value::String(it) => self.push_text(field, it),
            Value::Array(items) => items.iter().for_each(|it| self.add(field, it)),
            Value::Object(_) => self.push(field, Kind::Object, 0, 0),
        }
    }
}

/// Adds `text`, folded as [`ir::fold`] does.
#[inline]
fn fold_into(text: &str, folded: &mut Vec<u8>, cases: &mut FxHashMap<char, char>) {
    let start = folded.len();
    folded.extend_from_slice(text.as_bytes());
    let new = &mut folded[start..];
    new.make_ascii_lowercase();
    if !new.is_ascii() {
        fold_beyond_ascii(text, start, folded, cases);
    }
}

/// Adds the folded text of a string of JSON with escapes but no `\u`; `false` for one that is not
/// ASCII.
#[inline]
fn fold_escaped(raw: &[u8], folded: &mut Vec<u8>) -> bool {
    const STEP: usize = 16;
    let start = folded.len();
    folded.resize(start + raw.len() + STEP, 0);
    let new = &mut folded[start..];
    let backslash = u8x16::splat(b'\\');
    let (mut at, mut to) = (0, 0);
    while let Some(rest) = raw.get(at..).filter(|it| !it.is_empty()) {
        // Texts with escapes are paths mostly, with a backslash every few bytes: a whole step is
        // copied, and what follows a backslash written over.
        let (step, len) = match rest.first_chunk::<STEP>() {
            Some(it) => (*it, STEP),
            None => {
                let mut last = [0; STEP];
                last[..rest.len()].copy_from_slice(rest);
                (last, rest.len())
            }
        };
        let Some(room) = new.get_mut(to..).and_then(<[u8]>::first_chunk_mut::<STEP>) else {
            return false;
        };
        *room = step;
        let plain = u8x16::new(step).simd_eq(backslash).to_bitmask().trailing_zeros() as usize;
        at += plain.min(len);
        to += plain.min(len);
        if plain >= len {
            continue;
        }
        let Some(escape) = raw.get(at + 1) else { return false };
        new[to] = match escape {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            it => *it,
        };
        at += 2;
        to += 1;
    }
    folded.truncate(start + to);
    let new = &mut folded[start..];
    new.make_ascii_lowercase();
    new.is_ascii()
}

#[cold]
fn fold_beyond_ascii(
    text: &str,
    start: usize,
    folded: &mut Vec<u8>,
    cases: &mut FxHashMap<char, char>,
) {
    folded.truncate(start);
    let mut buffer = [0; 4];
    for ch in text.chars() {
        if ch.is_ascii() {
            folded.push(ch.to_ascii_lowercase() as u8);
        } else {
            let ch = *cases.entry(ch).or_insert_with(|| ir::fold::fold(ch));
            folded.extend_from_slice(ch.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

/// Adds the text that `raw`, a string of JSON without its quotes, spells. It is known to be right.
fn unescape(raw: &str, to: &mut String) {
    let mut rest = raw;
    // Paths have a backslash every few bytes: looking for it byte by byte is quickest.
    while let Some(at) = rest.bytes().position(|it| it == b'\\') {
        to.push_str(&rest[..at]);
        let (ch, len) = match rest.as_bytes().get(at + 1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => {
                let digits = rest.get(at + 2..at + 6).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).unwrap_or_default();
                (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
            }
            Some(it) => (*it as char, 2),
            None => return,
        };
        to.push(ch);
        rest = rest.get(at + len..).unwrap_or_default();
    }
    to.push_str(rest);
}
