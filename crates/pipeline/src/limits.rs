//! How far a pipeline may go.

use diagnostic::Diagnostic;
use source::Span;

use crate::codes::LIMIT;

/// The most steps of all pipelines of a run, nested ones counted.
pub const STEPS: usize = 10_000;
/// The deepest nesting of steps.
pub const STEP_DEPTH: usize = 16;
/// The most values that the items of a rule may come to.
pub const VALUES: usize = 100_000;
/// The most bytes that the texts of a rule may come to.
pub const BYTES: usize = 1024 * 1024;
/// The deepest nesting of the items of a rule.
pub const DEPTH: usize = 200;
/// The most texts that the placeholders of one value may come to.
pub const EXPANSIONS: usize = 10_000;
/// The most bytes that a step may read from outside.
pub const OUTSIDE: usize = 10 * 1024 * 1024;
/// The most bytes of a finished query.
pub const OUTPUT: usize = 16 * 1024 * 1024;
/// How much work a template may be.
pub const FUEL: u64 = 1_000_000;
/// The largest width or precision of a simple template.
pub const WIDTH: usize = 1_000;
/// How large a regular expression may become, in bytes.
pub const REGEX: usize = 2 * 1024 * 1024;

/// A limit that a step passes.
pub fn passed(span: Span, what: impl Into<String>, most: usize) -> Diagnostic {
    Diagnostic::error(&LIMIT, span, what, format!("at most {most} are allowed"))
        .with_help("make the step say less, or split the rule")
}
