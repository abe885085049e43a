//! Conditions of Falco rules.
//!
//! - A missing field passes no comparison, not even `!=`. `not` is true where its part is not.
//! - Comparisons tell case apart, but for `icontains`, `iglob` and what `tolower` changes, which fold
//!   ASCII letters.
//! - `glob` is `fnmatch` without flags; `regex` is RE2's POSIX syntax, and covers the whole value.
//! - A macro stands for its condition, a list for its items.

mod asks;
mod glob;
mod grammar;
mod posix;

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Expr, Field, Predicate, Test};
use pest::Parser;
use pest::iterators::Pair;
use source::Span;
use target::Kind;

use crate::columns::Columns;
use crate::literal as quoted;
use crate::logic::Joints;
use crate::place::{Lexis, Place, unsayable};
use crate::{Query, Reading};
use grammar::{ConditionParser, Rule};

const NAME: &str = "a Falco condition";
const HELP: &str = "a condition is comparisons and macros joined by `and`, `or` and `not`, words in lower \
                    case";

type Read<T> = Result<T, Box<Diagnostic>>;

const JOINTS: Joints<Rule> = Joints {
    any: &[Rule::any],
    all: &[Rule::all, Rule::not],
    words: &[Rule::kw_or, Rule::kw_and],
    negation: Rule::negation,
};

/// What names stand for.
#[derive(Debug, Default)]
pub struct Names {
    /// Conditions; why, where one can't be read.
    pub macros: BTreeMap<String, Result<Expr, Option<Diagnostic>>>,
    /// Items, lists within lists already opened.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// Reads a condition that uses no names.
pub fn read(place: &Place<'_>, columns: &Columns<'_>) -> Result<Vec<Reading>, Vec<Diagnostic>> {
    let expr = condition(place, columns, &Names::default())?;
    Ok(vec![Reading::Event(Query::of(expr))])
}

/// Reads a condition.
pub fn condition(
    place: &Place<'_>,
    columns: &Columns<'_>,
    names: &Names,
) -> Result<Expr, Vec<Diagnostic>> {
    if let Some(it) = place.too_much("Falco", Lexis { quotes: "\"'", ..Lexis::default() }) {
        return Err(vec![it]);
    }
    let mut pairs = ConditionParser::parse(Rule::condition, place.text)
        .map_err(|err| vec![place.unreadable(&err, NAME, HELP)])?;
    let Some(any) = pairs.next().and_then(|it| it.into_inner().next()) else {
        return Err(Vec::new());
    };
    Reader { place, columns, names }.logic(any).map_err(|it| vec![*it])
}

struct Reader<'a> {
    place: &'a Place<'a>,
    columns: &'a Columns<'a>,
    names: &'a Names,
}

/// What is compared.
#[derive(Clone)]
struct Operand {
    name: Arc<str>,
    kind: Kind,
    change: Change,
}

/// What becomes of a value before it is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    Lower,
    Upper,
    BaseName,
}

/// A value as it is written.
enum Value {
    /// Without quotes: a number or a boolean perhaps.
    Bare(String),
    Text(String),
    Field(Operand),
}

impl Reader<'_> {
    fn logic(&self, pair: Pair<'_, Rule>) -> Read<Expr> {
        JOINTS.read(pair, &|it| self.test(it))
    }

    fn test(&self, pair: Pair<'_, Rule>) -> Read<Expr> {
        let span = self.place.of(&pair);
        let Some(inner) = pair.into_inner().next() else { return Err(self.odd(span)) };
        match inner.as_rule() {
            Rule::group => match inner.into_inner().next() {
                Some(it) => self.logic(it),
                None => Err(self.odd(span)),
            },
            Rule::macro_name => match self.names.macros.get(inner.as_str()) {
                Some(Ok(expr)) => Ok(expr.clone()),
                Some(Err(why)) => {
                    let why =
                        why.as_ref().map_or_else(String::new, |it| format!(": {}", it.message));
                    Err(self.refuse(
                        span,
                        format!("the macro `{}` can't be read{why}", inner.as_str()),
                        "so neither can what uses it",
                    ))
                }
                None => Err(Box::new(
                    unsayable(
                        span,
                        format!("there is no macro `{}` here", inner.as_str()),
                        "what it stands for is not known",
                    )
                    .with_help("name the file that defines it, too"),
                )),
            },
            _ => self.comparison(inner, span),
        }
    }

    fn comparison(&self, pair: Pair<'_, Rule>, span: Span) -> Read<Expr> {
        let mut inner = pair.into_inner();
        let (Some(field), Some(tail)) = (inner.next(), inner.next()) else {
            return Err(self.odd(span));
        };
        let left = self.operand(field)?;
        let rule = tail.as_rule();
        if rule == Rule::exists {
            return Ok(test(&left.name, Predicate::Null, span).not());
        }
        let mut parts = tail.into_inner();
        let word = parts.next().map(|it| it.as_str().to_owned()).unwrap_or_default();
        let mut values = Vec::new();
        for it in parts {
            let at = self.place.of(&it);
            self.values(it, at, rule == Rule::set, &mut values)?;
        }
        if rule == Rule::single {
            let Some((value, _)) = values.first() else { return Err(self.odd(span)) };
            return self.one(&left, &word, value, span);
        }
        if word.trim() == "in" && is_list(&left.name) {
            return Err(self.refuse(
                span,
                "each value of this list must be one of those, and none may be another",
                "a rule asks for any value of a field",
            ));
        }
        let mut words = word.split_whitespace();
        let (each, all) = match (words.next(), words.next()) {
            (Some("in" | "intersects"), None) => ("=", false),
            (Some("pmatch"), None) => ("pmatch", false),
            (Some(it), Some("anyof")) => (it, false),
            (Some(it), Some("allof")) => (it, true),
            _ => {
                let message = format!("`{word}` is not read");
                return Err(self.refuse(span, message, "in this comparison"));
            }
        };
        let parts = values.iter().map(|(it, at)| self.one(&left, each, it, *at));
        let parts = parts.collect::<Read<Vec<Expr>>>()?;
        Ok(if all { Expr::all(parts) } else { Expr::any(parts) })
    }

    /// One value; or, in a list, the items of the list that is named.
    fn values(
        &self,
        pair: Pair<'_, Rule>,
        at: Span,
        listed: bool,
        res: &mut Vec<(Value, Span)>,
    ) -> Read<()> {
        let Some(it) = pair.into_inner().next() else { return Err(self.odd(at)) };
        match it.as_rule() {
            Rule::val => match it.into_inner().next() {
                Some(field) => res.push((Value::Field(self.operand(field)?), at)),
                None => return Err(self.odd(at)),
            },
            Rule::string => {
                let text = self.text(it.as_str(), at)?;
                self.no_list_in(&text, at)?;
                res.push((Value::Text(text), at));
            }
            _ => match self.names.lists.get(it.as_str()) {
                Some(items) if listed => {
                    for item in items {
                        let quoted = item.len() > 1 && item.starts_with(['"', '\'']);
                        let value = match quoted {
                            true => Value::Text(self.text(item, at)?),
                            false => Value::Bare(item.clone()),
                        };
                        res.push((value, at));
                    }
                }
                _ => res.push((Value::Bare(it.as_str().to_owned()), at)),
            },
        }
        Ok(())
    }

    /// Falco puts the items of a list wherever its name stands, in quoted text too.
    fn no_list_in(&self, text: &str, at: Span) -> Read<()> {
        let mut words = text.split(|ch: char| !(ch.is_ascii_alphanumeric() || "_-.".contains(ch)));
        match words.find(|it| self.names.lists.contains_key(*it)) {
            None => Ok(()),
            Some(name) => Err(Box::new(
                unsayable(
                    at,
                    format!("Falco would put the items of the list `{name}` into this text"),
                    "it replaces names of lists inside of quotes too",
                )
                .with_help("rename the list"),
            )),
        }
    }

    fn operand(&self, pair: Pair<'_, Rule>) -> Read<Operand> {
        let span = self.place.of(&pair);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return Err(self.odd(span)) };
        if first.as_rule() == Rule::plain {
            let name = first.as_str();
            return Ok(Operand {
                name: Arc::from(name),
                kind: self.columns.kind(name),
                change: Change::Nothing,
            });
        }
        let change = match first.as_str() {
            "tolower" => Change::Lower,
            "toupper" => Change::Upper,
            "basename" => Change::BaseName,
            it => {
                let message = format!("`{it}()` has no counterpart in a rule");
                return Err(self.refuse(span, message, "it computes a value"));
            }
        };
        let (Some(field), None) = (inner.next(), inner.next()) else { return Err(self.odd(span)) };
        let operand = self.operand(field)?;
        if operand.change != Change::Nothing {
            return Err(self.refuse(
                span,
                "a value is changed twice",
                "a rule compares fields as they are",
            ));
        }
        Ok(Operand { change, kind: Kind::Text, ..operand })
    }

    fn text(&self, text: &str, span: Span) -> Read<String> {
        let quote = text.chars().next();
        let read = quoted::unescaped(&text[1..text.len() - 1], |ch, _| match ch {
            _ if Some(ch) == quote => Ok(quoted::Escaped::One(ch)),
            // Falco keeps this one for an old rule of its own.
            ' ' => Ok(quoted::Escaped::Kept),
            _ => quoted::common(ch, "bfnrt\\/").ok_or_else(|| ch.to_string()),
        });
        read.map_err(|escape| {
            Box::new(
                Diagnostic::error(
                    &crate::codes::UNREADABLE,
                    span,
                    format!("`{escape}` is no escape of Falco's"),
                    "in this text",
                )
                .with_help("write two backslashes for one"),
            )
        })
    }

    fn odd(&self, span: Span) -> Box<Diagnostic> {
        self.refuse(
            span,
            "this comparison has no counterpart in a rule",
            "a rule compares fields with constants",
        )
    }

    fn refuse(&self, span: Span, message: impl Into<String>, label: &str) -> Box<Diagnostic> {
        Box::new(unsayable(span, message, label))
    }
}

/// Whether a field holds a list by its name: those of Kubernetes' audit do, and the types of descriptors.
fn is_list(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "ka.req.pod.containers.",
        "ka.req.pod.volumes.",
        "ka.req.pod.supplemental_groups",
        "ka.req.container.",
        "ka.req.role.rules",
        "ka.req.binding.subjects",
        "ka.req.service.ports",
        "ka.user.groups",
        "fd.types",
    ];
    // With an index it is one of them.
    PARTS.iter().any(|it| name.starts_with(it)) && !name.ends_with(']')
}

fn test(field: &Arc<str>, predicate: Predicate, span: Span) -> Expr {
    Expr::Test(Test { field: Field::Named(field.clone()), predicate, span })
}
