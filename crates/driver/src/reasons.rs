//! Why a rule gave its verdict on an event: the tests that decided it, and the values they met.

use ir::{Expr, Field, Rule, Test};
use matcher::Matcher;
use serde_json::Value;
use source::Span;

/// The most values of a field that a reason shows.
const MOST_VALUES: usize = 3;

/// The most characters of a value that a reason shows.
const LONGEST: usize = 200;

/// A test that decided a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Where it was written.
    pub span: Span,
    /// What it asks, in words.
    pub test: String,
    /// Whether the event passed it.
    pub held: bool,
    /// What the event says there, in words.
    pub found: String,
}

/// The tests that decide a rule's verdict on an event; none when the rule can't be matched.
pub fn reasons(rule: &Rule, event: &Value) -> Vec<Reason> {
    let Ok(matcher) = Matcher::new(&rule.expr) else { return Vec::new() };
    let mut tests: Vec<&Test> = Vec::new();
    rule.expr.for_each_test(&mut |it| tests.push(it));
    let mut res: Vec<Reason> = Vec::new();
    for (span, held) in matcher.because(event) {
        // One written value may have become several tests: they are one reason.
        if let Some(known) = res.iter_mut().find(|it| it.span == span) {
            known.held |= held;
            continue;
        }
        let mut mine = tests.iter().filter(|it| it.span == span);
        let Some(test) = mine.next() else { continue };
        let more = mine.count();
        let mut words = ir::print(&Expr::Test((*test).clone())).trim_end().to_owned();
        if more > 0 {
            words.push_str(&format!(", or another of its {} spellings", more + 1));
        }
        res.push(Reason { span, test: words, held, found: found(&test.field, event) });
    }
    res
}

fn found(field: &Field, event: &Value) -> String {
    let Field::Named(name) = field else { return "all texts of the event".to_owned() };
    if matcher::lookup(event, name).is_empty() {
        return format!("the event has no {name}");
    }
    let values = matcher::values(event, name);
    if values.is_empty() {
        return format!("{name} holds no value");
    }
    let shown: Vec<String> = values.iter().take(MOST_VALUES).map(|it| short(it)).collect();
    let more = if values.len() > MOST_VALUES { ", ..." } else { "" };
    format!("{name} is {}{more}", shown.join(", "))
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(it) => format!("'{it}'"),
        it => it.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
