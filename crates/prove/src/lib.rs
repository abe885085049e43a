//! Decides what rules mean: for all events, not for some.
//!
//! Knows: when expressions match the same events, one matches all that another does, one never
//! matches, or a part of one makes no difference.
//! Does not know: YAML, targets, what a finding is worth.
//!
//! An answer is a proof, an event that shows the contrary, or an honest "not known". The meaning is
//! that of `docs/semantics.md`; every event is confirmed by `matcher` before it is shown. Budgets
//! are counted in steps, so that the same question has the same answer everywhere.
//!
//! **Invariant:** an approximation of a language is only ever used on the side where it is safe: a
//! proof sees at least the texts that there are, an event is made of no more.

mod date;
mod event;
mod glance;
mod glob;
mod idle;
mod lang;
mod mark;
mod nfa;
mod number;
mod pieces;
mod product;
mod prover;
mod query;
mod schema;
mod sight;
mod value;
mod verdict;
mod world;

use ir::Expr;

pub use glance::{Glance, glance};
pub use idle::{Idle, IdleParts};
pub use prover::{Inclusion, Inclusions, Prover};
pub use schema::{Budget, Schema};
pub use verdict::{Grounds, Relation, Unknown, Verdict, Witness};

/// Whether no event matches; else an event that does.
pub fn never_matches(expr: &Expr, schema: &Schema<'_>) -> Verdict {
    Prover::new(schema).never_matches(expr)
}

/// Whether every event matches; else an event that does not.
pub fn always_matches(expr: &Expr, schema: &Schema<'_>) -> Verdict {
    Prover::new(schema).always_matches(expr)
}

/// Whether both match the same events; else an event that only one of them matches.
pub fn equivalent(one: &Expr, other: &Expr, schema: &Schema<'_>) -> Verdict {
    Prover::new(schema).equivalent(one, other)
}

/// Whether `wide` matches all that `narrow` matches; else an event that only `narrow` matches.
pub fn includes(wide: &Expr, narrow: &Expr, schema: &Schema<'_>) -> Verdict {
    Prover::new(schema).includes(wide, narrow)
}

/// What becomes of the events that `old` matches when `new` takes its place.
pub fn compare(old: &Expr, new: &Expr, schema: &Schema<'_>) -> Relation {
    Prover::new(schema).compare(old, new)
}
