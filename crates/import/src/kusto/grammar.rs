//! The parser that the grammar makes.

/// Parses queries.
#[derive(pest_derive::Parser)]
#[grammar = "kusto/query.pest"]
pub struct KustoParser;
