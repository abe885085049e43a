//! From texts to rules.

use std::collections::BTreeMap;

use diagnostic::{Diagnostic, Severity};
use ir::{Correlation, Referent};
use lower::{Filter, Known, Lowered};
use pipeline::Subject;
use source::{FileId, Sources, Span};
use syntax::{CorrelationAst, Document, FilterAst, RuleAst};

use crate::config::Config;
use crate::pipelines::Piped;

/// All rules of a run, and what was found wrong on the way.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The files.
    pub sources: Sources,
    /// The rules, in order; broken ones too.
    pub rules: Vec<LoadedRule>,
    /// The correlations, in order; broken ones too. They refer to places in this list and in that of
    /// the rules.
    pub correlations: Vec<LoadedCorrelation>,
    /// The filters, in order.
    pub filters: Vec<Filter>,
    /// The same filters as they were written, each with its file.
    pub written_filters: Vec<(FileId, Box<FilterAst>)>,
    /// Findings about files, documents and rules.
    pub problems: Vec<Diagnostic>,
}

/// A rule of a file.
#[derive(Debug)]
pub struct LoadedRule {
    /// Its file.
    pub file: FileId,
    /// Its place among the documents of the file, from 0.
    pub index: usize,
    /// Its id as written.
    pub id: Option<String>,
    /// Its title as written.
    pub title: Option<String>,
    /// As it was written.
    pub ast: Box<RuleAst>,
    /// What it means with its filters; `None` when something in it is wrong.
    pub lowered: Option<Lowered>,
    /// The places of its filters in their list.
    pub filters: Vec<usize>,
    /// Whether it is only a part of correlations, and not written on its own.
    pub is_part: bool,
    /// What is wrong with it.
    pub problems: Vec<Diagnostic>,
    /// What pipelines made of it, if there are any.
    pub piped: Option<Piped>,
}

/// A correlation of a file.
#[derive(Debug)]
pub struct LoadedCorrelation {
    /// Its file.
    pub file: FileId,
    /// Its place among the documents of the file, from 0.
    pub index: usize,
    /// Its id as written.
    pub id: Option<String>,
    /// Its title as written.
    pub title: Option<String>,
    /// As it was written.
    pub ast: Box<CorrelationAst>,
    /// What it means; `None` when something in it, or in what it refers to, is wrong.
    pub correlation: Option<Correlation>,
    /// Whether it is only a part of other correlations, and not written on its own.
    pub is_part: bool,
    /// What is wrong with it.
    pub problems: Vec<Diagnostic>,
    /// As it left the last pipeline, if there are any; `correlation` is what it then means.
    pub piped: Option<Subject>,
}

/// Reads files of rules, path and bytes of each, as they are.
pub fn load(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Loaded {
    load_with(files, &Config::default())
}

/// Reads files of rules under a team's configuration.
pub fn load_with(files: impl IntoIterator<Item = (String, Vec<u8>)>, config: &Config) -> Loaded {
    let mut res = Loaded::default();
    for (path, bytes) in files {
        read(&mut res, path, bytes, config);
    }
    join(&mut res);
    res
}

fn read(res: &mut Loaded, path: String, bytes: Vec<u8>, config: &Config) {
    let Loaded { sources, rules, correlations, filters, written_filters, problems: all } = res;
    let decoded = source::decode(bytes);
    let file = sources.add(path, decoded.text);
    let Some(text) = sources.get(file).map(|it| it.text()) else { return };
    if let Some(at) = decoded.invalid_at {
        all.push(not_utf8(Span::new(file, at, at + 3)));
        return;
    }
    let parsed = syntax::parse(text, file);
    let mut problems = parsed.problems;
    let filled = |expr| ir::normalize(config.fill(expr), &mut Vec::new());
    for (index, document) in parsed.documents.into_iter().enumerate() {
        let head = match &document {
            Document::Rule(it) => it.as_ref(),
            Document::Correlation(it) => &it.head,
            Document::Filter(it) => &it.head,
        };
        let id = head.id.as_ref().map(|it| it.value.clone());
        let title = head.title.as_ref().map(|it| it.value.clone());
        // The findings of reading lie inside the document they are about.
        let range = head.span;
        let mine = |it: &Diagnostic| {
            range.start <= it.primary.span.start && it.primary.span.start <= range.end
        };
        let (mut own, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut problems).into_iter().partition(mine);
        problems = rest;
        let broken = own.iter().any(|it| it.severity == Severity::Error);
        match document {
            Document::Rule(ast) => {
                let mut lowered = lower::lower(&ast, text, &mut own).filter(|_| !broken);
                if let Some(it) = &mut lowered {
                    let expr = std::mem::replace(&mut it.rule.expr, ir::Expr::Const(false));
                    it.rule.expr = filled(expr);
                }
                rules.push(LoadedRule {
                    file,
                    index,
                    id,
                    title,
                    ast,
                    lowered,
                    filters: Vec::new(),
                    is_part: false,
                    problems: own,
                    piped: None,
                });
            }
            Document::Correlation(ast) => correlations.push(LoadedCorrelation {
                file,
                index,
                id,
                title,
                ast,
                correlation: None,
                is_part: false,
                problems: own,
                piped: None,
            }),
            Document::Filter(ast) => {
                let mut filter = lower::filter(&ast, text, !broken, &mut own);
                filter.expr = filter.expr.map(filled);
                filters.push(filter);
                written_filters.push((file, ast));
                all.extend(own);
            }
        }
    }
    all.extend(problems);
}

/// Joins rules with their filters, and correlations with what they refer to.
fn join(res: &mut Loaded) {
    let Loaded { rules, correlations, filters, problems, .. } = res;
    let heads: Vec<&RuleAst> = correlations.iter().map(|it| &it.ast.head).collect();
    let mut filtered: Vec<_> =
        rules.iter_mut().map(|it| (it.ast.as_ref(), &mut it.lowered, &mut it.problems)).collect();
    let places = lower::apply(filters, &mut filtered, &heads, problems);
    for (rule, places) in rules.iter_mut().zip(places) {
        rule.filters = places;
    }
    let known_rules: Vec<_> =
        rules.iter().map(|it| (it.ast.as_ref(), it.lowered.is_some())).collect();
    let known: Vec<&CorrelationAst> = correlations.iter().map(|it| it.ast.as_ref()).collect();
    let error = |it: &Diagnostic| it.severity == Severity::Error;
    let usable: Vec<bool> = correlations.iter().map(|it| !it.problems.iter().any(error)).collect();
    let found = lower::correlations(Known { rules: &known_rules, correlations: &known }, &usable);
    for (it, found) in correlations.iter_mut().zip(found) {
        it.correlation = found.correlation;
        it.problems.extend(found.problems);
    }
    mark_parts(res);
}

/// What a correlation refers to is written on its own only when it says so.
fn mark_parts(res: &mut Loaded) {
    let mut seen: BTreeMap<Referent, bool> = BTreeMap::new();
    for it in res.correlations.iter().filter_map(|it| it.correlation.as_ref()) {
        for member in &it.members {
            *seen.entry(member.to).or_default() |= it.generate;
        }
    }
    for (to, alone) in seen {
        match to {
            Referent::Rule(at) => {
                if let Some(it) = res.rules.get_mut(at) {
                    it.is_part = !alone;
                }
            }
            Referent::Correlation(at) => {
                if let Some(it) = res.correlations.get_mut(at) {
                    it.is_part = !alone;
                }
            }
        }
    }
}

impl Loaded {
    /// Whatever is wrong, in files, rules, correlations and filters.
    pub fn all_problems(&self) -> impl Iterator<Item = &Diagnostic> {
        let rules = self.rules.iter().flat_map(|it| &it.problems);
        let correlations = self.correlations.iter().flat_map(|it| &it.problems);
        self.problems.iter().chain(rules).chain(correlations)
    }

    /// The correlations as they refer to each other: by place, `None` for those that can't be used.
    pub fn usable_correlations(&self) -> Vec<Option<&Correlation>> {
        self.correlations.iter().map(|it| it.correlation.as_ref()).collect()
    }
}

pub(crate) fn not_utf8(span: Span) -> Diagnostic {
    Diagnostic::error(
        &syntax::NOT_UTF8,
        span,
        "the file is not UTF-8",
        "the first byte that is not text",
    )
    .with_help("save the file as UTF-8")
}
