//! Two states of a set of rules, compared: what a reviewer of a change wants to know.

mod meta;
mod pair;

use diagnostic::{Diagnostic, Severity};
use ir::Fixture;
use matcher::Matcher;
use serde_json::Value;

use crate::builtin::Targets;
use crate::convert::Request;
use crate::load::{Loaded, LoadedRule};
use crate::reasons::{Reason, reasons};
use crate::relation::{Judge, Relation};

pub use meta::MetaChange;

/// The most events that are kept of each rule to show how its verdict changes.
const MOST_WITNESSES: usize = 3;

/// Everything that differs between two states.
pub struct Diff<'a> {
    /// Rules that were added, removed or changed, in order of their files.
    pub changes: Vec<Change<'a>>,
    /// Findings of the new state that belong to no rule: a file that is not YAML, for one.
    pub problems: Vec<&'a Diagnostic>,
    /// How many events of a corpus were asked about.
    pub events: usize,
    /// The old state.
    pub old: &'a Loaded,
    /// The new state.
    pub new: &'a Loaded,
}

/// A rule that differs.
pub struct Change<'a> {
    /// As it was; `None` when it was added.
    pub old: Option<&'a LoadedRule>,
    /// As it is; `None` when it was removed.
    pub new: Option<&'a LoadedRule>,
    /// The path it had, when it has another now.
    pub moved: Option<String>,
    /// What is said about it.
    pub meta: Vec<MetaChange>,
    /// How the events it matches changed.
    pub relation: Relation,
    /// Whether that is proved; otherwise it is what examples and events show.
    pub proved: bool,
    /// Events on which old and new differ, the first of them.
    pub witnesses: Vec<Witness>,
    /// Examples on which only the new rule matches, and only the old.
    pub examples: (usize, usize),
    /// Events of the corpus on which only the new rule matches, and only the old.
    pub events: (usize, usize),
    /// How many examples were added and removed; an edited one is both.
    pub edited: (usize, usize),
    /// Outputs that differ.
    pub outputs: Vec<OutputChange>,
    /// Examples that the new rule fails.
    pub failing: Vec<Failing<'a>>,
    /// Why the new rule can't be used.
    pub broken: Vec<&'a Diagnostic>,
    matchers: (Option<Matcher>, Option<Matcher>),
}

/// An event on which old and new differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// Where the event comes from, in words.
    pub origin: String,
    /// The event.
    pub event: Value,
    /// Whether the new rule matches it; the old one does the opposite.
    pub matched: bool,
}

/// An example that the rule fails.
pub struct Failing<'a> {
    /// The example.
    pub fixture: &'a Fixture,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// An output that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputChange {
    /// `TARGET/PROFILE:FORMAT`
    pub name: String,
    /// As it was.
    pub old: Rendered,
    /// As it is.
    pub new: Rendered,
}

/// What a target makes of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// There is no rule, or it is broken.
    Nothing,
    /// Its words, and how faithful they are.
    Text(String, &'static str),
    /// Why it can't be said.
    Refused(String),
}

/// Compares two states. The paths in them are what makes a file the same file.
pub fn diff<'a>(
    old: &'a Loaded,
    new: &'a Loaded,
    requests: &[Request],
    targets: &Targets,
    judge: &dyn Judge,
) -> Diff<'a> {
    let mut changes = Vec::new();
    for (a, b) in pair::pairs(old, new) {
        let unchanged = match (a, b) {
            (Some(a), Some(b)) => pair::written(old, a) == pair::written(new, b),
            _ => false,
        };
        let moved = match (a, b) {
            (Some(a), Some(b)) => {
                let (before, after) = (pair::path(old, a), pair::path(new, b));
                (before != after).then(|| before.to_owned())
            }
            _ => None,
        };
        if unchanged && moved.is_none() {
            continue;
        }
        let mut change = Change::new(a, b, moved);
        change.compare(judge);
        for request in requests {
            change.outputs.extend(output(request, a, b, targets));
        }
        changes.push(change);
    }
    changes.sort_by_key(|it| {
        let state = if it.new.is_some() { new } else { old };
        it.rule().map(|rule| (pair::path(state, rule).to_owned(), rule.index))
    });
    Diff { changes, problems: new.problems.iter().collect(), events: 0, old, new }
}

impl<'a> Diff<'a> {
    /// Asks old and new about an event of a corpus.
    pub fn observe(&mut self, origin: &str, event: &Value) {
        self.events += 1;
        for change in &mut self.changes {
            if change.proved && change.relation == Relation::Same {
                continue;
            }
            let (old, new) = change.verdicts(event);
            if old == new {
                continue;
            }
            if new {
                change.events.0 += 1;
            } else {
                change.events.1 += 1;
            }
            if change.witnesses.iter().filter(|it| it.origin.starts_with("event")).count()
                < MOST_WITNESSES
            {
                let (event, origin) = (event.clone(), format!("event {origin}"));
                change.witnesses.push(Witness { origin, event, matched: new });
            }
        }
    }

    /// Takes what the examples and events showed into account. Call it after the last event.
    pub fn settle(&mut self) {
        for change in self.changes.iter_mut().filter(|it| !it.proved) {
            let gained = change.examples.0 + change.events.0;
            let lost = change.examples.1 + change.events.1;
            change.relation = Relation::seen(gained, lost);
            // An event each way decides it.
            change.proved = change.relation == Relation::Changed;
        }
    }

    /// Whether the new state has something that must not land: a rule or file that can't be read,
    /// or a rule that fails one of its own examples.
    pub fn has_findings(&self) -> bool {
        self.problems.iter().any(|it| it.severity == Severity::Error)
            || self.changes.iter().any(|it| !it.broken.is_empty() || !it.failing.is_empty())
    }
}

impl<'a> Change<'a> {
    fn new(
        old: Option<&'a LoadedRule>,
        new: Option<&'a LoadedRule>,
        moved: Option<String>,
    ) -> Change<'a> {
        let matcher = |it: Option<&LoadedRule>| {
            it.and_then(|it| it.lowered.as_ref()).and_then(|it| Matcher::new(&it.rule.expr).ok())
        };
        let broken = new.iter().flat_map(|it| &it.problems);
        Change {
            old,
            new,
            moved,
            meta: match (old, new) {
                (Some(old), Some(new)) => meta::changes(&old.ast, &new.ast),
                _ => Vec::new(),
            },
            relation: Relation::Unknown,
            proved: false,
            witnesses: Vec::new(),
            examples: (0, 0),
            events: (0, 0),
            edited: (0, 0),
            outputs: Vec::new(),
            failing: Vec::new(),
            broken: broken.filter(|it| it.severity == Severity::Error).collect(),
            matchers: (matcher(old), matcher(new)),
        }
    }

    /// The rule, as it is or was.
    pub fn rule(&self) -> Option<&'a LoadedRule> {
        self.new.or(self.old)
    }

    /// Its title, as it is or was.
    pub fn title(&self) -> &'a str {
        let title = self.rule().and_then(|it| it.title.as_deref());
        title.unwrap_or("(a rule without a title)")
    }

    /// Whether it matches other events than before, and neither `modified` nor `version` says so.
    ///
    /// That it does is known from a proof or from an event, never guessed.
    pub fn is_unmarked(&self) -> bool {
        let marked = |it: &MetaChange| matches!(it.key.as_str(), "modified" | "version");
        let both = self.old.is_some() && self.new.is_some() && self.broken.is_empty();
        let differs = !matches!(self.relation, Relation::Same | Relation::Unknown);
        both && differs && !self.meta.iter().any(marked)
    }

    /// What each side means, in words; empty for a side that is not there.
    pub fn meanings(&self) -> (String, String) {
        let words = |it: Option<&LoadedRule>| {
            it.and_then(|it| it.lowered.as_ref()).map_or_else(String::new, |it| {
                format!("log source {}\n{}", it.rule.logsource.key(), ir::print(&it.rule.expr))
            })
        };
        (words(self.old), words(self.new))
    }

    fn verdicts(&self, event: &Value) -> (bool, bool) {
        let ask = |it: &Option<Matcher>| it.as_ref().is_some_and(|it| it.matches(event));
        (ask(&self.matchers.0), ask(&self.matchers.1))
    }

    fn compare(&mut self, judge: &dyn Judge) {
        let lowered =
            |it: Option<&'a LoadedRule>| it.and_then(|it| it.lowered.as_ref()).map(|it| &it.rule);
        let (old, new) = (lowered(self.old), lowered(self.new));
        if let (Some(new), Some(matcher)) = (new, &self.matchers.1) {
            let fails = |it: &&Fixture| matcher.matches(&it.event) != it.matches;
            self.failing = new
                .fixtures
                .iter()
                .filter(fails)
                .map(|it| Failing { fixture: it, reasons: reasons(new, &it.event) })
                .collect();
        }
        let (Some(old), Some(new)) = (old, new) else { return };
        let judgement = judge.judge(old, new);
        self.relation = judgement.relation;
        self.proved = judgement.relation != Relation::Unknown;
        for (event, _, matched) in judgement.witnesses {
            self.witnesses.push(Witness { origin: "found by proof".to_owned(), event, matched });
        }
        let missing = |few: &[Fixture], all: &[Fixture]| {
            let equal = |a: &Fixture, b: &Fixture| {
                a.name == b.name && a.matches == b.matches && a.event == b.event
            };
            few.iter().filter(|it| !all.iter().any(|b| equal(it, b))).count()
        };
        self.edited =
            (missing(&new.fixtures, &old.fixtures), missing(&old.fixtures, &new.fixtures));
        let mut asked: Vec<&Value> = Vec::new();
        let sides = [("the old rule's", &old.fixtures), ("the new rule's", &new.fixtures)];
        for (whose, fixture) in
            sides.iter().flat_map(|(whose, all)| all.iter().map(move |it| (whose, it)))
        {
            if asked.contains(&&fixture.event) {
                continue;
            }
            asked.push(&fixture.event);
            let (before, after) = self.verdicts(&fixture.event);
            if before == after {
                continue;
            }
            if after {
                self.examples.0 += 1;
            } else {
                self.examples.1 += 1;
            }
            self.witnesses.push(Witness {
                origin: format!("{whose} example \"{}\"", fixture.name),
                event: fixture.event.clone(),
                matched: after,
            });
        }
    }
}

fn output(
    request: &Request,
    old: Option<&LoadedRule>,
    new: Option<&LoadedRule>,
    targets: &Targets,
) -> Option<OutputChange> {
    let render = |rule: Option<&LoadedRule>| match rule {
        Some(rule) if rule.lowered.is_some() => {
            match request.convert(rule, targets, false).result {
                Ok(output) => Rendered::Text(output.text, output.fidelity.word()),
                Err(problems) => Rendered::Refused(
                    problems.first().map_or_else(String::new, |it| it.message.clone()),
                ),
            }
        }
        _ => Rendered::Nothing,
    };
    let (old, new) = (render(old), render(new));
    let name = format!("{}/{}:{}", request.target, request.profile, request.format);
    (old != new).then_some(OutputChange { name, old, new })
}
