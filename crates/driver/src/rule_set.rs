//! Rules and correlations put together for the native matcher.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::{Diagnostic, Severity};
use ir::{Correlation, Referent};
use matcher::correlate::{Correlations, CorrelationsBuilder};
use matcher::engine::{RuleInfo, RuleSet, Unrouted};
use target::{Fidelity, Target};

use crate::builtin::Targets;
use crate::codes::NOT_MATCHABLE;
use crate::load::Loaded;

/// Rules and correlations that are asked together.
#[derive(Debug)]
pub struct Detector {
    /// The rules, ready to be asked about events.
    pub set: RuleSet,
    /// For each of them, its place among the loaded rules.
    pub places: Vec<usize>,
    /// The correlations, ready to be asked about what the rules find.
    pub correlations: Correlations,
    /// For each of them, its place among the loaded correlations.
    pub correlation_places: Vec<usize>,
    /// What is wrong with the rules and correlations that are left out.
    pub left_out: Vec<Diagnostic>,
    /// How many rules the profile's names let match more or less than they mean, by how.
    pub inexact: BTreeMap<&'static str, usize>,
}

impl Detector {
    /// A sentence about the rules that do not match exactly what they mean; none when all do.
    pub fn inexact_note(&self) -> Option<String> {
        let each = self.inexact.iter().map(|(word, count)| format!("{count} {word}"));
        let each: Vec<String> = each.collect();
        (!each.is_empty()).then(|| {
            format!(
                "not every rule matches exactly what it means under this profile: {}; `rulec convert` for the same profile says why",
                each.join(", ")
            )
        })
    }
}

impl Targets {
    /// The target whose rules the native matcher runs.
    pub fn native(&self) -> Option<&Target> {
        self.iter().find(|it| it.manifest.match_profile.is_some())
    }
}

/// Puts rules together under a profile of the native matcher; without one, under its usual one.
///
/// A rule with errors, or one that the matcher can't run, is left out and said to be; so is a correlation
/// that sees such a rule.
///
/// # Errors
///
/// When there is no such profile.
pub fn detector(
    loaded: &Loaded,
    targets: &Targets,
    profile: Option<&str>,
    unrouted: Unrouted,
) -> Result<Detector, String> {
    let target = targets.native().ok_or("no target runs on the native matcher")?;
    let usual = target.manifest.match_profile.as_deref().unwrap_or_default();
    let name = profile.unwrap_or(usual);
    let Some(profile) = target.profile(name) else {
        let known: Vec<&str> = target.profiles().map(|it| it.0).collect();
        return Err(format!("no profile `{name}`; there are {}", known.join(", ")));
    };
    let mut builder = RuleSet::builder();
    if let Some(routing) = profile.routing() {
        builder = builder.routing(routing, unrouted);
    }
    let mut places = Vec::new();
    let mut left_out = Vec::new();
    let mut inexact: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (place, rule_read) in loaded.rules.iter().enumerate() {
        let errors = rule_read.problems.iter();
        left_out.extend(errors.filter(|it| it.severity == Severity::Error).cloned());
        let Some(rule) = rule_read.lowered.as_ref().map(|it| &it.rule) else { continue };
        let (expr, fidelity) = match target.asked(rule, name) {
            Ok(it) => it,
            Err(problems) => {
                // That a rule leaves the target out itself is no problem.
                let bad = |it: &Diagnostic| it.severity == Severity::Error;
                left_out.extend(problems.into_iter().filter(bad));
                continue;
            }
        };
        match builder.add(RuleInfo::of(&rule.meta), &rule.logsource, &expr) {
            Ok(()) => {
                places.push(place);
                if fidelity != Fidelity::Exact {
                    *inexact.entry(fidelity.word()).or_default() += 1;
                }
            }
            Err(err) => left_out.push(
                Diagnostic::error(&NOT_MATCHABLE, err.span, err.reason, "it can't be asked")
                    .with_help("the rule is left out; the others are not affected"),
            ),
        }
    }
    let set = builder.build();
    let is_part = |it: &usize| loaded.rules.get(*it).is_some_and(|it| it.is_part);
    let parts = places.iter().map(is_part).collect();
    let mut joined = Joined {
        loaded,
        places: &places,
        target,
        profile: name,
        builder: CorrelationsBuilder::new(parts, profile.times.clone()),
        correlation_places: Vec::new(),
        tried: BTreeSet::new(),
        left_out,
    };
    (0..loaded.correlations.len()).for_each(|it| joined.add(it));
    let Joined { builder, correlation_places, left_out, .. } = joined;
    let correlations = builder.build();
    Ok(Detector { set, places, correlations, correlation_places, left_out, inexact })
}

/// Takes correlations in, each after those that it sees.
struct Joined<'a> {
    loaded: &'a Loaded,
    /// For each rule of the set, its place among the loaded ones.
    places: &'a [usize],
    target: &'a Target,
    profile: &'a str,
    builder: CorrelationsBuilder,
    correlation_places: Vec<usize>,
    tried: BTreeSet<usize>,
    left_out: Vec<Diagnostic>,
}

impl Joined<'_> {
    fn add(&mut self, at: usize) {
        let Some(it) = self.loaded.correlations.get(at).filter(|_| self.tried.insert(at)) else {
            return;
        };
        let bad = |it: &&Diagnostic| it.severity == Severity::Error;
        self.left_out.extend(it.problems.iter().filter(bad).cloned());
        let Some(correlation) = &it.correlation else { return };
        if let Err(problems) = self.target.asks(correlation, self.profile) {
            // That a correlation leaves the target out itself is no problem.
            self.left_out.extend(problems.iter().filter(bad).cloned());
            return;
        }
        for member in &correlation.members {
            if let Referent::Correlation(below) = member.to {
                self.add(below);
            }
        }
        let Some(here) = self.in_the_set(correlation) else { return };
        if self.builder.add(&here, it.is_part).is_some() {
            self.correlation_places.push(at);
        }
    }

    /// The correlation with places in the set in place of those among what was loaded; `None` when
    /// something that it sees is not there, which is said.
    fn in_the_set(&mut self, it: &Correlation) -> Option<Correlation> {
        let mut res = it.clone();
        for member in &mut res.members {
            let (places, to) = match member.to {
                Referent::Rule(at) => (self.places, at),
                Referent::Correlation(at) => (self.correlation_places.as_slice(), at),
            };
            let Some(place) = places.iter().position(|it| *it == to) else {
                let name = &member.name;
                self.left_out.push(
                    Diagnostic::error(
                        &NOT_MATCHABLE,
                        name.span,
                        format!("`{}` is left out, and so is this correlation", name.value),
                        "it sees the matches of this",
                    )
                    .with_help("see why the rule is left out, or leave out the correlation too"),
                );
                return None;
            };
            member.to = match member.to {
                Referent::Rule(_) => Referent::Rule(place),
                Referent::Correlation(_) => Referent::Correlation(place),
            };
        }
        Some(res)
    }
}
