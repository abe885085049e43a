//! What is seen of an expression at a glance: an event that it matches, one that it does not.
//!
//! Knows: what most rules look like, and how an event is made that passes them.
//! Does not know: languages, solvers. What is not seen here may be so all the same.
//!
//! **Invariant:** what is seen is confirmed by `matcher`, with regular expressions left out on the safe
//! side: they would cost more to compile than all the rest.

use std::collections::BTreeMap;

use ir::{Cmp, Expr, Field, Number, Part, Pattern, Predicate, Test};
use matcher::Matcher;
use serde_json::{Map, Value};

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

/// An expression that matches no more: where a match is `wanted`, regular expressions find nothing,
/// elsewhere they are found in any value.
fn without_regexes(expr: &Expr, wanted: bool) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(|it| without_regexes(it, wanted)).collect();
    match expr {
        Expr::All(parts) => Expr::All(all(parts)),
        Expr::Any(parts) => Expr::Any(all(parts)),
        Expr::Not(part) => Expr::Not(Box::new(without_regexes(part, !wanted))),
        Expr::Test(test) if matches!(test.predicate, Predicate::Regex(_)) && wanted => {
            Expr::Const(false)
        }
        Expr::Test(test) if matches!(test.predicate, Predicate::Regex(_)) => {
            let anything = Predicate::Text(Pattern::new([Part::Run]), ir::Case::Sensitive);
            Expr::Test(Test { predicate: anything, ..test.clone() })
        }
        Expr::Test(_) | Expr::Const(_) => expr.clone(),
    }
}

/// The name of a field that no rule asks for: keywords are found in any.
const ELSEWHERE: &str = "message";

/// An event in the making.
#[derive(Debug, Default, Clone)]
struct Draft<'a> {
    fields: BTreeMap<&'a str, Held>,
}

/// What a field has to hold.
#[derive(Debug, Clone)]
enum Held {
    /// A text of these pieces: its beginning, what is somewhere in it, its end.
    Text { start: String, within: String, end: String },
    Other(Value),
}

impl<'a> Draft<'a> {
    /// Adds what makes the expression true, or not; `false` when nothing simple does. What has to
    /// be untrue of fields is left to their not being there.
    fn want(&mut self, expr: &'a Expr, wanted: bool) -> bool {
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
                Predicate::Null => self.add_text(test, "x", "", ""),
                _ => true,
            },
        }
    }

    fn pass(&mut self, test: &'a Test) -> bool {
        match &test.predicate {
            Predicate::Text(pattern, _) => self.add_pattern(test, pattern),
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
            Predicate::Exists => self.add_text(test, "", "", ""),
            Predicate::Regex(_)
            | Predicate::Field(..)
            | Predicate::Time(..)
            | Predicate::Query(_) => false,
        }
    }

    fn add_pattern(&mut self, test: &'a Test, pattern: &Pattern) -> bool {
        let parts = pattern.parts();
        let text = |parts: &[Part]| -> String {
            let text = |part: &Part| match part {
                Part::Literal(it) => it.clone(),
                Part::One => "x".to_owned(),
                Part::Run | Part::Placeholder(_) => String::new(),
            };
            parts.iter().map(text).collect()
        };
        let run = |it: &Part| *it == Part::Run;
        match (parts.iter().position(run), parts.iter().rposition(run)) {
            (Some(first), Some(last)) => {
                let (before, after) = (&parts[..first], &parts[last..]);
                self.add_text(test, &text(before), &text(&parts[first..last]), &text(after))
            }
            _ => self.add_text(test, &text(parts), "", ""),
        }
    }

    fn add_text(&mut self, test: &'a Test, start: &str, within: &str, end: &str) -> bool {
        let empty = || Held::Text {
            start: String::new(),
            within: String::new(),
            end: String::new(),
        };
        match self.fields.entry(name(test)).or_insert_with(empty) {
            // What contradicts itself shows when the event is asked.
            Held::Text { start: first, within: middle, end: last } => {
                let longer = |old: &mut String, new: &str| {
                    if new.len() > old.len() {
                        new.clone_into(old);
                    }
                };
                longer(first, start);
                longer(last, end);
                middle.push_str(within);
                true
            }
            Held::Other(_) => false,
        }
    }

    fn add(&mut self, test: &'a Test, value: Value) -> bool {
        let held = self.fields.entry(name(test)).or_insert_with(|| Held::Other(value.clone()));
        matches!(held, Held::Other(it) if *it == value)
    }

    fn event(&self) -> Value {
        let value = |held: &Held| match held {
            Held::Text { start, within, end } => Value::String(format!("{start}{within}{end}")),
            Held::Other(it) => it.clone(),
        };
        let field = |(name, held): (&&str, &Held)| ((*name).to_owned(), value(held));
        Value::Object(self.fields.iter().map(field).collect())
    }
}

fn name(test: &Test) -> &str {
    match &test.field {
        Field::Named(it) => it,
        Field::Anywhere => ELSEWHERE,
    }
}
