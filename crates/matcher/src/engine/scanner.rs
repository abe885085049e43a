//! One thread's way to ask a rule set, and how events come to it.
//!
//! Knows the stages of an event: read, routed, looked through for signs, asked about.
//! Does not know how each does its work.

use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::atom::{ANYWHERE, Text};
use super::keys::{FieldId, Keys};
use super::memo::Memo;
use super::plan::{Line, Plan, RuleId, Strings, Told as Tells};
use super::program::Step;
use super::route::Told;
use super::slots::{Kind, Slots};
use super::{RuleInfo, RuleSet, json};
use crate::event::lookup;

/// Why a line is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Malformed {}

/// An event of the user's own type.
pub trait Event {
    /// Hands over every field with its values.
    fn fields(&self, to: &mut Fields<'_>);
}

/// Takes in the fields of an event. Names are dotted; a field with several values is given
/// several times, and an object within is given by the names in it.
#[derive(Debug)]
pub struct Fields<'a> {
    keys: &'a Keys,
    slots: &'a mut Slots,
    strings: &'a mut Vec<String>,
    /// Whether any rule asks for every string.
    wants_strings: bool,
}

impl Fields<'_> {
    fn field(&mut self, name: &str) -> Option<FieldId> {
        let id = self.keys.field(name)?;
        self.slots.present(id);
        Some(id)
    }

    /// A text.
    pub fn text(&mut self, name: &str, text: &str) {
        if self.wants_strings {
            self.strings.push(text.to_owned());
        }
        if let Some(id) = self.field(name) {
            self.slots.push_text(id, text);
        }
    }

    /// A number.
    pub fn number(&mut self, name: &str, number: &serde_json::Number) {
        if let Some(id) = self.field(name) {
            self.slots.push_number(id, &number.to_string());
        }
    }

    /// A boolean.
    pub fn bool(&mut self, name: &str, it: bool) {
        if let Some(id) = self.field(name) {
            self.slots.push(id, if it { Kind::True } else { Kind::False }, 0, 0);
        }
    }

    /// A field that is there but holds no value.
    pub fn null(&mut self, name: &str) {
        self.field(name);
    }
}

/// Asks a [`RuleSet`] about one event after the other, without allocating for each.
#[derive(Debug)]
pub struct Scanner<'r> {
    set: &'r RuleSet,
    slots: Slots,
    memo: Memo,
    /// For each atom, the event it was decided for and whether it holds.
    known: Vec<u32>,
    /// For each rule, the event that it was last woken by.
    woken: Vec<u32>,
    /// For each finding of a plan, the event that it was last found in.
    seen: Vec<u32>,
    stamp: u32,
    /// For each combination of values, the place of its plan, and whether a route took it.
    routes: FxHashMap<Box<[u32]>, (usize, bool)>,
    plans: Vec<Arc<Plan>>,
    key: Vec<u32>,
    findings: Vec<u32>,
    candidates: Vec<RuleId>,
    matches: Vec<RuleId>,
    counts: Vec<u64>,
    tries: Vec<u64>,
    unrouted: u64,
}

/// The rules that match an event, in their order.
#[derive(Debug, Clone)]
pub struct Matches<'s> {
    ids: std::slice::Iter<'s, RuleId>,
    infos: &'s [RuleInfo],
}

/// One rule that matches.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'s> {
    /// The rule's place in [`RuleSet::rules`].
    pub index: usize,
    /// What is said about it.
    pub rule: &'s RuleInfo,
}

impl<'s> Iterator for Matches<'s> {
    type Item = Hit<'s>;

    fn next(&mut self) -> Option<Hit<'s>> {
        let index = *self.ids.next()? as usize;
        Some(Hit { index, rule: self.infos.get(index)? })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}

/// The event as a whole, for questions about all of its strings, which are made ready when the
/// first one is asked.
struct Whole<'a> {
    event: Came<'a>,
    strings: Option<Vec<Text>>,
}

/// How an event came.
enum Came<'a> {
    Line(&'a str),
    Value(&'a Value),
    Strings(&'a [String]),
}

impl Whole<'_> {
    fn new(event: Came<'_>) -> Whole<'_> {
        Whole { event, strings: None }
    }

    fn strings(&mut self) -> &[Text] {
        self.strings.get_or_insert_with(|| {
            let mut res = Vec::new();
            let mut each = |text: &str| res.push(Text::new(text));
            match self.event {
                Came::Line(line) => {
                    if let Ok(value) = serde_json::from_str(line) {
                        each_string(&value, &mut each);
                    }
                }
                Came::Value(value) => each_string(value, &mut each),
                Came::Strings(strings) => strings.iter().for_each(|it| each(it)),
            }
            res
        })
    }
}

/// What a rule is asked about.
struct Asked<'a> {
    /// The line of JSON, empty for an event that came otherwise.
    line: &'a str,
    whole: Whole<'a>,
    /// By atom, what the findings of the event tell of it; empty when nothing was looked for.
    told: &'a [Tells],
}

/// How many combinations of values have their plan kept; those of real streams are a few hundred.
const ROUTES: usize = 8192;

impl<'r> Scanner<'r> {
    pub(crate) fn new(set: &'r RuleSet) -> Scanner<'r> {
        Scanner {
            set,
            slots: Slots::new(&set.keys),
            memo: Memo::default(),
            known: vec![0; set.stored.atoms.len()],
            woken: vec![0; set.stored.rules.len()],
            seen: Vec::new(),
            stamp: 0,
            routes: FxHashMap::default(),
            plans: Vec::new(),
            key: Vec::new(),
            findings: Vec::new(),
            candidates: Vec::new(),
            matches: Vec::new(),
            counts: vec![0; set.stored.rules.len()],
            tries: vec![0; set.stored.rules.len()],
            unrouted: 0,
        }
    }

    /// The rules that match one line of JSON, which must hold an object.
    ///
    /// # Errors
    ///
    /// When the line is not UTF-8, not JSON, not an object, or longer than 2 GiB.
    pub fn line(&mut self, line: &[u8]) -> Result<Matches<'_>, Malformed> {
        // Places are kept as 32 bits, those of folded texts too, which may be somewhat longer.
        if line.len() > 1 << 31 {
            return Err(Malformed("a line of more than 2 GiB".to_owned()));
        }
        let Ok(text) = simdutf8::basic::from_utf8(line) else {
            let why = std::str::from_utf8(line).err();
            return Err(Malformed(why.map(|it| it.to_string()).unwrap_or_default()));
        };
        self.start();
        if json::read(text, &self.set.keys, &mut self.slots).is_some() {
            let strings = |each: &mut dyn FnMut(&str)| {
                if let Ok(value) = serde_json::from_str::<Value>(text) {
                    each_string(&value, each);
                }
            };
            let strings: Option<Strings<'_>> =
                if self.slots.code_points { Some(&strings) } else { None };
            self.decide(Line { text, strings }, Whole::new(Came::Line(text)));
            return Ok(self.matches());
        }
        let value: Value = serde_json::from_str(text).map_err(|it| Malformed(it.to_string()))?;
        if !value.is_object() {
            return Err(Malformed("an event is an object".to_owned()));
        }
        self.read(&value);
        Ok(self.matches())
    }

    /// The rules that match an event.
    pub fn value(&mut self, event: &Value) -> Matches<'_> {
        self.read(event);
        self.matches()
    }

    /// The rules that match an event of the user's own type.
    pub fn event(&mut self, event: &dyn Event) -> Matches<'_> {
        self.start();
        let mut strings = Vec::new();
        event.fields(&mut Fields {
            keys: &self.set.keys,
            slots: &mut self.slots,
            strings: &mut strings,
            wants_strings: self.set.wants_strings,
        });
        let each = |each: &mut dyn FnMut(&str)| strings.iter().for_each(|it| each(it));
        self.decide(Line { text: "", strings: Some(&each) }, Whole::new(Came::Strings(&strings)));
        self.matches()
    }

    /// Whether one rule matches an event, whatever its log source; `false` for no such rule.
    pub fn asks(&mut self, rule: usize, event: &Value) -> bool {
        self.start();
        self.slots.read(event, &self.set.keys);
        let Some(root) = self.set.stored.rules.get(rule).map(|it| it.root) else { return false };
        self.holds(root, &mut Asked { line: "", whole: Whole::new(Came::Value(event)), told: &[] })
    }

    /// The event that the rules of a line were asked about: with the names under which its route
    /// lets fields stand too. For explanations, not for speed.
    pub fn as_asked(&mut self, mut event: Value) -> Value {
        self.start();
        self.slots.read(&event, &self.set.keys);
        let at = self.route("");
        let plan = self.plans[at].clone();
        let names = |it: FieldId| self.set.stored.fields.get(it as usize);
        for (from, to) in &plan.aliases {
            let (Some(from), Some(to)) = (names(*from), names(*to)) else { continue };
            let values: Vec<Value> = lookup(&event, from).into_iter().cloned().collect();
            let known = !lookup(&event, to).is_empty();
            if let Value::Object(map) = &mut event
                && !values.is_empty()
                && !known
            {
                map.insert(to.to_string(), Value::Array(values));
            }
        }
        event
    }

    /// How often each rule has matched, in the order of [`RuleSet::rules`].
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How often each rule's condition was looked at because an event showed one of its signs: what
    /// the rule costs.
    pub fn tries(&self) -> &[u64] {
        &self.tries
    }

    /// How many events no route told the log source of.
    pub fn unrouted(&self) -> u64 {
        self.unrouted
    }

    fn matches(&self) -> Matches<'_> {
        Matches { ids: self.matches.iter(), infos: &self.set.stored.infos }
    }

    fn start(&mut self) {
        self.slots.clear();
        // One bit of the stamp says whether an atom holds.
        self.stamp += 2;
        if self.stamp >= u32::MAX - 2 {
            self.known.fill(0);
            self.woken.fill(0);
            self.seen.fill(0);
            self.stamp = 2;
        }
    }

    fn read(&mut self, event: &Value) {
        self.start();
        self.slots.read(event, &self.set.keys);
        let each = |each: &mut dyn FnMut(&str)| each_string(event, each);
        self.decide(Line { text: "", strings: Some(&each) }, Whole::new(Came::Value(event)));
    }

    fn decide(&mut self, line: Line<'_>, whole: Whole<'_>) {
        self.matches.clear();
        let at = self.route(line.text);
        // Lent out: to count its owners for every event would make threads wait for each other.
        let plans = std::mem::take(&mut self.plans);
        self.ask(&plans[at], line, whole);
        self.plans = plans;
    }

    fn ask(&mut self, plan: &Plan, line: Line<'_>, whole: Whole<'_>) {
        for (from, to) in &plan.aliases {
            self.slots.alias(*from, *to);
        }
        let (woken, candidates, stamp) = (&mut self.woken, &mut self.candidates, self.stamp);
        candidates.clear();
        plan.wake(line, &mut self.slots, &mut self.memo, &mut self.findings, |rule| {
            if std::mem::replace(&mut woken[rule as usize], stamp) != stamp {
                candidates.push(rule);
            }
        });
        if self.candidates.is_empty() {
            return;
        }
        self.seen.resize(self.seen.len().max(plan.findings()), 0);
        for finding in &self.findings {
            self.seen[*finding as usize] = stamp;
        }
        let mut asked = Asked { line: line.text, whole, told: &plan.told };
        let candidates = std::mem::take(&mut self.candidates);
        for rule in &candidates {
            let root = self.set.stored.rules[*rule as usize].root;
            self.tries[*rule as usize] += 1;
            if self.holds(root, &mut asked) {
                self.matches.push(*rule);
                self.counts[*rule as usize] += 1;
            }
        }
        self.candidates = candidates;
        self.matches.sort_unstable();
    }

    /// The place of the plan for the event.
    fn route(&mut self, line: &str) -> usize {
        self.key.clear();
        if let Some(router) = &self.set.router {
            router.key(line, &mut self.slots, &mut self.memo, &mut self.key);
        }
        if let Some((at, told)) = self.routes.get(&*self.key) {
            self.unrouted += u64::from(!told);
            return *at;
        }
        let told = match &self.set.router {
            Some(router) => router.told(&self.key),
            None => Told::default(),
        };
        let routed = self.set.router.is_none() || !told.sources.is_empty();
        self.unrouted += u64::from(!routed);
        let plan = self.set.plan(told);
        if self.routes.len() >= ROUTES {
            self.routes.clear();
            self.plans.clear();
        }
        let known = self.plans.iter().position(|it| Arc::ptr_eq(it, &plan));
        let at = known.unwrap_or_else(|| {
            self.plans.push(plan);
            self.plans.len() - 1
        });
        self.routes.insert(self.key.as_slice().into(), (at, routed));
        at
    }

    fn holds(&mut self, step: Step, asked: &mut Asked<'_>) -> bool {
        let set = self.set;
        let parts =
            |start: u32, len: u32| &set.stored.steps[start as usize..start as usize + len as usize];
        match step {
            Step::All(start, len) => parts(start, len).iter().all(|it| self.holds(*it, asked)),
            Step::Any(start, len) => parts(start, len).iter().any(|it| self.holds(*it, asked)),
            Step::Not(part) => !self.holds(set.stored.steps[part as usize], asked),
            Step::Atom(id) => self.atom(id, asked),
            Step::Const(it) => it,
        }
    }

    #[inline]
    fn atom(&mut self, id: u32, asked: &mut Asked<'_>) -> bool {
        // What was looked for in every value is known without another look.
        let told = asked.told.get(id as usize).copied().unwrap_or_default();
        if let Some(finding) = told.needs() {
            let found = self.seen[finding as usize] == self.stamp;
            if !found || told.is_sure() {
                return found;
            }
        }
        self.look(id, asked)
    }

    fn look(&mut self, id: u32, asked: &mut Asked<'_>) -> bool {
        let known = self.known[id as usize];
        if known & !1 == self.stamp {
            return known & 1 == 1;
        }
        let set = self.set;
        let question = set.ways.get(&set.stored.atoms, id);
        let holds = if question.field == ANYWHERE {
            question.passes_one_of(asked.whole.strings())
        } else {
            question.passes(asked.line, &mut self.slots)
        };
        self.known[id as usize] = self.stamp | u32::from(holds);
        holds
    }
}

fn each_string(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::String(it) => each(it),
        Value::Array(items) => items.iter().for_each(|it| each_string(it, each)),
        Value::Object(map) => map.values().for_each(|it| each_string(it, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
