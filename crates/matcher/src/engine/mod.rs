//! Many rules over a stream of events, fast.
//!
//! Knows: rules as programs, what must be seen in an event before each can match, where events
//! come from.
//! Does not know: YAML, files, threads. Its verdicts are those of [`crate::Matcher`].
//!
//! A [`RuleSet`] is made once and shared; each thread asks it through a [`Scanner`] of its own,
//! which keeps its memory from event to event.

mod atom;
mod folded;
mod guard;
mod json;
mod keys;
mod marks;
mod memo;
mod ordinary;
mod plan;
mod program;
mod route;
mod seek;
mod shape;
mod sign;
mod slots;

use std::fmt;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, PoisonError, RwLock};

use ir::{Expr, Level, LogSource};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::atom::{ANYWHERE, Atom, Text, Ways};
use self::keys::{FieldId, Keys};
use self::memo::Memo;
use self::plan::{Line, Plan, RuleId, Strings};
use self::program::{Builder, Step};
use self::route::{Router, Told};
use self::sign::{Shown, Sign};
use self::slots::Slots;
use crate::Unmatchable;
use crate::event::lookup;
use crate::test::Question;

pub use self::route::{Condition, Route, Routing, Source};

/// What is said about a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// The id, usually a UUID.
    pub id: Option<String>,
    /// The title.
    pub title: String,
    /// How bad a match is.
    pub level: Option<Level>,
    /// Tags, `namespace.name`.
    pub tags: Vec<String>,
}

impl RuleInfo {
    /// What is said about a rule of this.
    pub fn of(meta: &ir::Meta) -> RuleInfo {
        RuleInfo {
            id: meta.id.clone(),
            title: meta.title.clone(),
            level: meta.level,
            tags: meta.tags.clone(),
        }
    }

    /// What a match says of its rule, as members of a JSON object: `"rule":…,"title":…,"level":…`.
    pub fn json(&self) -> String {
        let level = self.level.map(|it| it.word());
        format!(
            "\"rule\":{},\"title\":{},\"level\":{}",
            serde_json::json!(self.id),
            serde_json::json!(self.title),
            serde_json::json!(level)
        )
    }
}

/// Which rules meet an event that no route tells the log source of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unrouted {
    /// None.
    #[default]
    Nothing,
    /// All.
    Everything,
}

/// Takes rules in, one by one.
#[derive(Debug, Default)]
pub struct RuleSetBuilder {
    program: Builder,
    names: Names,
    rules: Vec<Compiled>,
    infos: Vec<RuleInfo>,
    routing: Option<Routing>,
    unrouted: Unrouted,
}

#[derive(Debug, Default)]
struct Names {
    known: FxHashMap<Box<str>, FieldId>,
    all: Vec<Box<str>>,
}

impl Names {
    fn number(&mut self, name: &str) -> FieldId {
        if let Some(it) = self.known.get(name) {
            return *it;
        }
        let id = self.all.len() as FieldId;
        self.all.push(name.into());
        self.known.insert(name.into(), id);
        id
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Compiled {
    root: Step,
    signs: Option<Vec<Shown>>,
    category: Option<Arc<str>>,
    product: Option<Arc<str>>,
    service: Option<Arc<str>>,
}

impl RuleSetBuilder {
    /// Lets events meet only rules about their log source, which `routing` tells.
    /// Without it every rule meets every event.
    pub fn routing(mut self, routing: Routing, unrouted: Unrouted) -> RuleSetBuilder {
        routing.field_names().for_each(|it| {
            self.names.number(it);
        });
        self.routing = Some(routing);
        self.unrouted = unrouted;
        self
    }

    /// Adds a rule.
    ///
    /// # Errors
    ///
    /// When the rule can't be matched, for the reasons of [`crate::Matcher::new`]. The others are
    /// not affected.
    pub fn add(
        &mut self,
        info: RuleInfo,
        source: &LogSource,
        expr: &Expr,
    ) -> Result<(), Unmatchable> {
        let mut problem = None;
        expr.for_each_test(&mut |test| {
            if problem.is_none() {
                problem = Question::check(&test.predicate)
                    .err()
                    .map(|reason| Unmatchable { span: test.span, reason });
            }
        });
        if let Some(problem) = problem {
            return Err(problem);
        }
        let root = self.program.add(expr, &mut |it| self.names.number(it));
        self.rules.push(Compiled {
            root,
            // Told when all rules are there.
            signs: None,
            category: source.category.clone(),
            product: source.product.clone(),
            service: source.service.clone(),
        });
        self.infos.push(info);
        Ok(())
    }

    /// The rules, ready to be asked.
    pub fn build(mut self) -> RuleSet {
        let Builder { steps, atoms, .. } = &self.program;
        let kinds = self.routing.iter().flat_map(Routing::condition_names);
        let kinds: Vec<FieldId> = kinds.map(|it| self.names.number(it)).collect();
        let asked = sign::Asked::new(steps, atoms, &kinds, self.rules.iter().map(|it| it.root));
        for rule in &mut self.rules {
            rule.signs = sign::signs(rule.root, &asked).map(|it| it.signs);
        }
        RuleSet::ready(Stored {
            fields: self.names.all,
            atoms: self.program.atoms,
            steps: self.program.steps,
            rules: self.rules,
            infos: self.infos,
            routing: self.routing,
            unrouted: self.unrouted,
        })
    }
}

/// What is written into a built matcher.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    fields: Vec<Box<str>>,
    atoms: Vec<Atom>,
    steps: Vec<Step>,
    rules: Vec<Compiled>,
    infos: Vec<RuleInfo>,
    routing: Option<Routing>,
    unrouted: Unrouted,
}

impl Stored {
    /// Whether every number in it is that of something: damaged tables must not panic later.
    fn is_sound(&self) -> bool {
        let (fields, steps) = (self.fields.len(), self.steps.len());
        let field = |it: FieldId| it == ANYWHERE || (it as usize) < fields;
        // Parts stand before the step they are of, so that there is no circle.
        let step = |it: &Step, before: usize| match *it {
            Step::All(start, len) | Step::Any(start, len) => {
                start as usize + len as usize <= before
            }
            Step::Not(part) => (part as usize) < before,
            Step::Atom(id) => (id as usize) < self.atoms.len(),
            Step::Const(_) => true,
        };
        let sign = |it: &Shown| match &it.sign {
            Sign::Within(it, _) => field(*it),
            Sign::Exact(it, _)
            | Sign::Prefix(it, _)
            | Sign::Suffix(it, _)
            | Sign::Number(it, _)
            | Sign::Present(it) => (*it as usize) < fields,
        };
        self.infos.len() == self.rules.len()
            && self.atoms.iter().all(|it| field(it.field) && field(it.other))
            && self.steps.iter().enumerate().all(|(at, it)| step(it, at))
            && self
                .rules
                .iter()
                .all(|it| step(&it.root, steps) && it.signs.iter().flatten().all(sign))
    }
}

/// Rules ready to be asked about events. Shared between threads as it is.
#[derive(Debug)]
pub struct RuleSet {
    stored: Stored,
    keys: Keys,
    ways: Ways,
    router: Option<Router>,
    plans: RwLock<FxHashMap<Told, Arc<Plan>>>,
    /// The next number for those who ask a [`Memo`].
    askers: AtomicU32,
    /// Whether any rule asks for every string of an event.
    wants_strings: bool,
}

/// The first bytes of a stored rule set: what it is, and the version of its form.
const MAGIC: &[u8; 8] = b"rulec\0\0\x02";

/// Why stored rules can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unreadable {}

impl Unreadable {
    pub(crate) fn damaged(how: impl fmt::Display) -> Unreadable {
        Unreadable(format!("the tables are damaged: {how}"))
    }

    pub(crate) fn write<T: Serialize>(magic: &[u8], it: &T) -> Result<Vec<u8>, Unreadable> {
        let mut res = magic.to_vec();
        res.extend(postcard::to_stdvec(it).map_err(|it| Unreadable(it.to_string()))?);
        Ok(res)
    }

    pub(crate) fn read<'a, T: Deserialize<'a>>(
        magic: &[u8],
        bytes: &'a [u8],
    ) -> Result<T, Unreadable> {
        let rest = bytes.strip_prefix(magic).ok_or_else(|| {
            Unreadable("the tables are not those of this version of rulec-matcher".to_owned())
        })?;
        postcard::from_bytes(rest).map_err(Unreadable::damaged)
    }
}

impl RuleSet {
    /// Takes rules in one by one.
    pub fn builder() -> RuleSetBuilder {
        RuleSetBuilder::default()
    }

    fn ready(stored: Stored) -> RuleSet {
        let ways = Ways::new(stored.atoms.len());
        let keys = Keys::new(&stored.fields);
        let router = stored.routing.as_ref().map(|it| Router::new(it, &keys));
        let askers = AtomicU32::new(router.as_ref().map_or(0, Router::askers));
        let wants_strings = stored.atoms.iter().any(|it| it.field == ANYWHERE);
        RuleSet { stored, keys, ways, router, plans: RwLock::default(), askers, wants_strings }
    }

    /// The rules as bytes, for [`from_bytes`](RuleSet::from_bytes) of the same version.
    ///
    /// # Errors
    ///
    /// None that a rule can bring about.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Unreadable> {
        Unreadable::write(MAGIC, &self.stored)
    }

    /// Reads what [`to_bytes`](RuleSet::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// When the bytes are not such, or are of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<RuleSet, Unreadable> {
        let stored: Stored = Unreadable::read(MAGIC, bytes)?;
        if !stored.is_sound() {
            return Err(Unreadable::damaged("a number is out of range"));
        }
        Ok(RuleSet::ready(stored))
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.stored.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is said about the rules, in the order in which they were added.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.stored.infos
    }

    /// A way to ask, for one thread.
    pub fn scanner(&self) -> Scanner<'_> {
        Scanner {
            set: self,
            slots: Slots::new(&self.keys),
            memo: Memo::default(),
            known: vec![0; self.stored.atoms.len()],
            woken: vec![0; self.stored.rules.len()],
            seen: Vec::new(),
            stamp: 0,
            routes: FxHashMap::default(),
            plans: Vec::new(),
            key: Vec::new(),
            findings: Vec::new(),
            candidates: Vec::new(),
            matches: Vec::new(),
            counts: vec![0; self.stored.rules.len()],
            tries: vec![0; self.stored.rules.len()],
            unrouted: 0,
        }
    }

    fn plan(&self, told: Told) -> Arc<Plan> {
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(it) = plans.get(&told) {
            return it.clone();
        }
        drop(plans);
        let everything = self.router.is_none()
            || (told.sources.is_empty() && self.stored.unrouted == Unrouted::Everything);
        let rules = (0..).zip(&self.stored.rules);
        let applies =
            |rule: &Compiled| everything || told.sources.iter().any(|it| rule.is_about(it));
        let rules = rules.filter(|(_, rule)| applies(rule));
        let rules = rules.map(|(id, rule)| (id, rule.signs.as_deref()));
        let (fields, atoms) = (self.keys.fields(), self.stored.atoms.len());
        let plan = Plan::new(rules, told.aliases.clone(), fields, atoms, &self.askers);
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        plans.entry(told).or_insert_with(|| Arc::new(plan)).clone()
    }
}

impl Compiled {
    fn is_about(&self, source: &LogSource) -> bool {
        let same = |mine: &Option<Arc<str>>, its: &Option<Arc<str>>| mine.is_none() || mine == its;
        same(&self.category, &source.category)
            && same(&self.product, &source.product)
            && same(&self.service, &source.service)
    }
}

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
            self.slots.push(id, if it { slots::Kind::True } else { slots::Kind::False }, 0, 0);
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
    told: &'a [plan::Told],
}

/// How many combinations of values have their plan kept; those of real streams are a few hundred.
const ROUTES: usize = 8192;

impl<'r> Scanner<'r> {
    /// The rules that match one line of JSON, which must hold an object.
    ///
    /// # Errors
    ///
    /// When the line is not UTF-8, not JSON, or not an object.
    pub fn line(&mut self, line: &[u8]) -> Result<Matches<'_>, Malformed> {
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
