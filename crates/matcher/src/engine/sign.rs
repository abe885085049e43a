//! What must be seen in an event before a rule can match it.
//!
//! Knows which texts and numbers a rule can't match without, and guesses how rare each is: a wrong
//! guess costs time, never a match.

use ir::{Case, Cmp, Number, Part, Predicate, Shape};
use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

use super::atom::{ANYWHERE, Atom};
use super::keys::FieldId;
use super::ordinary;
use super::program::Step;

/// Something to look for in an event. Texts are folded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Sign {
    /// A value of the field has this text.
    Exact(FieldId, Box<str>),
    /// A value's text begins so.
    Prefix(FieldId, Box<str>),
    /// A value's text ends so.
    Suffix(FieldId, Box<str>),
    /// A value's text contains this; of [`ANYWHERE`], any string of the event does.
    Within(FieldId, Box<str>),
    /// A value is this number.
    Number(FieldId, Number),
    /// The field is there.
    Present(FieldId),
}

/// A sign, and the question that it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) sign: Sign,
    /// The atom that can't hold without this one sign.
    pub(crate) atom: Option<u32>,
    /// Whether it holds wherever the sign is.
    pub(crate) sure: bool,
}

/// Signs of which each match shows at least one, and about how many of a thousand events do.
#[derive(Debug, Clone)]
pub(crate) struct Signs {
    pub(crate) signs: Vec<Shown>,
    cost: f32,
    /// The effort of looking for them in an event, beyond what most events are looked at for anyway.
    search: f32,
}

/// How many of a thousand events are taken to show what one more rule asks for.
const PER_USE: f32 = 1.0;

/// And at most so many for all.
const MOST_BY_USE: f32 = 60.0;

/// How many of a thousand events are taken to be of the kind that a rule asks for.
const OF_A_KIND: f32 = 150.0;

/// The effort of turning to a rule.
const WAKING: f32 = 20.0;

/// The effort of walking through every byte of an event.
const SEARCH: f32 = 600.0;

/// A row of signs longer than this is worse than trying the rule on every event.
const MOST: usize = 40_000;

/// Questions, and how many rules ask each: what many rules ask for is what many events show.
pub(crate) struct Asked<'a> {
    pub(crate) steps: &'a [Step],
    pub(crate) atoms: &'a [Atom],
    uses: Vec<u32>,
    /// The fields that tell kinds of events apart, of which each value is that of many events.
    kinds: &'a [FieldId],
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        steps: &'a [Step],
        atoms: &'a [Atom],
        kinds: &'a [FieldId],
        roots: impl Iterator<Item = Step>,
    ) -> Asked<'a> {
        let mut res = Asked { steps, atoms, uses: vec![0; atoms.len()], kinds };
        roots.for_each(|it| res.count(it));
        res
    }

    fn count(&mut self, step: Step) {
        match step {
            Step::Atom(id) => self.uses[id as usize] += 1,
            Step::All(start, len) | Step::Any(start, len) => {
                inner(start, len, self.steps).iter().for_each(|it| self.count(*it));
            }
            Step::Not(part) => self.count(self.steps[part as usize]),
            Step::Const(_) => {}
        }
    }
}

impl Asked<'_> {
    /// The [`effort`] of a condition of which nothing is known yet.
    fn effort(&self, step: Step) -> f32 {
        match step {
            Step::Atom(id) => effort(&self.atoms[id as usize]) as f32,
            Step::All(start, len) | Step::Any(start, len) => {
                inner(start, len, self.steps).iter().map(|it| self.effort(*it)).sum()
            }
            Step::Not(part) => self.effort(self.steps[part as usize]),
            Step::Const(_) => 0.0,
        }
    }
}

/// The cheapest signs of a rule; `None` when it can match an event that shows nothing.
pub(crate) fn signs(root: Step, asked: &Asked<'_>) -> Option<Signs> {
    let (steps, atoms) = (asked.steps, asked.atoms);
    match root {
        Step::Atom(id) => {
            let atom = &atoms[id as usize];
            let mut res = of_atom(atom)?;
            if let [it] = res.signs.as_mut_slice() {
                // Where a string ends, and what of the line is none, is not told apart when all
                // strings are looked through.
                let sure = atom.field != ANYWHERE && is_all(&it.sign, &atom.predicate);
                (it.atom, it.sure) = (Some(id), sure);
                let uses = asked.uses[id as usize] as f32;
                res.cost = res.cost.max((uses * PER_USE).min(MOST_BY_USE));
                let whole = matches!(it.sign, Sign::Number(..) | Sign::Exact(..));
                if whole && asked.kinds.contains(&atom.field) {
                    res.cost = res.cost.max(OF_A_KIND);
                }
            }
            Some(res)
        }
        // Each time that the signs of a part are seen, the other parts are asked.
        Step::All(start, len) => {
            let parts = inner(start, len, steps).iter();
            let efforts: Vec<f32> = parts.clone().map(|it| asked.effort(*it)).collect();
            let all: f32 = efforts.iter().sum();
            let costs = parts.zip(efforts).filter_map(|(it, own)| {
                let signs = signs(*it, asked)?;
                Some((signs.cost * (WAKING + all - own) + signs.search * 1000.0, signs))
            });
            costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|it| it.1)
        }
        Step::Any(start, len) => any(inner(start, len, steps).iter().map(|it| signs(*it, asked))),
        // "Holds a value" is the negation of null.
        Step::Not(inner) => match steps[inner as usize] {
            Step::Atom(id) if atoms[id as usize].predicate == Predicate::Null => {
                Some(present(atoms[id as usize].field))
            }
            _ => None,
        },
        Step::Const(true) => None,
        Step::Const(false) => Some(Signs { signs: Vec::new(), cost: 0.0, search: 0.0 }),
    }
}

fn inner(start: u32, len: u32, steps: &[Step]) -> &[Step] {
    &steps[start as usize..(start + len) as usize]
}

fn any(parts: impl Iterator<Item = Option<Signs>>) -> Option<Signs> {
    let mut res = Signs { signs: Vec::new(), cost: 0.0, search: 0.0 };
    for part in parts {
        let part = part?;
        res.cost += part.cost;
        res.search = res.search.max(part.search);
        res.signs.extend(part.signs);
        if res.signs.len() > MOST {
            return None;
        }
    }
    Some(res)
}

fn one(sign: Sign) -> Signs {
    let cost = match &sign {
        Sign::Exact(_, it) => exact_cost(it),
        Sign::Prefix(_, it) => prefix_cost(it),
        Sign::Suffix(_, it) => suffix_cost(it),
        Sign::Within(field, it) => within_cost(it) * if *field == ANYWHERE { 4.0 } else { 1.0 },
        Sign::Number(..) => 30.0,
        Sign::Present(_) => 900.0,
    };
    // The whole event is walked through, with steps as long as the shortest text allows.
    let search = match &sign {
        Sign::Within(ANYWHERE, it) => SEARCH / (it.len().clamp(4, 11) - 3) as f32,
        _ => 0.0,
    };
    Signs { signs: vec![Shown { sign, atom: None, sure: false }], cost, search }
}

/// Whether the sign is all there is to the question.
fn is_all(sign: &Sign, predicate: &Predicate) -> bool {
    match (sign, predicate) {
        (Sign::Number(..), _) | (Sign::Present(_), Predicate::Exists) => true,
        (Sign::Present(_), _) => false,
        (_, Predicate::Text(pattern, Case::Insensitive)) => pattern.shape() != Shape::Glob,
        _ => false,
    }
}

fn present(field: FieldId) -> Signs {
    one(Sign::Present(field))
}

fn exact_cost(text: &str) -> f32 {
    match text.len() {
        0..=2 => 60.0,
        // A word of a small vocabulary, where a path or the name of a file is one of many.
        3..=10 if !text.contains(['.', '\\', '/']) => 20.0,
        len => 1.0 + 10.0 / len as f32,
    }
    .max(ordinary::share(text, |it| it == text))
}

fn prefix_cost(text: &str) -> f32 {
    let own = if text.len() <= 10 { 50.0_f32 } else { 5.0 };
    own.max(ordinary::share(text, |it| it.starts_with(text)))
}

fn suffix_cost(text: &str) -> f32 {
    let own = match text.len() {
        // The endings of files: each is one of many.
        3..=5 if text.starts_with('.') => 3.0,
        len => length_cost(len),
    };
    own.max(ordinary::share(text, |it| it.ends_with(text)))
}

fn within_cost(text: &str) -> f32 {
    length_cost(text.len()).max(ordinary::share(text, |_| true))
}

fn length_cost(len: usize) -> f32 {
    match len {
        0 | 1 => 500.0,
        2 => 150.0,
        3 => 40.0,
        4 => 10.0,
        5..=7 => 3.0,
        _ => 1.0,
    }
}

fn of_atom(atom: &Atom) -> Option<Signs> {
    let anywhere = atom.field == ANYWHERE;
    match &atom.predicate {
        Predicate::Text(pattern, _) => of_pattern(atom.field, pattern.parts()),
        Predicate::Regex(regex) => {
            let literals = required(regex.hir()).filter(|it| it.iter().all(|it| it.len() >= 3));
            match literals {
                Some(it) if !it.is_empty() => {
                    any(it.into_iter().map(|it| Some(one(Sign::Within(atom.field, it.into())))))
                }
                _ if anywhere => None,
                _ => Some(present(atom.field)),
            }
        }
        _ if anywhere => None,
        Predicate::Number(Cmp::Eq, it) => Some(one(Sign::Number(atom.field, *it))),
        // A rule with such a piece is refused before it comes here.
        Predicate::Null | Predicate::Query(_) => None,
        Predicate::Number(..)
        | Predicate::Bool(_)
        | Predicate::Exists
        | Predicate::Net(_)
        | Predicate::Field(..)
        | Predicate::Time(..) => Some(present(atom.field)),
    }
}

fn of_pattern(field: FieldId, parts: &[Part]) -> Option<Signs> {
    let anywhere = field == ANYWHERE;
    let last = parts.len().saturating_sub(1);
    let best = parts.iter().enumerate().filter_map(|(at, part)| {
        let Part::Literal(text) = part else { return None };
        let text: Box<str> = ir::fold::fold_text(text).into();
        Some(one(match (at == 0, at == last) {
            _ if anywhere => Sign::Within(field, text),
            (true, true) => Sign::Exact(field, text),
            (true, false) => Sign::Prefix(field, text),
            (false, true) => Sign::Suffix(field, text),
            (false, false) => Sign::Within(field, text),
        }))
    });
    let best = best.min_by(|a, b| a.cost.total_cmp(&b.cost));
    best.or_else(|| (!anywhere).then(|| present(field)))
}

/// Folded texts of which each match of the expression contains at least one.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(it) => required(&it.sub),
        HirKind::Repetition(it) if it.min >= 1 => required(&it.sub),
        HirKind::Literal(_) | HirKind::Class(_) => letters(hir).map(|it| vec![it]),
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            let mut consider = |it: Vec<String>| {
                if best.as_ref().is_none_or(|best| texts_cost(&it) < texts_cost(best)) {
                    best = Some(it);
                }
            };
            let mut run = String::new();
            for part in parts {
                if let Some(text) = letters(part) {
                    run.push_str(&text);
                    continue;
                }
                if !run.is_empty() {
                    consider(vec![std::mem::take(&mut run)]);
                }
                if let Some(it) = required(part) {
                    consider(it);
                }
            }
            if !run.is_empty() {
                consider(vec![run]);
            }
            best
        }
        HirKind::Alternation(parts) => {
            let mut res = Vec::new();
            for part in parts {
                res.extend(required(part)?);
            }
            (res.len() <= 40).then_some(res)
        }
        _ => None,
    }
}

fn texts_cost(texts: &[String]) -> f32 {
    texts.iter().map(|it| length_cost(it.len())).sum()
}

/// The one folded text that this part matches in all its cases.
pub(crate) fn letters(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(it) => std::str::from_utf8(&it.0).ok().map(ir::fold::fold_text),
        HirKind::Class(Class::Unicode(it)) => {
            let mut folded = None;
            if it.iter().map(|it| it.len()).sum::<usize>() > 8 {
                return None;
            }
            for ch in it.iter().flat_map(|it| it.start()..=it.end()) {
                let ch = ir::fold::fold(ch);
                if folded.is_some_and(|it| it != ch) {
                    return None;
                }
                folded = Some(ch);
            }
            folded.map(String::from)
        }
        HirKind::Capture(it) => letters(&it.sub),
        HirKind::Concat(parts) => parts.iter().map(letters).collect(),
        _ => None,
    }
}

/// Whether a question is quick to decide, for the order within a group: less is sooner.
pub(crate) fn effort(atom: &Atom) -> u32 {
    if atom.field == ANYWHERE {
        return 400;
    }
    match &atom.predicate {
        Predicate::Exists | Predicate::Null | Predicate::Number(..) | Predicate::Bool(_) => 1,
        Predicate::Text(pattern, case) => {
            let extra = u32::from(*case == Case::Sensitive);
            extra
                + match pattern.shape() {
                    Shape::Exact(_) | Shape::Anything => 1,
                    Shape::Prefix(_) | Shape::Suffix(_) => 2,
                    Shape::Infix(_) => 10,
                    Shape::Glob => 30,
                }
        }
        Predicate::Net(_) | Predicate::Time(..) | Predicate::Field(..) => 20,
        Predicate::Regex(_) | Predicate::Query(_) => 60,
    }
}
