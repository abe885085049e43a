//! What a rule means: a boolean expression over the fields of one event.
//!
//! Knows: fields, values, patterns, boolean structure and its normal form.
//! Does not know: YAML, modifiers, how wildcards are written, targets.
//!
//! **Invariant:** every [`Test`] carries the span it was lowered from.

mod correlation;
mod expr;
pub mod fold;
mod net;
mod normal;
mod number;
mod pattern;
mod print;
mod regex;
mod rule;

pub use correlation::{
    BoundOp, Bounds, Correlation, Formula, Member, Question, Referent, Series, print_question,
};
pub use expr::{Anchor, Case, Cmp, Expr, Field, Predicate, Query, QueryPart, Test, TimePart};
pub use net::Net;
pub use normal::{Dropped, DroppedWhy, normalize};
pub use number::Number;
pub use pattern::{Part, Pattern, Shape};
pub use print::{print, spell};
pub use regex::{Regex, RegexError, fold_class};
pub use rule::{Fixture, Level, LogSource, Meta, Options, Rule, Schedule, Status};
