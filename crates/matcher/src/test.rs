//! One test, ready to be asked.

use std::sync::Arc;

use ir::{Anchor, Case, Cmp, Field, Net, Number, Predicate, Test, TimePart};
use regex_automata::meta;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::hir::Hir;
use serde_json::Value;

use crate::Unmatchable;
use crate::event::{Scalar, any_string, lookup, values};
use crate::glob::Glob;
use crate::time;

/// The most memory that one compiled regular expression may take, in bytes.
const REGEX_LIMIT: usize = 16 << 20;

#[derive(Debug, Clone)]
pub(crate) struct Check {
    field: Field,
    question: Question,
}

/// What is asked, wherever it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    Text(Glob),
    Regex(meta::Regex),
    Number(Cmp, Number),
    Bool(bool),
    Null,
    Exists,
    Net(Net),
    Field(Arc<str>, Anchor, Case),
    Time(TimePart, Cmp, Number),
}

impl Check {
    pub(crate) fn new(test: &Test) -> Result<Check, Unmatchable> {
        let question = Question::new(&test.predicate)
            .map_err(|reason| Unmatchable { span: test.span, reason })?;
        Ok(Check { field: test.field.clone(), question })
    }

    pub(crate) fn holds(&self, event: &Value) -> bool {
        match &self.field {
            Field::Named(field) => self.question.holds_of(event, field),
            Field::Anywhere => self.question.holds_anywhere(event),
        }
    }
}

impl Question {
    /// # Errors
    ///
    /// Why it can't be asked, as a sentence without its full stop.
    pub(crate) fn new(predicate: &Predicate) -> Result<Question, String> {
        Ok(match predicate {
            Predicate::Text(pattern, case) => {
                Question::Text(Glob::new(pattern, *case).ok_or_else(|| {
                    let names: Vec<_> =
                        pattern.placeholders().map(|it| format!("%{it}%")).collect();
                    format!("the value of {} is not known", names.join(", "))
                })?)
            }
            Predicate::Regex(it) => Question::Regex(
                regex(it.hir()).map_err(|err| format!("the regex can't be run: {err}"))?,
            ),
            Predicate::Number(cmp, it) => Question::Number(*cmp, *it),
            Predicate::Bool(it) => Question::Bool(*it),
            Predicate::Null => Question::Null,
            Predicate::Exists => Question::Exists,
            Predicate::Net(it) => Question::Net(*it),
            Predicate::Field(other, anchor, case) => Question::Field(other.clone(), *anchor, *case),
            Predicate::Time(part, cmp, it) => Question::Time(*part, *cmp, *it),
            Predicate::Query(it) => {
                let text = it.with_field("{field}");
                return Err(format!("only the target knows what `{text}` finds"));
            }
        })
    }

    /// Whether [`new`](Question::new) would take the predicate, without all of its work.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Question::new).
    pub(crate) fn check(predicate: &Predicate) -> Result<(), String> {
        match predicate {
            Predicate::Regex(it) => {
                small_enough(it.hir()).map_err(|err| format!("the regex can't be run: {err}"))
            }
            Predicate::Text(pattern, _) if pattern.placeholders().next().is_none() => Ok(()),
            Predicate::Text(..) | Predicate::Query(_) => Question::new(predicate).map(drop),
            _ => Ok(()),
        }
    }

    /// The answer for a named field.
    pub(crate) fn holds_of(&self, event: &Value, field: &str) -> bool {
        match self {
            Question::Exists => !lookup(event, field).is_empty(),
            Question::Null => values(event, field).is_empty(),
            Question::Field(other, anchor, case) => {
                fields_compare(event, field, other, *anchor, *case)
            }
            question => values(event, field).into_iter().any(|it| question.passes(Scalar::of(it))),
        }
    }

    /// The answer for all strings of the event.
    pub(crate) fn holds_anywhere(&self, event: &Value) -> bool {
        match self {
            Question::Text(glob) => any_string(event, &|it| glob.covers(it)),
            Question::Regex(regex) => any_string(event, &|it| regex.is_match(it)),
            _ => false,
        }
    }

    /// Whether one value passes; only for what is asked of one value alone.
    pub(crate) fn passes(&self, value: Scalar<'_>) -> bool {
        match self {
            Question::Text(glob) => value.text().is_some_and(|it| glob.covers(&it)),
            Question::Regex(regex) => value.text().is_some_and(|it| regex.is_match(&*it)),
            Question::Number(cmp, it) => value.number().is_some_and(|num| cmp.holds(num.cmp(it))),
            Question::Bool(wanted) => match value {
                Scalar::Bool(it) => it == *wanted,
                Scalar::Text(it) => it.eq_ignore_ascii_case(if *wanted { "true" } else { "false" }),
                Scalar::Number(_) | Scalar::Object => false,
            },
            Question::Net(net) => matches!(value, Scalar::Text(it) if net.contains(it)),
            Question::Time(part, cmp, wanted) => {
                let Scalar::Text(it) = value else { return false };
                time::part(it, *part)
                    .is_some_and(|it| cmp.holds(Number::Int(it.into()).cmp(wanted)))
            }
            Question::Null | Question::Exists | Question::Field(..) => false,
        }
    }
}

/// Whether any value of the one field compares so with any value of the other.
pub(crate) fn fields_compare(
    event: &Value,
    field: &str,
    other: &str,
    anchor: Anchor,
    case: Case,
) -> bool {
    let others: Vec<_> = values(event, other).into_iter().map(Scalar::of).collect();
    let mine = values(event, field).into_iter().map(Scalar::of);
    mine.into_iter().any(|a| others.iter().any(|b| compares(a, *b, anchor, case)))
}

/// Whether one value compares so with another.
pub(crate) fn compares(a: Scalar<'_>, b: Scalar<'_>, anchor: Anchor, case: Case) -> bool {
    if anchor == Anchor::Whole
        && let (Some(a), Some(b)) = (a.number(), b.number())
    {
        return a == b;
    }
    let (Some(a), Some(b)) = (a.text(), b.text()) else { return false };
    let holds = |a: &str, b: &str| match anchor {
        Anchor::Whole => a == b,
        Anchor::Start => a.starts_with(b),
        Anchor::End => a.ends_with(b),
        Anchor::Within => a.contains(b),
    };
    match case {
        Case::Sensitive => holds(&a, &b),
        Case::Insensitive => holds(&ir::fold::fold_text(&a), &ir::fold::fold_text(&b)),
    }
}

/// Whether [`regex`] would compile it.
fn small_enough(hir: &Hir) -> Result<(), String> {
    let config = thompson::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(REGEX_LIMIT));
    match thompson::Compiler::new().configure(config).build_from_hir(hir) {
        Ok(_) => Ok(()),
        Err(err) => Err(match err.size_limit() {
            Some(limit) => format!("it needs more than {} MiB of memory", limit >> 20),
            None => err.to_string(),
        }),
    }
}

/// Compiles a regular expression, within [`REGEX_LIMIT`].
pub(crate) fn regex(hir: &Hir) -> Result<meta::Regex, String> {
    let config = meta::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(REGEX_LIMIT))
        .onepass_size_limit(Some(1 << 20))
        .dfa_size_limit(Some(1 << 20))
        .hybrid_cache_capacity(4 << 20);
    meta::Builder::new().configure(config).build_from_hir(hir).map_err(|err| {
        match err.size_limit() {
            Some(limit) => format!("it needs more than {} MiB of memory", limit >> 20),
            None => err.to_string(),
        }
    })
}
