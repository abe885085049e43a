//! A correlation of rules that match together, of one rule only.

use diagnostic::{Code, Diagnostic};
use syntax::{CorrelationAst, CorrelationConditionAst, formula_names};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L092",
        name: "lone-temporal-rule",
        page: include_str!("lone_temporal_rule.md"),
    },
    by_default: true,
    check: Check::Correlation(check),
};

fn check(
    code: &'static Code,
    _: &Subject<'_>,
    correlation: &CorrelationAst,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(kind) = correlation.kind.as_ref().filter(|it| it.value.is_temporal()) else { return };
    let named = match &correlation.condition {
        // The formula may name the rules itself.
        Some(CorrelationConditionAst::Formula(it, _)) => formula_names(it).len(),
        _ => 0,
    };
    let mut rules: Vec<&str> = correlation.rules.iter().map(|it| it.value.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    // Without any, the reader reports that.
    if rules.len() != 1 || named > 1 {
        return;
    }
    let Some(only) = correlation.rules.first() else { return };
    let message = format!("`{}` of one rule matches whenever that rule does", kind.value.word());
    let label = "there is no other rule for it to match together with";
    problems.push(
        Diagnostic::warning(code, only.span, message, label)
            .with_help("name at least two rules, or count its events with `type: event_count`"),
    );
}
