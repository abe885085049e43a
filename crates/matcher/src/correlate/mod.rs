//! Correlations over a stream of events: windows of time, in bounded memory.
//!
//! Knows: what several events mean together, and how little of them has to be kept.
//! Does not know: whether an event matches a rule, where its time stands, how rules are written.
//!
//! Every fact is a line C of `docs/semantics.md`, with a test of the same number.

mod bring;
mod exact;
mod groups;
mod note;
mod pending;
mod plan;
mod save;
mod set;
mod window;

use std::sync::Arc;

use ir::Correlation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::bring::{Overlay, bring, bring_one};
use self::groups::Groups;
use self::note::Text;
use self::pending::{Pending, Seen};
use self::plan::{Plan, Shape, Task};
use self::window::{Brought, NEVER};

pub use self::note::Note;
pub use self::save::NotAState;
pub use self::set::{About, Correlations, CorrelationsBuilder};

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
    /// The event that completed it, counted from 0.
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
    /// Events that tell no time, and were left out.
    pub timeless: u64,
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
    plan: Arc<Plan>,
    groups: Vec<Groups>,
    /// The memory of all groups.
    memory: usize,
    pending: Pending,
    limits: Limits,
    /// The latest time that was observed.
    newest: Option<i64>,
    /// The time of the latest event that was judged.
    settled: Option<i64>,
    events: u64,
    judged: u64,
    stats: Stats,
    // Kept from event to event, for their memory alone.
    waiting: Vec<(usize, usize, Overlay)>,
    found: Vec<(usize, Overlay)>,
    key: Vec<Text>,
}

impl Correlator {
    /// For these correlations, in the list that they were resolved in; `None` for those that can't
    /// be used.
    pub fn new(correlations: &[Option<&Correlation>], limits: Limits) -> Correlator {
        let shapes: Vec<_> = correlations.iter().map(|it| it.map(Shape::of)).collect();
        let shapes: Vec<_> = shapes.iter().map(Option::as_ref).collect();
        Correlator::of(Arc::new(Plan::new(&shapes)), limits)
    }

    fn of(plan: Arc<Plan>, limits: Limits) -> Correlator {
        Correlator {
            groups: plan.tasks.iter().map(|_| Groups::default()).collect(),
            plan,
            memory: 0,
            pending: Pending::default(),
            limits,
            newest: None,
            settled: None,
            events: 0,
            judged: 0,
            stats: Stats::default(),
            waiting: Vec::new(),
            found: Vec::new(),
            key: Vec::new(),
        }
    }

    /// Whether any correlation sees this rule.
    pub fn sees(&self, rule: usize) -> bool {
        self.plan.sees(rule)
    }

    /// Takes in an event: its time in microseconds since 1970, and the rules that it matches, by
    /// their places in the list that correlations were resolved in. Returns what matched now; with
    /// a lateness this is about events from before.
    pub fn observe(&mut self, at: i64, rules: &[usize], event: &Value) -> Vec<Hit> {
        let number = self.events;
        self.events += 1;
        let note = Note::of(&self.plan, rules.iter().copied(), event);
        self.see(number, at, note)
    }

    /// Takes in an event of this number that was noted, by [`Correlations::note`] of those that this
    /// is the [correlator](Correlations::correlator) of. Events come in the order of their numbers.
    /// Returns what matched now.
    pub fn take(&mut self, number: u64, note: Note) -> Vec<Hit> {
        self.events = self.events.max(number + 1);
        match note.at {
            Some(at) => self.see(number, at, Some(note)),
            None => {
                self.stats.timeless += 1;
                Vec::new()
            }
        }
    }

    /// How many events there were, or what [`Correlator::count`] said.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Says that there were so many events, also such as no correlation sees. It is saved with the
    /// state.
    pub fn count(&mut self, events: u64) {
        self.events = self.events.max(events);
    }

    fn see(&mut self, number: u64, at: i64, note: Option<Note>) -> Vec<Hit> {
        let mut hits = Vec::new();
        let newest = self.newest.map_or(at, |it| it.max(at));
        self.newest = Some(newest);
        let border = newest.saturating_sub(self.limits.lateness);
        // An event that was judged early may lie after the border.
        let border = self.settled.map_or(border, |it| it.max(border));
        if let Some(note) = note {
            let seen = Seen { at, number, note };
            if at < border {
                self.stats.late += 1;
            } else if self.limits.lateness <= 0 {
                // What waits was saved under another lateness.
                self.settle(at, &mut hits);
                self.judge(&seen, &mut hits);
            } else {
                self.pending.push(seen);
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
        self.memory
    }

    fn settle(&mut self, until: i64, hits: &mut Vec<Hit>) {
        while let Some(seen) = self.pending.pop(until) {
            self.judge(&seen, hits);
        }
    }

    fn judge(&mut self, seen: &Seen, hits: &mut Vec<Hit>) {
        self.settled = Some(self.settled.map_or(seen.at, |it| it.max(seen.at)));
        // Hits by the task that sees them, in their order: a task's own hits are seen by later ones.
        let mut waiting = std::mem::take(&mut self.waiting);
        let seen_by = seen.note.seen_by.iter();
        waiting.extend(seen_by.map(|(task, member)| (*task, *member, Overlay::default())));
        let plan = self.plan.clone();
        let mut found = std::mem::take(&mut self.found);
        let mut key = std::mem::take(&mut self.key);
        let mut done = 0;
        while let Some((at, ..)) = waiting.get(done) {
            let at = *at;
            let end = done + waiting[done..].iter().take_while(|it| it.0 == at).count();
            found.clear();
            let hits_of = waiting[done..end].iter_mut();
            found.extend(hits_of.map(|(_, member, overlay)| (*member, std::mem::take(overlay))));
            done = end;
            let Some(task) = plan.tasks.get(at) else { continue };
            let Some(groups) = self.groups.get_mut(at) else { continue };
            let before = groups.bytes;
            groups.expire(seen.at.saturating_sub(task.asked.length));
            let mut ask = |key: &[Text], brought: Brought<'_>, overlay: &Overlay| {
                let hash = plan.hash_all(key);
                match answer(task, groups, (key, hash), seen.at, brought) {
                    Answer::No => {}
                    Answer::Withheld => self.stats.withheld += 1,
                    Answer::Yes => {
                        hits.push(Hit {
                            event: seen.number,
                            at: seen.at,
                            correlation: task.place,
                            group: key.iter().map(|it| it.text.clone()).collect(),
                        });
                        tell(task, key, overlay, &mut waiting);
                    }
                }
            };
            if let [(member, overlay)] = found.as_slice()
                && let Some(it) = bring_one(task, *member, overlay, &seen.note, &mut key)
            {
                if let Some((key, brought)) = it {
                    ask(key, brought, overlay);
                }
            } else if let Some(all) = bring(&plan, task, &found, &seen.note) {
                for (key, it) in &all {
                    ask(key, Brought { members: it.members, values: &it.values }, it.overlay);
                }
            } else {
                self.stats.crowded += 1;
            }
            self.memory = (self.memory + groups.bytes).saturating_sub(before);
        }
        waiting.clear();
        (self.waiting, self.found, self.key) = (waiting, found, key);
        self.judged += 1;
        if self.judged.is_multiple_of(SWEEP) {
            self.sweep(seen.at);
        }
        self.shrink();
    }

    /// Forgets groups whose windows are over.
    fn sweep(&mut self, now: i64) {
        for (task, groups) in self.plan.tasks.iter().zip(&mut self.groups) {
            groups.expire(now.saturating_sub(task.asked.length));
        }
        self.memory = self.groups.iter().map(|it| it.bytes).sum();
    }

    /// Forgets groups until the memory is well below its limit.
    fn shrink(&mut self) {
        self.stats.most_memory = self.stats.most_memory.max(self.memory);
        if self.memory <= self.limits.memory {
            return;
        }
        if let Some(now) = self.settled {
            self.sweep(now);
        }
        let wanted = self.limits.memory - self.limits.memory / 64;
        while self.memory > wanted {
            let Some(largest) = self.groups.iter_mut().max_by_key(|it| it.bytes) else { break };
            let before = largest.bytes;
            let goal = before.saturating_sub(self.limits.memory / 64);
            while largest.bytes >= goal {
                let Some(last) = largest.pop() else { break };
                self.stats.forgotten += 1;
                largest.forgotten = largest.forgotten.max(last);
            }
            self.memory = (self.memory + largest.bytes).saturating_sub(before);
            if self.groups.iter().all(|it| it.len() == 0) {
                break;
            }
        }
    }
}

/// What comes of an event in a group.
enum Answer {
    No,
    Yes,
    /// It holds, but what was forgotten could have changed that.
    Withheld,
}

/// Lets a group take in an event.
fn answer(
    task: &Task,
    groups: &mut Groups,
    key: (&[Text], u64),
    at: i64,
    brought: Brought<'_>,
) -> Answer {
    let asked = &task.asked;
    let start = at.saturating_sub(asked.length);
    let answer = groups.visit(
        key,
        at,
        || asked.window(),
        |it| match asked.take(&mut it.window, at, brought) {
            false => Answer::No,
            true if it.doubt == NEVER || it.doubt < start || asked.only_grows() => Answer::Yes,
            true => Answer::Withheld,
        },
    );
    answer.unwrap_or(Answer::No)
}

/// Tells the correlations that see a task's hits of one, in their order among what waits.
fn tell(task: &Task, key: &[Text], overlay: &Overlay, waiting: &mut Vec<(usize, usize, Overlay)>) {
    if task.seen_by.is_empty() {
        return;
    }
    let overlay = overlay.with(task.group_by.iter().copied().zip(key.iter().cloned()));
    for (upper, member) in &task.seen_by {
        let place = waiting.partition_point(|it| (it.0, it.1) <= (*upper, *member));
        waiting.insert(place, (*upper, *member, overlay.clone()));
    }
}
