//! Rules put together for the native matcher.

use diagnostic::Diagnostic;
use ir::Rule;
use matcher::engine::{RuleInfo, RuleSet, Unrouted};
use target::Target;

use crate::builtin::Targets;
use crate::codes::NOT_MATCHABLE;
use crate::convert::Request;
use crate::load::Loaded;

/// Rules that are asked together.
#[derive(Debug)]
pub struct Detector {
    /// The rules, ready to be asked about events.
    pub set: RuleSet,
    /// For each of them, its place among the loaded rules.
    pub places: Vec<usize>,
    /// What is wrong with the rules that are left out.
    pub left_out: Vec<Diagnostic>,
}

impl Targets {
    /// The target whose rules the native matcher runs.
    pub fn native(&self) -> Option<&Target> {
        self.iter().find(|it| it.manifest.match_profile.is_some())
    }
}

/// Puts rules together under a profile of the native matcher; without one, under its usual one.
///
/// A rule with errors, or one that the matcher can't run, is left out and said to be.
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
    for (place, rule_read) in loaded.rules.iter().enumerate() {
        let errors = rule_read.problems.iter();
        left_out.extend(errors.filter(|it| it.severity == diagnostic::Severity::Error).cloned());
        let Some(rule) = rule_read.lowered.as_ref().map(|it| &it.rule) else { continue };
        let expr = match target.asked(rule, name) {
            Ok(expr) => expr,
            Err(problems) => {
                // That a rule leaves the target out itself is no problem.
                let bad = |it: &Diagnostic| it.severity == diagnostic::Severity::Error;
                left_out.extend(problems.into_iter().filter(bad));
                continue;
            }
        };
        match builder.add(info(rule), &rule.logsource, &expr) {
            Ok(()) => places.push(place),
            Err(err) => left_out.push(
                Diagnostic::error(&NOT_MATCHABLE, err.span, err.reason, "it can't be asked")
                    .with_help("the rule is left out; the others are not affected"),
            ),
        }
    }
    // A correlation asks about several events, which the matcher is not asked about yet: whoever
    // brings one is told, unless it leaves the target out itself.
    let request = Request {
        target: target.manifest.name.clone(),
        profile: name.to_owned(),
        format: target.manifest.formats.first().map_or_else(String::new, |it| it.name.clone()),
    };
    // What is only a part of another is told with that one.
    for it in loaded.correlations.iter().filter(|it| it.correlation.is_some() && !it.is_part) {
        let refused = request.correlate(loaded, it, targets, false).result.err();
        let bad = |it: &Diagnostic| it.severity == diagnostic::Severity::Error;
        left_out.extend(refused.into_iter().flatten().filter(bad));
    }
    Ok(Detector { set: builder.build(), places, left_out })
}

fn info(rule: &Rule) -> RuleInfo {
    RuleInfo {
        id: rule.meta.id.clone(),
        title: rule.meta.title.clone(),
        level: rule.meta.level,
        tags: rule.meta.tags.clone(),
    }
}
