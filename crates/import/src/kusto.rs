//! Kusto Query Language, as Microsoft Sentinel and Defender run it: a table and filters.
//!
//! - A missing text is the empty text. So what the empty text passes, a missing value passes.
//! - Other values may be null. `==` and `in` with null are false; an order with null is neither true
//!   nor false, and `where` drops it as `not` does.
//! - `==`, `in` and the words that end in `_cs` tell case apart; the others do not.
//! - `has` looks for whole terms: runs of ASCII's letters and digits.
//! - Regular expressions are those of Rust: a search, in which `\d` is any Unicode digit.

mod call;
mod grammar;
mod operand;
mod step;
mod text;

use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Cmp, Expr, Field, Number, Predicate, Test, TimePart};
use pest::Parser;
use pest::iterators::Pair;
use rustc_hash::FxHashMap;
use source::Span;

use crate::Query;
use crate::columns::Columns;
use crate::place::{Place, aside, unsayable};
use crate::truth::Truth;
use grammar::{KustoParser, Rule};
use operand::{Letters, Operand, test};
use text::canonical;

const NAME: &str = "Kusto";
const HELP: &str = "a query that can be read is a table and `| where` with conditions";

type Read<T> = Result<T, Box<Diagnostic>>;

/// Reads a query.
pub fn read(place: &Place<'_>, columns: &Columns<'_>) -> Result<Query, Vec<Diagnostic>> {
    if let Some(it) = place.too_much(NAME) {
        return Err(vec![it]);
    }
    let mut pairs = KustoParser::parse(Rule::query, place.text)
        .map_err(|err| vec![place.unreadable(&err, NAME, HELP)])?;
    let mut reader = Reader {
        place,
        columns,
        aliases: columns.spelled().map(|(name, text)| (name, canonical(text))).collect(),
        names: FxHashMap::default(),
        aside: Vec::new(),
        lookback: None,
    };
    let mut res =
        Query { expr: Expr::Const(true), place: Vec::new(), lookback: None, aside: Vec::new() };
    let mut filters = Vec::new();
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
            Rule::pipeline => reader.pipeline(it, &mut res, &mut filters),
            _ => Ok(()),
        };
        done.map_err(|it| vec![*it])?;
    }
    res.expr = Expr::all(filters);
    res.aside = reader.aside;
    res.lookback = reader.lookback;
    Ok(res)
}

struct Reader<'a> {
    place: &'a Place<'a>,
    columns: &'a Columns<'a>,
    /// Columns that are written otherwise than by their name.
    aliases: Vec<(&'a str, String)>,
    /// Names that the query itself gives to values and columns.
    names: FxHashMap<String, Named<'a>>,
    aside: Vec<Diagnostic>,
    lookback: Option<String>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
enum Named<'a> {
    Value(Value),
    /// A table and what is done to it.
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
    /// A part of a date in a column.
    DatePart(TimePart, Arc<str>),
    /// So long before now.
    Ago(String),
    /// A length of time.
    Duration(String),
    Truth(Truth),
}

impl<'a> Reader<'a> {
    fn binding(&mut self, pair: Pair<'a, Rule>) -> Read<()> {
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
                Rule::pipeline => Named::Table(it),
                Rule::lambda => Named::Unread(self.refuse(
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
            self.names.insert(name.clone(), named);
        }
        Ok(())
    }

    fn pipeline(
        &mut self,
        pair: Pair<'a, Rule>,
        res: &mut Query,
        filters: &mut Vec<Expr>,
    ) -> Read<()> {
        for it in pair.into_inner() {
            let span = self.place.of(&it);
            match it.as_rule() {
                Rule::table => match it.into_inner().next() {
                    Some(it) => self.table(it, span, res, filters)?,
                    None => return Err(self.odd(span)),
                },
                Rule::step => {
                    let Some(step) = it.into_inner().next() else { continue };
                    self.step(step, span, filters)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the rows come from: a table, or what a name stands for.
    fn table(
        &mut self,
        source: Pair<'a, Rule>,
        span: Span,
        res: &mut Query,
        filters: &mut Vec<Expr>,
    ) -> Read<()> {
        match source.as_rule() {
            Rule::name => {
                let name = self.name(&source)?;
                match self.names.get(&name).cloned() {
                    None => res.place.push(("table", name)),
                    Some(Named::Value(Value::Operand(it))) if it.plain() => {
                        res.place.push(("table", it.name.to_string()));
                    }
                    // Each name is used before it is known again, so this ends.
                    Some(Named::Table(it)) => {
                        self.names.remove(&name);
                        self.pipeline(it, res, filters)?;
                    }
                    Some(Named::Unread(why)) => return Err(why),
                    Some(Named::Value(_)) => {
                        return Err(self.refuse(
                            span,
                            "what is filtered is not a table",
                            "this name stands for a value",
                        ));
                    }
                }
            }
            Rule::pipeline => self.pipeline(source, res, filters)?,
            Rule::materialized => {
                for it in source.into_inner().filter(|it| it.as_rule() == Rule::pipeline) {
                    self.pipeline(it, res, filters)?;
                }
            }
            Rule::empty_call => {
                let name = source.into_inner().next().map_or("", |it| it.as_str().trim_end());
                match self.names.get(name).cloned() {
                    Some(Named::Unread(why)) => return Err(why),
                    _ => res.place.push(("table", name.to_owned())),
                }
            }
            Rule::other_source => {
                let word = source.into_inner().next();
                let (span, word) = word.map_or((span, ""), |it| (self.place.of(&it), it.as_str()));
                let message = format!("`{word}` looks into several tables, or into none");
                let label = "a rule is about the events of one log source";
                return Err(Box::new(
                    unsayable(span, message, label)
                        .with_help("import the filters of each table as a query of their own"),
                ));
            }
            _ => {
                let name = source.into_inner().next().map_or("", |it| it.as_str().trim_end());
                if let Some(Named::Unread(why)) = self.names.get(name) {
                    return Err(why.clone());
                }
                return Err(self.refuse(
                    span,
                    "what is filtered is not a table",
                    "a rule is about the events of one log source",
                ));
            }
        }
        Ok(())
    }

    fn step(&mut self, step: Pair<'a, Rule>, span: Span, filters: &mut Vec<Expr>) -> Read<()> {
        match step.as_rule() {
            Rule::filter => {
                for it in step.into_inner().filter(|it| it.as_rule() == Rule::expr) {
                    self.filter(it, filters)?;
                }
            }
            Rule::extend | Rule::rename => {
                for it in step.into_inner().filter(|it| it.as_rule() == Rule::assignment) {
                    self.assignment(it)?;
                }
            }
            Rule::shown => {
                for it in step.into_inner().filter(|it| it.as_rule() == Rule::assignment) {
                    self.assignment(it)?;
                }
                self.aside.push(aside(
                    span,
                    "which columns are shown is left aside",
                    "a rule says which events match",
                ));
            }
            Rule::parse => {
                let why = self.refuse(
                    span,
                    "a part of a text is named here",
                    "a rule compares columns as they are",
                );
                for it in step.into_inner().filter(|it| it.as_rule() == Rule::parsed) {
                    if let Some(name) = it.into_inner().next() {
                        let name = self.name(&name)?;
                        self.names.insert(name, Named::Unread(why.clone()));
                    }
                }
            }
            Rule::same => self.aside.push(aside(
                span,
                "how the matches are shown is left aside",
                "a rule says which events match",
            )),
            Rule::sorted => self.aside.push(aside(
                span,
                "the order of the matches is left aside",
                "a rule says which events match",
            )),
            _ => {
                let word = step.into_inner().find(|it| it.as_rule() == Rule::step_word);
                let word = word.map(|it| it.as_str().to_owned()).unwrap_or_default();
                return Err(Box::new(step::unsaid(&word, span)));
            }
        }
        Ok(())
    }

    /// A filter; a condition on how recent an event is says when the rule runs, not what it matches.
    fn filter(&mut self, pair: Pair<'_, Rule>, filters: &mut Vec<Expr>) -> Read<()> {
        for part in conjuncts(pair) {
            let span = self.place.of(&part);
            if let Some(length) = self.recent(&part)? {
                self.lookback.get_or_insert(length);
                self.aside.push(aside(
                    span,
                    "how far back the query looks is left to the schedule",
                    "a rule says which events match",
                ));
                continue;
            }
            let value = self.logic(part)?;
            filters.push(self.truth(value, span)?.yes);
        }
        Ok(())
    }

    /// The length of time, when this says only that an event is not older.
    fn recent(&mut self, pair: &Pair<'_, Rule>) -> Read<Option<String>> {
        if pair.as_rule() != Rule::test {
            return Ok(None);
        }
        let mut inner = pair.clone().into_inner();
        let (Some(left), Some(tail)) = (inner.next(), inner.next()) else { return Ok(None) };
        let word = tail.clone().into_inner().next();
        let word = word.map(|it| it.as_str().trim().to_owned()).unwrap_or_default();
        if !matches!(word.as_str(), ">" | ">=" | "<" | "<=" | "between") {
            return Ok(None);
        }
        let span = self.place.of(pair);
        let mut sides = vec![self.sum(left)?];
        for it in tail.into_inner() {
            match it.as_rule() {
                Rule::sum => sides.push(self.sum(it)?),
                Rule::expr => sides.push(self.expr(it)?),
                _ => {}
            }
        }
        Ok(match (word.as_str(), sides.as_slice()) {
            (">" | ">=", [Value::Operand(_), Value::Ago(it)]) if it != "0s" => Some(it.clone()),
            ("<" | "<=", [Value::Ago(it), Value::Operand(_)]) if it != "0s" => Some(it.clone()),
            ("between", [Value::Operand(_), Value::Ago(it), Value::Ago(now)]) if now == "0s" => {
                Some(it.clone())
            }
            (_, sides) if sides.iter().any(|it| matches!(it, Value::Ago(_))) => {
                return Err(self.refuse(
                    span,
                    "the query looks back from another moment than now",
                    "a rule is asked about the events of its schedule, up to now",
                ));
            }
            _ => None,
        })
    }

    /// A column that is made of others is only read where it is asked.
    fn assignment(&mut self, pair: Pair<'_, Rule>) -> Read<()> {
        let inner = pair.into_inner().filter(|it| it.as_rule() != Rule::equals);
        let inner: Vec<Pair<'_, Rule>> =
            inner.filter(|it| it.as_rule() != Rule::step_end).collect();
        if let [name, value] = inner.as_slice()
            && name.as_rule() == Rule::name
        {
            let name = self.name(name)?;
            let span = self.place.of(value);
            let value = match value.as_rule() {
                Rule::expr => self.expr(value.clone()),
                _ => Err(self.computed(span)),
            };
            let named = value.map_or_else(Named::Unread, Named::Value);
            self.names.insert(name, named);
        }
        Ok(())
    }

    fn computed(&self, span: Span) -> Box<Diagnostic> {
        self.refuse(span, "values are computed here", "a rule compares columns as they are")
    }

    fn expr(&mut self, pair: Pair<'_, Rule>) -> Read<Value> {
        self.logic(pair)
    }

    /// A disjunction, a conjunction or a test.
    fn logic(&mut self, pair: Pair<'_, Rule>) -> Read<Value> {
        let rule = pair.as_rule();
        if rule == Rule::test {
            return self.test(pair);
        }
        let mut parts = Vec::new();
        let inner = pair.into_inner();
        let mut inner =
            inner.filter(|it| matches!(it.as_rule(), Rule::conj | Rule::test)).peekable();
        while let Some(it) = inner.next() {
            let span = self.place.of(&it);
            let value = self.logic(it)?;
            if parts.is_empty() && inner.peek().is_none() {
                return Ok(value);
            }
            parts.push(self.truth(value, span)?);
        }
        Ok(Value::Truth(if rule == Rule::expr { Truth::any(parts) } else { Truth::all(parts) }))
    }

    fn truth(&self, value: Value, span: Span) -> Read<Truth> {
        match value {
            Value::Truth(it) => Ok(it),
            Value::Operand(it) if it.plain() => {
                let of = |value| test(&it.name, Predicate::Bool(value), span);
                Ok(Truth { yes: of(true), no: of(false) })
            }
            _ => Err(self.odd(span)),
        }
    }

    fn test(&mut self, pair: Pair<'_, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        let mut inner = pair.into_inner();
        let Some(left) = inner.next() else { return Err(self.odd(span)) };
        let left = self.sum(left)?;
        let Some(tail) = inner.next() else { return Ok(left) };
        let rule = tail.as_rule();
        let mut word = String::new();
        let mut values = Vec::new();
        for it in tail.into_inner() {
            let at = self.place.of(&it);
            match it.as_rule() {
                Rule::set_word | Rule::between_word => word = it.as_str().to_owned(),
                Rule::sign => word = it.as_str().split_whitespace().collect::<Vec<_>>().join(" "),
                Rule::sum => values.push((self.sum(it)?, at)),
                Rule::raw_group => return Err(self.nested(at)),
                Rule::operand => values.push((self.operand(it)?, at)),
                _ => values.push((self.expr(it)?, at)),
            }
        }
        let (word, negated) = match word.strip_prefix('!') {
            Some("=") => ("==", true),
            Some("~") => ("=~", true),
            Some(it) => (it, true),
            None if word == "<>" => ("==", true),
            None if word == "notcontains" => ("contains", true),
            None => (word.as_str(), false),
        };
        let res = match rule {
            Rule::set => self.set(&left, word, values, span)?,
            Rule::between => match values.as_slice() {
                [(low, _), (high, _)] => Truth::all(vec![
                    self.ordered(&left, ">=", low, span)?,
                    self.ordered(&left, "<=", high, span)?,
                ]),
                _ => return Err(self.odd(span)),
            },
            _ => match values.as_slice() {
                [(right, _)] => self.compare(&left, word, right, span)?,
                _ => return Err(self.odd(span)),
            },
        };
        Ok(Value::Truth(if negated { res.not() } else { res }))
    }

    fn set(&self, left: &Value, word: &str, values: Vec<(Value, Span)>, span: Span) -> Read<Truth> {
        let mut parts = Vec::new();
        for (value, at) in values {
            // The spans of a list's items are those of the list, where it is named.
            let items = match value {
                Value::List(items) => items,
                it => vec![it],
            };
            let sign = match word {
                "in" => "==",
                "in~" => "=~",
                _ => "has",
            };
            for it in items {
                parts.push(self.compare(left, sign, &it, at)?);
            }
        }
        if parts.is_empty() {
            return Err(self.refuse(span, "the list is empty", "nothing is in it"));
        }
        Ok(if word == "has_all" { Truth::all(parts) } else { Truth::any(parts) })
    }

    fn compare(&self, left: &Value, sign: &str, right: &Value, span: Span) -> Read<Truth> {
        match (left, right) {
            (Value::Operand(it), Value::Text(text)) => {
                it.asks(sign, text, span).map_err(|why| self.refuse(span, &why, "in this test"))
            }
            (Value::Text(_) | Value::Number(_), Value::Operand(_) | Value::DatePart(..))
                if matches!(sign, "==" | "=~" | "<" | "<=" | ">" | ">=") =>
            {
                let turned = match sign {
                    "<" => ">",
                    "<=" => ">=",
                    ">" => "<",
                    ">=" => "<=",
                    it => it,
                };
                self.compare(right, turned, left, span)
            }
            (Value::Operand(it), Value::Operand(other)) if it.plain() && other.plain() => {
                it.beside(sign, other, span).ok_or_else(|| self.odd(span))
            }
            (Value::Operand(_) | Value::DatePart(..), Value::Number(_)) => {
                self.ordered(left, sign, right, span)
            }
            (Value::Operand(it), Value::Truth(truth)) if sign == "==" && it.plain() => {
                let Expr::Const(value) = truth.yes else { return Err(self.odd(span)) };
                Ok(Truth::of(test(&it.name, Predicate::Bool(value), span)))
            }
            (Value::Truth(it), Value::Truth(other)) if sign == "==" => match other.yes {
                Expr::Const(value) => {
                    Ok(Truth::of(if value { it.yes.clone() } else { it.no.clone() }))
                }
                _ => Err(self.odd(span)),
            },
            _ => Err(self.odd(span)),
        }
    }

    /// A comparison of numbers.
    fn ordered(&self, left: &Value, sign: &str, right: &Value, span: Span) -> Read<Truth> {
        let Value::Number(number) = right else { return Err(self.odd(span)) };
        let cmp = match sign {
            "==" => Cmp::Eq,
            "<" => Cmp::Lt,
            "<=" => Cmp::Lte,
            ">" => Cmp::Gt,
            ">=" => Cmp::Gte,
            _ => return Err(self.odd(span)),
        };
        let (name, predicate): (_, &dyn Fn(Cmp) -> Predicate) = match left {
            Value::Operand(it) => (&it.name, &|cmp| Predicate::Number(cmp, *number)),
            Value::DatePart(part, name) => (name, &|cmp| Predicate::Time(*part, cmp, *number)),
            _ => return Err(self.odd(span)),
        };
        let ask = |cmp| test(name, predicate(cmp), span);
        // Null equals nothing, and is in no order.
        Ok(match cmp {
            Cmp::Eq => Truth::of(ask(cmp)),
            Cmp::Lt => Truth { yes: ask(cmp), no: ask(Cmp::Gte) },
            Cmp::Lte => Truth { yes: ask(cmp), no: ask(Cmp::Gt) },
            Cmp::Gt => Truth { yes: ask(cmp), no: ask(Cmp::Lte) },
            Cmp::Gte => Truth { yes: ask(cmp), no: ask(Cmp::Lt) },
        })
    }

    fn sum(&mut self, pair: Pair<'_, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        let mut inner = pair.into_inner();
        match (inner.next(), inner.next()) {
            (Some(one), None) if one.as_rule() == Rule::product => self.sum(one),
            (Some(one), None) => self.operand(one),
            _ => Err(self.computed(span)),
        }
    }

    fn operand(&mut self, pair: Pair<'_, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        if let Some(name) = self.alias(pair.as_str()) {
            return Ok(Value::Operand(self.column(name)));
        }
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return Err(self.odd(span)) };
        let rest: Vec<Pair<'_, Rule>> = inner.collect();
        let mut res = match first.as_rule() {
            Rule::text => Value::Text(self.text(first)?),
            Rule::number => self.number(first)?,
            Rule::boolean => Value::Truth(Truth::constant(first.as_str() == "true")),
            Rule::group => match first.into_inner().next() {
                Some(it) => self.expr(it)?,
                None => return Err(self.odd(span)),
            },
            Rule::dynamic => {
                let mut items = Vec::new();
                for json in first.into_inner() {
                    for it in json.into_inner() {
                        let inner = if it.as_rule() == Rule::item {
                            it.into_inner().next()
                        } else {
                            Some(it)
                        };
                        items.push(match inner {
                            Some(it) if it.as_rule() == Rule::text => Value::Text(self.text(it)?),
                            Some(it) if it.as_rule() == Rule::number => self.number(it)?,
                            _ => {
                                return Err(self.refuse(
                                    span,
                                    "this list holds something else than texts and numbers",
                                    "a rule compares columns with constants",
                                ));
                            }
                        });
                    }
                }
                Value::List(items)
            }
            Rule::call => self.call(first, span)?,
            Rule::name => {
                let name = self.name(&first)?;
                match self.names.get(&name) {
                    Some(Named::Value(it)) => it.clone(),
                    Some(Named::Unread(why)) => return Err(why.clone()),
                    Some(Named::Table(_)) => return Err(self.nested(span)),
                    None => Value::Operand(self.column(name)),
                }
            }
            Rule::raw_call | Rule::raw_group => return Err(self.nested(span)),
            Rule::datetime => {
                return Err(self.refuse(
                    span,
                    "a date is compared",
                    "a rule is asked about the events of its schedule",
                ));
            }
            Rule::star => {
                return Err(self.refuse(
                    span,
                    "all columns are searched",
                    "which are they? a rule names its fields",
                ));
            }
            _ => return Err(self.odd(span)),
        };
        for it in rest {
            let Value::Operand(operand) = &res else { return Err(self.odd(span)) };
            let mut part = None;
            for it in it.into_inner() {
                part = match it.as_rule() {
                    Rule::name => Some(self.name(&it)?),
                    _ => match it.into_inner().next() {
                        Some(it) => Some(text::quoted(&it, self.place)?),
                        None => None,
                    },
                };
            }
            let Some(part) = part.filter(|_| operand.plain()) else {
                return Err(self.refuse(
                    span,
                    "one element of a list is asked by its number",
                    "a rule asks for any element",
                ));
            };
            res = Value::Operand(self.column(format!("{}.{part}", operand.name)));
        }
        Ok(res)
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

    fn column(&self, name: String) -> Operand {
        let kind = self.columns.kind(&name);
        Operand {
            name: Arc::from(name),
            kind,
            letters: Letters::AsTheyAre,
            text: false,
            unmapped: false,
        }
    }

    /// The column that is written so.
    fn alias(&self, text: &str) -> Option<String> {
        // A name is itself, even where another column is a view of it.
        if self.aliases.is_empty() || !text.contains('(') {
            return None;
        }
        let text = canonical(text);
        // Several families may spell it; the one that says the most of it is meant, and a column that
        // is no family says all.
        let found = self.aliases.iter().rev().filter_map(|(name, spelled)| {
            let Some((before, after)) = spelled.split_once("{rest}") else {
                return (*spelled == text).then(|| (spelled.len(), (*name).to_owned()));
            };
            let rest = text.strip_prefix(before)?.strip_suffix(after)?;
            let parts = text::parts(rest)?;
            let name = format!("{}.{}", name.trim_end_matches(".*"), parts.join("."));
            Some((before.len() + after.len(), name))
        });
        found.max_by_key(|(len, _)| *len).map(|(_, name)| name)
    }

    fn number(&self, pair: Pair<'_, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        let text = pair.as_str().to_owned();
        let mut digits = None;
        for it in pair.into_inner() {
            match it.as_rule() {
                Rule::typed => match it.into_inner().next() {
                    Some(it) => digits = Some(it.as_str().to_owned()),
                    None => return Ok(Value::Null),
                },
                Rule::plain_number => digits = Some(it.as_str().to_owned()),
                Rule::duration => return Ok(Value::Duration(text)),
                _ => {}
            }
        }
        let digits = digits.unwrap_or_default();
        let number = match digits.strip_prefix("0x") {
            Some(it) => i128::from_str_radix(it, 16).ok().map(Number::Int),
            None => {
                let whole = digits.parse::<i128>().ok().map(Number::Int);
                whole.or_else(|| digits.parse().ok().and_then(Number::from_f64))
            }
        };
        number.map(Value::Number).ok_or_else(|| self.odd(span))
    }

    fn text(&self, pair: Pair<'_, Rule>) -> Read<String> {
        pair.into_inner().map(|it| text::quoted(&it, self.place)).collect()
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Read<String> {
        match pair.clone().into_inner().next() {
            Some(it) if it.as_rule() == Rule::quoted_name => match it.into_inner().next() {
                Some(it) => text::quoted(&it, self.place),
                None => Ok(String::new()),
            },
            _ => Ok(pair.as_str().trim_end().to_owned()),
        }
    }

    fn odd(&self, span: Span) -> Box<Diagnostic> {
        self.refuse(
            span,
            "this comparison has no counterpart in a rule",
            "a rule compares columns with constants",
        )
    }

    fn refuse(&self, span: Span, message: &str, label: &str) -> Box<Diagnostic> {
        Box::new(unsayable(span, message, label))
    }
}

/// The parts that must all hold, as far as no parentheses are in the way.
fn conjuncts(pair: Pair<'_, Rule>) -> Vec<Pair<'_, Rule>> {
    let inner: Vec<Pair<'_, Rule>> = pair.clone().into_inner().collect();
    match (pair.as_rule(), inner.as_slice()) {
        (Rule::expr, [one]) => conjuncts(one.clone()),
        (Rule::conj, _) => inner.into_iter().filter(|it| it.as_rule() == Rule::test).collect(),
        _ => vec![pair],
    }
}

/// For modules below.
fn named(name: &Arc<str>) -> Field {
    Field::Named(name.clone())
}

/// For modules below.
fn asked(field: Field, predicate: Predicate, span: Span) -> Expr {
    Expr::Test(Test { field, predicate, span })
}
