//! How a correlation relates to what it was, as far as its parts decide it.
//!
//! An edit is taken in steps, each of one part: what its rules match, which rules it sees, its groups, its window, its
//! question. Where all steps lead to more, or all to less, so does the edit; a step that may do both leaves it open.
//!
//! Knows: which parts make a correlation match more or less often.
//! Does not know: how two rules relate, which the judge says.

use std::collections::BTreeSet;

use ir::{BoundOp, Bounds, Correlation, Member, Number, Question, Referent};

use super::pair::Pair;
use super::subject::{Subject, What};
use crate::relation::{Judge, Relation};

/// Members of more than this many different kinds are not tried in all combinations.
const MOST_TRIED: usize = 12;

/// A chain of correlations longer than this is left open.
const DEEPEST: usize = 8;

/// What is certain, and why, or why nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The relation; `Unknown` where it can't be decided.
    pub relation: Relation,
    /// A sentence for each part that makes a difference.
    pub reasons: Vec<String>,
}

/// Compares correlations of two states whose documents are paired like this.
pub struct Compare<'a, 'p> {
    /// The documents of both states.
    pub pairs: &'p [Pair<'a>],
    /// How rules relate.
    pub judge: &'p dyn Judge,
}

/// Where each member of the new correlation stands in the old one.
struct Members {
    /// By member of the new one.
    old: Vec<Option<usize>>,
    /// The places of members that are gone.
    gone: Vec<usize>,
}

impl Members {
    /// A number for a member of the new one: its place in the old one, or one that none has there.
    fn id(&self, new: usize) -> usize {
        self.old.get(new).copied().flatten().unwrap_or(1000 + new)
    }

    fn added(&self) -> usize {
        self.old.iter().filter(|it| it.is_none()).count()
    }
}

impl<'a> Compare<'a, '_> {
    /// How `new` relates to `old`; both can be used.
    pub fn relate(&self, old: Subject<'a>, new: Subject<'a>) -> Answer {
        self.at_depth(old, new, 0)
    }

    fn at_depth(&self, old: Subject<'a>, new: Subject<'a>, depth: usize) -> Answer {
        let (Some(a), Some(b)) = (old.correlation(), new.correlation()) else {
            return Answer { relation: Relation::Unknown, reasons: Vec::new() };
        };
        let members = self.members(old, a, new, b);
        let mut steps = Vec::new();
        let grows = a.question.only_grows() || b.question.only_grows();
        for (at, member) in b.members.iter().enumerate() {
            let Some(before) = members.old[at].and_then(|it| a.members.get(it)) else { continue };
            steps.push(self.member((old, before), (new, member), grows, depth));
        }
        steps.push(groups(a, b, &members, grows));
        steps.push(window(a, b, grows));
        steps.push(question(a, b, &members));
        let mut relation = Relation::Same;
        for (step, _) in &steps {
            relation = relation.and(*step);
        }
        let reasons = steps.into_iter().filter(|it| it.0 != Relation::Same).map(|it| it.1);
        Answer { relation, reasons: reasons.collect() }
    }

    fn members(
        &self,
        old: Subject<'a>,
        a: &Correlation,
        new: Subject<'a>,
        b: &Correlation,
    ) -> Members {
        let before: Vec<Option<Subject<'a>>> =
            a.members.iter().map(|it| document(old, it.to)).collect();
        let place = |it: &Member| {
            let after = document(new, it.to)?;
            let is_after = |it: &&Pair<'_>| it.1.is_some_and(|it| it.is(&after));
            let partner = self.pairs.iter().find(is_after)?.0?;
            before.iter().position(|it| it.is_some_and(|it| it.is(&partner)))
        };
        let places: Vec<Option<usize>> = b.members.iter().map(place).collect();
        let gone = (0..a.members.len()).filter(|it| !places.contains(&Some(*it))).collect();
        Members { old: places, gone }
    }

    /// What a member of both matches.
    fn member(
        &self,
        (old, before): (Subject<'a>, &Member),
        (new, after): (Subject<'a>, &Member),
        grows: bool,
        depth: usize,
    ) -> (Relation, String) {
        let name = &after.name.value;
        let (Some(a), Some(b)) = (document(old, before.to), document(new, after.to)) else {
            return (Relation::Unknown, format!("`{name}` is not the same"));
        };
        let relation = match (a.rule(), b.rule(), a.correlation(), b.correlation()) {
            (Some(a), Some(b), ..) => self.judge.judge(a, b).relation,
            (_, _, Some(below), Some(now)) if depth < DEEPEST => {
                let found = self.at_depth(a, b, depth + 1).relation;
                // A match has the values of its group in place of the event's own.
                let names = |it: &Correlation| -> Vec<String> {
                    it.group_by.iter().map(|it| it.value.to_string()).collect()
                };
                if names(below) == names(now) { found } else { Relation::Unknown }
            }
            _ => Relation::Unknown,
        };
        let what = match relation {
            Relation::Same => return (Relation::Same, String::new()),
            Relation::Wider => "matches more than it did",
            Relation::Narrower => "matches less than it did",
            Relation::Changed | Relation::Unknown => "matches other events than it did",
        };
        let reason = format!("`{name}` {what}");
        match relation {
            Relation::Wider | Relation::Narrower if grows => (relation, reason),
            _ => (Relation::Unknown, reason),
        }
    }
}

/// What a member is, in the state of the correlation.
fn document(of: Subject<'_>, to: Referent) -> Option<Subject<'_>> {
    let what = match to {
        Referent::Rule(at) => What::Rule(of.state.rules.get(at)?),
        Referent::Correlation(at) => What::Correlation(of.state.correlations.get(at)?),
    };
    Some(Subject { state: of.state, what })
}

/// Whether more events in a window never begin a match.
fn shrinks(it: &Question) -> bool {
    let least = |it: &Bounds| it.0.iter().all(|(op, _)| matches!(op, BoundOp::Lt | BoundOp::Lte));
    match it {
        Question::Events(it) | Question::Distinct(_, it) | Question::Together(it) => least(it),
        _ => false,
    }
}

fn groups(a: &Correlation, b: &Correlation, members: &Members, grows: bool) -> (Relation, String) {
    // A field of a group is one of each member; those of members that only one side has play no part.
    let of = |it: &Correlation, place: &dyn Fn(usize) -> Option<usize>| -> BTreeSet<Vec<String>> {
        (0..it.group_by.len())
            .map(|nth| {
                let fields = (0..b.members.len()).filter_map(|at| {
                    let member = it.members.get(place(at)?)?;
                    Some(member.fields.get(nth)?.to_string())
                });
                fields.collect()
            })
            .collect()
    };
    let shared = |at: usize| members.old.get(at).copied().flatten();
    let before = of(a, &shared);
    let after = of(b, &|at| shared(at).map(|_| at));
    if before == after {
        return (Relation::Same, String::new());
    }
    if before.is_subset(&after) && grows {
        let reason = "each group is a part of an old one, and an event needs one more field";
        return (Relation::Narrower, reason.to_owned());
    }
    if after.is_subset(&before) && grows {
        let reason = "each group holds old ones, and an event needs one field less";
        return (Relation::Wider, reason.to_owned());
    }
    (Relation::Unknown, "events are grouped otherwise".to_owned())
}

fn window(a: &Correlation, b: &Correlation, grows: bool) -> (Relation, String) {
    let longer = b.seconds.value > a.seconds.value;
    if a.seconds.value == b.seconds.value {
        return (Relation::Same, String::new());
    }
    let word = if longer { "a longer" } else { "a shorter" };
    let more = if longer { "more" } else { "less" };
    if grows {
        let relation = if longer { Relation::Wider } else { Relation::Narrower };
        return (relation, format!("{word} window sees {more}"));
    }
    if shrinks(&a.question) || shrinks(&b.question) {
        let relation = if longer { Relation::Narrower } else { Relation::Wider };
        return (relation, format!("{word} window sees {more}, of which there must be few"));
    }
    (Relation::Unknown, format!("{word} window sees {more}, which may begin matches and end them"))
}

fn question(a: &Correlation, b: &Correlation, members: &Members) -> (Relation, String) {
    use Question::*;
    let same_members = members.gone.is_empty() && members.added() == 0;
    let counts = |x: &Bounds, y: &Bounds, most: u64| {
        let most = i128::from(most);
        let within = |it: &Number| matches!(it, Number::Int(it) if (1..=most).contains(it));
        bounds(x, y, &[Number::Int(1), Number::Int(most)], &within)
    };
    let amounts = |x: &Bounds, y: &Bounds| bounds(x, y, &[Number::Int(0)], &|_| true);
    let asked = match (&a.question, &b.question) {
        (Events(x), Events(y)) => counts(x, y, u64::from(u32::MAX)),
        (Distinct(n, x), Distinct(m, y)) if n == m => counts(x, y, u64::from(u32::MAX)),
        (Sum(x), Sum(y)) | (Average(x), Average(y)) => amounts(x, y),
        (Percentile(p, x), Percentile(q, y)) if p == q => amounts(x, y),
        (Share(x), Share(y)) => {
            let within = |it: &Number| *it > Number::Int(0) && *it <= Number::Int(100);
            bounds(x, y, &[Number::Int(100), Number::Float(1e-9)], &within)
        }
        (Together(_) | Formula(_), Together(_) | Formula(_)) => {
            return together(a, b, members);
        }
        _ => return ordered(a, b, members),
    };
    // What is counted, or added up.
    let values = |it: &Correlation, place: &dyn Fn(usize) -> Option<usize>| {
        let groups = it.group_by.len();
        let fields = (0..b.members.len()).filter_map(|at| {
            let fields = it.members.get(place(at)?)?.fields.get(groups..)?;
            Some(fields.iter().map(ToString::to_string).collect::<BTreeSet<String>>())
        });
        fields.collect::<Vec<_>>()
    };
    let shared = |at: usize| members.old.get(at).copied().flatten();
    if values(a, &shared) != values(b, &|at| shared(at).map(|_| at)) {
        return (Relation::Unknown, "it is about another field".to_owned());
    }
    if same_members {
        return said(asked);
    }
    let grows = a.question.only_grows() || b.question.only_grows();
    let seen = match (grows, members.gone.is_empty(), members.added()) {
        (true, true, _) => Relation::Wider,
        (true, false, 0) => Relation::Narrower,
        _ => Relation::Unknown,
    };
    let more = if members.gone.is_empty() { "it sees more rules" } else { "it sees fewer rules" };
    match (seen, asked.and(seen)) {
        (Relation::Unknown, _) => (Relation::Unknown, "it sees other rules".to_owned()),
        (_, Relation::Unknown) => (Relation::Unknown, format!("{more}, and {}", said(asked).1)),
        (_, both) => (both, more.to_owned()),
    }
}

fn said(relation: Relation) -> (Relation, String) {
    let reason = match relation {
        Relation::Same => "",
        Relation::Wider => "its condition is easier to meet",
        Relation::Narrower => "its condition is harder to meet",
        Relation::Changed => {
            "its condition holds where it did not, and no longer holds where it did"
        }
        Relation::Unknown => "its condition is another one",
    };
    (relation, reason.to_owned())
}

/// From whether the old implies the new, and the new the old.
fn implied(wider: bool, narrower: bool) -> Relation {
    match (wider, narrower) {
        (true, true) => Relation::Same,
        (true, false) => Relation::Wider,
        (false, true) => Relation::Narrower,
        (false, false) => Relation::Changed,
    }
}

fn bounds(
    old: &Bounds,
    new: &Bounds,
    ends: &[Number],
    within: &dyn Fn(&Number) -> bool,
) -> Relation {
    implied(old.imply(new, ends, within), new.imply(old, ends, within))
}

/// Questions about which members match, tried for all combinations of them.
fn together(a: &Correlation, b: &Correlation, members: &Members) -> (Relation, String) {
    let before: Vec<usize> = (0..a.members.len()).collect();
    let after: Vec<usize> = (0..b.members.len()).map(|it| members.id(it)).collect();
    let all: BTreeSet<usize> = before.iter().chain(&after).copied().collect();
    let all: Vec<usize> = all.into_iter().collect();
    if all.len() > MOST_TRIED {
        return (Relation::Unknown, "it has too many rules to try".to_owned());
    }
    let holds = |it: &Correlation, ids: &[usize], there: &dyn Fn(usize) -> bool| {
        let matches = |at: usize| ids.get(at).is_some_and(|it| there(*it));
        match &it.question {
            Question::Together(bounds) => {
                let count = (0..ids.len()).filter(|it| matches(*it)).count();
                bounds.hold(Number::Int(count as i128))
            }
            Question::Formula(formula) => formula.holds(&matches),
            _ => false,
        }
    };
    // The event that is judged is one of a member: of a side, some member matches whenever it does.
    let implies = |x: (&Correlation, &[usize]), y: (&Correlation, &[usize])| {
        (0..1_usize << all.len()).all(|mask| {
            let there = |id: usize| {
                all.iter().position(|it| *it == id).is_some_and(|at| mask >> at & 1 == 1)
            };
            let judged = x.1.iter().any(|it| there(*it));
            !judged || !holds(x.0, x.1, &there) || holds(y.0, y.1, &there)
        })
    };
    let (old, new) = ((a, before.as_slice()), (b, after.as_slice()));
    // An event of a rule that only one side sees is judged there alone.
    let wider = members.gone.is_empty() && implies(old, new);
    let narrower = members.added() == 0 && implies(new, old);
    if members.gone.is_empty() && members.added() == 0 {
        return said(implied(wider, narrower));
    }
    match implied(wider, narrower) {
        Relation::Wider => (Relation::Wider, "it sees more rules".to_owned()),
        Relation::Narrower => (Relation::Narrower, "it sees fewer rules".to_owned()),
        _ => (Relation::Unknown, "it sees other rules".to_owned()),
    }
}

/// Questions of which one is about an order.
fn ordered(a: &Correlation, b: &Correlation, members: &Members) -> (Relation, String) {
    let other = (Relation::Unknown, "it asks another question".to_owned());
    let in_order =
        members.gone.is_empty() && members.old.iter().enumerate().all(|(at, old)| *old == Some(at));
    if let (Question::Ordered(x), Question::Ordered(y), true) = (&a.question, &b.question, in_order)
    {
        let most = a.members.len() as i128;
        let within = |it: &Number| matches!(it, Number::Int(it) if (1..=most).contains(it));
        return said(bounds(x, y, &[Number::Int(1), Number::Int(most)], &within));
    }
    let old = chain(a, &|it| it);
    let new = chain(b, &|it| members.id(it));
    let all = |it: &Correlation| match &it.question {
        Question::Together(bounds) => is_all(bounds, it.members.len()),
        _ => false,
    };
    let same_members = members.gone.is_empty() && members.added() == 0;
    match (old, new) {
        (Some((yes, no)), Some((now, not))) if yes == now => {
            said(implied(not.is_subset(&no), no.is_subset(&not)))
        }
        (Some((yes, no)), Some((now, not))) if no == not && same_members => {
            let sorted = |it: &[usize]| it.iter().copied().collect::<BTreeSet<_>>();
            match sorted(&yes) == sorted(&now) {
                true => (Relation::Unknown, "its rules have another order".to_owned()),
                false => other,
            }
        }
        (None, Some((now, not)))
            if all(a) && not.is_empty() && same_members && now.len() == b.members.len() =>
        {
            (Relation::Narrower, "its rules must match in their order".to_owned())
        }
        (Some((yes, no)), None)
            if all(b) && no.is_empty() && same_members && yes.len() == a.members.len() =>
        {
            (Relation::Wider, "its rules may match in any order".to_owned())
        }
        (Some(_), Some(_)) if !same_members => {
            (Relation::Unknown, "it sees other rules".to_owned())
        }
        _ => other,
    }
}

/// The members that must match one after the other, and those that must not, when all must.
fn chain(it: &Correlation, id: &dyn Fn(usize) -> usize) -> Option<(Vec<usize>, BTreeSet<usize>)> {
    match &it.question {
        Question::Ordered(bounds) if is_all(bounds, it.members.len()) => {
            Some(((0..it.members.len()).map(id).collect(), BTreeSet::new()))
        }
        Question::OrderedFormula(yes, no) => {
            Some((yes.iter().map(|it| id(*it)).collect(), no.iter().map(|it| id(*it)).collect()))
        }
        _ => None,
    }
}

/// Whether bounds on the number of members ask for all of them.
fn is_all(bounds: &Bounds, members: usize) -> bool {
    let holds = |count: usize| bounds.hold(Number::Int(count as i128));
    holds(members) && !(0..members).any(holds)
}
