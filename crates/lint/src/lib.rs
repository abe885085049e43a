//! House rules: what is allowed but probably not meant.
//!
//! Knows: one file a lint, its page beside it.
//! Does not know: targets, files, terminals.

mod codes;
mod no_difference;
mod unused_selection;

pub use codes::CODES;

use diagnostic::Diagnostic;
use lower::Lowered;

/// A lint: looks at one rule and appends what it finds.
type Lint = fn(&Lowered, &mut Vec<Diagnostic>);

const LINTS: &[Lint] = &[unused_selection::check, no_difference::check];

/// Runs every lint on a rule.
pub fn check(rule: &Lowered) -> Vec<Diagnostic> {
    let mut res = Vec::new();
    for lint in LINTS {
        lint(rule, &mut res);
    }
    res
}
