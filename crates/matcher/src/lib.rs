//! Evaluates rules over events: the executable meaning of a rule.
//!
//! Knows: events; evaluates rules over them.
//! Does not know: targets, YAML.
//!
//! Every fact is a numbered line of `docs/semantics.md`, with a test of the same number.

pub mod correlate;
pub mod engine;
mod event;
mod glob;
pub mod native;
mod test;
mod time;

use std::fmt;

use ir::Expr;
use serde_json::Value;
use source::Span;

use crate::test::Check;

pub use event::{lookup, values};
pub use glob::covers;
pub use serde_json;

/// A rule's expression, ready to be asked about events.
#[derive(Debug, Clone)]
pub struct Matcher {
    root: Node,
}

/// Why an expression can't be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatchable {
    /// The test that stands in the way.
    pub span: Span,
    /// What is wrong with it, as a sentence without its full stop.
    pub reason: String,
}

impl fmt::Display for Unmatchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl std::error::Error for Unmatchable {}

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Span, Check),
    Const(bool),
}

impl Matcher {
    /// Prepares `expr`: compiles its regular expressions and patterns.
    ///
    /// # Errors
    ///
    /// When a pattern holds a placeholder that was not resolved, or a regular expression is too
    /// large to run.
    pub fn new(expr: &Expr) -> Result<Matcher, Unmatchable> {
        Ok(Matcher { root: Node::new(expr)? })
    }

    /// Whether the expression is true of `event`.
    pub fn matches(&self, event: &Value) -> bool {
        self.root.holds(event)
    }

    /// For each test, in the order written, where it stands and whether `event` passes it.
    ///
    /// Negations around a test are not applied: the answer is the test's own.
    pub fn why(&self, event: &Value) -> Vec<(Span, bool)> {
        let mut res = Vec::new();
        self.root.why(event, &mut res);
        res
    }

    /// The tests that decide the verdict on `event`, and whether it passes each: of alternatives
    /// that hold only those, of a conjunction that fails only what fails in it.
    pub fn because(&self, event: &Value) -> Vec<(Span, bool)> {
        let mut res = Vec::new();
        self.root.because(event, &mut res);
        res
    }
}

impl Node {
    fn new(expr: &Expr) -> Result<Node, Unmatchable> {
        let group = |parts: &[Expr]| parts.iter().map(Node::new).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::All(parts) => Node::All(group(parts)?),
            Expr::Any(parts) => Node::Any(group(parts)?),
            Expr::Not(part) => Node::Not(Box::new(Node::new(part)?)),
            Expr::Test(test) => Node::Test(test.span, Check::new(test)?),
            Expr::Const(it) => Node::Const(*it),
        })
    }

    fn holds(&self, event: &Value) -> bool {
        match self {
            Node::All(parts) => parts.iter().all(|it| it.holds(event)),
            Node::Any(parts) => parts.iter().any(|it| it.holds(event)),
            Node::Not(part) => !part.holds(event),
            Node::Test(_, check) => check.holds(event),
            Node::Const(it) => *it,
        }
    }

    fn because(&self, event: &Value, res: &mut Vec<(Span, bool)>) {
        match self {
            Node::All(parts) | Node::Any(parts) => {
                let holds = self.holds(event);
                for part in parts.iter().filter(|it| it.holds(event) == holds) {
                    part.because(event, res);
                }
            }
            Node::Not(part) => part.because(event, res),
            Node::Test(span, check) => res.push((*span, check.holds(event))),
            Node::Const(_) => {}
        }
    }

    fn why(&self, event: &Value, res: &mut Vec<(Span, bool)>) {
        match self {
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    part.why(event, res);
                }
            }
            Node::Not(part) => part.why(event, res),
            Node::Test(span, check) => res.push((*span, check.holds(event))),
            Node::Const(_) => {}
        }
    }
}
