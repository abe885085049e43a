//! The questions that can be asked.

use std::cell::OnceCell;

use ir::Expr;
use matcher::Matcher;
use rustc_hash::FxHashMap;

use crate::glance;
use crate::query::{Outcome, Query, confirm};
use crate::schema::{Budget, Schema};
use crate::value::Values;
use crate::verdict::{Grounds, Relation, Unknown, Verdict, Witness};
use crate::world::{Form, World};

/// Answers questions about expressions, and keeps what it learned of their tests.
///
/// One prover for many questions is faster than one for each. Answers do not depend on the
/// questions before them, but for a budget that would have ended.
#[derive(Debug)]
pub struct Prover<'s> {
    pub(crate) world: World,
    pub(crate) values: Values,
    pub(crate) schema: &'s Schema<'s>,
    pub(crate) budget: Budget,
    /// Whether what is plain to see is not searched for.
    pub(crate) glances: bool,
}

/// An expression, ready to be asked about.
#[derive(Debug)]
pub(crate) struct Ready<'e> {
    expr: &'e Expr,
    matcher: Matcher,
    /// Made when it is first needed.
    form: OnceCell<Form>,
}

/// How many events the matcher may refuse before a question is given up.
const MOST_REFUSED: usize = 8;

impl<'s> Prover<'s> {
    /// A prover under these assumptions about fields.
    pub fn new(schema: &'s Schema<'s>) -> Prover<'s> {
        Prover::with_budget(schema, Budget::default())
    }

    /// A prover that spends no more than `budget` on each question.
    pub fn with_budget(schema: &'s Schema<'s>, budget: Budget) -> Prover<'s> {
        let (world, values) = (World::new(), Values::new(budget.per_product));
        Prover { world, values, schema, budget, glances: true }
    }

    /// Searches for every event, even one that is plain to see: the answers are the same, later. It
    /// is there to be compared with.
    pub fn searching(self) -> Prover<'s> {
        Prover { glances: false, ..self }
    }

    /// Whether no event matches. A witness is an event that does.
    pub fn never_matches(&mut self, expr: &Expr) -> Verdict {
        self.ask(&[(expr, true)])
    }

    /// Whether every event matches. A witness is an event that does not.
    pub fn always_matches(&mut self, expr: &Expr) -> Verdict {
        self.ask(&[(expr, false)])
    }

    /// Whether `wide` matches all that `narrow` matches. A witness is matched by `narrow` only.
    pub fn includes(&mut self, wide: &Expr, narrow: &Expr) -> Verdict {
        self.ask(&[(narrow, true), (wide, false)])
    }

    /// Whether both match the same events. A witness is matched by one of them only.
    pub fn equivalent(&mut self, one: &Expr, other: &Expr) -> Verdict {
        match self.compare(one, other) {
            Relation::Same(it) => Verdict::Proved(it),
            Relation::Wider(it) | Relation::Narrower(it) | Relation::Changed { gained: it, .. } => {
                Verdict::Differs(it)
            }
            Relation::Unknown { gained, lost, why } => {
                gained.or(lost).map_or(Verdict::Unknown(why), Verdict::Differs)
            }
        }
    }

    /// What becomes of the events that `old` matches when `new` takes its place.
    pub fn compare(&mut self, old: &Expr, new: &Expr) -> Relation {
        let lost = self.includes(new, old);
        let gained = self.includes(old, new);
        match (gained, lost) {
            (Verdict::Proved(mut a), Verdict::Proved(b)) => {
                a.single.extend(b.single);
                a.single.sort();
                a.single.dedup();
                Relation::Same(a)
            }
            (Verdict::Differs(it), Verdict::Proved(_)) => Relation::Wider(it),
            (Verdict::Proved(_), Verdict::Differs(it)) => Relation::Narrower(it),
            (Verdict::Differs(gained), Verdict::Differs(lost)) => {
                Relation::Changed { gained, lost }
            }
            (Verdict::Unknown(why), lost) => {
                Relation::Unknown { gained: None, lost: into_witness(lost), why }
            }
            (gained, Verdict::Unknown(why)) => {
                Relation::Unknown { gained: into_witness(gained), lost: None, why }
            }
        }
    }

    /// An event on which every expression has the verdict beside it; proved when there is none.
    ///
    /// ```
    /// # use rulec_prove::{Prover, Schema};
    /// # let schema = Schema::single();
    /// # let (rule, other) = (ir::Expr::Const(true), ir::Expr::Const(false));
    /// // An event that `rule` matches and `other` does not.
    /// let verdict = Prover::new(&schema).ask(&[(&rule, true), (&other, false)]);
    /// assert!(verdict.witness().is_some());
    /// ```
    pub fn ask(&mut self, goals: &[(&Expr, bool)]) -> Verdict {
        let mut ready = Vec::with_capacity(goals.len());
        for (expr, wanted) in goals {
            match self.ready(expr) {
                Ok(it) => ready.push((it, *wanted)),
                Err(it) => return Verdict::Unknown(it),
            }
        }
        let goals: Vec<(&Ready<'_>, bool)> =
            ready.iter().map(|(it, wanted)| (it, *wanted)).collect();
        self.ask_ready(&goals)
    }

    pub(crate) fn ready<'e>(&self, expr: &'e Expr) -> Result<Ready<'e>, Unknown> {
        let matcher = Matcher::new(expr).map_err(Unknown::Unmatchable)?;
        Ok(Ready { expr, matcher, form: OnceCell::new() })
    }

    pub(crate) fn ask_ready(&mut self, goals: &[(&Ready<'_>, bool)]) -> Verdict {
        if let [(it, wanted)] = goals
            && self.glances
            && let Some(event) = glance::witness(it.expr, *wanted, &it.matcher)
        {
            return Verdict::Differs(Witness { event });
        }
        let mut query = Query::new(&mut self.world, &mut self.values, self.schema, self.budget);
        for (ready, wanted) in goals {
            let form = ready.form.get_or_init(|| query.world.form(ready.expr));
            let literal = query.literal(form);
            query.clause([if *wanted { literal } else { !literal }]);
        }
        let matchers: Vec<(&Matcher, bool)> =
            goals.iter().map(|(it, wanted)| (&it.matcher, *wanted)).collect();
        let mut refused = 0;
        loop {
            match query.solve(&[]) {
                Outcome::Never if refused > 0 => return Verdict::Unknown(Unknown::Unconfirmed),
                Outcome::Never => return Verdict::Proved(query.grounds()),
                Outcome::Unknown(it) => return Verdict::Unknown(it),
                Outcome::Event(draft) => match confirm(query.world, &draft, &matchers) {
                    Some(event) => return Verdict::Differs(Witness { event }),
                    None if refused == MOST_REFUSED => {
                        return Verdict::Unknown(Unknown::Unconfirmed);
                    }
                    None => {
                        refused += 1;
                        query.distrust();
                    }
                },
            }
        }
    }
}

fn into_witness(verdict: Verdict) -> Option<Witness> {
    match verdict {
        Verdict::Differs(it) => Some(it),
        _ => None,
    }
}

/// One rule that lies within another of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The place in the set of the one that matches no more.
    pub narrow: usize,
    /// The place of the one that matches all that the other does.
    pub wide: usize,
    /// What the proof takes for granted.
    pub grounds: Grounds,
}

/// What lies within what, of a set of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inclusions {
    /// The pairs, in order of the narrower one.
    pub found: Vec<Inclusion>,
    /// Pairs, narrower and wider, that could not be decided.
    pub unknown: Vec<(usize, usize, Unknown)>,
    /// How many pairs one event was enough to tell apart, and how many needed a question of
    /// their own.
    pub pairs: (usize, usize),
}

impl Prover<'_> {
    /// Which rules of a set lie within which others. A rule that never matches is left out: it lies
    /// within all.
    ///
    /// Only pairs of places are asked about, the narrower first, that `may` stand so: rules of
    /// different log sources say nothing of each other. An event of each rule is first tried on all
    /// others; only those that match it too can hold the whole rule.
    pub fn inclusions(
        &mut self,
        rules: &[&Expr],
        may: &dyn Fn(usize, usize) -> bool,
    ) -> Inclusions {
        let mut res = Inclusions::default();
        let mut ready: Vec<Option<Ready<'_>>> = Vec::with_capacity(rules.len());
        for (at, rule) in rules.iter().enumerate() {
            match self.ready(rule) {
                Ok(it) => ready.push(Some(it)),
                Err(why) => {
                    ready.push(None);
                    res.unknown.push((at, at, why));
                }
            }
        }
        for (narrow, mine) in ready.iter().enumerate() {
            let Some(mine) = mine else { continue };
            let others: Vec<(usize, &Ready<'_>)> = ready
                .iter()
                .enumerate()
                .filter(|(wide, _)| *wide != narrow && may(narrow, *wide))
                .filter_map(|(wide, it)| Some((wide, it.as_ref()?)))
                .collect();
            if others.is_empty() {
                continue;
            }
            let first = match self.ask_ready(&[(mine, true)]) {
                Verdict::Differs(it) => it.event,
                Verdict::Proved(_) => continue,
                Verdict::Unknown(why) => {
                    res.unknown.push((narrow, narrow, why));
                    continue;
                }
            };
            let mut events = vec![first];
            for (wide, other) in others {
                if !events.iter().all(|it| other.matcher.matches(it)) {
                    res.pairs.0 += 1;
                    continue;
                }
                res.pairs.1 += 1;
                match self.ask_ready(&[(mine, true), (other, false)]) {
                    Verdict::Proved(grounds) => res.found.push(Inclusion { narrow, wide, grounds }),
                    Verdict::Differs(it) => events.push(it.event),
                    Verdict::Unknown(why) => res.unknown.push((narrow, wide, why)),
                }
            }
        }
        res
    }
}

/// Numbers things in the order they come.
#[derive(Debug)]
pub(crate) struct Numbered<K> {
    pub(crate) all: Vec<K>,
    by_key: FxHashMap<K, usize>,
}

impl<K: Clone + Eq + std::hash::Hash> Numbered<K> {
    pub(crate) fn new() -> Numbered<K> {
        Numbered { all: Vec::new(), by_key: FxHashMap::default() }
    }

    pub(crate) fn place(&mut self, key: &K) -> usize {
        if let Some(it) = self.by_key.get(key) {
            return *it;
        }
        self.all.push(key.clone());
        self.by_key.insert(key.clone(), self.all.len() - 1);
        self.all.len() - 1
    }
}
