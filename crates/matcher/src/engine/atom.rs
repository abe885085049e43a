//! The distinct questions of all rules, each decided at most once for an event.

use std::sync::OnceLock;

use ir::{Case, Field, Part, Predicate, Shape};
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::guard::Guard;
use super::keys::FieldId;
use super::slots::Slots;
use crate::event::Scalar;
use crate::test::{Question, compares};

/// Every string of the event, in place of a field.
pub(crate) const ANYWHERE: FieldId = FieldId::MAX;

/// One question about one field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Atom {
    /// The field, or [`ANYWHERE`].
    pub(crate) field: FieldId,
    pub(crate) predicate: Predicate,
    /// The field it is compared with, of a comparison of fields.
    pub(crate) other: FieldId,
}

/// How a question is decided, made when it is first asked.
#[derive(Debug)]
pub(crate) enum Way {
    /// On the text of a value, folded or as it is.
    Text(Shaped, Case),
    Null,
    Exists,
    /// By a regular expression, where it may match.
    Regex(Box<Guarded>),
    /// As the plain evaluator does. Seldom, and large.
    Plain(Box<Question>),
    /// Never: what can't be made ready was refused when the rules were taken in.
    Never,
}

/// A regular expression that is compiled when the first text comes in which it may match: that takes
/// as long as many events.
#[derive(Debug)]
pub(crate) struct Guarded {
    guard: Guard,
    predicate: Predicate,
    question: OnceLock<Option<Question>>,
}

impl Guarded {
    fn new(regex: &ir::Regex, predicate: &Predicate) -> Guarded {
        let guard = Guard::new(regex.hir());
        Guarded { guard, predicate: predicate.clone(), question: OnceLock::new() }
    }

    /// The answer for a value that may have a match.
    fn passes(&self, value: Scalar<'_>) -> bool {
        if let Scalar::Text(text) = value
            && let Some(known) = self.guard.decides(text)
        {
            return known;
        }
        // What can't be compiled was refused when the rules were taken in.
        let question = self.question.get_or_init(|| Question::new(&self.predicate).ok());
        question.as_ref().is_some_and(|it| it.passes(value))
    }
}

/// A text to compare with, as bytes.
#[derive(Debug)]
pub(crate) enum Shaped {
    Exact(Box<[u8]>),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    Infix(Box<Finder<'static>>),
    Row(Box<Row>),
    Anything,
}

/// Texts in this order, with something between them.
#[derive(Debug)]
pub(crate) struct Row {
    /// At the beginning.
    first: Box<[u8]>,
    middle: Box<[Piece]>,
    /// At the end.
    last: Box<[u8]>,
    /// Whether there is more to the pattern than the first text: a run of characters.
    has_run: bool,
    /// What is asked of a text beyond ASCII, where some character may be any: how many bytes it has
    /// is not known.
    whole: Option<Question>,
}

/// What stands somewhere in a text.
#[derive(Debug)]
struct Piece {
    /// With [`ANY`] for any character.
    bytes: Box<[u8]>,
    /// The longest part without such, and where it begins.
    text: Finder<'static>,
    offset: usize,
}

/// Any character, in place of a byte that no text has.
const ANY: u8 = 0xff;

/// A question ready to be asked: all that is needed of it stands together.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The field, or [`ANYWHERE`].
    pub(crate) field: FieldId,
    /// The field it is compared with, of a comparison of fields.
    other: FieldId,
    way: Way,
}

#[derive(Debug, Default)]
pub(crate) struct Ways(Vec<OnceLock<Ready>>);

impl Ways {
    pub(crate) fn new(atoms: usize) -> Ways {
        Ways((0..atoms).map(|_| OnceLock::new()).collect())
    }

    #[inline]
    pub(crate) fn get(&self, atoms: &[Atom], id: u32) -> &Ready {
        self.0[id as usize].get_or_init(|| {
            let atom = &atoms[id as usize];
            Ready { field: atom.field, other: atom.other, way: Way::new(atom) }
        })
    }
}

impl Way {
    fn new(atom: &Atom) -> Way {
        match &atom.predicate {
            Predicate::Text(pattern, case) => {
                let bytes = |text: &str| match case {
                    Case::Sensitive => text.as_bytes().into(),
                    Case::Insensitive => ir::fold::fold_text(text).into_bytes().into_boxed_slice(),
                };
                let shaped = match pattern.shape() {
                    Shape::Exact(it) => Shaped::Exact(bytes(it)),
                    Shape::Prefix(it) => Shaped::Prefix(bytes(it)),
                    Shape::Suffix(it) => Shaped::Suffix(bytes(it)),
                    Shape::Infix(it) => {
                        Shaped::Infix(Box::new(Finder::new(&bytes(it)).into_owned()))
                    }
                    Shape::Anything => Shaped::Anything,
                    Shape::Glob => match Row::new(&atom.predicate, pattern.parts(), bytes) {
                        Some(it) => Shaped::Row(Box::new(it)),
                        None => return Way::Never,
                    },
                };
                Way::Text(shaped, *case)
            }
            Predicate::Null => Way::Null,
            Predicate::Exists => Way::Exists,
            Predicate::Regex(it) => Way::Regex(Box::new(Guarded::new(it, &atom.predicate))),
            other => Question::new(other).map_or(Way::Never, |it| Way::Plain(Box::new(it))),
        }
    }
}

impl Ready {
    /// Whether the event passes, for a question about a named field.
    pub(crate) fn passes(&self, line: &str, slots: &mut Slots) -> bool {
        let field = self.field;
        match &self.way {
            Way::Exists => slots.has(field),
            Way::Null => slots.first(field).is_none(),
            Way::Text(shaped, case) => {
                any(slots, field, |slots, value| shaped.passes(*case, line, slots, value))
            }
            Way::Regex(it) => any(slots, field, |slots, value| {
                may_match(&it.guard, line, slots, value) && it.passes(slots.scalar(line, value))
            }),
            Way::Plain(question) => self.plainly(question, line, slots),
            Way::Never => false,
        }
    }

    fn plainly(&self, question: &Question, line: &str, slots: &mut Slots) -> bool {
        match question {
            Question::Field(_, anchor, case) => {
                let mut others = Vec::new();
                let mut next = slots.first(self.other);
                while let Some(value) = next {
                    next = slots.next(value);
                    others.push(Owned::of(slots.scalar(line, value)));
                }
                any(slots, self.field, |slots, value| {
                    let mine = slots.scalar(line, value);
                    others.iter().any(|it| compares(mine, it.scalar(), *anchor, *case))
                })
            }
            Question::Number(cmp, number) => any(slots, self.field, |slots, value| {
                slots.number(line, value).is_some_and(|it| cmp.holds(it.cmp(number)))
            }),
            question => {
                any(slots, self.field, |slots, value| question.passes(slots.scalar(line, value)))
            }
        }
    }

    /// Whether one of the strings of an event passes, for a question about all of them.
    pub(crate) fn passes_one_of(&self, strings: &[Text]) -> bool {
        match &self.way {
            Way::Text(shaped, case) => strings.iter().any(|it| {
                let text = match case {
                    Case::Insensitive => &it.folded,
                    Case::Sensitive => &it.text,
                };
                match shaped.whole() {
                    Some(whole) if !text.is_ascii() => whole.passes(Scalar::Text(&it.text)),
                    _ => shaped.fits(text.as_bytes()),
                }
            }),
            Way::Regex(it) => strings.iter().any(|text| {
                it.guard.least <= text.text.len()
                    && it.guard.lets_through(text.folded.as_bytes())
                    && it.passes(Scalar::Text(&text.text))
            }),
            Way::Plain(it) => strings.iter().any(|text| it.passes(Scalar::Text(&text.text))),
            Way::Null | Way::Exists | Way::Never => false,
        }
    }
}

/// Whether a regular expression may match in a value.
#[inline]
fn may_match(guard: &Guard, line: &str, slots: &mut Slots, value: u32) -> bool {
    let Some(most) = slots.most_bytes(value) else { return true };
    most >= guard.least
        && (!guard.has_texts()
            || slots.fold(line, value).is_none_or(|it| guard.lets_through(slots.folded(it))))
}

/// A string of an event, as it is and folded.
#[derive(Debug)]
pub(crate) struct Text {
    text: String,
    folded: String,
}

impl Text {
    pub(crate) fn new(text: &str) -> Text {
        Text { text: text.to_owned(), folded: ir::fold::fold_text(text) }
    }
}

#[inline]
fn any(slots: &mut Slots, field: FieldId, mut passes: impl FnMut(&mut Slots, u32) -> bool) -> bool {
    let mut next = slots.first(field);
    while let Some(value) = next {
        if passes(slots, value) {
            return true;
        }
        next = slots.next(value);
    }
    false
}

impl Row {
    /// The row of a pattern; `None` when the pattern can't be asked at all.
    fn new(
        predicate: &Predicate,
        parts: &[Part],
        bytes: impl Fn(&str) -> Box<[u8]>,
    ) -> Option<Row> {
        let mut pieces = vec![Vec::new()];
        for part in parts {
            match part {
                Part::Literal(it) => pieces.last_mut()?.extend_from_slice(&bytes(it)),
                Part::One => pieces.last_mut()?.push(ANY),
                Part::Run => pieces.push(Vec::new()),
                Part::Placeholder(_) => return None,
            }
        }
        let has_any = parts.iter().any(|it| matches!(it, Part::One));
        let whole = if has_any { Some(Question::new(predicate).ok()?) } else { None };
        let has_run = pieces.len() > 1;
        let last = if has_run { pieces.pop()? } else { Vec::new() };
        let mut pieces = pieces.into_iter();
        let first = pieces.next()?;
        let middle = pieces.filter(|it| !it.is_empty()).map(|it| Piece::new(it.into())).collect();
        Some(Row { first: first.into(), middle, last: last.into(), has_run, whole })
    }

    #[inline]
    fn is_in(&self, text: &[u8]) -> bool {
        let Some((start, rest)) = text.split_at_checked(self.first.len()) else { return false };
        if !is_like(start, &self.first) {
            return false;
        }
        if !self.has_run {
            return rest.is_empty();
        }
        let Some(end) = rest.len().checked_sub(self.last.len()) else { return false };
        let (mut rest, end) = rest.split_at(end);
        // The earliest place is never worse than a later one.
        is_like(end, &self.last)
            && self.middle.iter().all(|it| match it.end_in(rest) {
                Some(at) => {
                    rest = &rest[at..];
                    true
                }
                None => false,
            })
    }
}

/// Whether a text of as many bytes is like this one.
#[inline]
fn is_like(text: &[u8], wanted: &[u8]) -> bool {
    text == wanted || text.iter().zip(wanted).all(|(it, wanted)| it == wanted || *wanted == ANY)
}

impl Piece {
    fn new(bytes: Box<[u8]>) -> Piece {
        let (mut at, mut longest) = (0, 0..0);
        for text in bytes.split(|it| *it == ANY) {
            if text.len() > longest.len() {
                longest = at..at + text.len();
            }
            at += text.len() + 1;
        }
        let text = Finder::new(&bytes[longest.clone()]).into_owned();
        Piece { bytes, text, offset: longest.start }
    }

    /// Where it ends, at the first place where it stands.
    #[inline]
    fn end_in(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        loop {
            let rest = text.get(from + self.offset..)?;
            let start = from + self.text.find(rest)?;
            let end = start + self.bytes.len();
            if is_like(text.get(start..end)?, &self.bytes) {
                return Some(end);
            }
            from = start + 1;
        }
    }
}

impl Shaped {
    #[inline]
    fn passes(&self, case: Case, line: &str, slots: &mut Slots, value: u32) -> bool {
        let text: &[u8] = match case {
            Case::Insensitive => match slots.fold(line, value) {
                Some(range) => slots.folded(range),
                None => return false,
            },
            Case::Sensitive => match slots.text(line, value) {
                Some(text) => text.as_bytes(),
                None => return false,
            },
        };
        match self.whole() {
            Some(whole) if !text.is_ascii() => whole.passes(slots.scalar(line, value)),
            _ => self.fits(text),
        }
    }

    /// Whether a text has this shape; one beyond ASCII is for [`whole`](Shaped::whole) to decide, when
    /// there is that.
    #[inline]
    fn fits(&self, text: &[u8]) -> bool {
        match self {
            Shaped::Exact(it) => text == &**it,
            Shaped::Prefix(it) => text.starts_with(it),
            Shaped::Suffix(it) => text.ends_with(it),
            Shaped::Infix(it) => it.needle().len() <= text.len() && it.find(text).is_some(),
            Shaped::Row(row) => row.is_in(text),
            Shaped::Anything => true,
        }
    }

    #[inline]
    fn whole(&self) -> Option<&Question> {
        match self {
            Shaped::Row(row) => row.whole.as_ref(),
            _ => None,
        }
    }
}

/// A value that outlives the look at it.
enum Owned {
    Text(String),
    Other(Scalar<'static>),
}

impl Owned {
    fn of(value: Scalar<'_>) -> Owned {
        match value {
            Scalar::Text(it) => Owned::Text(it.to_owned()),
            Scalar::Number(it) => Owned::Other(Scalar::Number(it)),
            Scalar::Bool(it) => Owned::Other(Scalar::Bool(it)),
            Scalar::Object => Owned::Other(Scalar::Object),
        }
    }

    fn scalar(&self) -> Scalar<'_> {
        match self {
            Owned::Text(it) => Scalar::Text(it),
            Owned::Other(it) => *it,
        }
    }
}

/// The atom of a test, with fields as numbers.
pub(crate) fn atom(
    field: &Field,
    predicate: &Predicate,
    number: &mut dyn FnMut(&str) -> FieldId,
) -> Atom {
    let id = match field {
        Field::Named(name) => number(name),
        Field::Anywhere => ANYWHERE,
    };
    let other = match predicate {
        Predicate::Field(name, ..) => number(name),
        _ => ANYWHERE,
    };
    Atom { field: id, predicate: predicate.clone(), other }
}
