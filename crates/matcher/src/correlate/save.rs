//! The state of correlations as JSON, to go on with later.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::pending::Waiting;
use super::{Correlator, Stats};

/// The version of this form.
const VERSION: u32 = 1;

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

impl Correlator {
    /// The state as JSON.
    pub fn save(&self) -> String {
        let correlations = self.plan.tasks.iter().zip(&self.groups).map(|(task, groups)| {
            let groups_saved = groups.iter().map(|it| {
                let (rows, marks) = it.window.rows();
                let key = it.key.iter().map(|it| it.to_string()).collect();
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
            waiting: self.pending.all(),
            correlations: correlations.collect(),
        };
        // Only maps with keys that are no texts can't be written, and there are none.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Takes over a saved state. A correlation that was changed since begins anew, and so does one
    /// that is new; returns how many go on.
    ///
    /// Events that were waiting are judged by the rules as they were numbered then: keep the list of
    /// rules the same, or call [`Correlator::finish`] before saving.
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
        let mut taken = vec![false; saved.correlations.len()];
        let mut res = 0;
        for (task, groups) in self.plan.tasks.iter().zip(&mut groups) {
            // Two correlations may be the same but for their titles; each takes one.
            let found = saved
                .correlations
                .iter()
                .enumerate()
                .find(|(at, it)| !taken[*at] && it.correlation == task.identity);
            let Some((at, old)) = found else {
                // What is new has seen nothing of what was before.
                groups.forgotten = saved.settled.unwrap_or(i64::MIN);
                continue;
            };
            taken[at] = true;
            res += 1;
            groups.forgotten = old.forgotten;
            let mut last = i64::MIN;
            for it in &old.groups {
                if it.key.len() != task.group_by.len() || it.last < last {
                    return Err(wrong());
                }
                last = it.last;
                let window = task.asked.restored(&it.rows, &it.marks).ok_or_else(wrong)?;
                let key: Vec<Arc<str>> = it.key.iter().map(|it| Arc::from(it.as_str())).collect();
                groups.insert(&key, window, it.last, it.doubt);
            }
        }
        let pending = super::Pending::restored(saved.waiting, &saved.fields, &self.plan.names);
        self.groups = groups;
        self.pending = pending;
        self.newest = saved.newest;
        self.settled = saved.settled;
        self.events = saved.events;
        self.stats = saved.stats;
        Ok(res)
    }
}
