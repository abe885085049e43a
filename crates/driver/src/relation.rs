//! How the events that one rule matches relate to those of another.
//!
//! A [`Judge`] decides it from the two meanings alone; what it leaves open is answered by examples
//! and events, as far as these can.

use ir::{Expr, LogSource, Rule};
use serde_json::Value;

/// How a new rule relates to an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// It matches the same events.
    Same,
    /// It matches more.
    Wider,
    /// It matches fewer.
    Narrower,
    /// It matches some that the old one did not, and no longer some that it did.
    Changed,
    /// Nothing at hand decides it.
    Unknown,
}

impl Relation {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Same => "same",
            Relation::Wider => "wider",
            Relation::Narrower => "narrower",
            Relation::Changed => "changed",
            Relation::Unknown => "unknown",
        }
    }

    /// What verdicts that differ show: how many events only the new rule matches, and only the old.
    pub fn seen(gained: usize, lost: usize) -> Relation {
        match (gained > 0, lost > 0) {
            (true, true) => Relation::Changed,
            (true, false) => Relation::Wider,
            (false, true) => Relation::Narrower,
            (false, false) => Relation::Unknown,
        }
    }

    /// Two relations that hold of two parts of a rule, both of which an event must pass.
    pub(crate) fn and(self, other: Relation) -> Relation {
        match (self, other) {
            (Relation::Same, it) | (it, Relation::Same) => it,
            (a, b) if a == b && a != Relation::Changed => a,
            _ => Relation::Unknown,
        }
    }
}

/// What a [`Judge`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The relation; `Unknown` where it can't be decided.
    pub relation: Relation,
    /// Events that show it, with the verdicts of the old rule and of the new.
    pub witnesses: Vec<(Value, bool, bool)>,
}

/// Decides how two rules relate, from their meanings alone.
///
/// **Contract:** whatever is not `Unknown` is proved.
pub trait Judge {
    /// How `new` relates to `old`.
    fn judge(&self, old: &Rule, new: &Rule) -> Judgement;
}

/// The judge that is always right and seldom decides: equal normal forms mean the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct NormalForms;

impl Judge for NormalForms {
    fn judge(&self, old: &Rule, new: &Rule) -> Judgement {
        let expr = match same(&old.expr, &new.expr) {
            true => Relation::Same,
            false => Relation::Unknown,
        };
        let relation = expr.and(sources(&old.logsource, &new.logsource));
        Judgement { relation, witnesses: Vec::new() }
    }
}

/// The judge that proves what it says, for fields that may hold anything, and shows an event for
/// every difference.
#[derive(Debug, Clone, Copy, Default)]
pub struct Proof;

impl Judge for Proof {
    fn judge(&self, old: &Rule, new: &Rule) -> Judgement {
        let plain = NormalForms.judge(old, new);
        if same(&old.expr, &new.expr) {
            return plain;
        }
        let (expr, witnesses) = compare(&old.expr, &new.expr, &prove::Schema::many());
        // An event whose fields hold one value each is read more easily, where there is one.
        let (plain_expr, plain) = compare(&old.expr, &new.expr, &prove::Schema::single());
        let witnesses = if plain_expr == expr { plain } else { witnesses };
        let maker = propose::Maker::new(&new.logsource);
        let dress = |(event, before, after)| {
            // An event that looks like one of the log source is read more easily still.
            let goals = vec![(&old.expr, before), (&new.expr, after)];
            let made_of = vec![if after { &new.expr } else { &old.expr }];
            let wish = propose::Wish { goals: goals.clone(), made_of, prefer: &[] };
            match maker.event(&wish) {
                propose::Found::Event(it) => (propose::nest(&it, &goals), before, after),
                _ => (event, before, after),
            }
        };
        let witnesses = witnesses.into_iter().map(dress).collect();
        Judgement { relation: expr.and(sources(&old.logsource, &new.logsource)), witnesses }
    }
}

/// What is proved, and events with the verdicts of the old and of the new.
fn compare(
    old: &Expr,
    new: &Expr,
    schema: &prove::Schema<'_>,
) -> (Relation, Vec<(Value, bool, bool)>) {
    let gained = |it: prove::Witness| (it.event, false, true);
    let lost = |it: prove::Witness| (it.event, true, false);
    match prove::compare(old, new, schema) {
        prove::Relation::Same(_) => (Relation::Same, Vec::new()),
        prove::Relation::Wider(it) => (Relation::Wider, vec![gained(it)]),
        prove::Relation::Narrower(it) => (Relation::Narrower, vec![lost(it)]),
        prove::Relation::Changed { gained: one, lost: other } => {
            (Relation::Changed, vec![gained(one), lost(other)])
        }
        prove::Relation::Unknown { gained: one, lost: other, .. } => {
            let all = one.map(gained).into_iter().chain(other.map(lost));
            (Relation::Unknown, all.collect())
        }
    }
}

/// A log source that says less is about more events.
fn sources(old: &LogSource, new: &LogSource) -> Relation {
    match (old.covers(new), new.covers(old)) {
        (true, true) => Relation::Same,
        (true, false) => Relation::Narrower,
        (false, true) => Relation::Wider,
        (false, false) => Relation::Changed,
    }
}

/// Whether two normal forms are equal but for the order of their parts.
pub(crate) fn same(a: &Expr, b: &Expr) -> bool {
    a == b || canonical(a) == canonical(b)
}

/// The expression as text in which the order of parts does not show. Two that are the same text ask
/// the same: names and values are written with escapes.
fn canonical(expr: &Expr) -> String {
    let group = |word: &str, parts: &[Expr]| {
        let mut parts: Vec<String> = parts.iter().map(canonical).collect();
        parts.sort();
        format!("{word}({})", parts.join(","))
    };
    match expr {
        Expr::All(parts) => group("all", parts),
        Expr::Any(parts) => group("any", parts),
        Expr::Not(part) => format!("not({})", canonical(part)),
        Expr::Test(test) => format!("test({:?},{:?})", test.field, test.predicate),
        Expr::Const(it) => it.to_string(),
    }
}
