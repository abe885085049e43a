//! Pipelines between the written rule and its meaning.
//!
//! A rule keeps its own meaning, which lints, examples and `rulec diff` speak of; what pipelines make
//! of it stands beside it, and is what is converted.

use diagnostic::{Diagnostic, Severity};
use ir::Field;
use lower::Lowered;
use pipeline::{Runner, Set, Subject};
use source::{Sources, Span};

use crate::builtin::Targets;
use crate::codes::NOT_PIPED;
use crate::config::Config;
use crate::convert::Request;
use crate::load::{Loaded, LoadedRule};

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

/// The rule as it enters the first pipeline; `None` when something in it is wrong.
pub fn subject(rule: &LoadedRule, sources: &Sources) -> Option<Subject> {
    rule.lowered.as_ref()?;
    let text = sources.get(rule.file)?.text();
    // What is wrong with it was told when it was read.
    let (draft, meta) = lower::draft(&rule.ast, text, &mut Vec::new())?;
    Some(Subject::rule(&rule.ast, draft, meta, lower::logsource(&rule.ast.logsource)))
}

/// Applies pipelines to every rule.
pub fn apply_pipelines(loaded: &mut Loaded, runner: &Runner<'_>, config: &Config) {
    let Loaded { sources, rules, correlations, .. } = loaded;
    for it in correlations {
        if it.correlation.take().is_some() {
            it.problems.push(not_piped(it.ast.head.span, "a correlation"));
        }
    }
    for rule in rules {
        if let Some(subject) = subject(rule, sources) {
            rule.piped = Some(piped(rule, subject, runner, config));
        }
    }
}

/// What pipelines would leave as it is, beside what they change, is refused.
fn not_piped(span: Span, what: &str) -> Diagnostic {
    let message = format!("pipelines do not change {what}");
    let label = "its fields would keep their names beside those that the pipelines give";
    Diagnostic::error(&NOT_PIPED, span.sub(0, 1), message, label)
        .with_help("convert it without `-p`, or put the filter's tests into the rule")
}

fn piped(rule: &LoadedRule, mut subject: Subject, runner: &Runner<'_>, config: &Config) -> Piped {
    if !rule.filters.is_empty() {
        let span = rule.ast.title.as_ref().map_or(rule.ast.span, |it| it.span);
        let problems = vec![not_piped(span, "the filter of a rule")];
        return Piped { lowered: None, problems, subject };
    }
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
