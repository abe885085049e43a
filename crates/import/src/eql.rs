//! Event Query Language, as Elasticsearch runs it.
//!
//! - `==`, `in`, `like`, `regex` and the functions tell case apart; `:`, and words that end in `~`, do
//!   not, for ASCII letters.
//! - `*` and `?` are wildcards in `:` and `like`, and nothing escapes them; elsewhere they are themselves.
//! - A test is true when any value of the field passes. A missing value passes no test, and every
//!   negated one: logic is two-valued.
//! - A regular expression covers the whole value.

use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Case, Cmp, Expr, Field, Number, Predicate, Test};
use pest::Parser;
use pest::iterators::Pair;
use source::Span;
use target::Kind;

use crate::columns::Columns;
use crate::literal::{self, Escaped};
use crate::logic::Joints;
use crate::place::{Lexis, Place, unsayable};
use crate::{Chain, Link, Query, Reading, ascii};

mod asks;
mod sequence;

#[derive(pest_derive::Parser)]
#[grammar = "eql.pest"]
struct EqlParser;

const NAME: &str = "EQL";
const HELP: &str = "an EQL query is `category where condition`, its words in lower case and its text \
                    in double quotes";

type Read<T> = Result<T, Box<Diagnostic>>;

const JOINTS: Joints<Rule> = Joints {
    any: &[Rule::any],
    all: &[Rule::all, Rule::not],
    words: &[Rule::kw_or, Rule::kw_and],
    negation: Rule::negation,
};

/// Reads a query.
pub fn read(place: &Place<'_>, columns: &Columns<'_>) -> Result<Vec<Reading>, Vec<Diagnostic>> {
    let lexis = Lexis { quotes: "\"'", fences: &["\"\"\"", "`"], verbatim: None, comments: true };
    if let Some(it) = place.too_much(NAME, lexis) {
        return Err(vec![it]);
    }
    let mut pairs = EqlParser::parse(Rule::query, place.text)
        .map_err(|err| vec![place.unreadable(&err, NAME, HELP)])?;
    let reader = Reader { place, columns };
    let query = pairs.next().and_then(|it| it.into_inner().next());
    let Some(event) = query else { return Err(Vec::new()) };
    if event.as_rule() == Rule::several {
        let word = event.into_inner().next();
        let (span, word) = word.map_or((place.span(0, 1), ""), |it| (place.of(&it), it.as_str()));
        return Err(vec![
            unsayable(
                span,
                format!("a `{word}` relates several events, and a rule is about one"),
                "what is in its brackets can be read one by one",
            )
            .with_help(
                "import each bracket as a query of its own, and relate the rules by a correlation",
            ),
        ]);
    }
    let read = match event.as_rule() {
        Rule::sequence => reader.sequence(event).map(Reading::Chain),
        _ => reader.event(event).map(Reading::Event),
    };
    read.map(|it| vec![it]).map_err(|it| vec![*it])
}

struct Reader<'a> {
    place: &'a Place<'a>,
    columns: &'a Columns<'a>,
}

/// What stands on a side of a comparison.
enum Value {
    Field(Arc<str>),
    Text(String),
    Number(Number),
    Bool(bool),
    Null,
    Truth(Expr),
}

impl Reader<'_> {
    fn event(&self, event: Pair<'_, Rule>) -> Read<Query> {
        let mut res = Query::of(Expr::Const(true));
        for it in event.into_inner() {
            match it.as_rule() {
                Rule::category => {
                    let Some(name) = it.into_inner().next() else { continue };
                    let text = match name.as_rule() {
                        Rule::plain_name => name.as_str().to_owned(),
                        _ => self.text(&name)?,
                    };
                    res.place.push(("category", text));
                }
                Rule::any => res.expr = self.logic(it)?,
                Rule::pipe => {
                    return Err(self.pipe(&it));
                }
                _ => {}
            }
        }
        Ok(res)
    }

    fn pipe(&self, pair: &Pair<'_, Rule>) -> Box<Diagnostic> {
        Box::new(
            unsayable(
                self.place.of(pair),
                "a pipe speaks of several events, and a rule is about one",
                "the matches are limited or counted here",
            )
            .with_help("remove the pipe; what it counts is said by a correlation"),
        )
    }

    fn logic(&self, pair: Pair<'_, Rule>) -> Read<Expr> {
        JOINTS.read(pair, &|it| self.test(it))
    }

    fn test(&self, pair: Pair<'_, Rule>) -> Read<Expr> {
        let span = self.place.of(&pair);
        let mut inner = pair.into_inner();
        let Some(left) = inner.next() else { return Ok(Expr::Const(true)) };
        let left_span = self.place.of(&left);
        let left = self.value(left)?;
        let Some(tail) = inner.next() else { return self.truth(left, span) };
        match tail.as_rule() {
            Rule::comparison => self.comparison(left, left_span, tail, span),
            rule => {
                let field = self.field(left, left_span)?;
                let mut negated = false;
                let mut word = String::new();
                let mut parts = Vec::new();
                for it in tail.into_inner() {
                    match it.as_rule() {
                        Rule::not_in => negated = true,
                        Rule::set_word | Rule::match_word => word = it.as_str().to_owned(),
                        _ => parts.push(self.one_of(&field, &word, rule, it)?),
                    }
                }
                let res = Expr::any(parts);
                Ok(if negated { res.not() } else { res })
            }
        }
    }

    /// One value of a list, or what stands alone after a word such as `like`.
    fn one_of(&self, field: &Arc<str>, word: &str, rule: Rule, it: Pair<'_, Rule>) -> Read<Expr> {
        let span = self.place.of(&it);
        let Some(literal) = innermost(it.clone()) else { return Err(self.odd(span)) };
        let uncased = word.ends_with('~') || word == ":";
        if rule == Rule::set {
            return match self.value(it)? {
                Value::Text(text) => Ok(self.exact(field, text, uncased, span)),
                Value::Number(number) => Ok(test(field, Predicate::Number(Cmp::Eq, number), span)),
                Value::Bool(it) => Ok(test(field, Predicate::Bool(it), span)),
                Value::Null => Ok(test(field, Predicate::Null, span)),
                _ => Err(self.odd(span)),
            };
        }
        match self.value(it)? {
            Value::Text(text) if word.starts_with("regex") => {
                self.regex(field, &text, uncased, span, &literal)
            }
            Value::Text(text) => {
                let pattern = literal::wildcards(&text);
                let predicate = match uncased {
                    true => ascii::uncased(pattern),
                    false => Predicate::Text(pattern, Case::Sensitive),
                };
                Ok(test(field, predicate, span))
            }
            _ => Err(Box::new(
                unsayable(
                    span,
                    format!("`{word}` compares with text only"),
                    "Elasticsearch refuses this",
                )
                .with_help("write `==` for numbers and booleans"),
            )),
        }
    }

    fn comparison(
        &self,
        left: Value,
        left_span: Span,
        tail: Pair<'_, Rule>,
        span: Span,
    ) -> Read<Expr> {
        let mut inner = tail.into_inner();
        let (Some(sign), Some(right)) = (inner.next(), inner.next()) else {
            return Err(self.odd(span));
        };
        if sign.as_str() == "=" {
            return Err(Box::new(
                Diagnostic::error(
                    &crate::codes::UNREADABLE,
                    self.place.of(&sign),
                    "`=` is no comparison in EQL",
                    "this does not fit here",
                )
                .with_help("write `==`, or `:` to ignore case"),
            ));
        }
        let right_span = self.place.of(&right);
        let right = self.value(right)?;
        let (field, value, sign) = match (left, right) {
            (Value::Field(_), Value::Field(_)) => {
                return Err(Box::new(unsayable(
                    span,
                    "two fields are compared",
                    "Elasticsearch compares fields with constants only",
                )));
            }
            (Value::Field(field), value) => (field, value, sign.as_str()),
            (value, Value::Field(field)) => (field, value, turned(sign.as_str())),
            (Value::Truth(expr), Value::Bool(it)) | (Value::Bool(it), Value::Truth(expr))
                if matches!(sign.as_str(), "==" | "!=") =>
            {
                let same = it == (sign.as_str() == "==");
                return Ok(if same { expr } else { expr.not() });
            }
            _ => return Err(self.odd(left_span.to(right_span))),
        };
        let negated = sign == "!=";
        let equality = negated || sign == "==";
        let predicate = match value {
            Value::Number(number) => Predicate::Number(cmp(sign), number),
            Value::Text(text) if equality => {
                let res = self.exact(&field, text, false, span);
                return Ok(if negated { res.not() } else { res });
            }
            Value::Bool(it) if equality => Predicate::Bool(it),
            Value::Null if equality => Predicate::Null,
            // Elasticsearch reads it as the field is mapped: a keyword has the order of its letters.
            Value::Text(text)
                if self.columns.kind(&field) == Kind::Number && Number::parse(&text).is_some() =>
            {
                Predicate::Number(cmp(sign), Number::parse(&text).unwrap_or(Number::Int(0)))
            }
            Value::Text(_) => {
                return Err(Box::new(unsayable(
                    span,
                    "text is ordered, or a date is compared",
                    "a rule compares numbers only",
                )));
            }
            _ => return Err(self.odd(span)),
        };
        let res = test(&field, predicate, span);
        Ok(if negated { res.not() } else { res })
    }

    /// A value that stands alone as a condition.
    fn truth(&self, value: Value, span: Span) -> Read<Expr> {
        match value {
            Value::Truth(expr) => Ok(expr),
            Value::Bool(it) => Ok(Expr::Const(it)),
            Value::Field(field) => Ok(test(&field, Predicate::Bool(true), span)),
            _ => Err(self.odd(span)),
        }
    }

    fn field(&self, value: Value, span: Span) -> Read<Arc<str>> {
        match value {
            Value::Field(it) => Ok(it),
            _ => Err(Box::new(unsayable(
                span,
                "what is compared here is not a field",
                "a rule asks for the values of fields",
            ))),
        }
    }

    fn odd(&self, span: Span) -> Box<Diagnostic> {
        Box::new(unsayable(
            span,
            "this comparison has no counterpart in a rule",
            "a rule compares fields with constants",
        ))
    }

    fn value(&self, pair: Pair<'_, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        match pair.as_rule() {
            Rule::sum | Rule::product => {
                let mut inner = pair.into_inner();
                match (inner.next(), inner.next()) {
                    (Some(one), None) => self.value(one),
                    _ => Err(Box::new(
                        unsayable(
                            span,
                            "values are computed here",
                            "a rule compares fields as they are",
                        )
                        .with_help("a field with a `-` in its name stands in backticks"),
                    )),
                }
            }
            Rule::group => match pair.into_inner().next() {
                // `(5)` is a number in parentheses.
                Some(it) => match self.alone(&it) {
                    Some(value) => self.value(value),
                    None => self.logic(it).map(Value::Truth),
                },
                None => Err(self.odd(span)),
            },
            Rule::any => match self.alone(&pair) {
                Some(value) => self.value(value),
                None => self.logic(pair).map(Value::Truth),
            },
            Rule::string | Rule::raw => self.text(&pair).map(Value::Text),
            Rule::old_string => Err(Box::new(
                Diagnostic::error(
                    &crate::codes::UNREADABLE,
                    span,
                    "text stands in double quotes in EQL",
                    "an older version read this",
                )
                .with_help("write `\"...\"`, or `\"\"\"...\"\"\"` for text without escapes"),
            )),
            Rule::number => {
                let text = pair.as_str();
                let dotted = text.replacen("-.", "-0.", 1);
                let text = if dotted.starts_with('.') { format!("0{dotted}") } else { dotted };
                let whole = text.parse::<i128>().ok().map(Number::Int);
                let number = whole.or_else(|| text.parse().ok().and_then(Number::from_f64));
                number.map(Value::Number).ok_or_else(|| self.odd(span))
            }
            Rule::constant => Ok(match pair.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => Value::Null,
            }),
            Rule::field => self.named(pair, span).map(|it| Value::Field(Arc::from(it))),
            Rule::call => self.call(pair, span).map(Value::Truth),
            _ => Err(self.odd(span)),
        }
    }

    /// The name of a field.
    fn named(&self, pair: Pair<'_, Rule>, span: Span) -> Read<String> {
        let mut name = String::new();
        for it in pair.into_inner() {
            match it.as_rule() {
                Rule::part => {
                    if !name.is_empty() {
                        name.push('.');
                    }
                    let quoted = it.as_str().strip_prefix('`');
                    match quoted.and_then(|it| it.strip_suffix('`')) {
                        Some(inner) => name.push_str(&inner.replace("``", "`")),
                        None => name.push_str(it.as_str()),
                    }
                }
                Rule::index => {
                    return Err(Box::new(unsayable(
                        span,
                        "one element of a list is asked by its number",
                        "a rule asks for any element",
                    )));
                }
                _ => {}
            }
        }
        Ok(name)
    }

    /// What an expression is, when it is one value and nothing is said of it.
    fn alone<'p>(&self, pair: &Pair<'p, Rule>) -> Option<Pair<'p, Rule>> {
        let mut pair = pair.clone();
        loop {
            let mut inner = pair.into_inner();
            let first = inner.next()?;
            if inner.next().is_some() || first.as_rule() == Rule::negation {
                return None;
            }
            if first.as_rule() == Rule::sum {
                return Some(first);
            }
            pair = first;
        }
    }

    fn text(&self, pair: &Pair<'_, Rule>) -> Read<String> {
        let text = pair.as_str();
        if pair.as_rule() == Rule::raw {
            return Ok(text[3..text.len() - 3].to_owned());
        }
        let read = literal::unescaped(&text[1..text.len() - 1], |ch, rest| {
            if ch != 'u' {
                return literal::common(ch, "btnfr\"'\\").ok_or_else(|| ch.to_string());
            }
            let digits: String = rest.skip(1).take_while(|it| *it != '}').collect();
            let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
            code.map(Escaped::One).ok_or_else(|| format!("u{{{digits}}}"))
        });
        read.map_err(|escape| {
            Box::new(Diagnostic::error(
                &crate::codes::UNREADABLE,
                self.place.of(pair),
                format!("`{escape}` is no character"),
                "in this text",
            ))
        })
    }
}

/// The one thing inside of nested rules.
fn innermost(mut pair: Pair<'_, Rule>) -> Option<Pair<'_, Rule>> {
    while !matches!(pair.as_rule(), Rule::string | Rule::raw | Rule::number | Rule::constant) {
        let mut inner = pair.into_inner();
        pair = inner.next()?;
        if inner.next().is_some() {
            return None;
        }
    }
    Some(pair)
}

fn test(field: &Arc<str>, predicate: Predicate, span: Span) -> Expr {
    Expr::Test(Test { field: Field::Named(field.clone()), predicate, span })
}

fn cmp(sign: &str) -> Cmp {
    match sign {
        "<" => Cmp::Lt,
        "<=" => Cmp::Lte,
        ">" => Cmp::Gt,
        ">=" => Cmp::Gte,
        _ => Cmp::Eq,
    }
}

/// The sign when the two sides change places.
fn turned(sign: &str) -> &str {
    match sign {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        it => it,
    }
}
