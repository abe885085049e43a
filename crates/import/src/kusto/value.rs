//! Expressions: what a column, a constant or a name in a condition is.

use std::sync::Arc;

use ir::{Number, Predicate};
use pest::iterators::Pair;
use source::Span;

use super::grammar::Rule;
use super::operand::{Letters, Operand, Piece};
use super::text::canonical;
use super::{Named, Read, Reader, Value, asked, text};
use crate::truth::Truth;

impl<'a> Reader<'a> {
    pub(super) fn expr(&mut self, pair: Pair<'a, Rule>) -> Read<Value> {
        self.logic(pair)
    }

    /// A disjunction, a conjunction or a test.
    pub(super) fn logic(&mut self, pair: Pair<'a, Rule>) -> Read<Value> {
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

    pub(super) fn truth(&self, value: Value, span: Span) -> Read<Truth> {
        match value {
            Value::Truth(it) => Ok(it),
            Value::Operand(it) if it.plain() => {
                let of = |value| asked(&it.name, Predicate::Bool(value), span);
                Ok(Truth { yes: of(true), no: of(false) })
            }
            _ => Err(self.odd(span)),
        }
    }

    pub(super) fn sum(&mut self, pair: Pair<'a, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        let mut inner = pair.into_inner();
        match (inner.next(), inner.next()) {
            (Some(one), None) if one.as_rule() == Rule::product => {
                match one.clone().into_inner().count() {
                    1 => self.sum(one),
                    _ => self.product(one),
                }
            }
            (Some(one), None) => self.operand(one),
            _ => Err(self.computed(span)),
        }
    }

    /// `2 * 1h`, and what else is computed of constants alone.
    fn product(&mut self, pair: Pair<'a, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        let (mut number, mut unit) = (1_i128, None);
        for it in pair.into_inner() {
            let factor = match it.as_rule() {
                Rule::operand => self.operand(it)?,
                _ if it.as_str().trim() == "*" => continue,
                _ => return Err(self.computed(span)),
            };
            let factor = match factor {
                Value::Number(Number::Int(it)) => Some(it),
                Value::Duration(it) if unit.is_none() => {
                    let digits = it.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(it.len());
                    unit = Some(it[digits..].to_owned());
                    it[..digits].parse().ok()
                }
                _ => None,
            };
            number =
                factor.and_then(|it| number.checked_mul(it)).ok_or_else(|| self.computed(span))?;
        }
        Ok(match unit {
            Some(unit) => Value::Duration(format!("{number}{unit}")),
            None => Value::Number(Number::Int(number)),
        })
    }

    pub(super) fn operand(&mut self, pair: Pair<'a, Rule>) -> Read<Value> {
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
                self.meant(name, span)?
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
            res = self.inside(res, it, span)?;
        }
        Ok(res)
    }

    /// What a name in a condition stands for.
    fn meant(&self, name: String, span: Span) -> Read<Value> {
        let given = self.rows.names.get(&name);
        let left = |(keys, why): &(rustc_hash::FxHashSet<String>, _)| match keys.contains(&name) {
            true => None,
            false => Some(Box::clone(why)),
        };
        if let (None, Some(why)) = (given, self.rows.keys.as_ref().and_then(left))
            && !self.lets.contains_key(&name)
        {
            return Err(why);
        }
        match given.or_else(|| self.lets.get(&name)) {
            Some(Named::Value(it)) => Ok(it.clone()),
            Some(Named::Unread(why)) => Err(why.clone()),
            Some(Named::Table(_)) => Err(self.nested(span)),
            None => Ok(Value::Operand(self.column(name))),
        }
    }

    /// A part of a value: `.name`, `["name"]`; of a text that is cut, its first or its last.
    fn inside(&self, value: Value, path: Pair<'a, Rule>, span: Span) -> Read<Value> {
        let Some(it) = path.into_inner().next() else { return Err(self.odd(span)) };
        let (part, index) = match it.as_rule() {
            Rule::name => (Some(self.name(&it)?), None),
            _ => {
                let index = it.as_str().trim_matches(['[', ']', ' ']).to_owned();
                match it.into_inner().next() {
                    Some(it) => (Some(text::quoted(&it, self.place)?), None),
                    None => (None, Some(index)),
                }
            }
        };
        match (value, part, index.as_deref()) {
            (Value::Operand(it), Some(part), _) if it.plain() => {
                Ok(Value::Operand(self.column(format!("{}.{part}", it.name))))
            }
            (Value::Cut(it, at), None, Some("0")) => {
                Ok(Value::Operand(Operand { piece: Some((Piece::First, at)), text: true, ..it }))
            }
            (Value::Cut(it, at), None, Some("-1")) => {
                Ok(Value::Operand(Operand { piece: Some((Piece::Last, at)), text: true, ..it }))
            }
            (Value::Operand(_) | Value::Cut(..), ..) => Err(self.refuse(
                span,
                "one element of a list is asked by its number",
                "a rule asks for any element",
            )),
            _ => Err(self.odd(span)),
        }
    }

    pub(super) fn column(&self, name: String) -> Operand {
        let kind = self.columns.kind(&name);
        Operand {
            name: Arc::from(name),
            kind,
            letters: Letters::AsTheyAre,
            text: false,
            unmapped: false,
            piece: None,
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

    pub(super) fn number(&self, pair: Pair<'a, Rule>) -> Read<Value> {
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

    pub(super) fn text(&self, pair: Pair<'_, Rule>) -> Read<String> {
        pair.into_inner().map(|it| text::quoted(&it, self.place)).collect()
    }

    pub(super) fn name(&self, pair: &Pair<'_, Rule>) -> Read<String> {
        match pair.clone().into_inner().next() {
            Some(it) if it.as_rule() == Rule::quoted_name => match it.into_inner().next() {
                Some(it) => text::quoted(&it, self.place),
                None => Ok(String::new()),
            },
            _ => Ok(pair.as_str().trim_end().to_owned()),
        }
    }
}
