//! Functions: what they ask of a column, or make of a constant.

use ir::{Expr, Net, Part, Pattern, Predicate, TimePart};
use pest::iterators::Pair;
use source::Span;
use target::Kind;

use super::grammar::Rule;
use super::operand::{Letters, Operand};
use super::{Named, Read, Reader, Value, asked};
use crate::place::unsayable;
use crate::truth::Truth;

impl<'a> Reader<'a> {
    pub(super) fn call(&mut self, pair: Pair<'a, Rule>, span: Span) -> Read<Value> {
        let mut inner = pair.into_inner();
        let function = inner.next().map(|it| it.as_str().to_owned()).unwrap_or_default();
        if let Some(Named::Unread(why)) = self.lets.get(&function) {
            return Err(why.clone());
        }
        let mut values = Vec::new();
        let mut places = Vec::new();
        for it in inner {
            places.push(self.place.of(&it));
            values.push(self.expr(it)?);
        }
        let truth = |at: usize, value: &Value| {
            self.truth(value.clone(), places.get(at).copied().unwrap_or(span))
        };
        let of = |it: Truth| Ok(Value::Truth(it));
        match (function.as_str(), values.as_slice()) {
            ("not", [it]) => of(truth(0, it)?.not()),
            ("coalesce", [it @ Value::Truth(_), Value::Truth(other)]) => match other.yes {
                Expr::Const(value) => of(truth(0, it)?.or(value)),
                _ => Err(self.odd(span)),
            },
            ("coalesce", [Value::Operand(it), Value::Text(empty)]) if empty.is_empty() => {
                Ok(Value::Operand(it.clone()))
            }
            ("column_ifexists" | "columnifexists", [Value::Text(name), other]) => {
                let same = match other {
                    Value::Text(it) => it.is_empty(),
                    Value::Operand(it) => it.plain() && *it.name == **name,
                    _ => false,
                };
                if !same {
                    let message = "what stands for a column that the table lacks is left aside";
                    self.leave(span, message);
                }
                Ok(Value::Operand(self.column(name.clone())))
            }
            ("split", [Value::Operand(it), Value::Text(at), rest @ ..])
                if it.plain() && at.chars().count() == 1 =>
            {
                let cut = Value::Cut(it.clone(), at.chars().next().unwrap_or_default());
                match rest {
                    // Which parts are given: all.
                    [] | [Value::Number(ir::Number::Int(-1))] => Ok(cut),
                    _ => Err(self.odd(span)),
                }
            }
            ("ingestion_time", []) => Ok(Value::Arrival),
            ("ipv4_is_private", [Value::Operand(it)]) => {
                let nets = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
                let nets = nets.map(|it| Value::Text(it.to_owned()));
                of(self.networks("ipv4_is_in_range", it, &nets, span)?)
            }
            ("ipv4_is_match", [Value::Operand(it), net @ Value::Text(_)]) => {
                of(self.networks("ipv4_is_in_range", it, std::slice::from_ref(net), span)?)
            }
            ("iff" | "iif", [condition, yes, no]) => {
                let (condition, yes, no) =
                    (truth(0, condition)?.or(false), truth(1, yes)?, truth(2, no)?);
                let one = Truth::all(vec![condition.clone(), yes]);
                of(Truth::any(vec![one, Truth::all(vec![condition.not(), no])]))
            }
            ("isempty", [Value::Operand(it)]) => of(it.is_empty(span)),
            ("isnotempty" | "notempty", [Value::Operand(it)]) => of(it.is_empty(span).not()),
            ("isnull", [Value::Operand(it)]) => of(it.is_null(span)),
            ("isnotnull" | "notnull", [Value::Operand(it)]) => of(it.is_null(span).not()),
            ("tolower", [Value::Operand(it)]) => {
                Ok(Value::Operand(Operand { letters: Letters::Lower, text: true, ..it.clone() }))
            }
            ("toupper", [Value::Operand(it)]) => {
                Ok(Value::Operand(Operand { letters: Letters::Upper, text: true, ..it.clone() }))
            }
            ("tolower", [Value::Text(it)]) => Ok(Value::Text(it.to_lowercase())),
            ("toupper", [Value::Text(it)]) => Ok(Value::Text(it.to_uppercase())),
            ("tostring", [Value::Operand(it)]) => {
                Ok(Value::Operand(Operand { text: true, ..it.clone() }))
            }
            ("tostring", [it @ (Value::Text(_) | Value::Cut(..))]) => Ok(it.clone()),
            ("todouble" | "toreal" | "toint" | "tolong" | "todecimal", [Value::Operand(it)]) => {
                Ok(Value::Operand(Operand { kind: Kind::Number, text: false, ..it.clone() }))
            }
            ("todouble" | "toreal" | "toint" | "tolong" | "todecimal", [it @ Value::Number(_)]) => {
                Ok(it.clone())
            }
            ("tobool", [Value::Operand(it)]) => {
                Ok(Value::Operand(Operand { kind: Kind::Bool, ..it.clone() }))
            }
            ("parse_json" | "todynamic", [it @ Value::Operand(_)]) => Ok(it.clone()),
            ("strcat", all) => {
                let text = all.iter().map(|it| match it {
                    Value::Text(it) => Some(it.as_str()),
                    _ => None,
                });
                match text.collect::<Option<Vec<&str>>>() {
                    Some(it) => Ok(Value::Text(it.concat())),
                    None => Err(self.refuse(
                        span,
                        "a text is joined of several columns",
                        "a rule compares columns as they are",
                    )),
                }
            }
            ("trim_start", [Value::Text(regex), Value::Operand(it)])
                if it.plain() && regex == "(?i)::ffff:" =>
            {
                Ok(Value::Operand(Operand { unmapped: true, ..it.clone() }))
            }
            ("pack_array", _) => Ok(Value::List(values)),
            ("set_has_element", [Value::Operand(it), Value::Text(text)]) if it.plain() => {
                let predicate = Predicate::Text(Pattern::literal(text), ir::Case::Sensitive);
                of(Truth::of(asked(&it.name, predicate, span)))
            }
            ("datetime_part", [Value::Text(unit), Value::Operand(it)]) if it.plain() => {
                match unit.to_ascii_lowercase().as_str() {
                    "minute" => Ok(TimePart::Minute),
                    "hour" => Ok(TimePart::Hour),
                    "day" => Ok(TimePart::Day),
                    "week" | "weekofyear" | "week_of_year" => Ok(TimePart::Week),
                    "month" => Ok(TimePart::Month),
                    "year" => Ok(TimePart::Year),
                    _ => Err(self.odd(span)),
                }
                .map(|part| Value::DatePart(part, it.name.clone()))
            }
            ("hourofday", [Value::Operand(it)]) if it.plain() => {
                Ok(Value::DatePart(TimePart::Hour, it.name.clone()))
            }
            ("ago", [Value::Duration(it)]) => Ok(Value::Ago(it.clone())),
            ("now", [Value::Duration(it)]) if it.starts_with('-') => {
                Ok(Value::Ago(it.trim_start_matches('-').to_owned()))
            }
            ("now", []) => Ok(Value::Ago("0s".to_owned())),
            (
                "ipv4_is_in_range"
                | "ipv4_is_in_any_range"
                | "ipv6_is_in_range"
                | "ipv6_is_in_any_range",
                [Value::Operand(it), ranges @ ..],
            ) => of(self.networks(&function, it, ranges, span)?),
            _ => Err(Box::new(
                unsayable(
                    span,
                    format!("`{function}` has no counterpart in a rule here"),
                    "it computes a value from columns, or from something that is no column",
                )
                .with_help("say what it asks with comparisons of columns"),
            )),
        }
    }

    /// An address of a network; what is no address of that version is neither inside nor outside.
    fn networks(&self, word: &str, it: &Operand, ranges: &[Value], span: Span) -> Read<Truth> {
        if it.piece.is_some() {
            return Err(self.odd(span));
        }
        let mut parts = Vec::new();
        let four = word.starts_with("ipv4");
        let mut flat = Vec::new();
        for range in ranges {
            match range {
                Value::List(items) => flat.extend(items),
                it => flat.push(it),
            }
        }
        let net = |net: Net| asked(&it.name, Predicate::Net(net), span);
        // The function of version 4 does not read an address of it that is written as one of version 6.
        let colon = Pattern::new([Part::Run, Part::Literal(":".to_owned()), Part::Run]);
        let colon = || asked(&it.name, Predicate::Text(colon.clone(), ir::Case::Sensitive), span);
        let plain = |expr: Expr| match four && !it.unmapped {
            true => Expr::all(vec![expr, colon().not()]),
            false => expr,
        };
        for range in flat {
            let found = match range {
                Value::Text(text) => Net::parse(text),
                _ => None,
            };
            match found {
                Some(found) => parts.push(net(found)),
                None => {
                    return Err(self.refuse(span, "this is no network", "in this call"));
                }
            }
        }
        let inside = Expr::any(parts);
        let every = if four { "0.0.0.0/0" } else { "::/0" };
        let known = Net::parse(every).map_or(Expr::Const(true), net);
        let no = Expr::all(vec![known, inside.clone().not()]);
        Ok(Truth { yes: plain(inside), no: plain(no) })
    }
}
