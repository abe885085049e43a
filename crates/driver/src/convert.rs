//! Rules in the words of targets.

use diagnostic::{Diagnostic, Severity};
use ir::Referent;
use target::{Breach, Fidelity, Format, Output, Target};

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

impl LoadedRule {
    /// What is converted: the meaning after pipelines where there are any.
    pub fn meant(&self) -> Option<&lower::Lowered> {
        match &self.piped {
            Some(it) => it.lowered.as_ref(),
            None => self.lowered.as_ref(),
        }
    }
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
        let formats = &target.manifest.formats;
        let names: Vec<&str> = formats.iter().map(|it| it.name.as_str()).collect();
        let format = match format {
            Some(word) => formats
                .iter()
                .find(|it| it.name == word)
                .ok_or_else(|| unknown(&format!("format of `{name}`"), word, &names))?,
            None => &formats[0],
        };
        let profile = match profile {
            Some(it) if target.profile(it).is_none() => {
                let known: Vec<&str> = target.profiles().map(|(it, _)| it).collect();
                return Err(unknown(&format!("profile of `{name}`"), it, &known));
            }
            Some(it) => it,
            None => usual(target, format),
        };
        if !target.fits(format, profile) {
            let fitting = formats.iter().filter(|it| target.fits(it, profile));
            let fitting: Vec<&str> = fitting.map(|it| it.name.as_str()).collect();
            return Err(format!(
                "the format `{}` of `{name}` is for {}, not for `{profile}`, which has {}",
                format.name,
                format.profiles.join(", "),
                fitting.join(", ")
            ));
        }
        Ok(Request {
            target: name.to_owned(),
            profile: profile.to_owned(),
            format: format.name.clone(),
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
        let problems = rule.piped.as_ref().map_or(&rule.problems, |it| &it.problems);
        let errors =
            || problems.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        let result = match (rule.meant(), targets.get(&self.target)) {
            (Some(lowered), Some(target)) => {
                target.convert(&lowered.rule, &self.profile, &self.format)
            }
            _ => Err(errors()),
        };
        let result = result.and_then(|it| match it.refused.is_empty() {
            true => Ok(it),
            false => Err(it.refused.into_iter().map(|it| refused(rule, it)).collect()),
        });
        let result = result.and_then(|it| accept(it, strict));
        Conversion { result: result.map_err(|it| self.with_places(it, rule, targets)) }
    }

    /// The refusals, each that says that the events are not here with the places that have them.
    fn with_places(
        &self,
        mut problems: Vec<Diagnostic>,
        rule: &LoadedRule,
        targets: &Targets,
    ) -> Vec<Diagnostic> {
        let lost = problems.iter_mut().filter(|it| std::ptr::eq(it.code, &target::NO_SOURCE));
        for problem in lost {
            let places = rule.meant().map(|it| self.places(&it.rule, targets)).unwrap_or_default();
            if !places.is_empty() {
                problem.help = Some(format!(
                    "choose {}, which has these events, or leave `{name}` out: `targets: {{ {name}: {{ skip: true, reason: ... }} }}`",
                    places.join(" or "),
                    name = self.target
                ));
            }
        }
        problems
    }

    /// Where else a rule's log source is, as `-t` takes it: in other profiles of the target, or else
    /// in those of other targets. A profile that takes every log source tells nothing.
    fn places(&self, rule: &ir::Rule, targets: &Targets) -> Vec<String> {
        let of = |target: &Target| -> Vec<String> {
            let has = |(name, profile): &(&str, &target::Profile)| {
                !profile.any_source && target.takes(rule, name)
            };
            let profiles = target.profiles().filter(has);
            profiles.map(|(it, _)| format!("`{}/{it}`", target.manifest.name)).collect()
        };
        let own = self.target(targets).map(of).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let others = targets.iter().filter(|it| it.manifest.name != self.target);
        others.flat_map(of).collect()
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
            Referent::Rule(at) => Some(&loaded.rules.get(*at)?.meant()?.rule),
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

/// What a format refuses, at the place that it is about.
fn refused(rule: &LoadedRule, breach: Breach) -> Diagnostic {
    let span = rule.ast.place(&breach.at);
    Diagnostic::error(&target::TARGET_CHECK, span, breach.message, breach.label)
        .with_help(breach.help)
}

/// The profile when none is named: the target's own, or the first that the format is for.
fn usual<'a>(target: &'a Target, format: &'a Format) -> &'a str {
    let own = target.manifest.default_profile.as_str();
    match target.fits(format, own) {
        true => own,
        false => format.profiles.first().map_or(own, String::as_str),
    }
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match diagnostic::nearest(word, known.iter().copied()) {
        Some(near) => format!("there is no {what} `{word}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{word}`; known: {}", known.join(", ")),
    }
}
