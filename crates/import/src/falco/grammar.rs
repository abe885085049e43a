//! The parser that the grammar makes.

/// Parses conditions.
#[derive(pest_derive::Parser)]
#[grammar = "falco/condition.pest"]
pub struct ConditionParser;
