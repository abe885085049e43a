//! A correlation that puts all events together.

use diagnostic::{Code, Diagnostic};
use syntax::{CorrelationAst, CorrelationType};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L091",
        name: "ungrouped-correlation",
        page: include_str!("ungrouped_correlation.md"),
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
    let Some(kind) = &correlation.kind else { return };
    let relates = match kind.value {
        CorrelationType::EventCount | CorrelationType::ValueCount => true,
        it => it.is_temporal(),
    };
    if !relates || !correlation.group_by.is_empty() {
        return;
    }
    let label = "events of all users and hosts count together";
    problems.push(
        Diagnostic::warning(code, kind.span, "the correlation has no `group-by`", label)
            .with_help("add the fields that must be the same, such as `group-by: [User]`"),
    );
}
