//! Steps of a query: filters, names for columns, groups.

use diagnostic::Diagnostic;
use pest::iterators::Pair;
use source::Span;

use super::grammar::Rule;
use super::rows::Element;
use super::{Named, Read, Reader, Value};
use crate::place::{aside, unsayable};

impl<'a> Reader<'a> {
    pub(super) fn step(&mut self, step: Pair<'a, Rule>, span: Span) -> Read<()> {
        match step.as_rule() {
            Rule::filter => {
                if let Some((_, limit)) = self.rows.limit {
                    return Err(Box::new(unsaid("take", limit)));
                }
                for it in step.into_inner().filter(|it| it.as_rule() == Rule::expr) {
                    self.filter(it)?;
                }
            }
            Rule::extend | Rule::rename => self.assignments(step)?,
            Rule::shown => {
                self.assignments(step)?;
                self.leave(span, "which columns are shown is left aside");
            }
            Rule::grouped => self.grouped(step, "summarize", span)?,
            Rule::distinct => self.grouped(step, "distinct", span)?,
            Rule::limited => self.limited(step, span)?,
            Rule::expanded => self.expanded(step, span)?,
            Rule::parse | Rule::parse_kv => {
                let why = self.refuse(
                    span,
                    "a part of a text is named here",
                    "a rule compares columns as they are",
                );
                for it in step.into_inner().filter(|it| it.as_rule() == Rule::parsed) {
                    if let Some(name) = it.into_inner().next() {
                        let name = self.name(&name)?;
                        self.give(name, Named::Unread(why.clone()));
                    }
                }
            }
            Rule::same => self.leave(span, "how the matches are shown is left aside"),
            Rule::sorted => self.leave(span, "the order of the matches is left aside"),
            _ => {
                let word = step.into_inner().find(|it| it.as_rule() == Rule::step_word);
                let word = word.map(|it| it.as_str().to_owned()).unwrap_or_default();
                return Err(Box::new(unsaid(&word, span)));
            }
        }
        Ok(())
    }

    /// Says once that a step says nothing about which events match.
    pub(super) fn leave(&mut self, span: Span, message: &str) {
        let note = aside(span, message, "a rule says which events match");
        if !self.aside.contains(&note) {
            self.aside.push(note);
        }
    }

    /// A name for a column.
    fn give(&mut self, name: String, named: Named<'a>) {
        if let Some((keys, _)) = &mut self.rows.keys {
            keys.insert(name.clone());
        }
        self.rows.names.insert(name, named);
    }

    /// Rows with the same keys become one. There is a row when there is an event, and what its keys are
    /// asked is asked of its events. What is counted or collected is known of no single event.
    fn grouped(&mut self, step: Pair<'a, Rule>, word: &str, span: Span) -> Read<()> {
        let mut keys = Vec::new();
        for it in step.into_inner() {
            match it.as_rule() {
                Rule::by_keys => {
                    let all = it.into_inner();
                    keys.extend(all.filter(|it| it.as_rule() == Rule::assignment));
                }
                Rule::assignment => keys.push(it),
                // All columns are keys.
                Rule::star => {
                    self.leave(span, "that equal matches are one is left aside");
                    return Ok(());
                }
                _ => {}
            }
        }
        let mut left = rustc_hash::FxHashSet::default();
        let mut names = rustc_hash::FxHashMap::default();
        for it in keys {
            if let Some((name, named)) = self.assigned(it)? {
                left.insert(name.clone());
                names.insert(name, named);
            }
        }
        let why = unsayable(
            span,
            format!("what `{word}` counts or collects is asked, and a rule is about single events"),
            "what stands before it can be read",
        )
        .with_help("import the filters before it alone, and count or relate by a correlation");
        self.rows.keys = Some((left, Box::new(why)));
        self.rows.names = names;
        self.leave(span, "how the matches are joined to groups is left aside");
        Ok(())
    }

    /// A row of each element: what is then asked of one element is asked of the list.
    fn expanded(&mut self, step: Pair<'a, Rule>, span: Span) -> Read<()> {
        let (mut name, mut list) = (None, None);
        for it in step.into_inner() {
            match it.as_rule() {
                Rule::name => name = Some(self.name(&it)?),
                Rule::operand => list = Some(self.operand(it)?),
                _ => {}
            }
        }
        match list {
            Some(Value::Operand(it)) if it.plain() && self.rows.element.is_none() => {
                let column = it.name.to_string();
                if let Some(name) = name {
                    self.give(name, Named::Value(Value::Operand(it)));
                }
                self.rows.element = Some(Element { column, span, asked: false });
                self.leave(span, "that each element has a row of its own is left aside");
                Ok(())
            }
            _ => Err(Box::new(unsaid("mv-expand", span))),
        }
    }

    fn limited(&mut self, step: Pair<'a, Rule>, span: Span) -> Read<()> {
        // Rows of one event would be counted, and not events.
        if self.rows.element.is_some() {
            return Err(Box::new(unsaid("take", span)));
        }
        let count = step.into_inner().find(|it| it.as_rule() == Rule::operand);
        let count = match count {
            Some(it) => self.operand(it)?,
            None => return Err(self.odd(span)),
        };
        let Value::Number(ir::Number::Int(count @ 1..)) = count else {
            return Err(Box::new(unsaid("take", span)));
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let least = self.rows.limit.map_or(count, |it| it.0.min(count));
        self.rows.limit = Some((least, span));
        self.leave(span, "the most matches are left to the schedule, as `max_alerts`");
        Ok(())
    }

    /// A filter; a condition on how recent an event is says when the rule runs, not what it matches.
    fn filter(&mut self, pair: Pair<'a, Rule>) -> Read<()> {
        for part in conjuncts(pair) {
            let span = self.place.of(&part);
            if let Some(length) = self.recent(&part)? {
                self.rows.lookback.get_or_insert(length);
                self.leave(span, "how far back the query looks is left to the schedule");
                continue;
            }
            let value = self.logic(part)?;
            let truth = self.truth(value, span)?;
            if let Some(it) = &mut self.rows.element
                && !it.takes(&truth.yes)
            {
                return Err(Box::new(unsaid("mv-expand", it.span)));
            }
            self.rows.filters.push(truth.yes);
        }
        Ok(())
    }

    /// The length of time, when this says only that an event is not older.
    fn recent(&mut self, pair: &Pair<'a, Rule>) -> Read<Option<String>> {
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
            (">" | ">=", [Value::Operand(_) | Value::Arrival, Value::Ago(it)]) if it != "0s" => {
                Some(it.clone())
            }
            ("<" | "<=", [Value::Ago(it), Value::Operand(_) | Value::Arrival]) if it != "0s" => {
                Some(it.clone())
            }
            ("between", [Value::Operand(_) | Value::Arrival, Value::Ago(it), Value::Ago(now)])
                if now == "0s" =>
            {
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

    /// Names of one step: each value is one of the rows before it.
    fn assignments(&mut self, step: Pair<'a, Rule>) -> Read<()> {
        let mut given = Vec::new();
        for it in step.into_inner().filter(|it| it.as_rule() == Rule::assignment) {
            let named = it.clone().into_inner().any(|it| it.as_rule() == Rule::equals);
            given.extend(self.assigned(it)?.filter(|_| named));
        }
        given.into_iter().for_each(|(name, value)| self.give(name, value));
        Ok(())
    }

    /// A name and what it is given, or a column by its own name. A column that is made of others is only
    /// read where it is asked.
    fn assigned(&mut self, pair: Pair<'a, Rule>) -> Read<Option<(String, Named<'a>)>> {
        let inner = pair.into_inner();
        let inner: Vec<Pair<'_, Rule>> =
            inner.filter(|it| !matches!(it.as_rule(), Rule::equals | Rule::step_end)).collect();
        let (name, value) = match inner.as_slice() {
            [name, value] if name.as_rule() == Rule::name => (Some(self.name(name)?), value),
            [value] if value.as_rule() == Rule::expr => (None, value),
            _ => return Ok(None),
        };
        let span = self.place.of(value);
        let read = match value.as_rule() {
            Rule::expr => self.expr(value.clone()),
            _ => Err(self.computed(span)),
        };
        let name = match (name, &read) {
            (Some(it), _) => it,
            (None, _) => match self.plain_name(value) {
                Some(it) => it,
                None => return Ok(None),
            },
        };
        Ok(Some((name, read.map_or_else(Named::Unread, Named::Value))))
    }

    /// The name that an expression is, and nothing else.
    fn plain_name(&self, value: &Pair<'a, Rule>) -> Option<String> {
        let mut pair = value.clone();
        while pair.as_rule() != Rule::name {
            let mut inner = pair.into_inner();
            pair = inner.next()?;
            if inner.next().is_some() {
                return None;
            }
        }
        self.name(&pair).ok()
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

/// Why a step of a query can't be part of a rule.
pub fn unsaid(word: &str, span: Span) -> Diagnostic {
    let (does, help) = match word {
        "summarize" | "count" | "make-series" | "top-nested" | "partition" | "scan" => (
            "joins the matches to groups",
            "import the filters before it alone, and count or relate by a correlation",
        ),
        "take" | "limit" | "top" | "sample" | "sample-distinct" | "top-hitters" => (
            "limits how many matches there are",
            "a limit at the end is read, as `schedule.max_alerts` of the rule",
        ),
        "join" | "lookup" | "union" => (
            "adds rows of another table",
            "import the filters of each table as a query of their own, and relate the rules by a correlation",
        ),
        "mv-expand" | "mvexpand" | "mv-apply" => (
            "makes a row of each element of a list",
            "ask for a value of the list itself, as in `where Column has \"x\"`",
        ),
        _ => ("makes other rows of the table's", "import the filters before it alone"),
    };
    unsayable(
        span,
        format!("`{word}` {does}, and a rule is about single events"),
        "what stands before it can be read",
    )
    .with_help(help)
}
