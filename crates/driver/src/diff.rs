//! Two states of a set of rules, compared: what a reviewer of a change wants to know.

mod correlation;
mod meta;
mod pair;
mod subject;

use std::sync::Arc;

use diagnostic::{Diagnostic, Severity};
use ir::{Fixture, Series};
use matcher::Matcher;
use serde_json::{Value, json};

use self::correlation::Compare;
use self::subject::What;
use crate::builtin::Targets;
use crate::convert::Request;
use crate::load::Loaded;
use crate::reasons::{Reason, reasons};
use crate::relation::{Judge, Relation};
use crate::series::run_over;

pub use meta::MetaChange;
pub use subject::Subject;

/// The most events that are kept of each rule to show how its verdict changes.
const MOST_WITNESSES: usize = 3;

/// The most entries of an example of a correlation that is shown.
const MOST_STEPS: usize = 12;

/// Everything that differs between two states.
pub struct Diff<'a> {
    /// Rules and correlations that were added, removed or changed, in order of their files.
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

/// A rule or a correlation that differs.
pub struct Change<'a> {
    /// As it was; `None` when it was added.
    pub old: Option<Subject<'a>>,
    /// As it is; `None` when it was removed.
    pub new: Option<Subject<'a>>,
    /// The path it had, when it has another now.
    pub moved: Option<String>,
    /// What is said about it.
    pub meta: Vec<MetaChange>,
    /// How the events it matches changed.
    pub relation: Relation,
    /// Whether that is proved; otherwise it is what examples and events show.
    pub proved: bool,
    /// Of a correlation: what makes the difference, or why it can't be decided.
    pub reasons: Vec<String>,
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
    /// The event; of a correlation, a list of events with their times.
    pub event: Value,
    /// Whether the new rule matches it; the old one does the opposite.
    pub matched: bool,
}

/// An example that the rule fails.
pub struct Failing<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether the rule must match it; it does the opposite.
    pub expected: bool,
    /// Why, of a rule.
    pub reasons: Vec<Reason>,
    /// Of a correlation: by rule that it sees, how many events match it.
    pub seen: Vec<(String, usize)>,
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
    let pairs = pair::pairs(old, new);
    for (a, b) in pairs.iter().copied() {
        let moved = match (a, b) {
            (Some(a), Some(b)) => (a.path() != b.path()).then(|| a.path().to_owned()),
            _ => None,
        };
        let compare = Compare { pairs: &pairs, judge };
        if moved.is_none() && is_unchanged(a, b, &compare) {
            continue;
        }
        let mut change = Change::new(a, b, moved);
        change.compare(&compare);
        for request in requests {
            change.outputs.extend(output(request, a, b, targets));
        }
        changes.push(change);
    }
    changes.sort_by_key(|it| it.subject().map(|it| (it.path().to_owned(), it.index())));
    Diff { changes, problems: new.problems.iter().collect(), events: 0, old, new }
}

/// Whether both are there and say the same, and what they are made of elsewhere does too.
fn is_unchanged<'a>(
    old: Option<Subject<'a>>,
    new: Option<Subject<'a>>,
    compare: &Compare<'a, '_>,
) -> bool {
    let (Some(a), Some(b)) = (old, new) else { return false };
    if a.written() != b.written() || a.is_usable() != b.is_usable() {
        return false;
    }
    match (a.what, b.what) {
        (What::Rule(x), What::Rule(y)) => {
            let plain = x.filters.is_empty() && y.filters.is_empty();
            plain || !a.is_usable() || pair::same_content(&a, &b)
        }
        _ => !a.is_usable() || compare.relate(a, b).relation == Relation::Same,
    }
}

impl<'a> Diff<'a> {
    /// Asks old and new about an event of a corpus.
    pub fn observe(&mut self, origin: &str, event: &Value) {
        self.events += 1;
        for change in &mut self.changes {
            // Of a correlation, one event tells nothing.
            let is_correlation = change.subject().is_some_and(|it| it.is_correlation());
            if is_correlation || (change.proved && change.relation == Relation::Same) {
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
            let seen = Relation::seen(gained, lost);
            // An event each way decides it.
            change.proved = seen == Relation::Changed;
            // Few streams are no sign of what others do: a group of its own counts otherwise for all.
            let is_correlation = change.subject().is_some_and(|it| it.is_correlation());
            if change.proved || !is_correlation {
                change.relation = seen;
            }
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
        old: Option<Subject<'a>>,
        new: Option<Subject<'a>>,
        moved: Option<String>,
    ) -> Change<'a> {
        let matcher = |it: Option<Subject<'_>>| Matcher::new(&it?.rule()?.expr).ok();
        let broken = new.iter().flat_map(|it| it.problems());
        Change {
            old,
            new,
            moved,
            meta: match (&old, &new) {
                (Some(old), Some(new)) => meta::changes(old, new),
                _ => Vec::new(),
            },
            relation: Relation::Unknown,
            proved: false,
            reasons: Vec::new(),
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

    /// The rule or correlation, as it is or was.
    pub fn subject(&self) -> Option<Subject<'a>> {
        self.new.or(self.old)
    }

    /// Its title, as it is or was.
    pub fn title(&self) -> &'a str {
        let title = self.subject().and_then(|it| it.title());
        title.unwrap_or("(a rule without a title)")
    }

    /// Whether it matches other events than before, and neither `modified` nor `version` says so.
    ///
    /// That it does is known from a proof or from an event, never guessed.
    pub fn is_unmarked(&self) -> bool {
        let marked = |it: &MetaChange| matches!(it.key.as_str(), "modified" | "version");
        let (Some(old), Some(new)) = (self.old, self.new) else { return false };
        let known = !matches!(self.relation, Relation::Same | Relation::Unknown);
        let differs = known || self.examples != (0, 0);
        // What it sees of other documents is said there.
        let edited = old.written() != new.written() || !new.is_correlation();
        self.broken.is_empty() && differs && edited && !self.meta.iter().any(marked)
    }

    /// What each side means, in words; empty for a side that is not there.
    pub fn meanings(&self) -> (String, String) {
        let words = |it: Option<Subject<'_>>| it.map_or_else(String::new, |it| it.meaning());
        (words(self.old), words(self.new))
    }

    fn verdicts(&self, event: &Value) -> (bool, bool) {
        let ask = |it: &Option<Matcher>| it.as_ref().is_some_and(|it| it.matches(event));
        (ask(&self.matchers.0), ask(&self.matchers.1))
    }

    fn compare(&mut self, compare: &Compare<'a, '_>) {
        if self.subject().is_some_and(|it| it.is_correlation()) {
            self.compare_correlations(compare);
        } else {
            self.compare_rules(compare.judge);
        }
    }

    fn compare_correlations(&mut self, compare: &Compare<'a, '_>) {
        if let Some(new) = self.new {
            let failing = run(new, new.series()).into_iter().flatten().filter(|it| !it.passed());
            self.failing = failing
                .map(|it| Failing {
                    name: &it.series.name,
                    expected: it.series.matches,
                    reasons: Vec::new(),
                    seen: it.seen,
                })
                .collect();
        }
        let (Some(old), Some(new)) = (self.old, self.new) else { return };
        if !old.is_usable() || !new.is_usable() {
            return;
        }
        let answer = compare.relate(old, new);
        self.relation = answer.relation;
        self.proved = answer.relation != Relation::Unknown;
        self.reasons = answer.reasons;
        let missing = |few: &[Series], all: &[Series]| {
            let equal = |a: &Series, b: &Series| {
                a.name == b.name && a.matches == b.matches && a.events == b.events
            };
            few.iter().filter(|it| !all.iter().any(|b| equal(it, b))).count()
        };
        self.edited = (missing(new.series(), old.series()), missing(old.series(), new.series()));
        let mut asked: Vec<&Series> = Vec::new();
        let sides = [("the old correlation's", old), ("the new correlation's", new)];
        for (whose, side) in sides {
            let fresh: Vec<&'a Series> = side
                .series()
                .iter()
                .filter(|it| !asked.iter().any(|known| known.events == it.events))
                .collect();
            asked.extend(&fresh);
            let of = |it| run(it, fresh.iter().copied()).unwrap_or_default();
            for (before, after) in of(old).iter().zip(of(new)) {
                let steps = shown(&after.series.events);
                let (before, matched) = (before.matched(), after.matched());
                if before == matched {
                    continue;
                }
                *(if matched { &mut self.examples.0 } else { &mut self.examples.1 }) += 1;
                if steps.len() <= MOST_STEPS {
                    self.witnesses.push(Witness {
                        origin: format!("{whose} example \"{}\"", after.series.name),
                        event: Value::Array(steps),
                        matched,
                    });
                }
            }
        }
    }

    fn compare_rules(&mut self, judge: &dyn Judge) {
        let (old, new) = (self.old.and_then(|it| it.rule()), self.new.and_then(|it| it.rule()));
        if let (Some(new), Some(matcher)) = (new, &self.matchers.1) {
            let fails = |it: &&Fixture| matcher.matches(&it.event) != it.matches;
            self.failing = new
                .fixtures
                .iter()
                .filter(fails)
                .map(|it| Failing {
                    name: &it.name,
                    expected: it.matches,
                    reasons: reasons(new, &it.event),
                    seen: Vec::new(),
                })
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

/// Runs a correlation over examples.
fn run<'a>(
    it: Subject<'_>,
    examples: impl IntoIterator<Item = &'a Series>,
) -> Option<Vec<crate::series::SeriesResult<'a>>> {
    match it.what {
        What::Correlation(found) => run_over(it.state, found, examples.into_iter()),
        What::Rule(_) => None,
    }
}

/// The events of an example as they are written under `tests`: one that comes again in equal steps is
/// said once.
fn shown(steps: &[(i64, Arc<Value>)]) -> Vec<Value> {
    let seconds = |it: i64| match it % 1000 {
        0 => format!("{}s", it / 1000),
        _ => format!("{}s", it as f64 / 1000.0),
    };
    let mut res = Vec::new();
    let mut rest = steps;
    while let Some((at, event)) = rest.first() {
        let step = rest.get(1).map_or(0, |it| it.0 - at);
        let again = rest.iter().zip(0_i64..);
        let count = again.take_while(|(it, nth)| it.1 == *event && it.0 == at + step * nth).count();
        res.push(match count {
            1 => json!({ "at": seconds(*at), "event": **event }),
            _ => json!({
                "at": seconds(*at), "repeat": count, "every": seconds(step), "event": **event,
            }),
        });
        rest = rest.get(count..).unwrap_or_default();
    }
    res
}

fn output(
    request: &Request,
    old: Option<Subject<'_>>,
    new: Option<Subject<'_>>,
    targets: &Targets,
) -> Option<OutputChange> {
    let convert = |it: Subject<'_>| match it.what {
        What::Rule(rule) => request.convert(rule, targets, false).result,
        What::Correlation(found) => request.correlate(it.state, found, targets, false).result,
    };
    let render = |it: Option<Subject<'_>>| match it.filter(Subject::is_usable) {
        Some(it) => match convert(it) {
            Ok(output) => Rendered::Text(output.text, output.fidelity.word()),
            Err(problems) => Rendered::Refused(
                problems.first().map_or_else(String::new, |it| it.message.clone()),
            ),
        },
        None => Rendered::Nothing,
    };
    let (old, new) = (render(old), render(new));
    let name = format!("{}/{}:{}", request.target, request.profile, request.format);
    (old != new).then_some(OutputChange { name, old, new })
}
