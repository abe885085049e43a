//! What a rule's own examples leave untried.

use diagnostic::Diagnostic;
use ir::Expr;
use lower::Detection;
use matcher::Matcher;
use serde_json::Value;
use source::Span;

use crate::codes::UNREACHED;
use crate::load::LoadedRule;

/// The selections that no example's event reaches, and in a selection that is a list of mappings,
/// those of its entries. A rule without examples has another finding.
///
/// Single values are not looked at: a list of names need not be tried name by name.
pub(crate) fn unreached(rule: &LoadedRule, text: &str) -> Vec<Diagnostic> {
    let Some(lowered) = &rule.lowered else { return Vec::new() };
    let events: Vec<&Value> = rule.ast.fixtures.iter().map(|it| &it.event).collect();
    if events.is_empty() {
        return Vec::new();
    }
    let Some((draft, _)) = lower::draft(&rule.ast, text, &mut Vec::new()) else {
        return Vec::new();
    };
    let mut res = Vec::new();
    for (name, detection) in &draft.selections {
        if lowered.unused.iter().any(|it| it.value == name.value) {
            continue;
        }
        if reached(detection.expr(), &events) == Some(false) {
            let message = format!("no example reaches the selection `{}`", name.value);
            res.push(problem(name.span, message));
            continue;
        }
        let Detection::Any(entries) = detection else { continue };
        for (idx, entry) in entries.iter().enumerate() {
            let Some(span) = first(entry) else { continue };
            if reached(entry.expr(), &events) == Some(false) {
                let number = idx + 1;
                let message = format!("no example reaches entry {number} of `{}`", name.value);
                res.push(problem(span, message));
            }
        }
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
        .with_help("add an example with an event that it takes in")
}
