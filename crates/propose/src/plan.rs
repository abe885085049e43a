//! From what an event must pass to the event.

use std::sync::Arc;

use ir::{Expr, Field, Predicate, Test};
use serde_json::{Map, Value};
use source::Span;

use crate::Goals;
use crate::field::Style;
use crate::value::{Program, candidates, unlike};
use crate::world::World;

/// An event as fields and values, in order. A name may have dots in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flat(pub Vec<(String, Value)>);

impl Flat {
    /// The event, each field under its whole name.
    pub fn flat(&self) -> Value {
        Value::Object(self.0.iter().cloned().collect::<Map<String, Value>>())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    /// The event with another value of a field.
    fn with(&self, name: &str, value: Value) -> Flat {
        let mut res = self.clone();
        match res.0.iter_mut().find(|it| it.0 == name) {
            Some(it) => it.1 = value,
            None => res.0.push((name.to_owned(), value)),
        }
        res
    }

    fn without(&self, name: &str) -> Flat {
        Flat(self.0.iter().filter(|it| it.0 != name).cloned().collect())
    }
}

/// The event with mappings where names have dots, if its verdicts stay what they are.
pub fn nest(event: &Flat, goals: &[(&Expr, bool)]) -> Value {
    let mut res = Value::Object(Map::new());
    for (name, value) in &event.0 {
        let mut at = &mut res;
        for part in name.split('.') {
            if !(at.is_object() || at.is_null()) {
                return event.flat();
            }
            at = &mut at[part];
        }
        if !at.is_null() {
            return event.flat();
        }
        *at = value.clone();
    }
    match Goals::new(goals) {
        Ok(it) if it.hold_nested(&res) => res,
        _ => event.flat(),
    }
}

/// Which tests each field is to pass, in order of the fields.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    fields: Vec<(Field, Vec<Predicate>)>,
    /// Where each was first written.
    places: Vec<(Field, Predicate, Span)>,
}

/// Values of one field that are tried.
const MOST_VALUES: usize = 16;

impl Plan {
    /// The first alternatives of each expression; one with a preferred test before others.
    pub(crate) fn of(exprs: &[&Expr], prefer: &[Span], world: &World) -> Plan {
        let mut res = Plan::default();
        exprs.iter().for_each(|it| res.want(it, prefer, world));
        // Fields and tests stand in the order of the rule.
        let places = std::mem::take(&mut res.places);
        let place = |field: &Field, predicate: Option<&Predicate>| {
            let mine = places.iter().filter(|it| it.0 == *field);
            let same = mine.filter(|it| predicate.is_none_or(|known| *known == it.1));
            same.map(|it| it.2.start).min()
        };
        for (field, predicates) in &mut res.fields {
            predicates.sort_by_key(|it| place(field, Some(it)));
        }
        res.fields.sort_by_key(|it| place(&it.0, None));
        res
    }

    fn want(&mut self, expr: &Expr, prefer: &[Span], world: &World) {
        match expr {
            Expr::All(parts) => parts.iter().for_each(|it| self.want(it, prefer, world)),
            Expr::Any(parts) => {
                let preferred = |it: &&Expr| {
                    let mut found = false;
                    it.for_each_test(&mut |test| found |= prefer.contains(&test.span));
                    found
                };
                let can_be = |it: &&Expr| !matches!(it, Expr::Const(false));
                let fits = |it: &&Expr| can_be(it) && self.fits(it, world);
                let chosen = parts.iter().find(|it| preferred(it) && fits(it));
                let chosen = chosen.or(parts.iter().find(preferred));
                let passes = |it: &&Expr| can_be(it) && self.passes(it, world);
                let chosen = chosen.or(parts.iter().find(passes)).or(parts.iter().find(fits));
                let chosen = chosen.or(parts.iter().find(can_be));
                chosen.into_iter().for_each(|it| self.want(it, prefer, world));
            }
            Expr::Not(part) => self.avoid(part, prefer, world),
            Expr::Test(test) => self.test(test),
            Expr::Const(_) => {}
        }
    }

    /// Whether one value can pass this besides what is wanted of its field already.
    fn fits(&self, expr: &Expr, world: &World) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|it| self.fits(it, world)),
            Expr::Any(parts) => parts.iter().any(|it| self.fits(it, world)),
            Expr::Test(test) => {
                let Some((_, known)) = self.fields.iter().find(|it| it.0 == test.field) else {
                    return true;
                };
                let name = name_of(&test.field, world);
                let mut all = known.clone();
                all.push(test.predicate.clone());
                let program = Program::default();
                !candidates(&name, Style::of(&name), &all, world, &program).is_empty()
            }
            _ => true,
        }
    }

    /// Whether the first value for what is wanted already passes this, too.
    fn passes(&self, expr: &Expr, world: &World) -> bool {
        let Expr::Test(test) = expr else { return false };
        let Some((_, known)) = self.fields.iter().find(|it| it.0 == test.field) else {
            return false;
        };
        let name = name_of(&test.field, world);
        let style = Style::of(&name);
        let first = candidates(&name, style, known, world, &Program::default()).into_iter().next();
        let event = first.map(|it| Flat(vec![(name, it)]).flat());
        let matcher = matcher::Matcher::new(expr);
        event.zip(matcher.ok()).is_some_and(|(event, it)| it.matches(&event))
    }

    /// A field that is not there passes nothing, so mostly there is nothing to do.
    fn avoid(&mut self, expr: &Expr, prefer: &[Span], world: &World) {
        match expr {
            Expr::Any(parts) => parts.iter().for_each(|it| self.avoid(it, prefer, world)),
            Expr::Not(part) => self.want(part, prefer, world),
            Expr::Test(test) if test.predicate == Predicate::Null => {
                self.add(&test.field, Predicate::Exists, test.span);
            }
            _ => {}
        }
    }

    fn test(&mut self, test: &Test) {
        match &test.predicate {
            Predicate::Null => {}
            Predicate::Field(other, ..) => {
                self.add(&Field::Named(other.clone()), Predicate::Exists, test.span);
                self.add(&test.field, test.predicate.clone(), test.span);
            }
            it => self.add(&test.field, it.clone(), test.span),
        }
    }

    fn add(&mut self, field: &Field, predicate: Predicate, span: Span) {
        self.places.push((field.clone(), predicate.clone(), span));
        match self.fields.iter_mut().find(|it| it.0 == *field) {
            Some((_, known)) if known.contains(&predicate) => {}
            Some((_, known)) => known.push(predicate),
            None => self.fields.push((field.clone(), vec![predicate])),
        }
    }

    /// An event that passes the tests and does what the goals say.
    pub(crate) fn event(&self, world: &World, goals: &Goals) -> Option<Flat> {
        let values = self.values(world)?;
        let mut event = Flat::default();
        for (name, values) in &values {
            event = event.with(name, values.first()?.clone());
        }
        let event = self.beside(event);
        if goals.hold(&event) {
            return Some(event);
        }
        // One field otherwise, then two.
        let changed = |event: &Flat, at: usize| {
            let (name, all) = &values[at];
            let made: Vec<Flat> =
                all.iter().skip(1).map(|it| self.beside(event.with(name, it.clone()))).collect();
            made
        };
        let singles: Vec<Vec<Flat>> = (0..values.len()).map(|it| changed(&event, it)).collect();
        if let Some(it) = singles.iter().flatten().find(|it| goals.hold(it)) {
            return Some(it.clone());
        }
        for (at, some) in singles.iter().enumerate().take(4) {
            for one in some.iter().take(6) {
                for other in at + 1..values.len().min(6) {
                    let mut made = changed(one, other).into_iter().take(6);
                    if let Some(it) = made.find(|it| goals.hold(it)) {
                        return Some(it);
                    }
                }
            }
        }
        None
    }

    /// For each field, the values that pass what it is to pass, best first; `None` where none does.
    fn values(&self, world: &World) -> Option<Vec<(String, Vec<Value>)>> {
        // What starts a command line is the program that runs, so programs come first.
        let mut program = Program::default();
        for (field, predicates) in &self.fields {
            let name = name_of(field, world);
            let style = Style::of(&name);
            if style == Style::Program || style == Style::FileName {
                let first =
                    candidates(&name, style, predicates, world, &program).into_iter().next();
                program.note(&name, first.as_ref());
            }
        }
        let mut res: Vec<(String, Vec<Value>)> = Vec::new();
        for (field, predicates) in &self.fields {
            let name = name_of(field, world);
            let mut all = candidates(&name, Style::of(&name), predicates, world, &program);
            all.truncate(MOST_VALUES);
            if all.is_empty() && predicates.len() > 1 {
                // A list: each value passes a part of the tests.
                let each: Vec<Value> = predicates
                    .iter()
                    .filter_map(|it| {
                        let one = std::slice::from_ref(it);
                        candidates(&name, Style::of(&name), one, world, &program).into_iter().next()
                    })
                    .collect();
                if each.len() == predicates.len() {
                    all.push(Value::Array(each));
                }
            }
            if all.is_empty() && !predicates.iter().any(|it| matches!(it, Predicate::Field(..))) {
                return None;
            }
            if let Some(known) = res.iter_mut().find(|it| it.0 == name) {
                known.1.retain(|it| all.contains(it));
            } else if !all.is_empty() {
                res.push((name, all));
            }
        }
        Some(res)
    }

    /// The event with the values that are to be like those of other fields.
    fn beside(&self, mut event: Flat) -> Flat {
        for (field, predicates) in &self.fields {
            let Field::Named(name) = field else { continue };
            for it in predicates {
                if let Predicate::Field(other, ..) = it
                    && let Some(value) = event.get(other).cloned()
                {
                    event = event.with(name, value);
                }
            }
        }
        event
    }
}

/// Where a field's values are written.
fn name_of(field: &Field, world: &World) -> String {
    match field {
        Field::Named(it) => it.to_string(),
        Field::Anywhere => world.keyword_field().to_owned(),
    }
}

/// An event of the prover with values that look like those of its fields, and fields as few as can be.
pub(crate) fn dressed(
    event: &Value,
    asked: &[(&Expr, bool)],
    world: &World,
    goals: &Goals,
) -> Flat {
    let mut tests: Vec<&Test> = Vec::new();
    asked.iter().for_each(|it| it.0.for_each_test(&mut |test| tests.push(test)));
    let mut flat = flattened(event, &tests);
    if !goals.hold(&flat) {
        let Value::Object(map) = event else { return flat };
        return Flat(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    for (name, _) in flat.clone().0.iter().rev() {
        let fewer = flat.without(name);
        if goals.hold(&fewer) {
            flat = fewer;
        }
    }
    let mut program = Program::default();
    let (programs, others): (Vec<_>, Vec<_>) =
        flat.clone().0.into_iter().partition(|it| Style::of(&it.0) == Style::Program);
    for (name, value) in programs.into_iter().chain(others) {
        let better = |value: &Value, flat: &Flat| -> Option<Value> {
            let alone = Flat(vec![(name.clone(), value.clone())]);
            let passed = passed(&alone, &name, &tests);
            let all = candidates(&name, Style::of(&name), &passed, world, &program);
            all.into_iter().take(MOST_VALUES).find(|it| goals.hold(&flat.with(&name, it.clone())))
        };
        if let Value::Array(items) = &value {
            for at in 0..items.len() {
                let Some(Value::Array(now)) = flat.get(&name).cloned() else { continue };
                let alone = Flat(vec![(name.clone(), now[at].clone())]);
                let passed = passed(&alone, &name, &tests);
                let all = candidates(&name, Style::of(&name), &passed, world, &program);
                let made = all.into_iter().take(MOST_VALUES).map(|it| {
                    let mut list = now.clone();
                    list[at] = it;
                    flat.with(&name, Value::Array(list))
                });
                if let Some(it) = made.into_iter().find(|it| goals.hold(it)) {
                    flat = it;
                }
            }
        } else if let Some(it) = better(&value, &flat) {
            program.note(&name, Some(&it));
            flat = flat.with(&name, it);
        }
    }
    flat
}

/// The fields of an event that the tests ask about, in their order, and what else there is.
fn flattened(event: &Value, tests: &[&Test]) -> Flat {
    let mut res = Flat::default();
    let mut names: Vec<Arc<str>> = Vec::new();
    for test in tests {
        let more = match &test.predicate {
            Predicate::Field(other, ..) => Some(other.clone()),
            _ => None,
        };
        let own = match &test.field {
            Field::Named(it) => Some(it.clone()),
            Field::Anywhere => None,
        };
        for name in own.into_iter().chain(more) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for name in &names {
        match matcher::lookup(event, name).as_slice() {
            [] => {}
            [one] => res.0.push((name.to_string(), (*one).clone())),
            some => {
                let all = some.iter().map(|it| (*it).clone()).collect();
                res.0.push((name.to_string(), Value::Array(all)));
            }
        }
    }
    let known = |key: &str| {
        names
            .iter()
            .any(|it| **it == *key || it.strip_prefix(key).is_some_and(|it| it.starts_with('.')))
    };
    for (key, value) in event.as_object().into_iter().flatten() {
        if !known(key) {
            res.0.push((key.clone(), value.clone()));
        }
    }
    res
}

/// What is asked of the field that the event passes.
fn passed(event: &Flat, name: &str, tests: &[&Test]) -> Vec<Predicate> {
    let mut res: Vec<Predicate> = Vec::new();
    let event = event.flat();
    for test in tests {
        let asked = match &test.field {
            Field::Named(it) => **it == *name,
            Field::Anywhere => true,
        };
        if !asked || res.contains(&test.predicate) {
            continue;
        }
        let expr = Expr::Test((*test).clone());
        if matcher::Matcher::new(&expr).is_ok_and(|it| it.matches(&event)) {
            res.push(test.predicate.clone());
        }
    }
    res
}

/// See [`crate::Maker::near`].
pub(crate) fn near(
    event: &Flat,
    tests: &[&Expr],
    world: &World,
    goals: &Goals,
) -> Option<(Flat, String)> {
    let mut all: Vec<&Test> = Vec::new();
    tests.iter().for_each(|it| it.for_each_test(&mut |test| all.push(test)));
    let mut program = Program::default();
    event.0.iter().for_each(|(name, value)| program.note(name, Some(value)));
    for (name, value) in event.0.iter().rev() {
        let passed = passed(&Flat(vec![(name.clone(), value.clone())]), name, &all);
        if passed.is_empty() {
            continue;
        }
        for other in unlike(name, Style::of(name), &passed, value, world, &program) {
            let changed = event.with(name, other);
            if goals.hold(&changed) {
                return Some((changed, name.clone()));
            }
        }
    }
    // Where one field decides both, another text of its kind fails too much: one letter is enough.
    for (name, value) in event.0.iter().rev() {
        let Some(text) = value.as_str() else { continue };
        if passed(&Flat(vec![(name.clone(), value.clone())]), name, &all).is_empty() {
            continue;
        }
        for other in one_letter_apart(text) {
            let changed = event.with(name, other.into());
            if goals.hold(&changed) {
                return Some((changed, name.clone()));
            }
        }
    }
    None
}

/// How many letters are tried.
const LETTERS: usize = 256;

/// The text on another drive, then with one letter moved on: a late one first, since how a text
/// begins says what kind it is.
fn one_letter_apart(text: &str) -> impl Iterator<Item = String> {
    let drive = text.strip_prefix(['C', 'c']).filter(|it| it.starts_with(":\\"));
    let drive = drive.map(|it| format!("D{it}"));
    let letters = text.char_indices().rev().filter(|(_, it)| it.is_ascii_alphabetic());
    let moved = letters.take(LETTERS).map(move |(at, ch)| {
        let next = match ch {
            'z' => 'a',
            'Z' => 'A',
            it => char::from(it as u8 + 1),
        };
        format!("{}{next}{}", &text[..at], &text[at + 1..])
    });
    drive.into_iter().chain(moved)
}
