//! The values that one event holds, by field, with their texts made when first asked for.

use ir::Number;
use serde_json::Value;

use super::folded::{Folded, KEPT, unescape};
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
    folded: Folded,
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
        if self.own.capacity() > KEPT {
            self.own = String::new();
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
        let part = held.start as usize..held.end as usize;
        let range = match held.kind {
            Kind::Object => return None,
            Kind::Text | Kind::Whole => self.folded.add(&line[part]),
            Kind::Escaped if held.text.0 == NONE && !self.code_points => {
                let known = self.folded.add_escaped(line[part.clone()].as_bytes());
                known.unwrap_or_else(|| {
                    let own = self.own.len();
                    unescape(&line[part], &mut self.own);
                    self.values[value as usize].text = (own as u32, self.own.len() as u32);
                    self.folded.add(&self.own[own..])
                })
            }
            _ => {
                // Lent out so that the text may stand in `own`.
                let mut folded = std::mem::take(&mut self.folded);
                let range = self.text(line, value).map(|it| folded.add(it));
                self.folded = folded;
                range.unwrap_or_default()
            }
        };
        self.values[value as usize].folded = (range.0 as u32, range.1 as u32);
        Some(range)
    }

    /// What [`fold`](Slots::fold) made.
    #[inline]
    pub(crate) fn folded(&self, range: (usize, usize)) -> &[u8] {
        self.folded.get(range)
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
