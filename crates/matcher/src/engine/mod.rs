//! Many rules over a stream of events, fast.
//!
//! Knows: rules as programs, what must be seen in an event before each can match, where events
//! come from.
//! Does not know: YAML, files, threads. Its verdicts are those of [`crate::Matcher`].
//!
//! A [`RuleSet`] is made once and shared; each thread asks it through a [`Scanner`] of its own,
//! which keeps its memory from event to event.

mod atom;
mod ends;
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
mod scanner;
mod seek;
mod shape;
mod short;
mod sign;
mod slots;

use std::fmt;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, PoisonError, RwLock};

use ir::{Expr, Level, LogSource};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use self::atom::{ANYWHERE, Atom, Ways};
use self::keys::{FieldId, Keys};
use self::plan::Plan;
use self::program::{Builder, Step};
use self::route::{Router, Told};
use self::sign::{Shown, Sign};
use crate::Unmatchable;
use crate::test::Question;

pub use self::route::{Condition, Route, Routing, Source};
pub use self::scanner::{Event, Fields, Hit, Malformed, Matches, Scanner};

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
        Scanner::new(self)
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
