//! Parts of a rule that make no difference, and why.

use std::collections::BTreeMap;

use diagnostic::{Applicability, Diagnostic, Fix, Severity};
use ir::Expr;
use prove::{Grounds, Prover, Schema, Verdict};
use rustc_hash::FxHashSet;
use source::{Edit, FileId, Span};

use super::parts::{Part, PartKind, Parts};
use crate::codes::IDLE_PART;
use crate::load::{Loaded, LoadedRule, load};

/// The parts of all rules that make no difference.
pub(crate) fn idle(loaded: &Loaded) -> Vec<Diagnostic> {
    let schema = Schema::single();
    let mut prover = Prover::new(&schema);
    let mut by_file: BTreeMap<FileId, Vec<&LoadedRule>> = BTreeMap::new();
    for it in &loaded.rules {
        by_file.entry(it.file).or_default().push(it);
    }
    let mut res = Vec::new();
    for (file, rules) in by_file {
        let text = loaded.sources.get(file).map_or("", |it| it.text());
        let found: Vec<(Parts, Vec<Diagnostic>)> = rules
            .iter()
            .filter_map(|rule| {
                let lowered = rule.lowered.as_ref()?;
                let parts = Parts::of(&rule.ast);
                let findings = of_rule(&lowered.rule.expr, &parts, text, &mut prover);
                let findings = match rules.as_slice() {
                    [_] => confirmed(&lowered.rule.expr, findings, text, &mut prover),
                    _ => findings.into_iter().map(|it| Diagnostic { fix: None, ..it }).collect(),
                };
                Some((parts, findings))
            })
            .collect();
        res.extend(agreed(found));
    }
    res
}

/// Rules may share text, under `action`: what one of them needs makes a difference.
fn agreed(found: Vec<(Parts, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let mut res: Vec<Diagnostic> = Vec::new();
    for (_, findings) in &found {
        for it in findings {
            let all = found.iter().all(|(parts, theirs)| {
                !parts.holds(it.primary.span)
                    || theirs.iter().any(|other| other.primary.span == it.primary.span)
            });
            if all && !res.iter().any(|known| known.primary.span == it.primary.span) {
                res.push(it.clone());
            }
        }
    }
    res
}

fn of_rule(expr: &Expr, parts: &Parts, text: &str, prover: &mut Prover<'_>) -> Vec<Diagnostic> {
    let never = |it: &Verdict| matches!(it, Verdict::Proved(_));
    // Of a rule that never matches, or always does, every part is idle, and that is told otherwise.
    if never(&prover.never_matches(expr)) {
        return Vec::new();
    }
    let found = prover.idle(expr, &|span| parts.at(span).to_vec());
    let all: FxHashSet<Part> = found.idle.iter().map(|it| it.part).collect();
    let mut res = Vec::new();
    for it in &found.idle {
        let inside = |span: &Span| {
            let larger = parts.at(*span).iter().skip_while(|part| **part != it.part).skip(1);
            larger.into_iter().any(|part| all.contains(part))
        };
        // Of parts within each other the largest is told.
        if it.spans.iter().all(inside) {
            continue;
        }
        let why = Why::find(expr, &|span| parts.at(span).contains(&it.part), prover);
        res.push(problem(it.part, why, &it.grounds, text));
    }
    res
}

/// Why a part makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Nothing passes it that passes what else is asked.
    Dead,
    /// A filter that no event reaches.
    DeadFilter,
    /// Another part decides the same.
    Covered,
    /// Another filter leaves the same out.
    CoveredFilter,
}

impl Why {
    fn find(expr: &Expr, mine: &dyn Fn(Span) -> bool, prover: &mut Prover<'_>) -> Why {
        let filter = is_filter(expr, mine);
        let never = reaching(expr, mine, filter)
            .is_some_and(|it| matches!(prover.never_matches(&it), Verdict::Proved(_)));
        match (filter, never) {
            (false, true) => Why::Dead,
            (true, true) => Why::DeadFilter,
            (false, false) => Why::Covered,
            (true, false) => Why::CoveredFilter,
        }
    }
}

fn has(expr: &Expr, mine: &dyn Fn(Span) -> bool) -> bool {
    let mut res = false;
    expr.for_each_test(&mut |it| res |= mine(it.span));
    res
}

/// Whether all tests of a part stand under `not`.
fn is_filter(expr: &Expr, mine: &dyn Fn(Span) -> bool) -> bool {
    match expr {
        Expr::Test(test) => !mine(test.span),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().all(|it| is_filter(it, mine)),
        Expr::Not(_) | Expr::Const(_) => true,
    }
}

/// What an event passes that matches by way of a part; of a filter, one that the filter leaves out
/// and all else but other filters would take in.
fn reaching(expr: &Expr, mine: &dyn Fn(Span) -> bool, filter: bool) -> Option<Expr> {
    match expr {
        Expr::Any(parts) if has(expr, mine) => {
            let ways = parts.iter().filter(|it| has(it, mine));
            Some(Expr::any(ways.filter_map(|it| reaching(it, mine, filter)).collect()))
        }
        Expr::All(parts) => {
            Some(Expr::all(parts.iter().filter_map(|it| reaching(it, mine, filter)).collect()))
        }
        Expr::Not(part) if filter && has(part, mine) => reaching(part, mine, filter),
        Expr::Not(_) if filter => None,
        it => Some(it.clone()),
    }
}

fn problem(part: Part, why: Why, grounds: &Grounds, text: &str) -> Diagnostic {
    let written =
        text.get(part.span.range()).unwrap_or_default().lines().next().unwrap_or_default();
    let what = match part.kind {
        PartKind::Value => format!("the value {}", quoted(written)),
        PartKind::Item => format!("the line `{written}`"),
        PartKind::Entry => format!("the entry that begins with `{written}`"),
        PartKind::Selection => format!("the selection `{written}`"),
    };
    let (reason, help) = match why {
        Why::Dead => (
            "no event passes it together with what else must hold",
            "it may be a slip: a missing wildcard or modifier, or the wrong field; mend or remove it",
        ),
        Why::DeadFilter => (
            "it leaves nothing out: no event that the rule would match passes it",
            "it may be a slip: what it should leave out still matches; mend or remove it",
        ),
        Why::Covered => (
            "the rest of the rule decides the same without it",
            "remove it, or write what was meant",
        ),
        Why::CoveredFilter => {
            ("what it leaves out is left out without it", "remove it, or write what was meant")
        }
    };
    let message = format!("{what} makes no difference");
    let label = format!("{reason}; proved, {grounds}");
    let mut res = Diagnostic::info(&IDLE_PART, part.span, message, label).with_help(help);
    if matches!(why, Why::Dead | Why::DeadFilter) {
        res.severity = Severity::Warning;
    }
    if part.kind == PartKind::Value
        && let Some(span) = lint::line_of(text, part.span, "-")
    {
        let edit = Edit { span, replacement: String::new() };
        res = res.with_fix("remove the value", Applicability::Safe, vec![edit]);
    }
    res
}

/// A value as a message shows it; quotes of its own stay.
fn quoted(written: &str) -> String {
    format!("`{}`", written.trim_matches(['\'', '"']))
}

/// Keeps the fixes when the text that all of them make means the same: the parts were left out of
/// the normal form, and the fixes leave them out of the text.
fn confirmed(
    expr: &Expr,
    findings: Vec<Diagnostic>,
    text: &str,
    prover: &mut Prover<'_>,
) -> Vec<Diagnostic> {
    let fixes = findings.iter().filter_map(|it| it.fix.as_ref());
    let edits: Vec<Edit> = fixes.flat_map(|it: &Fix| it.edits.iter().cloned()).collect();
    if edits.is_empty() {
        return findings;
    }
    let same = source::apply(text, &edits).ok().is_some_and(|text| {
        let again = load([("fixed".to_owned(), text.into_bytes())]);
        let [rule] = again.rules.as_slice() else { return false };
        let meaning = rule.lowered.as_ref().map(|it| &it.rule.expr);
        meaning.is_some_and(|it| prover.equivalent(expr, it).is_proved())
    });
    if same {
        return findings;
    }
    findings.into_iter().map(|it| Diagnostic { fix: None, ..it }).collect()
}
