//! Kusto Query Language, as Microsoft Sentinel and Defender run it: a table and filters.
//!
//! - A missing text is the empty text. So what the empty text passes, a missing value passes.
//! - Other values may be null. `==` and `in` with null are false; an order with null is neither true
//!   nor false, and `where` drops it as `not` does.
//! - `==`, `in` and the words that end in `_cs` tell case apart; the others do not.
//! - `has` looks for whole terms: runs of ASCII's letters and digits.
//! - Regular expressions are those of Rust: a search, in which `\d` is any Unicode digit.
//! - Rows of several tables are several queries. Rows that are joined to groups are there when their
//!   events are; what is counted of them is no event's.

mod call;
mod compare;
mod grammar;
mod operand;
mod rows;
mod step;
mod text;
mod value;

use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Expr, Field, Number, Predicate, Test, TimePart};
use pest::Parser;
use pest::iterators::Pair;
use rustc_hash::FxHashMap;
use source::Span;

use crate::Reading;
use crate::columns::Columns;
use crate::place::{Lexis, Place, aside, unsayable};
use crate::truth::Truth;
use grammar::{KustoParser, Rule};
use operand::Operand;
use rows::Rows;
use text::canonical;

const NAME: &str = "Kusto";
const HELP: &str = "a query that can be read is a table and `| where` with conditions";

type Read<T> = Result<T, Box<Diagnostic>>;

/// Reads a query: one for each table that it looks into.
pub fn read(place: &Place<'_>, columns: &Columns<'_>) -> Result<Vec<Reading>, Vec<Diagnostic>> {
    let lexis = Lexis { quotes: "\"'", fences: &["```"], verbatim: Some('@'), comments: true };
    if let Some(it) = place.too_much(NAME, lexis) {
        return Err(vec![it]);
    }
    let mut pairs = KustoParser::parse(Rule::query, place.text)
        .map_err(|err| vec![place.unreadable(&err, NAME, HELP)])?;
    let mut reader = Reader {
        place,
        columns,
        aliases: columns.spelled().map(|(name, text)| (name, canonical(text))).collect(),
        lets: FxHashMap::default(),
        rows: Rows::default(),
        opened: 0,
        aside: Vec::new(),
    };
    let mut found = Vec::new();
    for it in pairs.next().map(Pair::into_inner).into_iter().flatten() {
        let done = match it.as_rule() {
            Rule::let_statement => reader.binding(it),
            Rule::setting => {
                let label = "a rule says which events match";
                reader.aside.push(aside(
                    place.of(&it),
                    "a setting of the engine is left aside",
                    label,
                ));
                Ok(())
            }
            Rule::pipeline => reader.pipeline(it).map(|rows| found = rows),
            _ => Ok(()),
        };
        done.map_err(|it| vec![*it])?;
    }
    let mut res = reader.queries(found).map_err(|it| vec![*it])?;
    if let Some(first) = res.first_mut() {
        first.aside = reader.aside;
    }
    Ok(res.into_iter().map(Reading::Event).collect())
}

struct Reader<'a> {
    place: &'a Place<'a>,
    columns: &'a Columns<'a>,
    /// Columns that are written otherwise than by their name.
    aliases: Vec<(&'a str, String)>,
    /// Names that `let` gives.
    lets: FxHashMap<String, Named<'a>>,
    /// The rows that conditions are about now.
    rows: Rows<'a>,
    /// How many names of tables were opened: a few names may stand for very many rows.
    opened: usize,
    aside: Vec<Diagnostic>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
enum Named<'a> {
    Value(Value),
    /// A table and what is done to it, after the names that are given inside of it.
    Table(Pair<'a, Rule>),
    /// What is not read: an error only for what uses it.
    Unread(Box<Diagnostic>),
}

/// What an expression is.
#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Number(Number),
    /// Null, of a type that can be.
    Null,
    List(Vec<Value>),
    Operand(Operand),
    /// A text cut at each of these characters.
    Cut(Operand, char),
    /// A part of a date in a column.
    DatePart(TimePart, Arc<str>),
    /// When an event came in.
    Arrival,
    /// So long before now.
    Ago(String),
    /// A length of time.
    Duration(String),
    Truth(Truth),
}

impl Reader<'_> {
    fn odd(&self, span: Span) -> Box<Diagnostic> {
        self.refuse(
            span,
            "this comparison has no counterpart in a rule",
            "a rule compares columns with constants",
        )
    }

    fn computed(&self, span: Span) -> Box<Diagnostic> {
        self.refuse(span, "values are computed here", "a rule compares columns as they are")
    }

    fn nested(&self, span: Span) -> Box<Diagnostic> {
        Box::new(
            unsayable(
                span,
                "values are taken from another query, or are no values",
                "a rule is about single events of one log source",
            )
            .with_help("write the values out, or relate the events by a correlation"),
        )
    }

    fn refuse(&self, span: Span, message: &str, label: &str) -> Box<Diagnostic> {
        Box::new(unsayable(span, message, label))
    }
}

/// For modules below.
fn asked(name: &Arc<str>, predicate: Predicate, span: Span) -> Expr {
    Expr::Test(Test { field: Field::Named(name.clone()), predicate, span })
}
