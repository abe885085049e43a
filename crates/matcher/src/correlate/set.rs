//! Correlations put together with a set of rules: made once, shared by threads, stored as bytes.
//!
//! Knows: which rules they see, which matches are only parts of theirs, where the time of an event
//! stands.
//! Does not know: windows; a [`Correlator`] has them.

use std::sync::Arc;

use ir::Correlation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::note::Note;
use super::plan::{Plan, Shape};
use super::{Correlator, Hit, Limits};
use crate::engine::{RuleInfo, RuleSet, Scanner, Unreadable};
use crate::event::values;
use crate::time;

/// The first bytes of stored correlations: what they are, and the version of their form.
const MAGIC: &[u8; 8] = b"rulecor\x01";

/// What is said about a correlation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// What its matches say of it.
    pub info: RuleInfo,
    /// The fields whose values the events of a group have in common.
    pub group_by: Vec<Arc<str>>,
    /// The length of its window.
    pub seconds: u64,
    /// Whether it is only a part of others, and its matches are not told.
    pub is_part: bool,
}

/// Takes correlations in, one by one.
#[derive(Debug, Default)]
pub struct CorrelationsBuilder {
    stored: Stored,
}

/// What is written into a built matcher.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    abouts: Vec<About>,
    shapes: Vec<Shape>,
    /// By rule: whether it is only a part of correlations.
    parts: Vec<bool>,
    times: Vec<String>,
}

/// Correlations ready to be asked about what a [`RuleSet`] finds. Shared between threads as it is.
#[derive(Debug)]
pub struct Correlations {
    stored: Stored,
    plan: Arc<Plan>,
}

impl CorrelationsBuilder {
    /// For rules of which each is only a part of correlations, or not; in the order of their set.
    /// `times` are the fields that say when an event was: the first that holds a time counts.
    pub fn new(parts: Vec<bool>, times: Vec<String>) -> CorrelationsBuilder {
        CorrelationsBuilder { stored: Stored { parts, times, ..Stored::default() } }
    }

    /// Adds a correlation, which refers to places in the set of rules and to correlations that were
    /// added before; returns its own place. One that refers to anything else is left out: `None`.
    pub fn add(&mut self, it: &Correlation, is_part: bool) -> Option<usize> {
        let shape = Shape::of(it);
        let place = self.stored.shapes.len();
        if !shape.is_sound(self.stored.parts.len(), place) {
            return None;
        }
        self.stored.abouts.push(About {
            info: RuleInfo::of(&it.meta),
            group_by: shape.group_by.clone(),
            seconds: shape.seconds,
            is_part,
        });
        self.stored.shapes.push(shape);
        Some(place)
    }

    /// The correlations, ready to be asked.
    pub fn build(self) -> Correlations {
        Correlations::ready(self.stored)
    }
}

impl Correlations {
    fn ready(stored: Stored) -> Correlations {
        let shapes: Vec<_> = stored.shapes.iter().map(Some).collect();
        let plan = Arc::new(Plan::new(&shapes));
        Correlations { stored, plan }
    }

    /// The correlations as bytes, for [`from_bytes`](Correlations::from_bytes) of the same version.
    ///
    /// # Errors
    ///
    /// None that a correlation can bring about.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Unreadable> {
        Unreadable::write(MAGIC, &self.stored)
    }

    /// Reads what [`to_bytes`](Correlations::to_bytes) wrote, for the rules that they were made for.
    ///
    /// # Errors
    ///
    /// When the bytes are not such, are of another version, or of other rules.
    pub fn from_bytes(bytes: &[u8], rules: &RuleSet) -> Result<Correlations, Unreadable> {
        let stored: Stored = Unreadable::read(MAGIC, bytes)?;
        let sound = |(at, it): (usize, &Shape)| it.is_sound(rules.len(), at);
        let lengths =
            stored.parts.len() == rules.len() && stored.abouts.len() == stored.shapes.len();
        if !lengths || !stored.shapes.iter().enumerate().all(sound) {
            return Err(Unreadable::damaged("a number is out of range"));
        }
        Ok(Correlations::ready(stored))
    }

    /// What is said about them, in the order in which they were added.
    pub fn all(&self) -> &[About] {
        &self.stored.abouts
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stored.abouts.is_empty()
    }

    /// Whether a rule is only a part of correlations, and its matches are not told.
    pub fn is_part(&self, rule: usize) -> bool {
        self.stored.parts.get(rule).copied().unwrap_or(false)
    }

    /// The fields that say when an event was: the first that holds a time counts.
    pub fn times(&self) -> &[String] {
        &self.stored.times
    }

    /// The same correlations with other fields for the time of an event.
    pub fn with_times(mut self, times: Vec<String>) -> Correlations {
        self.stored.times = times;
        self
    }

    /// Answers their questions over one stream of events.
    pub fn correlator(&self, limits: Limits) -> Correlator {
        Correlator::of(self.plan.clone(), limits)
    }

    /// What they have to know of an event that matches these rules of the set; `None` when none of
    /// them sees it. Any thread works it out, and [`Correlator::take`] takes it in.
    pub fn note(&self, rules: impl Iterator<Item = usize> + Clone, event: &Value) -> Option<Note> {
        let mut note = Note::of(&self.plan, rules, event)?;
        let instants = |field: &String| values(event, field).into_iter().find_map(time::instant);
        note.at = self.stored.times.iter().find_map(instants);
        Some(note)
    }

    /// The same of a line of JSON, with the names under which its route lets fields stand. `scanner`
    /// is one of the set of rules; what it found of the line is gone after it.
    pub fn note_line(
        &self,
        scanner: &mut Scanner<'_>,
        rules: impl Iterator<Item = usize> + Clone,
        line: &[u8],
    ) -> Option<Note> {
        if !rules.clone().any(|it| self.plan.sees(it)) {
            return None;
        }
        let event = serde_json::from_slice(line).ok()?;
        self.note(rules, &scanner.as_asked(event))
    }

    /// A match as a line of JSON; `None` when it is only a part of others, and not told.
    ///
    /// `event` is the number of the event that completed it, `group` has the values that the events
    /// of its group have in common, `from` and `to` are the borders of the window.
    pub fn line(&self, hit: &Hit) -> Option<String> {
        let about = self.stored.abouts.get(hit.correlation).filter(|it| !it.is_part)?;
        let length = i64::try_from(about.seconds).ok().and_then(|it| it.checked_mul(1_000_000));
        let from = hit.at.saturating_sub(length.unwrap_or(i64::MAX));
        let group: Map<String, Value> = about
            .group_by
            .iter()
            .zip(&hit.group)
            .map(|(name, it)| (name.to_string(), json!(**it)))
            .collect();
        Some(format!(
            "{{\"event\":{},{},\"group\":{},\"from\":\"{}\",\"to\":\"{}\"}}",
            hit.event,
            about.info.json(),
            Value::Object(group),
            time::rfc3339(from),
            time::rfc3339(hit.at),
        ))
    }
}
