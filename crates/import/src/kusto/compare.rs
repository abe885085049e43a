//! Comparisons of columns and constants.

use ir::{Cmp, Expr, Predicate};
use pest::iterators::Pair;
use source::Span;

use super::grammar::Rule;
use super::{Read, Reader, Value, asked};
use crate::truth::Truth;

impl<'a> Reader<'a> {
    pub(super) fn test(&mut self, pair: Pair<'a, Rule>) -> Read<Value> {
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
                Ok(Truth::of(asked(&it.name, Predicate::Bool(value), span)))
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
            Value::Operand(it) if it.piece.is_none() => {
                (&it.name, &|cmp| Predicate::Number(cmp, *number))
            }
            Value::DatePart(part, name) => (name, &|cmp| Predicate::Time(*part, cmp, *number)),
            _ => return Err(self.odd(span)),
        };
        let ask = |cmp| asked(name, predicate(cmp), span);
        // Null equals nothing, and is in no order.
        Ok(match cmp {
            Cmp::Eq => Truth::of(ask(cmp)),
            Cmp::Lt => Truth { yes: ask(cmp), no: ask(Cmp::Gte) },
            Cmp::Lte => Truth { yes: ask(cmp), no: ask(Cmp::Gt) },
            Cmp::Gt => Truth { yes: ask(cmp), no: ask(Cmp::Lte) },
            Cmp::Gte => Truth { yes: ask(cmp), no: ask(Cmp::Lt) },
        })
    }
}
