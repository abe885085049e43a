//! Pipelines between the written rule and its meaning.
//!
//! A rule keeps its own meaning, which lints, examples and `rulec diff` speak of; what pipelines make
//! of it stands beside it, and is what is converted.

use std::collections::BTreeSet;

use diagnostic::{Diagnostic, Severity};
use ir::{Field, Referent, Rule};
use lower::{Known, Lowered};
use pipeline::{Runner, Set, Subject};
use source::{FileId, Sources, Span};
use syntax::{CorrelationAst, FilterAst};

use crate::builtin::Targets;
use crate::config::Config;
use crate::convert::Request;
use crate::load::{Loaded, LoadedCorrelation, LoadedRule};

/// What pipelines made of a rule.
#[derive(Debug)]
pub struct Piped {
    /// What the rule means after them; `None` when they refused it.
    pub lowered: Option<Lowered>,
    /// Why they refused it.
    pub problems: Vec<Diagnostic>,
    /// The rule as it left the last step, for what follows the query.
    pub subject: Subject,
}

/// Reads pipelines, path and bytes of each, in the order given; errors are in the second part.
pub fn read_pipelines(
    sources: &mut Sources,
    files: Vec<(String, Vec<u8>)>,
) -> (Set, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for (path, bytes) in files {
        let decoded = source::decode(bytes);
        let file = sources.add(path.clone(), decoded.text);
        let Some(text) = sources.get(file).map(|it| it.text()) else { continue };
        if let Some(at) = decoded.invalid_at {
            problems.push(crate::load::not_utf8(Span::new(file, at, at + 3)));
            continue;
        }
        all.extend(pipeline::read(text, file, &path, &mut problems));
    }
    (Set::new(all), problems)
}

/// Pipelines that a target is not meant to be used with, by what they say themselves.
pub fn not_for_target(set: &Set, request: &Request, targets: &Targets) -> Vec<Diagnostic> {
    let Some(target) = targets.get(&request.target) else { return Vec::new() };
    let names = || target.manifest.backends.iter().chain([&target.manifest.name]);
    let mut res = Vec::new();
    for pipeline in &set.pipelines {
        let Some(first) = pipeline.allowed.first() else { continue };
        if names().any(|name| pipeline.allowed.iter().any(|it| it.value == *name)) {
            continue;
        }
        let known: Vec<&str> = names().map(String::as_str).collect();
        let message = format!("the pipeline is not for `{}`", request.target);
        let label = "`allowed_backends` does not name it";
        res.push(
            Diagnostic::error(&pipeline::NOT_FOR_TARGET, first.span, message, label)
                .with_help(format!("choose another pipeline, or add one of: {}", known.join(", "))),
        );
    }
    res
}

/// The rule as it enters the first pipeline, with its filters; `None` when something in it is wrong.
pub fn subject(rule: &LoadedRule, loaded: &Loaded) -> Option<Subject> {
    entering(rule, &loaded.sources, &loaded.written_filters)
}

fn entering(
    rule: &LoadedRule,
    sources: &Sources,
    filters: &[(FileId, Box<FilterAst>)],
) -> Option<Subject> {
    rule.lowered.as_ref()?;
    // What is wrong with it was told when it was read.
    let read = |ast, file| lower::draft(ast, sources.get(file)?.text(), &mut Vec::new());
    let (mut draft, meta) = read(&rule.ast, rule.file)?;
    for at in &rule.filters {
        let (file, filter) = filters.get(*at)?;
        draft.filters.push(read(&filter.head, *file)?.0);
    }
    Some(Subject::rule(&rule.ast, draft, meta, lower::logsource(&rule.ast.logsource)))
}

/// The correlation as it enters the first pipeline; `None` when something in it is wrong.
pub fn correlation_subject(it: &LoadedCorrelation, loaded: &Loaded) -> Option<Subject> {
    let correlation = it.correlation.as_ref()?;
    let mut seen = BTreeSet::new();
    let mut open: Vec<Referent> = correlation.members.iter().map(|it| it.to).collect();
    let mut sources = Vec::new();
    while let Some(to) = open.pop() {
        if !seen.insert(to) {
            continue;
        }
        match to {
            Referent::Rule(at) => {
                let rule = loaded.rules.get(at).and_then(|it| it.lowered.as_ref());
                sources.extend(rule.map(|it| it.rule.logsource.clone()));
            }
            Referent::Correlation(at) => {
                let inner = loaded.correlations.get(at).and_then(|it| it.correlation.as_ref());
                open.extend(inner.iter().flat_map(|it| &it.members).map(|it| it.to));
            }
        }
    }
    Some(Subject::correlation(&it.ast, correlation.meta.clone(), sources))
}

/// Applies pipelines to every rule and every correlation.
pub fn apply_pipelines(loaded: &mut Loaded, runner: &Runner<'_>, config: &Config) {
    let changed: Vec<Option<Subject>> =
        loaded.correlations.iter().map(|it| correlation_subject(it, loaded)).collect();
    let Loaded { sources, rules, written_filters, .. } = loaded;
    for rule in rules {
        if let Some(subject) = entering(rule, sources, written_filters) {
            rule.piped = Some(piped(rule, subject, runner, config));
        }
    }
    let changed = changed.into_iter().zip(&mut loaded.correlations).map(|(subject, it)| {
        let mut subject = subject?;
        match runner.apply(&mut subject) {
            Ok(()) => Some(subject),
            Err(problem) => {
                it.correlation = None;
                it.problems.push(*problem);
                None
            }
        }
    });
    let changed: Vec<Option<Subject>> = changed.collect();
    rejoin(loaded, changed);
}

/// Works out again what correlations mean, whose names pipelines have changed.
fn rejoin(loaded: &mut Loaded, changed: Vec<Option<Subject>>) {
    let Loaded { rules, correlations, .. } = loaded;
    let known_rules: Vec<_> =
        rules.iter().map(|it| (it.ast.as_ref(), it.meant().is_some())).collect();
    let asts = correlations
        .iter()
        .zip(&changed)
        .map(|(it, subject)| subject.as_ref().and_then(Subject::written).unwrap_or(&it.ast));
    let asts: Vec<&CorrelationAst> = asts.collect();
    let usable: Vec<bool> = changed.iter().map(Option::is_some).collect();
    let known = Known { rules: &known_rules, correlations: &asts };
    let found = lower::correlations(known, &usable);
    for ((it, found), subject) in correlations.iter_mut().zip(found).zip(changed) {
        let Some(subject) = subject else { continue };
        it.correlation = found.correlation;
        let Some(correlation) = &mut it.correlation else {
            // What was wrong before is known already.
            it.problems
                .extend(found.problems.into_iter().filter(|it| it.severity == Severity::Error));
            continue;
        };
        correlation.meta = subject.meta.clone();
        for member in &correlation.members {
            let Referent::Rule(at) = member.to else { continue };
            let piped = rules.get_mut(at).and_then(|it| it.piped.as_mut());
            if let Some(lowered) = piped.and_then(|it| it.lowered.as_mut()) {
                native(&mut lowered.rule, &subject);
            }
        }
        it.piped = Some(subject);
    }
}

/// Names that a pipeline gave to a correlation are final in the rules that it sees too, unless one
/// of them asks for a field that had such a name all along.
fn native(rule: &mut Rule, correlation: &Subject) {
    let mut asked = BTreeSet::new();
    rule.expr.for_each_test(&mut |test| {
        if let Field::Named(name) = &test.field {
            asked.insert(name.clone());
        }
    });
    rule.native.extend(correlation.native.iter().filter(|it| !asked.contains(*it)).cloned());
}

fn piped(rule: &LoadedRule, mut subject: Subject, runner: &Runner<'_>, config: &Config) -> Piped {
    if let Err(problem) = runner.apply(&mut subject) {
        return Piped { lowered: None, problems: vec![*problem], subject };
    }
    let mut problems = Vec::new();
    let lowered = subject.draft().and_then(|draft| {
        let (meta, source) = (subject.meta.clone(), subject.logsource.clone());
        lower::finish(&rule.ast, draft, meta, source, &mut problems)
    });
    let broken = problems.iter().any(|it| it.severity == Severity::Error);
    let lowered = lowered.filter(|_| !broken).map(|mut it| {
        let expr = std::mem::replace(&mut it.rule.expr, ir::Expr::Const(false));
        it.rule.expr = ir::normalize(config.fill(expr), &mut Vec::new());
        // Only names that are still asked for: another field may have an old one by chance.
        it.rule.expr.for_each_test(&mut |test| {
            let mut native = |name: &std::sync::Arc<str>| {
                if subject.native.contains(name) {
                    it.rule.native.insert(name.clone());
                }
            };
            if let Field::Named(name) = &test.field {
                native(name);
            }
            if let ir::Predicate::Field(name, ..) = &test.predicate {
                native(name);
            }
        });
        it
    });
    if lowered.is_none() && !broken {
        problems.push(pipeline::nothing_left(&subject));
    }
    Piped { lowered, problems, subject }
}
