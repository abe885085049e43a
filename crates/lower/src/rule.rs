//! A whole rule.

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostic::{Diagnostic, nearest};
use ir::{Dropped, Expr, Fixture, Level, LogSource, Meta, Rule, Schedule, Status, normalize};
use source::Spanned;
use syntax::{LogSourceAst, RuleAst, Selection};

use crate::codes::UNKNOWN_WORD;
use crate::condition::{Selections, resolve};
use crate::draft::{Detection, Draft};
use crate::item::item;

/// A rule's meaning, and what lints want to know of how it came about.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The meaning.
    pub rule: Rule,
    /// What the normal form dropped because it makes no difference.
    pub dropped: Vec<Dropped>,
    /// The selections that no condition uses.
    pub unused: Vec<Spanned<String>>,
}

/// Works out what a rule means; `None` when something in it is wrong, which is then in
/// `problems`. `text` is the text of the rule's file.
pub fn lower(ast: &RuleAst, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Lowered> {
    let (draft, meta) = draft(ast, text, problems)?;
    finish(ast, &draft, meta, logsource(&ast.logsource), problems)
}

/// What a rule means whose items, meta data or log source are no longer those that were written;
/// `None` when nothing is left of it, or something in it is wrong, which is then in `problems`.
pub fn finish(
    ast: &RuleAst,
    draft: &Draft,
    meta: Meta,
    logsource: LogSource,
    problems: &mut Vec<Diagnostic>,
) -> Option<Lowered> {
    let before = errors(problems);
    let mut used = vec![false; draft.selections.len()];
    let expr = draft.expr(&mut used, problems).filter(|_| errors(problems) == before)?;
    let mut dropped = Vec::new();
    let expr = normalize(expr, &mut dropped);
    let unused = draft
        .selections
        .iter()
        .zip(&used)
        .filter(|(_, used)| !**used)
        .map(|((name, _), _)| name.clone())
        .collect();
    let fixtures = ast
        .fixtures
        .iter()
        .map(|it| Fixture {
            name: it.name.clone(),
            matches: it.matches,
            event: it.event.clone(),
            span: it.span,
        })
        .collect();
    let native = BTreeSet::new();
    let targets = options(ast);
    let rule = Rule { meta, logsource, expr, native, fixtures, targets, span: ast.span };
    Some(Lowered { rule, dropped, unused })
}

/// What a rule says for single targets.
pub(crate) fn options(ast: &RuleAst) -> Vec<(Spanned<String>, ir::Options)> {
    let read = |(key, it): &(Spanned<String>, syntax::Node)| {
        (Spanned::new(key.value.clone(), it.span), it.to_json())
    };
    let all = ast.targets.iter().map(|(name, node)| {
        let options = node.as_mapping().unwrap_or_default();
        (name.clone(), options.iter().map(read).collect())
    });
    all.collect()
}

/// A rule's items, before they become one expression; what is wrong is in `problems`.
pub fn draft(ast: &RuleAst, text: &str, problems: &mut Vec<Diagnostic>) -> Option<(Draft, Meta)> {
    let before = errors(problems);
    let selections: Vec<_> = ast
        .detection
        .selections
        .iter()
        .map(|it| (it.name.clone(), selection(&it.body, text, problems)))
        .collect();
    let meta = meta(ast, problems);
    let conditions = ast.detection.conditions.clone();
    if errors(problems) > before {
        // What conditions get wrong is told with the rest.
        let known: Selections =
            selections.iter().map(|(it, _)| (it.clone(), Some(Expr::Const(true)))).collect();
        let mut used = vec![false; known.len()];
        conditions.iter().for_each(|it| drop(resolve(it, &known, &mut used, problems)));
        return None;
    }
    if conditions.is_empty() {
        return None;
    }
    let selections =
        selections.into_iter().map(|(name, it)| Some((name, it?))).collect::<Option<_>>()?;
    Some((Draft { selections, conditions, also: Vec::new(), filters: Vec::new() }, meta))
}

pub(crate) fn errors(problems: &[Diagnostic]) -> usize {
    problems.iter().filter(|it| it.severity == diagnostic::Severity::Error).count()
}

/// One selection as items.
pub fn selection(
    body: &Selection,
    text: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Detection> {
    let many = |parts: Vec<Option<Detection>>| parts.into_iter().collect::<Option<Vec<_>>>();
    match body {
        Selection::All(items) => {
            let part = |it| item(it, text, problems).map(Detection::Item);
            many(items.iter().map(part).collect()).map(Detection::All)
        }
        Selection::Any(entries) => {
            let part = |it| selection(it, text, problems);
            many(entries.iter().map(part).collect()).map(Detection::Any)
        }
        Selection::Keywords(it) => item(it, text, problems).map(Detection::Item),
    }
}

/// The log source as it was written.
pub fn logsource(ast: &LogSourceAst) -> LogSource {
    let text = |it: &Option<Spanned<String>>| it.as_ref().map(|it| Arc::from(it.value.as_str()));
    LogSource {
        category: text(&ast.category),
        product: text(&ast.product),
        service: text(&ast.service),
        span: ast.span,
    }
}

/// What is said about a rule.
pub fn meta(ast: &RuleAst, problems: &mut Vec<Diagnostic>) -> Meta {
    let one = |it: &Option<Spanned<String>>| it.as_ref().map(|it| it.value.clone());
    let many = |it: &[Spanned<String>]| it.iter().map(|it| it.value.clone()).collect();
    let level = word(&ast.level, "level", &Level::ALL, Level::word, problems);
    let status = word(&ast.status, "status", &Status::ALL, Status::word, problems);
    Meta {
        title: one(&ast.title).unwrap_or_default(),
        title_span: ast.title.as_ref().map(|it| it.span),
        id: one(&ast.id),
        name: one(&ast.name),
        taxonomy: one(&ast.taxonomy),
        status,
        description: one(&ast.description),
        license: one(&ast.license),
        author: one(&ast.author),
        references: many(&ast.references),
        date: one(&ast.date),
        modified: one(&ast.modified),
        fields: many(&ast.fields),
        falsepositives: many(&ast.falsepositives),
        level,
        tags: many(&ast.tags),
        risk_score: ast.risk_score.as_ref().map(|it| it.value),
        version: ast.version.as_ref().map(|it| it.value),
        schedule: ast.schedule.as_ref().map(|it| Schedule {
            every: one(&it.every),
            lookback: one(&it.lookback),
            max_alerts: it.max_alerts.as_ref().map(|it| it.value),
        }),
    }
}

/// One of a fixed set of words.
fn word<T: Copy>(
    written: &Option<Spanned<String>>,
    key: &str,
    all: &[T],
    spelling: fn(T) -> &'static str,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    let written = written.as_ref()?;
    let found = all.iter().copied().find(|it| spelling(*it) == written.value);
    if found.is_none() {
        let known: Vec<&str> = all.iter().map(|it| spelling(*it)).collect();
        let help = match nearest(&written.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        problems.push(
            Diagnostic::warning(
                &UNKNOWN_WORD,
                written.span,
                format!("unknown {key} `{}`", written.value),
                "it is left out of the output",
            )
            .with_help(help),
        );
    }
    found
}
