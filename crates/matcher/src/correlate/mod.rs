//! Correlations over a stream of events: windows of time, in bounded memory.
//!
//! Knows: what several events mean together, and how little of them has to be kept.
//! Does not know: whether an event matches a rule, where its time stands, how rules are written.
//!
//! Every fact is a line C of `docs/semantics.md`, with a test of the same number.

mod exact;
mod groups;
mod pending;
mod plan;
mod save;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use ir::{Correlation, Number};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::groups::Groups;
use self::pending::{Pending, Seen};
use self::plan::{Name, Plan, Task};
use self::window::{Brought, NEVER};
use crate::event::{Scalar, values};

pub use self::save::NotAState;

/// The most groups that one event can be in, and the most sets of values that it can bring.
pub const MOST_COMBINATIONS: usize = 1000;
/// After so many events, all that is too old is looked for.
const SWEEP: u64 = 4096;

/// How much a [`Correlator`] may hold, and how long it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The memory for groups, in bytes, about. When it is reached, the groups of the correlation
    /// that takes most are forgotten, the one that was hit longest ago first.
    pub memory: usize,
    /// How much later than its successors an event may come, in microseconds. Hits are told so much
    /// later.
    pub lateness: i64,
    /// The most events that wait for others. When there are more, the first is judged early.
    pub waiting: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { memory: 256 << 20, lateness: 0, waiting: 100_000 }
    }
}

/// A correlation that matched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The event that completed it, counted from 0 over all that were observed.
    pub event: u64,
    /// The time of that event.
    pub at: i64,
    /// The correlation's place in the list.
    pub correlation: usize,
    /// The values of `group-by`, in its order.
    pub group: Vec<Arc<str>>,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Events that came too late, and were left out.
    pub late: u64,
    /// Events that had to be judged before their time of waiting was over.
    pub hurried: u64,
    /// Groups that were forgotten for want of memory: matches may have been missed.
    pub forgotten: u64,
    /// Answers that were withheld, because a forgotten group could have made them wrong.
    pub withheld: u64,
    /// Events that would have been in too many groups, and were left out.
    pub crowded: u64,
    /// The most memory that groups ever took, in bytes, about.
    pub most_memory: usize,
}

/// Answers the questions of correlations over a stream of events.
///
/// Give it each event that matches a rule, once, with all the rules that it matches.
#[derive(Debug)]
pub struct Correlator {
    plan: Plan,
    groups: Vec<Groups>,
    pending: Pending,
    limits: Limits,
    /// The latest time that was observed.
    newest: Option<i64>,
    /// The time of the latest event that was judged.
    settled: Option<i64>,
    events: u64,
    judged: u64,
    stats: Stats,
}

impl Correlator {
    /// For these correlations, in the list that they were resolved in; `None` for those that can't
    /// be used.
    pub fn new(correlations: &[Option<&Correlation>], limits: Limits) -> Correlator {
        let plan = Plan::new(correlations);
        Correlator {
            groups: plan.tasks.iter().map(|_| Groups::default()).collect(),
            plan,
            pending: Pending::default(),
            limits,
            newest: None,
            settled: None,
            events: 0,
            judged: 0,
            stats: Stats::default(),
        }
    }

    /// Whether any correlation sees this rule.
    pub fn sees(&self, rule: usize) -> bool {
        self.plan.rule_seen_by.get(rule).is_some_and(|it| !it.is_empty())
    }

    /// Takes in an event: its time in microseconds since 1970, and the rules that it matches, by
    /// their places in the list that correlations were resolved in. Returns what matched now; with
    /// a lateness this is about events from before.
    pub fn observe(&mut self, at: i64, rules: &[usize], event: &Value) -> Vec<Hit> {
        let number = self.events;
        self.events += 1;
        let mut hits = Vec::new();
        let newest = self.newest.map_or(at, |it| it.max(at));
        self.newest = Some(newest);
        let border = newest.saturating_sub(self.limits.lateness);
        // An event that was judged early may lie after the border.
        let border = self.settled.map_or(border, |it| it.max(border));
        let watched: Vec<usize> = rules.iter().copied().filter(|it| self.sees(*it)).collect();
        if !watched.is_empty() {
            if at < border {
                self.stats.late += 1;
            } else {
                let values = self.project(&watched, event);
                let seen = Seen { at, number, rules: watched, values };
                if self.limits.lateness <= 0 {
                    self.judge(&seen, &mut hits);
                } else {
                    self.pending.push(seen);
                }
            }
        }
        self.settle(border, &mut hits);
        while self.pending.len() > self.limits.waiting {
            self.stats.hurried += 1;
            let Some(first) = self.pending.first() else { break };
            self.settle(first, &mut hits);
        }
        hits
    }

    /// Judges all events that still wait: no others will come before them.
    pub fn finish(&mut self) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.settle(i64::MAX, &mut hits);
        hits
    }

    /// Says that it is `now`: judges what waits no longer, and gives back the memory of groups whose
    /// windows are over. Without it both happen as later events come in.
    pub fn expire(&mut self, now: i64) -> Vec<Hit> {
        let newest = self.newest.map_or(now, |it| it.max(now));
        self.newest = Some(newest);
        let mut hits = Vec::new();
        let border = newest.saturating_sub(self.limits.lateness);
        self.settle(border, &mut hits);
        self.sweep(border);
        hits
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// How many groups are kept.
    pub fn groups(&self) -> usize {
        self.groups.iter().map(Groups::len).sum()
    }

    /// The memory that groups take, in bytes, about.
    pub fn memory(&self) -> usize {
        self.groups.iter().map(|it| it.bytes).sum()
    }

    /// The values of an event that correlations may ask for.
    fn project(&self, rules: &[usize], event: &Value) -> Vec<(Name, Vec<Arc<str>>)> {
        let asked = |rule: &usize| self.plan.rule_fields.get(*rule).map_or(&[][..], |it| it);
        let joined: Vec<Name>;
        let names = match rules {
            [one] => asked(one),
            many => {
                let all: std::collections::BTreeSet<Name> =
                    many.iter().flat_map(asked).copied().collect();
                joined = all.into_iter().collect();
                &joined
            }
        };
        let texts = |name: &Name| -> Vec<Arc<str>> {
            let field = self.plan.names.get(*name).map_or("", |it| it.as_ref());
            // Most fields are plain ones of a flat event.
            if !field.contains('.')
                && let Value::Object(all) = event
                && let Some(value) = all.get(field)
                && let Some(text) = Scalar::of(value).text()
            {
                return if text.is_empty() { Vec::new() } else { vec![Arc::from(text.as_ref())] };
            }
            let found = values(event, field).into_iter().filter_map(|it| Scalar::of(it).text());
            found.filter(|it| !it.is_empty()).map(|it| Arc::from(it.as_ref())).collect()
        };
        names.iter().map(|it| (*it, texts(it))).filter(|(_, it)| !it.is_empty()).collect()
    }

    fn settle(&mut self, until: i64, hits: &mut Vec<Hit>) {
        while let Some(seen) = self.pending.pop(until) {
            self.judge(&seen, hits);
        }
    }

    fn judge(&mut self, seen: &Seen, hits: &mut Vec<Hit>) {
        self.settled = Some(self.settled.map_or(seen.at, |it| it.max(seen.at)));
        // Hits by the task that sees them, in their order: a task's own hits are seen by later ones.
        let mut waiting: Vec<(usize, usize, Overlay)> = Vec::new();
        for rule in &seen.rules {
            let seen_by = self.plan.rule_seen_by.get(*rule).into_iter().flatten();
            waiting.extend(seen_by.map(|(task, member)| (*task, *member, Overlay::default())));
        }
        // Where several rules match one event, the first in the list that has a value decides.
        waiting.sort_by_key(|it| (it.0, it.1));
        let mut done = 0;
        let mut found: Vec<(usize, Overlay)> = Vec::new();
        while let Some((at, ..)) = waiting.get(done) {
            let at = *at;
            let end = waiting.partition_point(|it| it.0 <= at);
            found.clear();
            let hits_of = waiting[done..end].iter_mut();
            found.extend(hits_of.map(|(_, member, overlay)| (*member, std::mem::take(overlay))));
            done = end;
            let Some(task) = self.plan.tasks.get(at) else { continue };
            let Some(groups) = self.groups.get_mut(at) else { continue };
            let Some(brought) = bring(task, &found, seen) else {
                self.stats.crowded += 1;
                continue;
            };
            let start = seen.at.saturating_sub(task.asked.length);
            while groups.oldest().is_some_and(|it| it < start) {
                groups.pop();
            }
            for (key, brought, overlay) in brought {
                let answer = groups.visit(
                    &key,
                    seen.at,
                    || task.asked.window(),
                    |it| {
                        let holds = task.asked.take(&mut it.window, seen.at, &brought);
                        let sure = task.asked.only_grows() || it.doubt == NEVER || it.doubt < start;
                        (holds, sure)
                    },
                );
                match answer {
                    Some((true, false)) => self.stats.withheld += 1,
                    Some((true, true)) => {
                        hits.push(Hit {
                            event: seen.number,
                            at: seen.at,
                            correlation: task.place,
                            group: key.clone(),
                        });
                        if task.seen_by.is_empty() {
                            continue;
                        }
                        let own = task.group_by.iter().copied().zip(key);
                        let overlay = overlay.with(own);
                        for (upper, member) in &task.seen_by {
                            let place =
                                waiting.partition_point(|it| (it.0, it.1) <= (*upper, *member));
                            waiting.insert(place, (*upper, *member, overlay.clone()));
                        }
                    }
                    _ => {}
                }
            }
        }
        self.judged += 1;
        if self.judged.is_multiple_of(SWEEP) {
            self.sweep(seen.at);
        }
        self.shrink();
    }

    /// Forgets groups whose windows are over.
    fn sweep(&mut self, now: i64) {
        for (task, groups) in self.plan.tasks.iter().zip(&mut self.groups) {
            let start = now.saturating_sub(task.asked.length);
            while groups.oldest().is_some_and(|it| it < start) {
                groups.pop();
            }
        }
    }

    /// Forgets groups until the memory is well below its limit.
    fn shrink(&mut self) {
        let memory = self.memory();
        self.stats.most_memory = self.stats.most_memory.max(memory);
        if memory <= self.limits.memory {
            return;
        }
        if let Some(now) = self.settled {
            self.sweep(now);
        }
        let wanted = self.limits.memory - self.limits.memory / 64;
        while self.memory() > wanted {
            let Some(largest) = self.groups.iter_mut().max_by_key(|it| it.bytes) else { break };
            let goal = largest.bytes.saturating_sub(self.limits.memory / 64);
            while largest.bytes >= goal {
                let Some(group) = largest.pop() else { break };
                self.stats.forgotten += 1;
                largest.forgotten = largest.forgotten.max(group.last);
            }
            if self.groups.iter().all(|it| it.len() == 0) {
                break;
            }
        }
    }
}

/// Values that take the place of an event's own, by field.
#[derive(Debug, Clone, Default)]
struct Overlay(Vec<(Name, Arc<str>)>);

impl Overlay {
    fn with(&self, values: impl Iterator<Item = (Name, Arc<str>)>) -> Overlay {
        let mut res = self.clone();
        for (name, value) in values {
            match res.0.iter_mut().find(|it| it.0 == name) {
                Some(old) => old.1 = value,
                None => res.0.push((name, value)),
            }
        }
        res
    }

    fn values<'a>(&'a self, name: Name, seen: &'a Seen) -> &'a [Arc<str>] {
        if let Some((_, it)) = self.0.iter().find(|it| it.0 == name) {
            return std::slice::from_ref(it);
        }
        seen.values.iter().find(|it| it.0 == name).map_or(&[], |it| it.1.as_slice())
    }
}

/// What an event brings to a group that it is in, and whose hit it is there.
type InGroup<'a> = (Vec<Arc<str>>, Brought, &'a Overlay);

/// What an event brings to each group that it is in; `None` when there are too many.
fn bring<'a>(task: &Task, found: &'a [(usize, Overlay)], seen: &Seen) -> Option<Vec<InGroup<'a>>> {
    if let [(member, overlay)] = found
        && let Some(it) = bring_one(task, *member, overlay, seen)
    {
        return Some(vec![it]);
    }
    let mut res: BTreeMap<Vec<Arc<str>>, (Brought, &Overlay)> = BTreeMap::new();
    for (member, overlay) in found {
        let (group_fields, asked) = fields(task, *member)?;
        let lists = |fields: &[Name]| -> Vec<&[Arc<str>]> {
            fields.iter().map(|it| overlay.values(*it, seen)).collect()
        };
        let values = match asked {
            [] => Vec::new(),
            [one] => overlay.values(*one, seen).to_vec(),
            many => {
                let sets = combinations(&lists(many))?;
                sets.into_iter().map(|it| joined(&it)).collect()
            }
        };
        let Some(values) = usable(task, asked, values) else { continue };
        for key in combinations(&lists(group_fields))? {
            if res.len() >= MOST_COMBINATIONS && !res.contains_key(&key) {
                return None;
            }
            let (brought, _) = res.entry(key).or_insert_with(|| (Brought::default(), overlay));
            brought.members |= 1 << member;
            if brought.values.is_empty() {
                brought.values = values.clone();
            }
        }
    }
    Some(res.into_iter().map(|(key, (brought, overlay))| (key, brought, overlay)).collect())
}

/// The same for the usual case: one hit, one value of each field of the group.
fn bring_one<'a>(
    task: &Task,
    member: usize,
    overlay: &'a Overlay,
    seen: &Seen,
) -> Option<InGroup<'a>> {
    let (group_fields, asked) = fields(task, member)?;
    let one = |name: &Name| match overlay.values(*name, seen) {
        [one] => Some(one.clone()),
        _ => None,
    };
    let key: Vec<Arc<str>> = group_fields.iter().map(one).collect::<Option<_>>()?;
    let values = match asked {
        [] => Vec::new(),
        [one] => overlay.values(*one, seen).to_vec(),
        _ => return None,
    };
    let values = usable(task, asked, values)?;
    Some((key, Brought { members: 1 << member, values }, overlay))
}

/// The fields of the group, and those that the question is about.
fn fields(task: &Task, member: usize) -> Option<(&[Name], &[Name])> {
    let fields = task.fields.get(member)?;
    Some(fields.split_at(task.group_by.len().min(fields.len())))
}

/// The values that the question can use; `None` when it needs some and there are none.
fn usable(task: &Task, asked: &[Name], mut values: Vec<Arc<str>>) -> Option<Vec<Arc<str>>> {
    if task.numbers {
        values.retain(|it| Number::parse(it).is_some());
    }
    (asked.is_empty() || !values.is_empty()).then_some(values)
}

/// Every way to take one value of each list; `None` when there are too many.
fn combinations(lists: &[&[Arc<str>]]) -> Option<Vec<Vec<Arc<str>>>> {
    let mut res: Vec<Vec<Arc<str>>> = vec![Vec::new()];
    for list in lists {
        if res.len().saturating_mul(list.len()) > MOST_COMBINATIONS {
            return None;
        }
        let longer = |it: &Vec<Arc<str>>| {
            let it = it.clone();
            list.iter().map(move |value| [it.as_slice(), std::slice::from_ref(value)].concat())
        };
        res = res.iter().flat_map(longer).collect();
    }
    Some(res)
}

/// A set of values as one text that no other set has.
fn joined(values: &[Arc<str>]) -> Arc<str> {
    let each: String = values.iter().map(|it| format!("{}:{it}", it.len())).collect();
    Arc::from(each)
}
