//! Kibana Query Language, as Elastic's rules use it.
//!
//! - Fields are taken to be of type `keyword` where nothing else is known: a value is the whole value,
//!   and case counts. A field that ends in `.caseless` is one without its case.
//! - `*` is a wildcard outside of quotes only, and a pattern covers the whole value.
//! - Logic is two-valued, and any value of a list counts; a missing value passes a negation.
//! - Text that Elasticsearch cuts into words can only be asked for words, which no rule says.

use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Case, Cmp, Expr, Field, Net, Number, Part, Pattern, Predicate, Test};
use pest::Parser;
use pest::iterators::Pair;
use source::Span;
use target::Kind;

use crate::columns::Columns;
use crate::logic::Joints;
use crate::place::{Lexis, Place, unsayable};
use crate::{Query, Reading, literal};

#[derive(pest_derive::Parser)]
#[grammar = "kuery.pest"]
struct KueryParser;

const NAME: &str = "KQL";
const HELP: &str = "a query of Kibana is `field: value` joined by `and`, `or` and `not`";
/// Fields that are cut into words wherever nothing else is known of them.
const WORDS: &[&str] = &["message", "error.message", "powershell.file.script_block_text"];

type Read<T> = Result<T, Box<Diagnostic>>;

/// Conditions and the values in parentheses are joined alike.
const JOINTS: Joints<Rule> = Joints {
    any: &[Rule::any, Rule::any_value],
    all: &[Rule::all, Rule::not, Rule::all_values, Rule::not_value],
    words: &[Rule::kw_or, Rule::kw_and],
    negation: Rule::negation,
};

/// Reads a query.
pub fn read(place: &Place<'_>, columns: &Columns<'_>) -> Result<Vec<Reading>, Vec<Diagnostic>> {
    if let Some(it) = place.too_much(NAME, Lexis { quotes: "\"", ..Lexis::default() }) {
        return Err(vec![it]);
    }
    let mut pairs = KueryParser::parse(Rule::query, place.text)
        .map_err(|err| vec![place.unreadable(&err, NAME, HELP)])?;
    let query = pairs.next().and_then(|it| it.into_inner().find(|it| it.as_rule() == Rule::any));
    let expr = match query {
        Some(it) => Reader { place, columns }.logic(it).map_err(|it| vec![*it])?,
        None => Expr::Const(true),
    };
    Ok(vec![Reading::Event(Query::of(expr))])
}

struct Reader<'a> {
    place: &'a Place<'a>,
    columns: &'a Columns<'a>,
}

/// A value as it is written.
enum Value {
    /// Whether it stands in quotes.
    Text(String, bool),
    Pattern(Pattern),
}

impl Reader<'_> {
    fn logic(&self, pair: Pair<'_, Rule>) -> Read<Expr> {
        JOINTS.read(pair, &|it| self.part(it))
    }

    fn part(&self, pair: Pair<'_, Rule>) -> Read<Expr> {
        let Some(it) = pair.into_inner().next() else { return Ok(Expr::Const(true)) };
        let span = self.place.of(&it);
        let rule = it.as_rule();
        let mut inner = it.into_inner();
        let Some(first) = inner.next() else { return Ok(Expr::Const(true)) };
        match rule {
            Rule::group => self.logic(first),
            Rule::nested => Err(self.refuse(
                span,
                "one object of a list is asked for several of its fields",
                "a rule asks each field for any of its values",
            )),
            Rule::alone => match self.value(first)? {
                Value::Pattern(it) if is_anything(&it) => Ok(Expr::Const(true)),
                _ => Err(self.refuse(
                    span,
                    "a value is looked for in all fields",
                    "which are they? a rule names its fields",
                )),
            },
            _ => {
                let field_span = self.place.of(&first);
                let Value::Text(field, _) = self.value(first.clone())? else {
                    let anything =
                        matches!(self.value(first)?, Value::Pattern(it) if is_anything(&it));
                    let value = inner.find(|it| it.as_rule() == Rule::value);
                    if let (true, Some("*")) = (anything, value.map(|it| it.as_str())) {
                        return Ok(Expr::Const(true));
                    }
                    return Err(self.refuse(
                        field_span,
                        "several fields are asked by a pattern of their names",
                        "a rule names its fields",
                    ));
                };
                match rule {
                    Rule::range => {
                        let sign = inner.next().map_or("", |it| it.as_str());
                        self.range(&field, sign, inner.next(), span)
                    }
                    _ => match inner.next() {
                        Some(it) => self.values(&field, it),
                        None => Ok(Expr::Const(true)),
                    },
                }
            }
        }
    }

    fn values(&self, field: &str, pair: Pair<'_, Rule>) -> Read<Expr> {
        let Some(it) = pair.into_inner().next() else { return Ok(Expr::Const(true)) };
        match it.as_rule() {
            Rule::literal => {
                let span = self.place.of(&it);
                let value = self.value(it)?;
                self.test(field, value, span)
            }
            _ => JOINTS.read(it, &|it| self.values(field, it)),
        }
    }

    fn range(
        &self,
        field: &str,
        sign: &str,
        value: Option<Pair<'_, Rule>>,
        span: Span,
    ) -> Read<Expr> {
        let cmp = match sign {
            "<" => Cmp::Lt,
            "<=" => Cmp::Lte,
            ">" => Cmp::Gt,
            _ => Cmp::Gte,
        };
        let value = value.map(|it| self.value(it)).transpose()?;
        let number = match value {
            // In quotes it may be text, which has the order of its letters.
            Some(Value::Text(it, quoted))
                if !quoted || self.columns.kind(field) == Kind::Number =>
            {
                Number::parse(&it)
            }
            _ => None,
        };
        match number {
            Some(it) => Ok(test(field, Predicate::Number(cmp, it), span)),
            None => Err(self.refuse(
                span,
                "text is ordered, or a date is compared",
                "a rule compares numbers only",
            )),
        }
    }

    /// What a field is asked.
    fn test(&self, field: &str, value: Value, span: Span) -> Read<Expr> {
        let kind = self.columns.kind(field);
        let last = field.rsplit('.').next().unwrap_or_default();
        let words = !self.columns.is_known(field) && (WORDS.contains(&field) || last == "text");
        if let Value::Pattern(it) = &value
            && is_anything(it)
        {
            return Ok(test(field, Predicate::Null, span).not());
        }
        if words || kind == Kind::Analyzed {
            return Err(self.refuse(
                span,
                &format!("`{field}` is cut into words, and Kibana looks for words in it"),
                "a rule compares values as they are",
            ));
        }
        let (field, case) = match field.strip_suffix(".caseless") {
            Some(it) => (it, Case::Insensitive),
            None => (field, Case::Sensitive),
        };
        let known = !matches!(kind, Kind::Any);
        Ok(match value {
            Value::Pattern(it) => {
                let blank = it.parts().iter().any(
                    |it| matches!(it, Part::Literal(text) if text.contains(char::is_whitespace)),
                );
                if kind == Kind::Wildcard && blank {
                    return Err(self.refuse(
                        span,
                        "Kibana cuts a pattern at its blanks for a field of this type",
                        "each part of it would be looked for alone",
                    ));
                }
                test(field, Predicate::Text(it, case), span)
            }
            Value::Text(text, quoted) => {
                let address = kind == Kind::Ip || (!known && is_address(field));
                if let Some(net) = Net::parse(&text).filter(|_| address && text.contains('/')) {
                    return Ok(test(field, Predicate::Net(net), span));
                }
                let truth = match text.as_str() {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                };
                let number = Number::parse(&text);
                let predicate = match (truth, number) {
                    (Some(it), _) if kind == Kind::Bool || (!known && !quoted) => {
                        Predicate::Bool(it)
                    }
                    (_, Some(it)) if kind == Kind::Number || (!known && !quoted) => {
                        Predicate::Number(Cmp::Eq, it)
                    }
                    _ => {
                        let case = if address { Case::Insensitive } else { case };
                        Predicate::Text(Pattern::literal(text), case)
                    }
                };
                test(field, predicate, span)
            }
        })
    }

    fn value(&self, pair: Pair<'_, Rule>) -> Read<Value> {
        let span = self.place.of(&pair);
        let text = pair.as_str();
        if let Some(inner) = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            // What is no escape is a backslash and what follows it.
            let read = literal::unescaped(inner, |ch, rest| match ch {
                '"' => Ok(literal::Escaped::One(ch)),
                'u' => Ok(literal::unicode(rest, 4).unwrap_or(literal::Escaped::Kept)),
                _ => Ok(literal::common(ch, "tnr\\").unwrap_or(literal::Escaped::Kept)),
            });
            return Ok(Value::Text(read.unwrap_or_default(), true));
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut chars = text.trim_matches(|ch: char| ch.is_whitespace()).chars();
        while let Some(ch) = chars.next() {
            match ch {
                '*' => {
                    parts.push(Part::Literal(std::mem::take(&mut plain)));
                    parts.push(Part::Run);
                }
                '\\' => match chars.next() {
                    Some('t') => plain.push('\t'),
                    Some('r') => plain.push('\r'),
                    // Before a keyword it makes a word of it.
                    Some('n') if !chars.as_str().to_ascii_lowercase().starts_with("ot") => {
                        plain.push('\n');
                    }
                    Some('u') => match literal::unicode(&mut chars, 4) {
                        Some(literal::Escaped::One(it)) => plain.push(it),
                        _ => {
                            let message = "an escape here is no character";
                            return Err(self.refuse(span, message, "four digits are expected"));
                        }
                    },
                    Some(it) => plain.push(it),
                    None => {}
                },
                it => plain.push(it),
            }
        }
        if parts.is_empty() {
            return match plain.as_str() {
                "null" => {
                    let message = "`null` is no value that Elasticsearch finds";
                    Err(self.refuse(span, message, "write `not field: *` for a missing one"))
                }
                _ => Ok(Value::Text(plain, false)),
            };
        }
        parts.push(Part::Literal(plain));
        Ok(Value::Pattern(Pattern::new(parts)))
    }

    fn refuse(&self, span: Span, message: &str, label: &str) -> Box<Diagnostic> {
        Box::new(unsayable(span, message, label))
    }
}

fn is_anything(pattern: &Pattern) -> bool {
    pattern.parts().iter().all(|it| matches!(it, Part::Run))
}

/// Whether a field holds addresses by its name.
fn is_address(field: &str) -> bool {
    field.rsplit('.').next().is_some_and(|it| it == "ip" || it.ends_with("_ip"))
}

fn test(field: &str, predicate: Predicate, span: Span) -> Expr {
    Expr::Test(Test { field: Field::Named(Arc::from(field)), predicate, span })
}
