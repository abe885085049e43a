//! The distinct questions of all rules, each decided at most once for an event.

use std::sync::OnceLock;

use ir::{Case, Field, Part, Predicate, Shape};
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

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
    /// As the plain evaluator does. Seldom, and large.
    Plain(Box<Question>),
    /// Never: what can't be made ready was refused when the rules were taken in.
    Never,
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
    middle: Box<[Finder<'static>]>,
    /// At the end.
    last: Box<[u8]>,
    /// What is asked of a text that has them, where that is not all there is to it.
    whole: Option<Question>,
}

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
            other => Way::plain(other),
        }
    }

    fn plain(predicate: &Predicate) -> Way {
        Question::new(predicate).map_or(Way::Never, |it| Way::Plain(Box::new(it)))
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
                shaped.fits(text.as_bytes())
                    && shaped.whole().is_none_or(|whole| whole.passes(Scalar::Text(&it.text)))
            }),
            Way::Plain(it) => strings.iter().any(|text| it.passes(Scalar::Text(&text.text))),
            Way::Null | Way::Exists | Way::Never => false,
        }
    }
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
        let (mut first, mut middle, mut last) = (Box::default(), Vec::new(), Box::default());
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Literal(it) if at == 0 => first = bytes(it),
                Part::Literal(it) if at + 1 == parts.len() => last = bytes(it),
                Part::Literal(it) => middle.push(Finder::new(&bytes(it)).into_owned()),
                Part::Run | Part::One | Part::Placeholder(_) => {}
            }
        }
        let runs_only = parts.iter().all(|it| matches!(it, Part::Literal(_) | Part::Run));
        let whole = if runs_only { None } else { Some(Question::new(predicate).ok()?) };
        Some(Row { first, middle: middle.into(), last, whole })
    }

    #[inline]
    fn is_in(&self, text: &[u8]) -> bool {
        let Some(rest) = text.strip_prefix(&*self.first) else { return false };
        let Some(mut rest) = rest.strip_suffix(&*self.last) else { return false };
        // The earliest place is never worse than a later one.
        self.middle.iter().all(|it| match it.find(rest) {
            Some(at) => {
                rest = &rest[at + it.needle().len()..];
                true
            }
            None => false,
        })
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
        self.fits(text) && self.whole().is_none_or(|whole| whole.passes(slots.scalar(line, value)))
    }

    /// Whether a text has this shape, but for what [`whole`](Shaped::whole) asks.
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
