//! Conditions of Falco rules.
//!
//! - A missing field passes no comparison, not even `!=`. `not` is true where its part is not.
//! - Comparisons tell case apart, but for `icontains`, `iglob` and what `tolower` changes, which fold
//!   ASCII letters.
//! - `glob` is `fnmatch` without flags; `regex` is RE2's POSIX syntax, and covers the whole value.
//! - A macro stands for its condition, a list for its items.

mod glob;
mod grammar;
mod posix;

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Anchor, Case, Cmp, Expr, Field, Net, Number, Part, Pattern, Predicate, Regex, Test};
use pest::Parser;
use pest::iterators::Pair;
use source::Span;
use target::Kind;

use crate::columns::Columns;
use crate::literal as quoted;
use crate::place::{Lexis, Place, unsayable};
use crate::regex_text::{Fold, literal};
use crate::{Query, ascii};
use grammar::{ConditionParser, Rule};

const NAME: &str = "a Falco condition";
const HELP: &str = "a condition is comparisons and macros joined by `and`, `or` and `not`, words in lower \
                    case";

type Read<T> = Result<T, Box<Diagnostic>>;

/// What names stand for.
#[derive(Debug, Default)]
pub struct Names {
    /// Conditions; why, where one can't be read.
    pub macros: BTreeMap<String, Result<Expr, Option<Diagnostic>>>,
    /// Items, lists within lists already opened.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// Reads a condition that uses no names.
pub fn read(place: &Place<'_>, columns: &Columns<'_>) -> Result<Vec<Query>, Vec<Diagnostic>> {
    let expr = condition(place, columns, &Names::default())?;
    Ok(vec![Query::of(expr)])
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
        match pair.as_rule() {
            rule @ (Rule::any | Rule::all) => {
                let parts = pair.into_inner();
                let parts = parts.filter(|it| matches!(it.as_rule(), Rule::all | Rule::not));
                let parts = parts.map(|it| self.logic(it)).collect::<Read<Vec<Expr>>>()?;
                Ok(if rule == Rule::any { Expr::any(parts) } else { Expr::all(parts) })
            }
            _ => {
                let (mut negated, mut res) = (false, Expr::Const(true));
                for it in pair.into_inner() {
                    match it.as_rule() {
                        Rule::negation => negated = !negated,
                        _ => res = self.test(it)?,
                    }
                }
                Ok(if negated { res.not() } else { res })
            }
        }
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

    fn one(&self, left: &Operand, word: &str, value: &Value, span: Span) -> Read<Expr> {
        let present = || test(&left.name, Predicate::Null, span).not();
        if word == "!=" {
            let same = self.one(left, "=", value, span)?;
            return Ok(Expr::all(vec![present(), same.not()]));
        }
        let predicate = match value {
            Value::Field(other) => self.beside(left, word, other, span)?,
            Value::Bare(text) => match self.typed(left, word, text) {
                Some(it) => it,
                None => return self.text_test(left, word, text, span),
            },
            Value::Text(text) => match self.network(left, word, text) {
                Some(net) => Predicate::Net(net),
                None if left.kind == Kind::Number => match self.typed(left, word, text) {
                    Some(it) => it,
                    None => return Err(self.odd(span)),
                },
                None => return self.text_test(left, word, text, span),
            },
        };
        Ok(test(&left.name, predicate, span))
    }

    /// A number, a boolean or a network, where the field and the spelling say so.
    fn typed(&self, left: &Operand, word: &str, text: &str) -> Option<Predicate> {
        if let Some(net) = self.network(left, word, text) {
            return Some(Predicate::Net(net));
        }
        let cmp = match word {
            "=" | "==" => Cmp::Eq,
            "<" => Cmp::Lt,
            "<=" => Cmp::Lte,
            ">" => Cmp::Gt,
            ">=" => Cmp::Gte,
            _ => return None,
        };
        if matches!(left.kind, Kind::Bool | Kind::Any) && cmp == Cmp::Eq {
            match text {
                "true" => return Some(Predicate::Bool(true)),
                "false" => return Some(Predicate::Bool(false)),
                _ => {}
            }
        }
        if matches!(left.kind, Kind::Number | Kind::Any) || cmp != Cmp::Eq {
            return Number::parse(text).map(|it| Predicate::Number(cmp, it));
        }
        // What is known of a field's kind may be that nothing is known.
        let known = self.columns.is_known(&left.name);
        let number = Number::parse(text).filter(|_| !known && left.change == Change::Nothing);
        number.map(|it| Predicate::Number(cmp, it))
    }

    /// Networks are asked of fields of networks, and of addresses.
    fn network(&self, left: &Operand, word: &str, text: &str) -> Option<Net> {
        let last = left.name.rsplit('.').next().unwrap_or_default();
        let nets = matches!(last, "net" | "cnet" | "snet" | "lnet" | "rnet");
        let equal = matches!(word, "=" | "==");
        let asked = nets || (text.contains('/') && (left.kind == Kind::Ip || last.ends_with("ip")));
        Net::parse(text).filter(|_| equal && asked)
    }

    fn beside(&self, left: &Operand, word: &str, other: &Operand, span: Span) -> Read<Predicate> {
        let anchor = match word {
            "=" | "==" => Anchor::Whole,
            "startswith" => Anchor::Start,
            "endswith" => Anchor::End,
            "contains" | "icontains" => Anchor::Within,
            _ => return Err(self.odd(span)),
        };
        let lower = |it: &Operand| matches!(it.change, Change::Lower | Change::Upper);
        let case = match (lower(left), lower(other)) {
            (false, false) if word == "icontains" => Case::Insensitive,
            (false, false) => Case::Sensitive,
            (true, true) if left.change == other.change => Case::Insensitive,
            _ => return Err(self.odd(span)),
        };
        if left.change == Change::BaseName || other.change == Change::BaseName {
            return Err(self.odd(span));
        }
        Ok(Predicate::Field(other.name.clone(), anchor, case))
    }

    fn text_test(&self, left: &Operand, word: &str, text: &str, span: Span) -> Read<Expr> {
        let bytes;
        let (word, text) = match word {
            "bcontains" | "bstartswith" => {
                let found = unhex(text).and_then(|it| String::from_utf8(it).ok());
                let Some(found) = found else {
                    return Err(self.refuse(
                        span,
                        "these bytes are not text",
                        "a rule compares text",
                    ));
                };
                bytes = found;
                (&word[1..], bytes.as_str())
            }
            it => (it, text),
        };
        let fold = match (left.change, word) {
            (Change::Lower | Change::Upper, _) | (_, "icontains" | "iglob") => Fold::Ascii,
            _ => Fold::No,
        };
        let kept = match (left.change, word) {
            (_, "icontains" | "iglob") => true,
            (Change::Lower, _) => !text.chars().any(|it| it.is_ascii_uppercase()),
            (Change::Upper, _) => !text.chars().any(|it| it.is_ascii_lowercase()),
            _ => true,
        };
        if !kept && !matches!(word, "regex" | "glob") {
            return Ok(Expr::Const(false));
        }
        if !kept {
            return Err(self.refuse(
                span,
                "a pattern with letters that the change before it leaves none of",
                "it may never match",
            ));
        }
        let run = || vec![Part::Run];
        let lit = || vec![Part::Literal(text.to_owned())];
        let parts = match word {
            "=" | "==" => lit(),
            "contains" | "icontains" => [run(), lit(), run()].concat(),
            "startswith" => [lit(), run()].concat(),
            "endswith" => [run(), lit()].concat(),
            "glob" | "iglob" if left.change != Change::BaseName => {
                let found = glob::read(text, fold).map_err(|why| self.refuse(span, why, "here"))?;
                return Ok(test(&left.name, found, span));
            }
            "regex" if left.change != Change::BaseName => {
                let made = posix::read(text, fold)
                    .and_then(|it| Regex::new(&it, false, false, false).map_err(|err| err.message));
                let regex = made.map_err(|why| {
                    let message = format!("this regular expression is not read: {why}");
                    self.refuse(span, message, "here")
                })?;
                return Ok(test(&left.name, Predicate::Regex(Arc::new(regex)), span));
            }
            "pmatch" if left.change == Change::Nothing => {
                let path = text.trim_end_matches('/');
                let of = |parts: Vec<Part>| {
                    let pattern = Pattern::new(parts);
                    test(&left.name, Predicate::Text(pattern, Case::Sensitive), span)
                };
                let itself = vec![Part::Literal(path.to_owned())];
                let below = vec![Part::Literal(format!("{path}/")), Part::Run];
                return Ok(Expr::any(vec![of(itself), of(below)]));
            }
            _ => return Err(self.odd(span)),
        };
        let predicate = match (left.change, fold) {
            (Change::BaseName, _) => match base_name(&parts) {
                Some(it) => it,
                None => return Ok(Expr::Const(false)),
            },
            (_, Fold::Ascii) => ascii::uncased(Pattern::new(parts)),
            _ => Predicate::Text(Pattern::new(parts), Case::Sensitive),
        };
        Ok(test(&left.name, predicate, span))
    }

    fn text(&self, text: &str, span: Span) -> Read<String> {
        let quote = text.chars().next();
        let read = quoted::unescaped(&text[1..text.len() - 1], |ch, _| match Some(ch) == quote {
            true => Ok(quoted::Escaped::One(ch)),
            false => quoted::common(ch, "bfnrt\\/").ok_or_else(|| ch.to_string()),
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

/// A pattern about what follows the last slash; `None` when it holds a slash itself.
fn base_name(parts: &[Part]) -> Option<Predicate> {
    let mut text = String::from(r"(?:\A|/)");
    for part in parts {
        match part {
            Part::Literal(it) if it.contains('/') => return None,
            Part::Literal(it) => it.chars().for_each(|ch| literal(ch, Fold::No, &mut text)),
            _ => text.push_str("[^/]*"),
        }
    }
    text.push_str(r"\z");
    Some(Predicate::Regex(Arc::new(Regex::new(&text, false, false, true).ok()?)))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok()).collect()
}
