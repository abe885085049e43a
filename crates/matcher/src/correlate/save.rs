//! The state of correlations as JSON, to go on with later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::note::{Note, Text};
use super::pending::{Pending, Seen};
use super::plan::{Name, Plan};
use super::{Correlator, Stats};

/// The version of this form.
const VERSION: u32 = 2;

/// The whole state.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    version: u32,
    newest: Option<i64>,
    settled: Option<i64>,
    events: u64,
    stats: Stats,
    /// The names of the fields in `waiting`.
    fields: Vec<String>,
    waiting: Vec<Waiting>,
    correlations: Vec<SavedGroups>,
}

/// An event that waits.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    at: i64,
    number: u64,
    /// Who sees it: a place among the correlations that were saved, and a member.
    seen_by: Vec<(usize, usize)>,
    values: Vec<(Name, Vec<String>)>,
}

/// The groups of one correlation.
#[derive(Debug, Serialize, Deserialize)]
struct SavedGroups {
    correlation: String,
    forgotten: i64,
    groups: Vec<SavedGroup>,
}

/// One group.
#[derive(Debug, Serialize, Deserialize)]
struct SavedGroup {
    key: Vec<String>,
    last: i64,
    doubt: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows: Vec<Row>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    marks: Vec<Option<i64>>,
}

/// An event, or a value and when it was seen last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<String>,
}

/// Why a text is not a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAState(String);

impl std::fmt::Display for NotAState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no saved state of correlations: {}", self.0)
    }
}

impl std::error::Error for NotAState {}

impl Waiting {
    fn of(seen: &Seen) -> Waiting {
        let texts = |all: &[Text]| all.iter().map(|it| it.text.to_string()).collect();
        Waiting {
            at: seen.at,
            number: seen.number,
            seen_by: seen.note.seen_by.clone(),
            values: seen.note.fields().map(|(name, all)| (name, texts(all))).collect(),
        }
    }

    /// The event as correlations of now see it; `None` when none does any more.
    fn seen(self, plan: &Plan, tasks: &[Option<usize>], names: &[Option<Name>]) -> Option<Seen> {
        let mut note = Note::default();
        note.at = Some(self.at);
        let now = |(task, member): (usize, usize)| {
            let task = tasks.get(task).copied().flatten()?;
            plan.tasks.get(task).filter(|it| member < it.fields.len())?;
            Some((task, member))
        };
        note.seen_by = self.seen_by.into_iter().filter_map(now).collect();
        note.seen_by.sort_unstable();
        for (name, all) in self.values {
            if let Some(name) = names.get(name).copied().flatten() {
                note.add(name, all.iter().map(|it| Text::new(plan, it)));
            }
        }
        (!note.seen_by.is_empty()).then_some(Seen { at: self.at, number: self.number, note })
    }
}

impl Correlator {
    /// The state as JSON.
    pub fn save(&self) -> String {
        let correlations = self.plan.tasks.iter().zip(&self.groups).map(|(task, groups)| {
            let groups_saved = groups.iter().map(|it| {
                let (rows, marks) = it.window.rows();
                let key = it.key.texts().iter().map(|it| it.to_string()).collect();
                SavedGroup { key, last: it.last, doubt: it.doubt, rows, marks }
            });
            SavedGroups {
                correlation: task.identity.clone(),
                forgotten: groups.forgotten,
                groups: groups_saved.collect(),
            }
        });
        let saved = Saved {
            version: VERSION,
            newest: self.newest,
            settled: self.settled,
            events: self.events,
            stats: self.stats,
            fields: self.plan.names.iter().map(|it| it.to_string()).collect(),
            waiting: self.pending.all().into_iter().map(Waiting::of).collect(),
            correlations: correlations.collect(),
        };
        // Only maps with keys that are no texts can't be written, and there are none.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Takes over a saved state. A correlation that was changed since begins anew, and so does one
    /// that is new; returns how many go on. Events are counted on from those of before.
    ///
    /// # Errors
    ///
    /// When the text is not a state that [`Correlator::save`] wrote; then nothing is changed.
    pub fn restore(&mut self, text: &str) -> Result<usize, NotAState> {
        let saved: Saved = serde_json::from_str(text).map_err(|err| NotAState(err.to_string()))?;
        if saved.version != VERSION {
            return Err(NotAState(format!("its version is {}, not {VERSION}", saved.version)));
        }
        let wrong = || NotAState("a group does not fit its correlation".to_owned());
        let mut groups: Vec<super::Groups> =
            self.plan.tasks.iter().map(|_| Default::default()).collect();
        // By place among those that were saved: the task that goes on.
        let mut taken: Vec<Option<usize>> = vec![None; saved.correlations.len()];
        let mut res = 0;
        for (own, (task, groups)) in self.plan.tasks.iter().zip(&mut groups).enumerate() {
            // Two correlations may be the same but for their titles; each takes one.
            let found = saved
                .correlations
                .iter()
                .enumerate()
                .find(|(at, it)| taken[*at].is_none() && it.correlation == task.identity);
            let Some((at, old)) = found else {
                // What is new has seen nothing of what was before.
                groups.forgotten = saved.settled.unwrap_or(i64::MIN);
                continue;
            };
            taken[at] = Some(own);
            res += 1;
            groups.forgotten = old.forgotten;
            let mut last = i64::MIN;
            for it in &old.groups {
                if it.key.len() != task.group_by.len() || it.last < last {
                    return Err(wrong());
                }
                last = it.last;
                let window = task.asked.restored(&self.plan, &it.rows, &it.marks);
                let window = window.ok_or_else(wrong)?;
                let key: Vec<Text> = it.key.iter().map(|it| Text::new(&self.plan, it)).collect();
                groups.insert((&key, self.plan.hash_all(&key)), window, it.last, it.doubt);
            }
        }
        let places: BTreeMap<&str, Name> =
            self.plan.names.iter().enumerate().map(|(at, it)| (it.as_ref(), at)).collect();
        let names: Vec<_> =
            saved.fields.iter().map(|it| places.get(it.as_str()).copied()).collect();
        let mut pending = Pending::default();
        let waiting = saved.waiting.into_iter();
        waiting
            .filter_map(|it| it.seen(&self.plan, &taken, &names))
            .for_each(|it| pending.push(it));
        self.memory = groups.iter().map(|it| it.bytes).sum();
        self.groups = groups;
        self.pending = pending;
        self.newest = saved.newest;
        self.settled = saved.settled;
        self.events = saved.events;
        self.stats = saved.stats;
        Ok(res)
    }
}
