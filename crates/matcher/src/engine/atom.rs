//! The distinct questions of all rules, each decided at most once for an event.

use std::sync::OnceLock;

use ir::{Case, Field, Predicate, Shape};
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
    /// As the plain evaluator does.
    Plain(Question),
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
    Anything,
}

#[derive(Debug, Default)]
pub(crate) struct Ways(Vec<OnceLock<Way>>);

impl Ways {
    pub(crate) fn new(atoms: usize) -> Ways {
        Ways((0..atoms).map(|_| OnceLock::new()).collect())
    }

    #[inline]
    pub(crate) fn get(&self, atoms: &[Atom], id: u32) -> &Way {
        self.0[id as usize].get_or_init(|| Way::new(&atoms[id as usize]))
    }
}

impl Way {
    fn new(atom: &Atom) -> Way {
        match &atom.predicate {
            Predicate::Text(pattern, case) if atom.field != ANYWHERE => {
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
                    Shape::Glob => return Way::plain(&atom.predicate),
                };
                Way::Text(shaped, *case)
            }
            Predicate::Null => Way::Null,
            Predicate::Exists => Way::Exists,
            other => Way::plain(other),
        }
    }

    fn plain(predicate: &Predicate) -> Way {
        Question::new(predicate).map_or(Way::Never, Way::Plain)
    }

    /// Whether the event passes, for a question about a named field.
    pub(crate) fn passes(&self, atom: &Atom, line: &str, slots: &mut Slots) -> bool {
        match self {
            Way::Exists => slots.has(atom.field),
            Way::Null => slots.first(atom.field).is_none(),
            Way::Text(shaped, case) => {
                any(slots, atom.field, |slots, value| shaped.passes(*case, line, slots, value))
            }
            Way::Plain(Question::Field(_, anchor, case)) => {
                let mut others = Vec::new();
                let mut next = slots.first(atom.other);
                while let Some(value) = next {
                    next = slots.next(value);
                    others.push(Owned::of(slots.scalar(line, value)));
                }
                any(slots, atom.field, |slots, value| {
                    let mine = slots.scalar(line, value);
                    others.iter().any(|it| compares(mine, it.scalar(), *anchor, *case))
                })
            }
            Way::Plain(Question::Number(cmp, number)) => any(slots, atom.field, |slots, value| {
                slots.number(line, value).is_some_and(|it| cmp.holds(it.cmp(number)))
            }),
            Way::Plain(question) => {
                any(slots, atom.field, |slots, value| question.passes(slots.scalar(line, value)))
            }
            Way::Never => false,
        }
    }

    /// The question to ask of all strings.
    pub(crate) fn question(&self) -> Option<&Question> {
        match self {
            Way::Plain(it) => Some(it),
            _ => None,
        }
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
        match self {
            Shaped::Exact(it) => text == &**it,
            Shaped::Prefix(it) => text.starts_with(it),
            Shaped::Suffix(it) => text.ends_with(it),
            Shaped::Infix(it) => it.needle().len() <= text.len() && it.find(text).is_some(),
            Shaped::Anything => true,
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
