//! Sequences: events that stand one after the other.
//!
//! A correlation says the same, where the sequence has a span, and each of its events a condition.

use diagnostic::Diagnostic;
use ir::{Expr, Field, Predicate};
use pest::iterators::Pair;
use source::Span;

use super::{Chain, Link, Read, Reader, Rule};
use crate::place::{aside, unsayable};

/// A field that joins events.
#[derive(Debug, Clone)]
struct Key {
    name: String,
    /// Where it stands, when events that lack it are joined, too.
    optional: Option<Span>,
}

impl Reader<'_> {
    pub(super) fn sequence(&self, pair: Pair<'_, Rule>) -> Read<Chain> {
        let start = self.place.span(pair.as_span().start(), pair.as_span().start() + 8);
        let again = aside(
            start,
            "that a sequence is told once and begins anew is left aside",
            "a correlation matches again with each further event",
        );
        let mut chain = Chain { links: Vec::new(), runs: None, seconds: 0, aside: vec![again] };
        let mut keys = Vec::new();
        let mut runs = None;
        for it in pair.into_inner() {
            let span = self.place.of(&it);
            match it.as_rule() {
                Rule::by => keys = self.keys(it)?,
                Rule::maxspan => {
                    let text = it.into_inner().last().map_or("", |it| it.as_str().trim());
                    let Some(seconds) = seconds(text) else {
                        let message = format!("`{text}` is no span of a correlation");
                        return Err(self.unsaid(span, message, "at least a second is expected"));
                    };
                    chain.seconds = seconds;
                }
                Rule::link => {
                    let (link, count) = self.link(it, &keys, span)?;
                    chain.links.push(link);
                    runs = runs.or(count.map(|it| (it, span)));
                }
                Rule::until => {
                    let message = "the sequence ends with another event";
                    return Err(self.unsaid(span, message, "a correlation has no such end"));
                }
                Rule::pipe => return Err(self.pipe(&it)),
                _ => {}
            }
        }
        if chain.seconds == 0 {
            let message = "the sequence has no `maxspan`";
            return Err(self.unsaid(start, message, "a correlation is about a span of time"));
        }
        let first = chain.links.first().map_or(0, |it| it.keys.len());
        if let Some(other) = chain.links.iter().find(|it| it.keys.len() != first) {
            let message = "the events of the sequence have different numbers of keys";
            return Err(self.unsaid(other.span, message, "each is joined by all of them"));
        }
        if first > 0 {
            chain.aside.push(aside(
                start,
                "events with the empty text for a key are left aside",
                "in a correlation an empty text is no value",
            ));
        }
        if let Some((count, span)) = runs {
            if chain.links.len() > 1 || count < 2 {
                let message = "an event of the sequence is there several times";
                return Err(self.unsaid(span, message, "a correlation asks for each event once"));
            }
            chain.runs = Some(count);
        } else if chain.links.len() < 2 {
            return Err(self.unsaid(start, "a sequence is of two events or more", "there is one"));
        }
        Ok(chain)
    }

    fn link(&self, pair: Pair<'_, Rule>, common: &[Key], span: Span) -> Read<(Link, Option<u64>)> {
        let mut link = None;
        let mut keys = common.to_vec();
        let mut runs = None;
        for it in pair.into_inner() {
            match it.as_rule() {
                Rule::missing => {
                    let message = "the sequence asks that an event is missing";
                    return Err(self.unsaid(span, message, "a correlation asks for events"));
                }
                Rule::event => link = Some(self.event(it)?),
                Rule::by => keys.extend(self.keys(it)?),
                Rule::runs => {
                    let count = it.into_inner().last();
                    runs = Some(count.and_then(|it| it.as_str().parse().ok()).unwrap_or(0));
                }
                _ => {}
            }
        }
        let query = link.ok_or_else(|| self.odd(span))?;
        let lacks = |it: &&Key| it.optional.is_some() && !asks_for(&query.expr, &it.name);
        if let Some(at) = keys.iter().find(lacks).and_then(|it| it.optional) {
            let message = "a key of the sequence may be missing";
            return Err(self.unsaid(at, message, "a correlation leaves out such events"));
        }
        let keys = keys.into_iter().map(|it| it.name).collect();
        Ok((Link { query, keys, span }, runs))
    }

    fn keys(&self, pair: Pair<'_, Rule>) -> Read<Vec<Key>> {
        let mut res = Vec::new();
        for it in pair.into_inner().filter(|it| it.as_rule() == Rule::field) {
            let span = self.place.of(&it);
            let optional = it.as_str().starts_with('?').then_some(span);
            res.push(Key { name: self.named(it, span)?, optional });
        }
        Ok(res)
    }

    fn unsaid(&self, span: Span, message: impl Into<String>, label: &str) -> Box<Diagnostic> {
        Box::new(unsayable(span, message, label).with_help(
            "import each bracket as a query of its own, and relate the rules by a correlation",
        ))
    }
}

/// Whether an event must hold a value of the field.
fn asks_for(expr: &Expr, name: &str) -> bool {
    let this = |it: &Expr| match it {
        Expr::Not(inner) => matches!(&**inner, Expr::Test(it)
            if it.predicate == Predicate::Null && matches!(&it.field, Field::Named(it) if **it == *name)),
        _ => false,
    };
    match expr {
        Expr::All(parts) => parts.iter().any(this),
        it => this(it),
    }
}

/// `5m` in seconds.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.find(|ch: char| !ch.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" if count.is_multiple_of(1000) => return Some(count / 1000).filter(|it| *it > 0),
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    count.checked_mul(unit).filter(|it| *it > 0)
}
