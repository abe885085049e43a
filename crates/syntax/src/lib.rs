//! Text to the written rule: YAML with positions, conditions, and every key of a rule.
//!
//! Knows: how a rule is written, and where each part of it stands.
//! Does not know: what a modifier means, what a condition selects, targets.
//!
//! **Invariant:** reading never fails and never panics. Whatever the text, the result is the part
//! that could be read and the diagnostics for the rest, in bounded time and memory.

mod codes;
mod condition;
mod correlation;
mod detection;
mod document;
pub mod keys;
mod mark;
mod read;
mod read_correlation;
mod rule;
mod scalar;
mod yaml;

pub use codes::{CODES, NOT_UTF8, YAML_ERROR};
pub use condition::{ConditionAst, Quantity, Wanted, parse_condition};
pub use correlation::{
    AliasAst, BoundNumber, BoundOp, CompareAst, CorrelationAst, CorrelationConditionAst,
    CorrelationType, FilterAst, FilterRules, SeriesAst, StepAst,
};
pub use detection::{DetectionAst, ItemAst, Items, Selection, SelectionAst, ValueAst};
pub use document::{Document, Parsed, parse};
pub use mark::inside as place_inside;
pub use read::read_selection;
pub use read_correlation::{formula_names, seconds};
pub use rule::{FixtureAst, LogSourceAst, Related, RuleAst, ScheduleAst};
pub use scalar::Scalar;
pub use yaml::{MAX_BYTES, Node, NodeKind, read_document};
