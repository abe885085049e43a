//! What fields are asked: whole values, expressions, functions.

use std::sync::Arc;

use ir::{Case, Expr, Net, Part, Pattern, Predicate, Regex};
use pest::iterators::Pair;
use source::Span;
use target::Kind;

use super::{Read, Reader, Rule, Value, innermost, test};
use crate::place::unsayable;
use crate::regex_text::Fold;
use crate::{ascii, literal, lucene};

impl Reader<'_> {
    /// Text that is the whole value; on a column of addresses it is one of them.
    pub(super) fn exact(&self, field: &Arc<str>, text: String, uncased: bool, span: Span) -> Expr {
        let pattern = Pattern::literal(text);
        let predicate = match uncased {
            true => ascii::uncased(pattern),
            // Addresses are kept as numbers, whatever the case of their digits.
            false if self.columns.kind(field) == Kind::Ip => {
                Predicate::Text(pattern, Case::Insensitive)
            }
            false => Predicate::Text(pattern, Case::Sensitive),
        };
        test(field, predicate, span)
    }

    pub(super) fn regex(
        &self,
        field: &Arc<str>,
        text: &str,
        uncased: bool,
        span: Span,
        literal: &Pair<'_, Rule>,
    ) -> Read<Expr> {
        let refuse = |(message, at): (String, usize)| {
            // Where no escape stands before it, the place in the text is one in the query.
            let quote = if literal.as_rule() == Rule::raw { 3 } else { 1 };
            let from = literal.as_span().start() + quote + at;
            let exact = literal.as_str().get(quote + at..).zip(text.get(at..));
            let same = exact.is_some_and(|(a, b)| a.chars().next() == b.chars().next());
            let span = if same { self.place.span(from, from + 1) } else { span };
            Box::new(unsayable(
                span,
                format!("this regular expression is not read: {message}"),
                "Lucene's own operators have no counterpart in a rule",
            ))
        };
        let fold = if uncased { Fold::Ascii } else { Fold::No };
        let folded = lucene::read(text, fold).map_err(refuse)?;
        let plain = lucene::read(text, Fold::No).map_err(refuse)?;
        let make = |text: &str, i: bool| Regex::new(text, i, false, true);
        let found = make(&folded, false).and_then(|exact| {
            // The flag `i` is easier to read, where it means no more than both cases of each letter.
            let flagged = make(&plain, uncased)?;
            Ok(if uncased && flagged.hir() == exact.hir() { flagged } else { exact })
        });
        match found {
            Ok(regex) => Ok(test(field, Predicate::Regex(Arc::new(regex)), span)),
            Err(err) => Err(Box::new(unsayable(
                span,
                format!("this regular expression is not read: {}", err.message),
                "no engine of ours takes it",
            ))),
        }
    }

    /// A function that asks something of a field.
    pub(super) fn call(&self, pair: Pair<'_, Rule>, span: Span) -> Read<Expr> {
        let mut inner = pair.into_inner();
        let name = inner.next().map(|it| it.as_str().to_owned()).unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let (word, uncased) = match lower.strip_suffix('~') {
            Some(it) => (it, true),
            None => (lower.as_str(), false),
        };
        let ends = match word {
            "startswith" => Some((false, true)),
            "endswith" => Some((true, false)),
            "stringcontains" => Some((true, true)),
            "cidrmatch" | "wildcard" | "match" => None,
            _ => {
                return Err(Box::new(
                    unsayable(
                        span,
                        format!("the function `{name}` has no counterpart in a rule"),
                        "it computes a value",
                    )
                    .with_help("say what it asks with `like` or `regex`"),
                ));
            }
        };
        let arguments: Vec<Pair<'_, Rule>> = inner.collect();
        let [field, values @ ..] = arguments.as_slice() else { return Err(self.odd(span)) };
        let field = self.field(self.value(field.clone())?, self.place.of(field))?;
        if values.is_empty() {
            return Err(self.odd(span));
        }
        let mut parts = Vec::new();
        for it in values {
            let at = self.place.of(it);
            let Value::Text(text) = self.value(it.clone())? else { return Err(self.odd(at)) };
            let predicate = match (word, ends) {
                ("cidrmatch", _) => match Net::parse(&text) {
                    Some(net) => Predicate::Net(net),
                    None => {
                        return Err(Box::new(unsayable(
                            at,
                            format!("`{text}` is no network"),
                            "an address and a number of bits are expected",
                        )));
                    }
                },
                ("match", _) => {
                    let Some(literal) = innermost(it.clone()) else { return Err(self.odd(at)) };
                    parts.push(self.regex(&field, &text, uncased, at, &literal)?);
                    continue;
                }
                // This one ignored case before there was a `~`.
                ("wildcard", _) => ascii::uncased(literal::wildcards(&text)),
                (_, Some((before, after))) => {
                    let run = |it: bool| it.then_some(Part::Run);
                    let pattern = Pattern::new(
                        run(before).into_iter().chain([Part::Literal(text)]).chain(run(after)),
                    );
                    match uncased {
                        true => ascii::uncased(pattern),
                        false => Predicate::Text(pattern, Case::Sensitive),
                    }
                }
                _ => return Err(self.odd(at)),
            };
            parts.push(test(&field, predicate, at));
        }
        Ok(Expr::any(parts))
    }
}
