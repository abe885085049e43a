//! Filters: what is added to the conditions of rules.
//!
//! Knows: which rules a filter is for, and what it adds.
//! Does not know: how rules are read.

use diagnostic::{Applicability, Diagnostic};
use ir::{Expr, LogSource, Meta, normalize};
use source::{Edit, Span, Spanned};
use syntax::{FilterAst, FilterRules, RuleAst};

use crate::codes::{BROKEN_FILTER, FILTER_KEEPS, FILTER_MISMATCH, FILTER_REFERENCE};
use crate::correlation::is_called;
use crate::rule::{Lowered, draft, errors, logsource, meta};

/// A filter ready to be applied.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What is said about it.
    pub meta: Meta,
    /// It is for rules of log sources that this one covers.
    pub logsource: LogSource,
    /// What it adds to a rule; `None` when something in it is wrong.
    pub expr: Option<Expr>,
    /// The rules it is for, by id or name; `None`: all that its log source covers.
    pub rules: Option<Vec<Spanned<String>>>,
    /// The selections that its condition does not use.
    pub unused: Vec<Spanned<String>>,
    /// The whole document.
    pub span: Span,
}

/// Works out what a filter means. `text` is the text of its file; `usable` says whether it was read
/// without errors.
pub fn filter(ast: &FilterAst, text: &str, usable: bool, problems: &mut Vec<Diagnostic>) -> Filter {
    let before = errors(problems);
    let mut used = vec![false; ast.head.detection.selections.len()];
    let read = draft(&ast.head, text, problems);
    let expr = read.as_ref().and_then(|(it, _)| it.expr(&mut used, problems));
    let expr = expr.filter(|_| usable && errors(problems) == before);
    if let Some(expr) = &expr
        && !negates(expr)
    {
        problems.push(keeps(ast, text));
    }
    let names = ast.head.detection.selections.iter().map(|it| it.name.clone());
    Filter {
        meta: read.map_or_else(|| meta(&ast.head, &mut Vec::new()), |it| it.1),
        logsource: logsource(&ast.head.logsource),
        expr,
        rules: match &ast.rules {
            FilterRules::Any => None,
            FilterRules::These(it) => Some(it.clone()),
        },
        unused: names.zip(&used).filter(|(_, used)| !**used).map(|it| it.0).collect(),
        span: ast.head.span,
    }
}

fn negates(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(negates),
        Expr::Not(_) => true,
        Expr::Test(_) | Expr::Const(_) => false,
    }
}

/// The condition of a filter is a condition for a match, which is easily taken for the opposite.
fn keeps(ast: &FilterAst, text: &str) -> Diagnostic {
    let span = ast.conditions.first().copied().unwrap_or(ast.span);
    let problem = Diagnostic::warning(
        &FILTER_KEEPS,
        span,
        "the rules will match only events that pass this filter",
        "what a filter says is added to the condition of a rule with `and`",
    )
    .with_help("to leave these events out, negate the condition: `not ...`");
    let [one] = ast.conditions.as_slice() else { return problem };
    let Some(written) = text.get(one.range()) else { return problem };
    // Only a plain text can be wrapped as it stands.
    let plain = |it: char| it.is_ascii_alphanumeric() || " _-*".contains(it);
    if !written.chars().all(plain) {
        return problem;
    }
    let replacement = match written.contains(' ') {
        true => format!("not ({written})"),
        false => format!("not {written}"),
    };
    let edit = Edit { span: *one, replacement };
    problem.with_fix("negate the condition", Applicability::Unsafe, vec![edit])
}

/// Applies filters to the rules they are for. Returns for each rule the places of its filters in
/// the list; what is wrong goes to `problems`, and what is wrong with a single rule to its own.
pub fn apply(
    filters: &[Filter],
    rules: &mut [(&RuleAst, &mut Option<Lowered>, &mut Vec<Diagnostic>)],
    correlations: &[&RuleAst],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Vec<usize>> {
    let mut res = vec![Vec::new(); rules.len()];
    for (at, filter) in filters.iter().enumerate() {
        for (rule, filters) in rules.iter().zip(&mut res) {
            if wants(filter, rule.0, problems) {
                filters.push(at);
            }
        }
        for name in filter.rules.iter().flatten() {
            if rules.iter().any(|it| is_called(it.0, &name.value)) {
                continue;
            }
            problems.push(match correlations.iter().any(|it| is_called(it, &name.value)) {
                true => mismatch(
                    name,
                    "is a correlation",
                    "filters are applied to rules only",
                    "name the rules that the correlation sees",
                ),
                false => Diagnostic::warning(
                    &FILTER_REFERENCE,
                    name.span,
                    format!("no rule has the id or name `{}`", name.value),
                    "it is not among the rules that were read, so the filter is not applied to it",
                )
                .with_help("give the paths of rules and filters to one command, or remove it"),
            });
        }
    }
    for ((_, lowered, own), wanted) in rules.iter_mut().zip(&res) {
        add(filters, wanted, lowered, own);
    }
    res
}

/// Whether a filter is for a rule. What it names and can't be applied to is reported.
fn wants(filter: &Filter, rule: &RuleAst, problems: &mut Vec<Diagnostic>) -> bool {
    let own = logsource(&rule.logsource);
    let covers = filter.logsource.covers(&own);
    let taxonomy = rule.taxonomy.as_ref().map_or("sigma", |it| it.value.as_str());
    let words = filter.meta.taxonomy.as_deref().unwrap_or("sigma") == taxonomy;
    let Some(names) = &filter.rules else { return covers && words };
    let Some(name) = names.iter().find(|it| is_called(rule, &it.value)) else { return false };
    if !covers {
        let label = format!("the filter is for {}", filter.logsource.key());
        let help = "widen the log source of the filter, or remove the rule from it";
        problems.push(mismatch(name, &format!("is about {}", own.key()), &label, help));
    } else if !words {
        let label = "the filter has fields of another vocabulary";
        let help = "write a filter with the rule's `taxonomy`";
        problems.push(mismatch(name, &format!("has `taxonomy: {taxonomy}`"), label, help));
    }
    covers && words
}

fn mismatch(name: &Spanned<String>, what: &str, label: &str, help: &str) -> Diagnostic {
    let message = format!("the filter is not applied to `{}`, which {what}", name.value);
    Diagnostic::warning(&FILTER_MISMATCH, name.span, message, label).with_help(help)
}

/// Joins a rule's condition with those of its filters.
fn add(
    filters: &[Filter],
    wanted: &[usize],
    lowered: &mut Option<Lowered>,
    own: &mut Vec<Diagnostic>,
) {
    let wanted: Vec<&Filter> = wanted.iter().filter_map(|at| filters.get(*at)).collect();
    if let Some(broken) = wanted.iter().find(|it| it.expr.is_none())
        && lowered.is_some()
    {
        // Without its filter the rule would match more than its author allowed.
        *lowered = None;
        let span = broken.meta.title_span.unwrap_or(broken.span);
        own.push(
            Diagnostic::error(
                &BROKEN_FILTER,
                span,
                "a filter of the rule has errors",
                "without it the rule would match more",
            )
            .with_help("correct the filter, or take the rule out of its `rules`"),
        );
        return;
    }
    let Some(it) = lowered else { return };
    let mut parts: Vec<Expr> = wanted.iter().filter_map(|it| it.expr.clone()).collect();
    if parts.is_empty() {
        return;
    }
    parts.insert(0, std::mem::replace(&mut it.rule.expr, Expr::Const(false)));
    it.rule.expr = normalize(Expr::all(parts), &mut Vec::new());
}
