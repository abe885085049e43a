//! Automata over characters: of patterns, and of regular expressions.
//!
//! Knows: states and edges. Does not know: fields, what a language is for.

use std::sync::Arc;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

use crate::glob::Glob;

/// The largest automaton that is built; `[a-z]{1,9999}` of `[a-z]{1,9999}` would fill the memory.
const MOST_STATES: usize = 20_000;

/// Characters as inclusive ranges of code points, in order.
pub(crate) type Set = Arc<[(u32, u32)]>;

/// A non-deterministic automaton with one accepting state.
#[derive(Debug, Clone)]
pub(crate) struct Nfa {
    edges: Vec<Vec<Edge>>,
    accept: u32,
    /// From this state on everything is accepted.
    pub(crate) all: Option<u32>,
    pub(crate) looks: bool,
}

/// A step from one state to another.
#[derive(Debug, Clone)]
pub(crate) enum Edge {
    /// By a character of the set.
    Char(Set, u32),
    /// By nothing.
    Free(u32),
    /// By nothing, where the look holds.
    Look(Look, u32),
}

/// Why a regular expression has no automaton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Nfa {
    /// The state that every text begins in.
    pub(crate) const START: u32 = 0;

    /// The steps out of a state.
    pub(crate) fn edges(&self, state: u32) -> &[Edge] {
        self.edges.get(state as usize).map_or(&[], Vec::as_slice)
    }

    /// The accepting state.
    pub(crate) fn accept(&self) -> u32 {
        self.accept
    }

    /// How many states there are.
    pub(crate) fn len(&self) -> usize {
        self.edges.len()
    }

    /// The automaton of a pattern; with `folded`, in any case.
    pub(crate) fn of_glob(glob: &Glob, folded: bool) -> Nfa {
        let mut builder = Builder::default();
        let mut at = builder.state();
        let any = any();
        for (idx, segment) in glob.segments().iter().enumerate() {
            if idx > 0 {
                builder.edge(at, Edge::Char(any.clone(), at));
            }
            for ch in segment {
                let set = match ch {
                    None => any.clone(),
                    Some(it) if folded => cases(*it),
                    Some(it) => Arc::from([(u32::from(*it), u32::from(*it))]),
                };
                let next = builder.state();
                builder.edge(at, Edge::Char(set, next));
                at = next;
            }
        }
        let open = glob.segments().len() > 1 && glob.segments().last().is_some_and(Vec::is_empty);
        Nfa { edges: builder.edges, accept: at, all: open.then_some(at), looks: false }
    }

    /// The automaton of the texts in which the regular expression is found.
    pub(crate) fn of_search(hir: &Hir) -> Result<Nfa, TooLarge> {
        let mut builder = Builder::default();
        let any = any();
        let start = builder.state();
        builder.edge(start, Edge::Char(any.clone(), start));
        let end = builder.hir(hir, start)?;
        let accept = builder.state();
        builder.edge(end, Edge::Free(accept));
        builder.edge(accept, Edge::Char(any, accept));
        Ok(Nfa { edges: builder.edges, accept, all: Some(accept), looks: builder.looks })
    }

    /// The automaton of what the regular expression is as a whole.
    pub(crate) fn of_whole(hir: &Hir) -> Result<Nfa, TooLarge> {
        let mut builder = Builder::default();
        let start = builder.state();
        let end = builder.hir(hir, start)?;
        let accept = builder.state();
        builder.edge(end, Edge::Free(accept));
        Ok(Nfa { edges: builder.edges, accept, all: None, looks: builder.looks })
    }
}

/// Every character.
fn any() -> Set {
    Arc::from([(0, u32::from(char::MAX))])
}

/// The characters that differ from `ch` in case only.
fn cases(ch: char) -> Set {
    set(&ir::fold_class(&ClassUnicode::new([ClassUnicodeRange::new(ch, ch)])))
}

fn set(class: &ClassUnicode) -> Set {
    class.ranges().iter().map(|it| (u32::from(it.start()), u32::from(it.end()))).collect()
}

#[derive(Default)]
struct Builder {
    edges: Vec<Vec<Edge>>,
    looks: bool,
}

impl Builder {
    fn state(&mut self) -> u32 {
        self.edges.push(Vec::new());
        // The number of states is far below 2^32.
        u32::try_from(self.edges.len() - 1).unwrap_or(u32::MAX)
    }

    fn edge(&mut self, from: u32, edge: Edge) {
        if let Some(it) = self.edges.get_mut(from as usize) {
            it.push(edge);
        }
    }

    /// Adds what matches `hir` from the state `at` on, and gives the state after it.
    fn hir(&mut self, hir: &Hir, at: u32) -> Result<u32, TooLarge> {
        if self.edges.len() > MOST_STATES {
            return Err(TooLarge);
        }
        match hir.kind() {
            HirKind::Empty => Ok(at),
            HirKind::Literal(it) => {
                let text = std::str::from_utf8(&it.0).map_err(|_| TooLarge)?;
                Ok(text
                    .chars()
                    .fold(at, |at, ch| self.char(at, Arc::from([(u32::from(ch), u32::from(ch))]))))
            }
            HirKind::Class(Class::Unicode(it)) => Ok(self.char(at, set(it))),
            HirKind::Class(Class::Bytes(it)) => {
                let ascii = it.ranges().iter().all(|it| it.end() < 0x80);
                let ranges = it.ranges().iter().map(|it| (it.start().into(), it.end().into()));
                if ascii { Ok(self.char(at, ranges.collect())) } else { Err(TooLarge) }
            }
            HirKind::Look(look) => {
                if !known(*look) {
                    return Err(TooLarge);
                }
                self.looks = true;
                let next = self.state();
                self.edge(at, Edge::Look(*look, next));
                Ok(next)
            }
            HirKind::Capture(it) => self.hir(&it.sub, at),
            HirKind::Concat(parts) => parts.iter().try_fold(at, |at, it| self.hir(it, at)),
            HirKind::Alternation(parts) => {
                let out = self.state();
                for part in parts {
                    let enter = self.state();
                    self.edge(at, Edge::Free(enter));
                    let end = self.hir(part, enter)?;
                    self.edge(end, Edge::Free(out));
                }
                Ok(out)
            }
            HirKind::Repetition(it) => {
                let mut at = at;
                for _ in 0..it.min {
                    at = self.hir(&it.sub, at)?;
                }
                self.rest_of_repetition(&it.sub, it.max.map(|max| max - it.min), at)
            }
        }
    }

    /// Up to `more` further times, or any number.
    fn rest_of_repetition(
        &mut self,
        sub: &Hir,
        more: Option<u32>,
        mut at: u32,
    ) -> Result<u32, TooLarge> {
        let out = self.state();
        match more {
            None => {
                let enter = self.state();
                self.edge(at, Edge::Free(enter));
                let end = self.hir(sub, enter)?;
                self.edge(end, Edge::Free(enter));
                self.edge(enter, Edge::Free(out));
            }
            Some(more) => {
                for _ in 0..more {
                    self.edge(at, Edge::Free(out));
                    at = self.hir(sub, at)?;
                }
                self.edge(at, Edge::Free(out));
            }
        }
        Ok(out)
    }

    fn char(&mut self, at: u32, set: Set) -> u32 {
        let next = self.state();
        self.edge(at, Edge::Char(set, next));
        next
    }
}

fn known(look: Look) -> bool {
    matches!(
        look,
        Look::Start
            | Look::End
            | Look::StartLF
            | Look::EndLF
            | Look::WordAscii
            | Look::WordAsciiNegate
            | Look::WordStartAscii
            | Look::WordEndAscii
            | Look::WordStartHalfAscii
            | Look::WordEndHalfAscii
    )
}

/// What a look sees on one side of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The border of the text.
    Border,
    /// A newline.
    Newline,
    /// An ASCII letter, digit or `_`.
    Word,
    /// Any other character.
    Other,
}

impl Side {
    /// What a look sees of a character.
    pub(crate) fn of(ch: char) -> Side {
        match ch {
            '\n' => Side::Newline,
            '_' => Side::Word,
            it if it.is_ascii_alphanumeric() => Side::Word,
            _ => Side::Other,
        }
    }

    /// Whether the look holds between the two.
    pub(crate) fn holds(look: Look, before: Side, after: Side) -> bool {
        let (from, to) = (before == Side::Word, after == Side::Word);
        match look {
            Look::Start => before == Side::Border,
            Look::End => after == Side::Border,
            Look::StartLF => matches!(before, Side::Border | Side::Newline),
            Look::EndLF => matches!(after, Side::Border | Side::Newline),
            Look::WordAscii => from != to,
            Look::WordAsciiNegate => from == to,
            Look::WordStartAscii => !from && to,
            Look::WordEndAscii => from && !to,
            Look::WordStartHalfAscii => !from,
            Look::WordEndHalfAscii => !to,
            _ => false,
        }
    }
}
