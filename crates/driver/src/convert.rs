//! Rules in the words of targets.

use diagnostic::{Diagnostic, Severity};
use ir::Referent;
use target::{Fidelity, Output, Target};

use crate::builtin::Targets;
use crate::load::{Loaded, LoadedCorrelation, LoadedRule};

/// A target, a profile and a format, all known to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The target's name.
    pub target: String,
    /// The profile's name.
    pub profile: String,
    /// The format's name.
    pub format: String,
}

/// What came of one rule for one target.
#[derive(Debug)]
pub struct Conversion {
    /// The output, or why there is none.
    pub result: Result<Output, Vec<Diagnostic>>,
}

impl Request {
    /// Reads `TARGET[/PROFILE][:FORMAT]`.
    ///
    /// # Errors
    ///
    /// A sentence that says which of the three is not known, and what is.
    pub fn parse(text: &str, targets: &Targets) -> Result<Request, String> {
        let (rest, format) = text.split_once(':').map_or((text, None), |(a, b)| (a, Some(b)));
        let (name, profile) = rest.split_once('/').map_or((rest, None), |(a, b)| (a, Some(b)));
        let known: Vec<&str> = targets.names().collect();
        let target = targets.get(name).ok_or_else(|| unknown("target", name, &known))?;
        let profile = profile.unwrap_or(&target.manifest.default_profile);
        if target.profile(profile).is_none() {
            let known: Vec<&str> = target.profiles().map(|(it, _)| it).collect();
            return Err(unknown(&format!("profile of `{name}`"), profile, &known));
        }
        let formats: Vec<&str> =
            target.manifest.formats.iter().map(|it| it.name.as_str()).collect();
        let format = format.unwrap_or(formats[0]);
        if !formats.contains(&format) {
            return Err(unknown(&format!("format of `{name}`"), format, &formats));
        }
        Ok(Request {
            target: name.to_owned(),
            profile: profile.to_owned(),
            format: format.to_owned(),
        })
    }

    /// The target asked for.
    pub fn target<'a>(&self, targets: &'a Targets) -> Option<&'a Target> {
        targets.get(&self.target)
    }

    /// An event as the columns of this target and profile hold it; `None` when they can't.
    pub fn carry(
        &self,
        rule: &LoadedRule,
        event: &serde_json::Value,
        targets: &Targets,
    ) -> Option<serde_json::Value> {
        let lowered = rule.lowered.as_ref()?;
        targets.get(&self.target)?.carry(&lowered.rule, &self.profile, event)
    }

    /// Converts one rule. A rule that is wrong in itself gives its own errors.
    pub fn convert(&self, rule: &LoadedRule, targets: &Targets, strict: bool) -> Conversion {
        let errors =
            || rule.problems.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        let result = match (&rule.lowered, targets.get(&self.target)) {
            (Some(lowered), Some(target)) => {
                target.convert(&lowered.rule, &self.profile, &self.format)
            }
            _ => Err(errors()),
        };
        Conversion { result: result.and_then(|it| accept(it, strict)) }
    }

    /// Converts one correlation, with the rules that it sees. One that is wrong in itself gives its
    /// own errors.
    pub fn correlate(
        &self,
        loaded: &Loaded,
        it: &LoadedCorrelation,
        targets: &Targets,
        strict: bool,
    ) -> Conversion {
        let errors =
            || it.problems.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        let rule = |to: &Referent| match to {
            Referent::Rule(at) => Some(&loaded.rules.get(*at)?.lowered.as_ref()?.rule),
            Referent::Correlation(_) => None,
        };
        let result = match (&it.correlation, targets.get(&self.target)) {
            (Some(it), Some(target)) => {
                let rules: Vec<_> = it.members.iter().map(|it| rule(&it.to)).collect();
                target.correlate(it, &rules, &self.profile, &self.format)
            }
            _ => Err(errors()),
        };
        Conversion { result: result.and_then(|it| accept(it, strict)) }
    }
}

/// The output, unless only exact ones are wanted and it is none.
fn accept(it: Output, strict: bool) -> Result<Output, Vec<Diagnostic>> {
    match it.fidelity {
        Fidelity::Exact => Ok(it),
        _ if strict => Err(it.notes.iter().map(target::not_exact).collect()),
        _ => Ok(it),
    }
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match diagnostic::nearest(word, known.iter().copied()) {
        Some(near) => format!("there is no {what} `{word}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{word}`; known: {}", known.join(", ")),
    }
}
