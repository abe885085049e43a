//! What to look for in events of one kind, and which rules each finding wakes.

use std::sync::atomic::{AtomicU32, Ordering};

use ir::Number;
use rustc_hash::FxHashMap;

use super::atom::ANYWHERE;
use super::ends::Ends;
use super::keys::FieldId;
use super::memo::{Known, Memo, Place};
use super::seek::{Grams, has_plain_gram};
use super::sign::{Shown, Sign};
use super::slots::{Kind, Slots};

/// A rule's number.
pub(crate) type RuleId = u32;

/// The rules for events of one kind.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What to look for in a field, by field.
    by_field: Vec<Option<Box<FieldPlan>>>,
    /// What to look for in the whole line.
    anywhere: Grams,
    /// Rules tried on every event.
    always: Vec<RuleId>,
    /// Fields that stand for others: from and to.
    pub(crate) aliases: Vec<(FieldId, FieldId)>,
    /// For each finding, where its rules stand in `woken`.
    wakes: Vec<(u32, u32)>,
    woken: Vec<RuleId>,
    /// By atom, what its being found or not says.
    pub(crate) told: Vec<Told>,
}

/// What is known of an atom from what was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Told(u32);

impl Told {
    fn by(finding: u32, sure: bool) -> Told {
        Told(finding << 2 | u32::from(sure) << 1 | 1)
    }

    /// The finding without which it does not hold.
    #[inline]
    pub(crate) fn needs(self) -> Option<u32> {
        (self.0 & 1 != 0).then_some(self.0 >> 2)
    }

    /// Whether it holds with it.
    #[inline]
    pub(crate) fn is_sure(self) -> bool {
        self.0 & 2 != 0
    }
}

#[derive(Debug, Default)]
#[repr(C)]
struct FieldPlan {
    // What most values need stands together.
    /// A number that no other has, for what is kept of values.
    asker: u32,
    /// The finding of the field being there.
    present: Option<u32>,
    /// Whether texts are looked for.
    has_texts: bool,
    numbers: Numbers,
    ends: Ends,
    within: Grams,
}

/// Numbers looked for, and the finding of each.
#[derive(Debug, Default)]
struct Numbers {
    whole: FxHashMap<i64, u32>,
    /// Those that are not whole, or very large, sorted.
    others: Vec<(Number, u32)>,
}

impl Numbers {
    fn new(numbers: Vec<(Number, u32)>) -> Numbers {
        let mut res = Numbers::default();
        for (number, id) in numbers {
            match small(number) {
                Some(it) => _ = res.whole.insert(it, id),
                None => res.others.push((number, id)),
            }
        }
        res.others.sort_by_key(|it| it.0);
        res
    }

    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.others.is_empty()
    }

    #[inline]
    fn find(&self, number: Number) -> Option<u32> {
        match small(number) {
            Some(it) => self.whole.get(&it).copied(),
            None => {
                let at = self.others.binary_search_by(|it| it.0.cmp(&number)).ok()?;
                Some(self.others[at].1)
            }
        }
    }
}

/// A whole number of ordinary size.
#[inline]
fn small(number: Number) -> Option<i64> {
    match number {
        Number::Int(it) => it.try_into().ok(),
        Number::Float(_) => None,
    }
}

impl Plan {
    /// A plan for rules, each with its signs or without any. `askers` is the next number for those
    /// who ask a [`Memo`].
    pub(crate) fn new<'a>(
        rules: impl Iterator<Item = (RuleId, Option<&'a [Shown]>)>,
        aliases: Vec<(FieldId, FieldId)>,
        fields: usize,
        atoms: usize,
        askers: &AtomicU32,
    ) -> Plan {
        let mut always = Vec::new();
        let told = vec![Told::default(); atoms];
        let mut found = Findings { told, ..Findings::default() };
        let has_no_gram =
            |it: &Shown| matches!(&it.sign, Sign::Within(ANYWHERE, text) if !has_plain_gram(text));
        for (rule, signs) in rules {
            // The signs of a rule that is always tried still tell which of its questions to ask.
            if signs.is_none_or(|it| it.iter().any(has_no_gram)) {
                always.push(rule);
            }
            let signs = signs.unwrap_or_default().iter().filter(|it| !has_no_gram(it));
            signs.for_each(|it| found.add(it, rule));
        }
        found.plan(always, aliases, fields, askers)
    }

    /// How many things can be found.
    pub(crate) fn findings(&self) -> usize {
        self.wakes.len()
    }

    /// Hands every rule that may match to `wake`, some more than once; `findings` then has what was
    /// found.
    pub(crate) fn wake(
        &self,
        line: Line<'_>,
        slots: &mut Slots,
        memo: &mut Memo,
        findings: &mut Vec<u32>,
        mut wake: impl FnMut(RuleId),
    ) {
        findings.clear();
        for at in 0..slots.held().len() {
            let field = slots.held()[at];
            let Some(plan) = &self.by_field[field as usize] else { continue };
            plan.find(line.text, slots, memo, field, findings);
        }
        if !self.anywhere.is_empty() {
            match line.strings {
                None => self.anywhere.find_raw(line.text.as_bytes(), findings),
                Some(strings) => {
                    strings(&mut |text| self.anywhere.find_raw(text.as_bytes(), findings));
                }
            }
        }
        for finding in findings.iter() {
            let (start, end) = self.wakes[*finding as usize];
            self.woken[start as usize..end as usize].iter().for_each(|it| wake(*it));
        }
        self.always.iter().for_each(|it| wake(*it));
    }
}

/// Calls a function with each string of an event.
pub(crate) type Strings<'a> = &'a dyn Fn(&mut dyn FnMut(&str));

/// The event as it came.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// The line of JSON, empty for an event that came otherwise.
    pub(crate) text: &'a str,
    /// Its strings, when they can't be looked for in the line as it is.
    pub(crate) strings: Option<Strings<'a>>,
}

impl FieldPlan {
    #[inline]
    fn find(
        &self,
        line: &str,
        slots: &mut Slots,
        memo: &mut Memo,
        field: FieldId,
        findings: &mut Vec<u32>,
    ) {
        findings.extend(self.present);
        let mut next = slots.first(field);
        while let Some(value) = next {
            next = slots.next(value);
            let mut place = None;
            if self.has_texts
                && let Some(raw) = slots.raw(line, value)
            {
                match memo.look(self.asker, raw) {
                    Known::Found(found) => {
                        found.iter().for_each(|it| findings.push(*it));
                        continue;
                    }
                    Known::New(it) => place = Some(it),
                    Known::Never => {}
                }
            }
            self.search(line, slots, value, findings, memo, place);
        }
    }

    /// Looks for everything in a value, and keeps what was found where there is a place for it.
    #[inline(never)]
    fn search(
        &self,
        line: &str,
        slots: &mut Slots,
        value: u32,
        findings: &mut Vec<u32>,
        memo: &mut Memo,
        place: Option<Place>,
    ) {
        if slots.kind(value) == Kind::Object {
            return;
        }
        let before = findings.len();
        if !self.numbers.is_empty()
            && let Some(number) = slots.number(line, value)
            && let Some(id) = self.numbers.find(number)
        {
            findings.push(id);
        }
        if self.has_texts
            && let Some(range) = slots.fold(line, value)
        {
            let text = slots.folded(range);
            self.ends.find(text, findings);
            self.within.find(text, findings);
            // A text may stand in several places.
            if findings.len() > before + 1 {
                findings[before..].sort_unstable();
                let mut last = None;
                let mut at = 0;
                findings.retain(|it| {
                    at += 1;
                    at <= before || last.replace(*it) != Some(*it)
                });
            }
        }
        if let (Some(place), Some(raw)) = (place, slots.raw(line, value)) {
            memo.keep(place, self.asker, raw, &findings[before..]);
        }
    }
}

/// The signs of a plan in the making, each with its rules.
#[derive(Default)]
struct Findings<'a> {
    fields: FxHashMap<FieldId, FieldSigns<'a>>,
    rules: Vec<Vec<RuleId>>,
    told: Vec<Told>,
}

#[derive(Default)]
struct FieldSigns<'a> {
    exact: FxHashMap<&'a str, u32>,
    prefix: FxHashMap<&'a str, u32>,
    suffix: FxHashMap<&'a str, u32>,
    within: FxHashMap<&'a str, u32>,
    numbers: Vec<(Number, u32)>,
    present: Option<u32>,
}

impl<'a> Findings<'a> {
    fn add(&mut self, shown: &'a Shown, rule: RuleId) {
        let sign = &shown.sign;
        let (Sign::Exact(field, _)
        | Sign::Prefix(field, _)
        | Sign::Suffix(field, _)
        | Sign::Within(field, _)
        | Sign::Number(field, _)
        | Sign::Present(field)) = sign;
        let of = self.fields.entry(*field).or_default();
        let new = self.rules.len() as u32;
        let id = match sign {
            Sign::Exact(_, text) => *of.exact.entry(text).or_insert(new),
            Sign::Prefix(_, text) => *of.prefix.entry(text).or_insert(new),
            Sign::Suffix(_, text) => *of.suffix.entry(text).or_insert(new),
            Sign::Within(_, text) => *of.within.entry(text).or_insert(new),
            Sign::Number(_, number) => match of.numbers.iter().find(|it| it.0 == *number) {
                Some(it) => it.1,
                None => {
                    of.numbers.push((*number, new));
                    new
                }
            },
            Sign::Present(_) => *of.present.get_or_insert(new),
        };
        if id == new {
            self.rules.push(Vec::new());
        }
        if let Some(told) = shown.atom.and_then(|it| self.told.get_mut(it as usize)) {
            *told = Told::by(id, shown.sure);
        }
        let rules = &mut self.rules[id as usize];
        if rules.last() != Some(&rule) {
            rules.push(rule);
        }
    }

    fn plan(
        mut self,
        always: Vec<RuleId>,
        aliases: Vec<(FieldId, FieldId)>,
        fields: usize,
        askers: &AtomicU32,
    ) -> Plan {
        let mut res = Plan { always, aliases, told: self.told, ..Plan::default() };
        self.told = Vec::new();
        for rules in &self.rules {
            let start = res.woken.len() as u32;
            res.woken.extend_from_slice(rules);
            res.wakes.push((start, res.woken.len() as u32));
        }
        let grams = |texts: &FxHashMap<&str, u32>, raw| {
            let mut texts: Vec<_> = texts.iter().map(|(text, id)| (*text, *id)).collect();
            texts.sort_unstable();
            Grams::new(&texts, raw)
        };
        res.by_field.resize_with(fields, || None);
        for field in 0..fields as FieldId {
            let Some(signs) = self.fields.remove(&field) else { continue };
            let mut plan =
                FieldPlan { numbers: Numbers::new(signs.numbers), ..FieldPlan::default() };
            plan.present = signs.present;
            let sorted = |texts: &FxHashMap<&'a str, u32>| {
                let mut texts: Vec<_> = texts.iter().map(|(text, id)| (*text, *id)).collect();
                texts.sort_unstable();
                texts
            };
            sorted(&signs.exact).iter().for_each(|it| plan.ends.exact(it.0, it.1));
            sorted(&signs.prefix).iter().for_each(|it| plan.ends.prefix(it.0, it.1));
            sorted(&signs.suffix).iter().for_each(|it| plan.ends.suffix(it.0, it.1));
            plan.within = grams(&signs.within, false);
            plan.has_texts = !plan.ends.is_empty() || !plan.within.is_empty();
            plan.asker = askers.fetch_add(1, Ordering::Relaxed);
            res.by_field[field as usize] = Some(Box::new(plan));
        }
        if let Some(signs) = self.fields.remove(&ANYWHERE) {
            res.anywhere = grams(&signs.within, true);
        }
        res
    }
}
