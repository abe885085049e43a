//! From texts to rules.

use diagnostic::Diagnostic;
use lower::Lowered;
use source::{FileId, Sources, Span};
use syntax::{CorrelationAst, Document, FilterAst, RuleAst};

use crate::codes::NOT_CONVERTED;
use crate::config::Config;
use crate::pipelines::Piped;

/// All rules of a run, and what was found wrong on the way.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The files.
    pub sources: Sources,
    /// The rules, in order; broken ones too.
    pub rules: Vec<LoadedRule>,
    /// The correlations, in order, each with its file; broken ones too.
    pub correlations: Vec<(FileId, Box<CorrelationAst>)>,
    /// The filters, in order, each with its file; broken ones too.
    pub filters: Vec<(FileId, Box<FilterAst>)>,
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
    /// What it means; `None` when something in it is wrong.
    pub lowered: Option<Lowered>,
    /// What is wrong with it.
    pub problems: Vec<Diagnostic>,
    /// What pipelines made of it, if there are any.
    pub piped: Option<Piped>,
}

/// Reads files of rules, path and bytes of each, as they are.
pub fn load(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Loaded {
    load_with(files, &Config::default())
}

/// Reads files of rules under a team's configuration.
pub fn load_with(files: impl IntoIterator<Item = (String, Vec<u8>)>, config: &Config) -> Loaded {
    let mut res = Loaded::default();
    let Loaded { sources, rules, correlations, filters, problems: all } = &mut res;
    for (path, bytes) in files {
        let decoded = source::decode(bytes);
        let file = sources.add(path, decoded.text);
        let Some(text) = sources.get(file).map(|it| it.text()) else { continue };
        if let Some(at) = decoded.invalid_at {
            all.push(not_utf8(Span::new(file, at, at + 3)));
            continue;
        }
        let parsed = syntax::parse(text, file);
        let mut problems = parsed.problems;
        for (index, document) in parsed.documents.into_iter().enumerate() {
            match document {
                Document::Rule(ast) => {
                    // The findings of reading lie inside the document they are about.
                    let range = ast.span;
                    let mine = |it: &Diagnostic| {
                        range.start <= it.primary.span.start && it.primary.span.start <= range.end
                    };
                    let (mut own, rest): (Vec<_>, Vec<_>) =
                        std::mem::take(&mut problems).into_iter().partition(mine);
                    problems = rest;
                    let broken = own.iter().any(|it| it.severity == diagnostic::Severity::Error);
                    let mut lowered = lower::lower(&ast, text, &mut own).filter(|_| !broken);
                    if let Some(it) = &mut lowered {
                        let expr = std::mem::replace(&mut it.rule.expr, ir::Expr::Const(false));
                        it.rule.expr = ir::normalize(config.fill(expr), &mut Vec::new());
                    }
                    rules.push(LoadedRule {
                        file,
                        index,
                        id: ast.id.as_ref().map(|it| it.value.clone()),
                        title: ast.title.as_ref().map(|it| it.value.clone()),
                        ast,
                        lowered,
                        problems: own,
                        piped: None,
                    });
                }
                Document::Correlation(it) => {
                    problems.push(not_converted(it.head.span, "a correlation rule"));
                    correlations.push((file, it));
                }
                Document::Filter(it) => {
                    problems.push(not_converted(it.head.span, "a filter"));
                    filters.push((file, it));
                }
            }
        }
        all.extend(problems);
    }
    res
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

fn not_converted(span: Span, what: &str) -> Diagnostic {
    Diagnostic::warning(
        &NOT_CONVERTED,
        span.sub(0, 1),
        format!("{what} is not converted yet"),
        "it is left out",
    )
    .with_help("the rules beside it are converted on their own")
}
