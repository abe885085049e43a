//! Expressions and tests.

use std::sync::Arc;

use source::Span;

use crate::{Net, Number, Pattern, Regex};

/// A boolean expression over one event.
///
/// `All` and `Any` built by [`Expr::all`] and [`Expr::any`] hold two or more parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// True when every part is.
    All(Vec<Expr>),
    /// True when at least one part is.
    Any(Vec<Expr>),
    /// True when the part is not.
    Not(Box<Expr>),
    /// One question about one field.
    Test(Test),
    /// Always true, or always false.
    Const(bool),
}

/// One question about the values of one field: true when **any** value passes.
#[derive(Debug, Clone)]
pub struct Test {
    /// Which values are asked.
    pub field: Field,
    /// What is asked.
    pub predicate: Predicate,
    /// Where the author wrote it: the value, or the key when there is no value of its own.
    pub span: Span,
}

/// Tests are equal when they ask the same, wherever they were written.
impl PartialEq for Test {
    fn eq(&self, other: &Test) -> bool {
        self.field == other.field && self.predicate == other.predicate
    }
}

/// Where a test looks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The values of a named field.
    Named(Arc<str>),
    /// Every string value anywhere in the event (keywords).
    Anywhere,
}

/// What a test asks of a value.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Predicate {
    /// The value's text is covered by the pattern, whole.
    Text(Pattern, Case),
    /// The regular expression is found in the value's text.
    Regex(Arc<Regex>),
    /// The value is a number, or text that spells one, and compares so.
    Number(Cmp, Number),
    /// The value is this boolean, or text that spells it.
    Bool(bool),
    /// The field holds no value: missing, `null`, or an empty list.
    Null,
    /// The field is present, whatever it holds.
    Exists,
    /// The value is an address of this network.
    Net(Net),
    /// The value compares so with a value of another field.
    Field(Arc<str>, Anchor, Case),
    /// This part of the value, read as a date, compares so.
    Time(TimePart, Cmp, Number),
    /// What a finished piece of a query asks; only its engine knows what that is.
    Query(Arc<Query>),
}

/// A finished piece of a query, which stands for a test: a look-up in a list of the target's own.
///
/// It is the text of whoever runs the rules, not of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Query(pub Vec<QueryPart>);

/// A part of such a piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum QueryPart {
    /// This text, as it is.
    Text(String),
    /// The field that is asked, in the target's words.
    Field,
}

impl Query {
    /// The text, with `field` where the field belongs.
    pub fn with_field(&self, field: &str) -> String {
        let part = |it: &QueryPart| match it {
            QueryPart::Text(it) => it.clone(),
            QueryPart::Field => field.to_owned(),
        };
        self.0.iter().map(part).collect()
    }
}

/// Whether letters of different case are the same.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Case {
    /// They are the same: Sigma's default.
    Insensitive,
    /// They differ: `cased`.
    Sensitive,
}

/// How two texts are compared by a field reference.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Anchor {
    /// They are equal.
    Whole,
    /// The first begins with the second.
    Start,
    /// The first ends with the second.
    End,
    /// The first contains the second.
    Within,
}

/// A comparison of numbers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Cmp {
    /// Equal.
    Eq,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
}

/// A part of a date.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum TimePart {
    /// 0-59.
    Minute,
    /// 0-23.
    Hour,
    /// 1-31.
    Day,
    /// The ISO week, 1-53.
    Week,
    /// 1-12.
    Month,
    /// The year.
    Year,
}

impl Expr {
    /// The conjunction of `parts`; one part stands for itself, none is true.
    pub fn all(mut parts: Vec<Expr>) -> Expr {
        match parts.len() {
            0 => Expr::Const(true),
            1 => parts.remove(0),
            _ => Expr::All(parts),
        }
    }

    /// The disjunction of `parts`; one part stands for itself, none is false.
    pub fn any(mut parts: Vec<Expr>) -> Expr {
        match parts.len() {
            0 => Expr::Const(false),
            1 => parts.remove(0),
            _ => Expr::Any(parts),
        }
    }

    /// The negation.
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Expr {
        match self {
            Expr::Not(part) => *part,
            Expr::Const(it) => Expr::Const(!it),
            it => Expr::Not(Box::new(it)),
        }
    }

    /// Calls `visit` with every test, in order.
    pub fn for_each_test<'a>(&'a self, visit: &mut dyn FnMut(&'a Test)) {
        match self {
            Expr::All(parts) | Expr::Any(parts) => {
                for part in parts {
                    part.for_each_test(visit);
                }
            }
            Expr::Not(part) => part.for_each_test(visit),
            Expr::Test(test) => visit(test),
            Expr::Const(_) => {}
        }
    }

    /// The place of the first test, if there is one.
    pub fn span(&self) -> Option<Span> {
        match self {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().find_map(Expr::span),
            Expr::Not(part) => part.span(),
            Expr::Test(test) => Some(test.span),
            Expr::Const(_) => None,
        }
    }
}

impl TimePart {
    /// The modifier's name for it.
    pub fn word(self) -> &'static str {
        match self {
            TimePart::Minute => "minute",
            TimePart::Hour => "hour",
            TimePart::Day => "day",
            TimePart::Week => "week",
            TimePart::Month => "month",
            TimePart::Year => "year",
        }
    }
}

impl Cmp {
    /// Whether an ordering satisfies the comparison.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Cmp::Eq => ordering.is_eq(),
            Cmp::Lt => ordering.is_lt(),
            Cmp::Lte => ordering.is_le(),
            Cmp::Gt => ordering.is_gt(),
            Cmp::Gte => ordering.is_ge(),
        }
    }

    /// The usual sign.
    pub fn sign(self) -> &'static str {
        match self {
            Cmp::Eq => "=",
            Cmp::Lt => "<",
            Cmp::Lte => "<=",
            Cmp::Gt => ">",
            Cmp::Gte => ">=",
        }
    }
}
