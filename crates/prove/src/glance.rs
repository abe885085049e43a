//! What is seen of an expression at a glance: an event that it matches, one that it does not.
//!
//! Knows: what most rules look like, and how an event is made that passes them.
//! Does not know: languages, solvers. What is not seen here may be so all the same.
//!
//! **Invariant:** what is seen is confirmed by `matcher`. Regular expressions would cost more to compile
//! than all the rest, so they are replaced on the safe side: by one text that surely passes them,
//! or by any value where they must not be found.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ir::{Cmp, Expr, Field, Number, Part, Pattern, Predicate, Regex, Test};
use matcher::Matcher;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use serde_json::{Map, Value};

use crate::event::nested;
use crate::pieces::{Lead, Pieces};

/// What is plain to see of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Some event matches, and holds one value a field. `false` says nothing.
    pub can_match: bool,
    /// The event that holds nothing does not match.
    pub can_miss: bool,
}

/// Looks at an expression without deciding anything; `None` when it can't be asked about events.
///
/// A small part of the cost of [`crate::never_matches`], and enough for nearly all rules.
pub fn glance(expr: &Expr) -> Option<Glance> {
    let matcher = Matcher::new(&without_regexes(expr, true)).ok()?;
    let mut draft = Draft::default();
    let can_match = draft.want(expr, true) && matcher.matches(&draft.event());
    // Without a value a regular expression finds nothing, and what stands for it neither.
    let can_miss = !matcher.matches(&Value::Object(Map::new()));
    Some(Glance { can_match, can_miss })
}

/// An event on which the expression has this verdict, where one is plain to see and the matcher
/// confirms it.
pub(crate) fn witness(expr: &Expr, wanted: bool, matcher: &Matcher) -> Option<Value> {
    let holds = |event: &Value| matcher.matches(event) == wanted;
    let mut draft = Draft::default();
    if !draft.want(expr, wanted) {
        return None;
    }
    let flat = draft.event();
    if !holds(&flat) {
        return None;
    }
    let nested = nested(draft.values());
    Some(if holds(&nested) { nested } else { flat })
}

/// An expression that matches no more: where a match is `wanted`, a regular expression becomes one text
/// in which it is found, elsewhere it is found in any value.
fn without_regexes(expr: &Expr, wanted: bool) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(|it| without_regexes(it, wanted)).collect();
    match expr {
        Expr::All(parts) => Expr::All(all(parts)),
        Expr::Any(parts) => Expr::Any(all(parts)),
        Expr::Not(part) => Expr::Not(Box::new(without_regexes(part, !wanted))),
        Expr::Test(test) => {
            let Predicate::Regex(regex) = &test.predicate else { return expr.clone() };
            let pattern = if wanted {
                let Some(it) = sample(regex) else { return Expr::Const(false) };
                Pattern::literal(it)
            } else {
                Pattern::new([Part::Run])
            };
            let predicate = Predicate::Text(pattern, ir::Case::Sensitive);
            Expr::Test(Test { predicate, ..test.clone() })
        }
        Expr::Const(_) => expr.clone(),
    }
}

/// A text in which the expression is surely found, where one is plain to see.
fn sample(regex: &Regex) -> Option<String> {
    let mut res = String::new();
    spell(regex.plain_hir(), &mut res, &mut false).then_some(res)
}

/// The longest sample, so that `a{1000}{1000}` costs nothing.
const LONGEST: usize = 1_000;

/// Adds a text of the language to `text`, of which `ended` says that nothing may follow.
fn spell(hir: &Hir, text: &mut String, ended: &mut bool) -> bool {
    let before = text.len();
    let done = match hir.kind() {
        HirKind::Empty => true,
        HirKind::Literal(it) => std::str::from_utf8(&it.0).is_ok_and(|it| {
            text.push_str(it);
            true
        }),
        HirKind::Class(Class::Unicode(it)) => {
            // A letter looks like something; a control character may need care.
            let plain = |ch: &char| it.iter().any(|it| it.start() <= *ch && *ch <= it.end());
            let first = || it.iter().map(|it| it.start()).next();
            let ch = ['a', 'A', '1', ' ', '.'].into_iter().find(plain).or_else(first);
            text.extend(ch);
            ch.is_some()
        }
        HirKind::Class(Class::Bytes(_)) => false,
        HirKind::Look(Look::Start | Look::StartLF) => text.is_empty(),
        HirKind::Look(Look::End | Look::EndLF) => {
            *ended = true;
            true
        }
        HirKind::Look(_) => false,
        HirKind::Repetition(it) => {
            (0..it.min).all(|_| text.len() - before <= LONGEST && spell(&it.sub, text, ended))
        }
        HirKind::Capture(it) => spell(&it.sub, text, ended),
        HirKind::Concat(parts) => {
            for part in parts {
                let (at, over) = (text.len(), *ended);
                if !spell(part, text, ended) || (over && text.len() > at) {
                    return false;
                }
            }
            true
        }
        HirKind::Alternation(parts) => parts.iter().any(|it| {
            let (at, over) = (text.len(), *ended);
            let done = spell(it, text, ended);
            if !done {
                text.truncate(at);
                *ended = over;
            }
            done
        }),
    };
    done && text.len() <= LONGEST
}

/// The name of a field that no rule asks for: keywords are found in any.
const ELSEWHERE: &str = "message";

/// An event in the making.
#[derive(Debug, Default, Clone)]
pub(crate) struct Draft<'a> {
    fields: BTreeMap<&'a str, Held<'a>>,
}

/// What a field has to hold.
#[derive(Debug, Clone)]
enum Held<'a> {
    /// A text of all these patterns; any when there is none.
    Text(Vec<Cow<'a, Pattern>>),
    Other(Value),
}

impl<'a> Draft<'a> {
    /// Adds what makes the expression true, or not; `false` when nothing simple does. What has to
    /// be untrue of fields is left to their not being there.
    pub(crate) fn want(&mut self, expr: &'a Expr, wanted: bool) -> bool {
        match (expr, wanted) {
            (Expr::Not(part), _) => self.want(part, !wanted),
            (Expr::Const(it), _) => *it == wanted,
            (Expr::All(parts), true) | (Expr::Any(parts), false) => {
                parts.iter().all(|it| self.want(it, wanted))
            }
            (Expr::All(parts), false) | (Expr::Any(parts), true) => parts.iter().any(|it| {
                let before = self.clone();
                let done = self.want(it, wanted);
                if !done {
                    *self = before;
                }
                done
            }),
            (Expr::Test(test), true) => self.pass(test),
            (Expr::Test(test), false) => match &test.predicate {
                Predicate::Null => self.hold(test),
                _ => true,
            },
        }
    }

    /// Adds what makes the verdict hang on one part of the expression, to which the places in lists
    /// lead; `false` when nothing simple does.
    pub(crate) fn want_needed(&mut self, expr: &'a Expr, path: &[usize]) -> bool {
        match (expr, path) {
            (Expr::Not(part), _) => self.want_needed(part, path),
            (Expr::All(parts) | Expr::Any(parts), [at, rest @ ..]) => {
                // The others leave the verdict to the part, which turns it.
                let open = matches!(expr, Expr::All(_));
                let mut others = parts.iter().enumerate().filter(|it| it.0 != *at);
                let Some(part) = parts.get(*at) else { return false };
                let done = match rest {
                    [] => self.want(part, !open),
                    rest => self.want_needed(part, rest),
                };
                done && others.all(|(_, it)| self.want(it, open))
            }
            _ => false,
        }
    }

    fn pass(&mut self, test: &'a Test) -> bool {
        match &test.predicate {
            Predicate::Text(pattern, _) => self.add_text(test, Cow::Borrowed(pattern)),
            Predicate::Number(cmp, number) => {
                let Number::Int(it) = *number else { return false };
                let value = match cmp {
                    Cmp::Eq | Cmp::Lte | Cmp::Gte => Some(it),
                    Cmp::Lt => it.checked_sub(1),
                    Cmp::Gt => it.checked_add(1),
                };
                let value = value.and_then(|it| i64::try_from(it).ok());
                value.is_some_and(|it| self.add(test, Value::from(it)))
            }
            Predicate::Bool(it) => self.add(test, Value::from(*it)),
            Predicate::Net(it) => self.add(test, Value::from(it.address().to_string())),
            Predicate::Null => true,
            Predicate::Exists => self.hold(test),
            Predicate::Regex(it) => {
                sample(it).is_some_and(|it| self.add_text(test, Cow::Owned(Pattern::literal(it))))
            }
            Predicate::Field(..) | Predicate::Time(..) | Predicate::Query(_) => false,
        }
    }

    /// The field holds something.
    fn hold(&mut self, test: &'a Test) -> bool {
        self.fields.entry(name(test)).or_insert_with(|| Held::Text(Vec::new()));
        true
    }

    fn add_text(&mut self, test: &'a Test, pattern: Cow<'a, Pattern>) -> bool {
        match self.fields.entry(name(test)).or_insert_with(|| Held::Text(Vec::new())) {
            // What contradicts itself shows when the event is asked.
            Held::Text(patterns) => {
                patterns.push(pattern);
                true
            }
            Held::Other(_) => false,
        }
    }

    fn add(&mut self, test: &'a Test, value: Value) -> bool {
        let held = self.fields.entry(name(test)).or_insert_with(|| Held::Other(value.clone()));
        matches!(held, Held::Other(it) if *it == value)
    }

    /// The fields and what they hold: a text, a number or a boolean.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'a str, Value)> {
        self.fields.iter().map(|(name, held)| {
            let value = match held {
                Held::Text(patterns) if patterns.is_empty() => Value::from("x"),
                Held::Text(patterns) => {
                    let pieces = Pieces::of(patterns.iter().map(Cow::as_ref), "x");
                    Value::String(pieces.join(" ", Lead::Place, ""))
                }
                Held::Other(it) => it.clone(),
            };
            (*name, value)
        })
    }

    /// The event, each field under its whole name.
    pub(crate) fn event(&self) -> Value {
        Value::Object(self.values().map(|(name, it)| (name.to_owned(), it)).collect())
    }
}

fn name(test: &Test) -> &str {
    match &test.field {
        Field::Named(it) => it,
        Field::Anywhere => ELSEWHERE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_pass_their_expressions() {
        let texts = [
            r"^(\w+|x)\.(exe|dll)$",
            r"[^a-z]{2}\d",
            "a|b$",
            "(?:^|/)x",
            "(^a|b)c",
            "x{3,}$",
            "",
            r"\s*$",
            "[[:^ascii:]]+",
            "(a$)?b",
            "((a|^b)c){2}",
            "(a$|b)c",
        ];
        let mut seen = 0;
        for text in texts {
            let regex = Regex::new(text, false, false, false).unwrap();
            let Some(sample) = sample(&regex) else { continue };
            seen += 1;
            let test = Test {
                field: Field::Named("f".into()),
                predicate: Predicate::Regex(regex.into()),
                span: source::Span::new(source::FileId::FIRST, 0, 0),
            };
            let matcher = Matcher::new(&Expr::Test(test)).unwrap();
            assert!(matcher.matches(&serde_json::json!({ "f": sample })), "{text}: `{sample}`");
        }
        assert!(seen >= 10, "{seen}");
    }
}
