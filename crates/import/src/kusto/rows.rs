//! Where rows come from, and what becomes of them.
//!
//! Knows: tables, names for them, and which rows are those of the same events.
//! Does not know: what a condition asks.

use diagnostic::Diagnostic;
use ir::{Expr, Field, Predicate};
use pest::iterators::Pair;
use rustc_hash::{FxHashMap, FxHashSet};
use source::Span;

use super::grammar::Rule;
use super::{Named, Read, Reader, Value, step};
use crate::Query;
use crate::place::unsayable;

/// The most names of tables that are opened: each may stand for several others.
const MOST: usize = 500;

/// Rows of one table, as far as they were read.
#[derive(Debug, Clone, Default)]
pub struct Rows<'a> {
    /// The table.
    pub table: Option<String>,
    /// What their events must be.
    pub filters: Vec<Expr>,
    /// Names that were given to columns.
    pub names: FxHashMap<String, Named<'a>>,
    /// The columns that are left when rows were joined to groups, and what is said of all others.
    pub keys: Option<(FxHashSet<String>, Box<Diagnostic>)>,
    /// The list of which each element has a row of its own.
    pub element: Option<Element>,
    /// How far back they reach.
    pub lookback: Option<String>,
    /// The most of them, and where that is said.
    pub limit: Option<(u64, Span)>,
}

/// A list of which each element has a row of its own.
#[derive(Debug, Clone)]
pub struct Element {
    /// The column of the list.
    pub column: String,
    /// Where that is said.
    pub span: Span,
    /// Whether a filter asked for such an element.
    pub asked: bool,
}

impl Element {
    /// Whether a filter can be asked of the list in place of one element, which any of its elements passes.
    /// A second filter would have to be of the same element, and a rule knows of no such thing.
    pub fn takes(&mut self, filter: &Expr) -> bool {
        let (mut mine, mut others) = (false, false);
        filter.for_each_test(&mut |it| {
            let rest = match &it.field {
                Field::Named(name) => name.strip_prefix(&*self.column),
                _ => None,
            };
            match rest {
                Some(rest) if rest.is_empty() || rest.starts_with('.') => mine = true,
                _ => others = true,
            }
        });
        if !mine {
            return true;
        }
        let one = |it: &Expr| match it {
            Expr::Test(it) => !matches!(it.predicate, Predicate::Null),
            _ => false,
        };
        let plain = match filter {
            Expr::Any(parts) => parts.iter().all(one),
            it => one(it),
        };
        plain && !others && !std::mem::replace(&mut self.asked, true)
    }
}

impl<'a> Reader<'a> {
    /// A name for a value or a table.
    pub(super) fn binding(&mut self, pair: Pair<'a, Rule>) -> Read<()> {
        let mut name = String::new();
        for it in pair.into_inner() {
            let span = self.place.of(&it);
            let named = match it.as_rule() {
                Rule::name => {
                    name = self.name(&it)?;
                    continue;
                }
                Rule::expr => match self.expr(it) {
                    Ok(it) => Named::Value(it),
                    Err(it) => Named::Unread(it),
                },
                Rule::pipeline | Rule::lambda => Named::Table(it),
                Rule::view => Named::Unread(self.refuse(
                    span,
                    "a function is defined here",
                    "only names for values and tables are read",
                )),
                Rule::unread => Named::Unread(self.refuse(
                    span,
                    "this is no value and no table with filters",
                    "what uses it can't be read",
                )),
                _ => continue,
            };
            self.lets.insert(name.clone(), named);
        }
        Ok(())
    }

    /// A table and what is done to it: rows of one table, or of several.
    pub(super) fn pipeline(&mut self, pair: Pair<'a, Rule>) -> Read<Vec<Rows<'a>>> {
        let mut res = Vec::new();
        for it in pair.into_inner() {
            let span = self.place.of(&it);
            match it.as_rule() {
                Rule::table => match it.into_inner().next() {
                    Some(it) => res = self.source(it, span)?,
                    None => return Err(self.odd(span)),
                },
                Rule::step => {
                    let Some(step) = it.into_inner().next() else { continue };
                    if step.as_rule() == Rule::united {
                        res.extend(self.union(step)?);
                        continue;
                    }
                    for rows in &mut res {
                        std::mem::swap(rows, &mut self.rows);
                        let done = self.step(step.clone(), span);
                        std::mem::swap(rows, &mut self.rows);
                        done?;
                    }
                }
                _ => {}
            }
        }
        Ok(res)
    }

    fn source(&mut self, source: Pair<'a, Rule>, span: Span) -> Read<Vec<Rows<'a>>> {
        match source.as_rule() {
            Rule::name => {
                let name = self.name(&source)?;
                self.named(name, span)
            }
            Rule::pipeline => self.pipeline(source),
            Rule::materialized => {
                match source.into_inner().find(|it| it.as_rule() == Rule::pipeline) {
                    Some(it) => self.pipeline(it),
                    None => Err(self.odd(span)),
                }
            }
            Rule::empty_table => Ok(Vec::new()),
            Rule::union => self.union(source),
            Rule::empty_call => {
                let name = source.into_inner().next().map_or("", |it| it.as_str().trim_end());
                self.named(name.to_owned(), span)
            }
            Rule::other_source => {
                let word = source.into_inner().next();
                let (span, word) = word.map_or((span, ""), |it| (self.place.of(&it), it.as_str()));
                let message = format!("`{word}` looks into many tables, or into none");
                let label = "a rule is about the events of one log source";
                Err(Box::new(
                    unsayable(span, message, label)
                        .with_help("import the filters of each table as a query of their own"),
                ))
            }
            _ => {
                let name = source.into_inner().next().map_or("", |it| it.as_str().trim_end());
                if let Some(Named::Unread(why)) = self.lets.get(name) {
                    return Err(why.clone());
                }
                Err(self.no_table(span, "a rule is about the events of one log source"))
            }
        }
    }

    fn no_table(&self, span: Span, label: &str) -> Box<Diagnostic> {
        self.refuse(span, "what is filtered is not a table", label)
    }

    /// Rows of a table, or of what a name stands for.
    fn named(&mut self, name: String, span: Span) -> Read<Vec<Rows<'a>>> {
        let table = |name: String| vec![Rows { table: Some(name), ..Rows::default() }];
        match self.lets.get(&name).cloned() {
            None => Ok(table(name)),
            Some(Named::Value(Value::Operand(it))) if it.plain() => Ok(table(it.name.to_string())),
            Some(Named::Table(it)) => {
                self.opened += 1;
                if self.opened > MOST {
                    return Err(self.refuse(
                        span,
                        "names stand for too many tables here",
                        "at most 500 are opened",
                    ));
                }
                // A name is not known inside of what it stands for, so this ends.
                let known = self.lets.clone();
                self.lets.remove(&name);
                let res = self.body(it);
                self.lets = known;
                res
            }
            Some(Named::Unread(why)) => Err(why),
            Some(Named::Value(_)) => Err(self.no_table(span, "this name stands for a value")),
        }
    }

    /// What a name stands for: rows, or a function that gives them.
    fn body(&mut self, pair: Pair<'a, Rule>) -> Read<Vec<Rows<'a>>> {
        if pair.as_rule() != Rule::lambda {
            return self.pipeline(pair);
        }
        let mut res = Vec::new();
        for it in pair.into_inner() {
            match it.as_rule() {
                Rule::let_statement => self.binding(it)?,
                Rule::pipeline => res = self.pipeline(it)?,
                _ => {}
            }
        }
        Ok(res)
    }

    /// The rows of all tables. Columns that a table lacks are empty in its rows, as they are in events.
    fn union(&mut self, pair: Pair<'a, Rule>) -> Read<Vec<Rows<'a>>> {
        let mut res = Vec::new();
        for leg in pair.into_inner().filter(|it| it.as_rule() == Rule::leg) {
            let span = self.place.of(&leg);
            let Some(it) = leg.into_inner().next() else { continue };
            res.extend(self.source(it, span)?);
        }
        Ok(res)
    }

    /// A query for each table: rows of the same table are events that pass either filter.
    pub(super) fn queries(&self, found: Vec<Rows<'_>>) -> Read<Vec<Query>> {
        let mut res: Vec<(Vec<Expr>, Query)> = Vec::new();
        let several = found.len() > 1;
        for rows in found {
            if let Some((_, span)) = rows.limit.filter(|_| several) {
                let message = "the matches in several tables are limited together";
                return Err(self.refuse(span, message, "a rule has a limit of its own"));
            }
            // There is no row of an empty list.
            if let Some(it) = rows.element.filter(|it| !it.asked) {
                return Err(Box::new(step::unsaid("mv-expand", it.span)));
            }
            let place: Vec<(&'static str, String)> =
                rows.table.into_iter().map(|it| ("table", it)).collect();
            let expr = Expr::all(rows.filters);
            match res.iter_mut().find(|(_, it)| it.place == place) {
                Some((parts, query)) => {
                    parts.push(expr);
                    if query.lookback != rows.lookback {
                        query.lookback = None;
                    }
                }
                None => {
                    let query = Query {
                        expr: Expr::Const(true),
                        place,
                        lookback: rows.lookback,
                        limit: rows.limit.map(|it| it.0),
                        aside: Vec::new(),
                    };
                    res.push((vec![expr], query));
                }
            }
        }
        if res.is_empty() {
            let span = self.place.span(0, self.place.text.trim_end().len());
            return Err(self.no_table(span, "there are no rows here"));
        }
        let joined = |(parts, query)| Query { expr: Expr::any(parts), ..query };
        Ok(res.into_iter().map(joined).collect())
    }
}
