//! What a rule's own examples leave untried.

use diagnostic::Diagnostic;
use ir::Expr;
use lower::{Detection, Draft};
use matcher::Matcher;
use serde_json::Value;
use source::Span;

use crate::codes::UNREACHED;
use crate::load::LoadedRule;

/// What an example is to reach: a selection, or an entry of one that is a list of mappings.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The selection's place among those of the rule.
    pub selection: usize,
    /// The selection's name.
    selected: String,
    /// The entry's place in it.
    pub entry: Option<usize>,
    /// Where it stands.
    pub span: Span,
    /// When an event reaches it; `None` where nothing is left of it.
    pub expr: Option<Expr>,
    /// Where its tests stand.
    pub spans: Vec<Span>,
}

impl Part {
    /// `selection`, `entry 2 of selection`
    pub fn name(&self) -> String {
        match self.entry {
            Some(at) => format!("entry {} of {}", at + 1, self.selected),
            None => self.selected.clone(),
        }
    }
}

/// All parts of a rule that its condition reads. Of a selection that is a list, its entries.
///
/// Single values are not looked at: a list of names need not be tried name by name.
pub(crate) fn parts(draft: &Draft, unused: &[&str]) -> Vec<Part> {
    let mut res = Vec::new();
    for (selection, (name, detection)) in draft.selections.iter().enumerate() {
        if unused.contains(&name.value.as_str()) {
            continue;
        }
        let part = |entry: Option<usize>, detection: &Detection, span: Span| {
            let expr = detection.expr();
            let mut spans = Vec::new();
            if let Some(it) = &expr {
                it.for_each_test(&mut |test| spans.push(test.span));
            }
            Part { selection, selected: name.value.clone(), entry, span, expr, spans }
        };
        match detection {
            Detection::Any(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    res.extend(first(entry).map(|span| part(Some(at), entry, span)));
                }
            }
            it => res.push(part(None, it, name.span)),
        }
    }
    res
}

/// The selections that no example's event reaches, and in a selection that is a list of mappings,
/// those of its entries. A rule without examples has another finding.
pub(crate) fn unreached(rule: &LoadedRule, text: &str) -> Vec<Diagnostic> {
    let Some(lowered) = &rule.lowered else { return Vec::new() };
    let events: Vec<&Value> = rule.ast.fixtures.iter().map(|it| &it.event).collect();
    if events.is_empty() {
        return Vec::new();
    }
    let Some((draft, _)) = lower::draft(&rule.ast, text, &mut Vec::new()) else {
        return Vec::new();
    };
    let unused: Vec<&str> = lowered.unused.iter().map(|it| it.value.as_str()).collect();
    let mut res = Vec::new();
    let mut whole = None;
    for it in parts(&draft, &unused) {
        let (name, detection) = &draft.selections[it.selection];
        if whole != Some(it.selection) {
            whole = None;
        }
        if whole.is_some() || reached(it.expr.clone(), &events) != Some(false) {
            continue;
        }
        // A list of which no entry is reached is told once.
        if it.entry.is_some() && reached(detection.expr(), &events) == Some(false) {
            whole = Some(it.selection);
        }
        let (span, what) = match (whole, it.entry) {
            (None, Some(at)) => (it.span, format!("entry {} of `{}`", at + 1, name.value)),
            _ => (name.span, format!("the selection `{}`", name.value)),
        };
        res.push(problem(span, format!("no example reaches {what}")));
    }
    res
}

/// Whether one of the events passes; `None` where that can't be asked, as of placeholders.
fn reached(expr: Option<Expr>, events: &[&Value]) -> Option<bool> {
    let matcher = Matcher::new(&expr?).ok()?;
    Some(events.iter().any(|it| matcher.matches(it)))
}

fn first(detection: &Detection) -> Option<Span> {
    let mut res = None;
    detection.for_each_item(&mut |it| res = res.or(Some(it.span)));
    res
}

fn problem(span: Span, message: String) -> Diagnostic {
    Diagnostic::info(&UNREACHED, span, message, "a mistake in it would pass all of `tests`")
        .with_help(
            "add an example with an event that it takes in; `rulec test --generate` proposes one",
        )
}
