//! A correlation: what several events mean together.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use source::{Span, Spanned};

use crate::{Meta, Number, Options};

/// A correlation ready for matching: its references are places in the list of rules and in the
/// list of correlations that it was resolved in.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// What is said about it.
    pub meta: Meta,
    /// What is asked of the events of one window.
    pub question: Question,
    /// Whose matches it sees, each once, in the order written.
    pub members: Vec<Member>,
    /// Events belong together when all of these are the same. Nothing: all events do.
    pub group_by: Vec<Spanned<Arc<str>>>,
    /// The length of a window, in seconds.
    pub seconds: Spanned<u64>,
    /// Whether its members are also written on their own.
    pub generate: bool,
    /// Its own examples.
    pub fixtures: Vec<Series>,
    /// The values under `targets.<name>`, as JSON, by name.
    pub targets: Vec<(Spanned<String>, Options)>,
    /// The whole document.
    pub span: Span,
}

/// A rule or a correlation that a correlation sees.
#[derive(Debug, Clone)]
pub struct Member {
    /// What it is.
    pub to: Referent,
    /// How it was written.
    pub name: Spanned<String>,
    /// Where each field of `group_by`, then the fields of the question, are found in its events.
    pub fields: Vec<Arc<str>>,
}

/// A place in the list of rules, or in that of correlations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Referent {
    /// A rule.
    Rule(usize),
    /// A correlation.
    Correlation(usize),
}

/// What a correlation asks of one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// How many events?
    Events(Bounds),
    /// How many different values, or sets of values of so many fields?
    Distinct(usize, Bounds),
    /// What is the sum of the values?
    Sum(Bounds),
    /// What is their average?
    Average(Bounds),
    /// Which value has this percentage of values at or below it?
    Percentile(Number, Bounds),
    /// Which percentage of all values is the newest one?
    Share(Bounds),
    /// How many members match?
    Together(Bounds),
    /// How many members match one after the other, in the order of the list?
    Ordered(Bounds),
    /// Do the members that match satisfy the formula?
    Formula(Formula),
    /// Do these members match one after the other, and none of those?
    OrderedFormula(Vec<usize>, Vec<usize>),
}

impl Question {
    /// Whether more matches in a window never turn its answer from yes to no.
    pub fn only_grows(&self) -> bool {
        fn plain(it: &Formula) -> bool {
            match it {
                Formula::All(parts) | Formula::Any(parts) => parts.iter().all(plain),
                Formula::Not(_) => false,
                Formula::Member(_) => true,
            }
        }
        match self {
            Question::Events(it)
            | Question::Distinct(_, it)
            | Question::Together(it)
            | Question::Ordered(it) => it.only_grow(),
            Question::Formula(it) => plain(it),
            Question::OrderedFormula(_, no) => no.is_empty(),
            // What an event brings may be little, or less than nothing.
            Question::Sum(_)
            | Question::Average(_)
            | Question::Percentile(..)
            | Question::Share(_) => false,
        }
    }
}

impl Question {
    /// How many fields it is about.
    pub fn fields(&self) -> usize {
        match self {
            Question::Distinct(fields, _) => *fields,
            Question::Sum(_)
            | Question::Average(_)
            | Question::Percentile(..)
            | Question::Share(_) => 1,
            _ => 0,
        }
    }
}

/// Comparisons that must all hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Bounds(pub Vec<(BoundOp, Number)>);

/// One comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BoundOp {
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Equal.
    Eq,
    /// Different.
    Neq,
}

impl BoundOp {
    /// Whether an ordering satisfies the comparison.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            BoundOp::Gt => ordering.is_gt(),
            BoundOp::Gte => ordering.is_ge(),
            BoundOp::Lt => ordering.is_lt(),
            BoundOp::Lte => ordering.is_le(),
            BoundOp::Eq => ordering.is_eq(),
            BoundOp::Neq => ordering.is_ne(),
        }
    }

    /// The usual sign.
    pub fn sign(self) -> &'static str {
        match self {
            BoundOp::Gt => ">",
            BoundOp::Gte => ">=",
            BoundOp::Lt => "<",
            BoundOp::Lte => "<=",
            BoundOp::Eq => "=",
            BoundOp::Neq => "not",
        }
    }
}

impl Bounds {
    /// Whether a number satisfies all of them.
    pub fn hold(&self, value: Number) -> bool {
        self.0.iter().all(|(op, bound)| op.holds(value.cmp(bound)))
    }

    /// Whether any count from 1 to `most` satisfies all of them.
    pub fn possible(&self, most: u64) -> bool {
        // Only a bound, or a neighbour of one, can be the first count that satisfies them.
        let near = self.0.iter().flat_map(|(_, it)| match it {
            Number::Int(it) => vec![it - 1, *it, it + 1],
            Number::Float(_) => Vec::new(),
        });
        let most = i128::from(most);
        let mut tried = near.chain([1, 2, 3]).chain([most]).filter(|it| (1..=most).contains(it));
        tried.any(|it| self.hold(Number::Int(it)))
    }

    /// Whether any number at all satisfies all of them.
    pub fn possible_amount(&self) -> bool {
        self.near().any(|it| self.hold(it))
    }

    /// Whether a share satisfies all of them: a number above 0 and up to 100.
    pub fn possible_share(&self) -> bool {
        let inside = |it: &Number| *it > Number::Int(0) && *it <= Number::Int(100);
        let ends = [Number::Int(100), Number::Float(1e-9)];
        self.near().chain(ends).filter(inside).any(|it| self.hold(it))
    }

    /// Whether each number of a kind that satisfies these bounds also satisfies others. `within`
    /// says which numbers are of the kind, of which `ends` are the borders.
    pub fn imply(&self, other: &Bounds, ends: &[Number], within: &dyn Fn(&Number) -> bool) -> bool {
        let both = Bounds([self.0.as_slice(), &other.0].concat());
        let whole = both.0.iter().flat_map(|(_, it)| match it {
            Number::Int(it) => vec![it.saturating_sub(1), it.saturating_add(1)],
            Number::Float(it) => vec![it.floor() as i128, it.ceil() as i128],
        });
        let tried = both.near().chain(whole.map(Number::Int)).chain(ends.iter().copied());
        tried.filter(within).all(|it| !self.hold(it) || other.hold(it))
    }

    /// Numbers of which one satisfies all of the bounds, if any does: each bound, what is next to
    /// it, and what lies between two.
    fn near(&self) -> impl Iterator<Item = Number> {
        let float = |it: Number| match it {
            Number::Int(it) => it as f64,
            Number::Float(it) => it,
        };
        let each = self.0.iter().flat_map(move |(_, it)| {
            let around = [float(*it) - 1.0, float(*it) + 1.0].map(Number::from_f64);
            around.into_iter().flatten().chain([*it])
        });
        let between = self.0.iter().flat_map(move |(_, a)| {
            self.0.iter().flat_map(move |(_, b)| {
                let (a, b) = (float(*a), float(*b));
                [a + (b - a) / 2.0, a + (b - a) / 4.0].map(Number::from_f64).into_iter().flatten()
            })
        });
        each.chain(between)
    }

    /// Whether more of what is counted never makes them fail.
    pub fn only_grow(&self) -> bool {
        self.0.iter().all(|(op, _)| matches!(op, BoundOp::Gt | BoundOp::Gte))
    }

    /// The count from which on nothing changes any more: one more than the largest bound.
    pub fn ceiling(&self) -> u64 {
        let largest = self.0.iter().filter_map(|(_, it)| match it {
            Number::Int(it) => u64::try_from(*it).ok(),
            Number::Float(_) => None,
        });
        largest.max().unwrap_or(0).saturating_add(1)
    }
}

/// Members joined by logic; a number is a place in the list of members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Formula {
    /// All of the parts.
    All(Vec<Formula>),
    /// Any of the parts.
    Any(Vec<Formula>),
    /// Not the part.
    Not(Box<Formula>),
    /// The member matches.
    Member(usize),
}

impl Formula {
    /// Whether it holds when `matches` says which members match.
    pub fn holds(&self, matches: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Formula::All(parts) => parts.iter().all(|it| it.holds(matches)),
            Formula::Any(parts) => parts.iter().any(|it| it.holds(matches)),
            Formula::Not(part) => !part.holds(matches),
            Formula::Member(at) => matches(*at),
        }
    }

    /// The places of all members that it names.
    pub fn places(&self) -> Vec<usize> {
        match self {
            Formula::All(parts) | Formula::Any(parts) => {
                parts.iter().flat_map(Formula::places).collect()
            }
            Formula::Not(part) => part.places(),
            Formula::Member(at) => vec![*at],
        }
    }
}

/// One of a correlation's own examples.
#[derive(Debug, Clone)]
pub struct Series {
    /// A short sentence.
    pub name: String,
    /// Whether the correlation must match at least once.
    pub matches: bool,
    /// The events in order, each with its time in milliseconds.
    pub events: Vec<(i64, Arc<serde_json::Value>)>,
    /// Where it was written.
    pub span: Span,
}

/// The question in words, for people.
pub fn print_question(it: &Correlation) -> String {
    let name = |at: usize| it.members.get(at).map_or("", |it| it.name.value.as_str());
    let bounds = |bounds: &Bounds| {
        let all: Vec<String> =
            bounds.0.iter().map(|(op, number)| format!("{} {number}", op.sign())).collect();
        all.join(" and ")
    };
    let groups = it.group_by.len();
    let field = || {
        let fields = it.members.first().map_or(&[][..], |it| &it.fields[groups..]);
        fields.join(" and ")
    };
    match &it.question {
        Question::Events(it) => format!("the number of events is {}", bounds(it)),
        Question::Distinct(_, it) => {
            format!("the number of different values of {} is {}", field(), bounds(it))
        }
        Question::Sum(it) => format!("the sum of {} is {}", field(), bounds(it)),
        Question::Average(it) => format!("the average of {} is {}", field(), bounds(it)),
        Question::Percentile(rank, it) => {
            format!("percentile {rank} of {} is {}", field(), bounds(it))
        }
        Question::Share(it) => {
            format!("the newest value of {} has a share in percent {}", field(), bounds(it))
        }
        Question::Together(it) => format!("the number of rules that match is {}", bounds(it)),
        Question::Ordered(it) => {
            format!("the number of rules that match in this order is {}", bounds(it))
        }
        Question::Formula(it) => format!("these match: {}", formula(it, &name)),
        Question::OrderedFormula(yes, no) => {
            let names = |it: &[usize]| it.iter().map(|it| name(*it)).collect::<Vec<_>>();
            let mut res = format!("these match in this order: {}", names(yes).join(", "));
            if !no.is_empty() {
                res.push_str(&format!("; and none of these: {}", names(no).join(", ")));
            }
            res
        }
    }
}

fn formula<'a>(it: &Formula, name: &dyn Fn(usize) -> &'a str) -> String {
    let many = |parts: &[Formula], word: &str| {
        let parts: Vec<String> = parts.iter().map(|it| formula(it, name)).collect();
        format!("({})", parts.join(word))
    };
    match it {
        Formula::All(parts) => many(parts, " and "),
        Formula::Any(parts) => many(parts, " or "),
        Formula::Not(part) => format!("not {}", formula(part, name)),
        Formula::Member(at) => name(*at).to_owned(),
    }
}
