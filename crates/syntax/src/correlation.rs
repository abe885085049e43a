//! Correlation rules and filters as they were written.

use source::{Span, Spanned};

use crate::condition::ConditionAst;
use crate::rule::RuleAst;

/// A correlation rule: what several events are together.
#[derive(Debug, Clone)]
pub struct CorrelationAst {
    /// What is said about it: the keys that rules have too. Its log source and detection are empty.
    pub head: RuleAst,
    /// The section `correlation`.
    pub span: Span,
    /// `type`
    pub kind: Option<Spanned<CorrelationType>>,
    /// `rules`, by id or name.
    pub rules: Vec<Spanned<String>>,
    /// `group-by`
    pub group_by: Vec<Spanned<String>>,
    /// `timespan`, in seconds.
    pub timespan: Option<Spanned<u64>>,
    /// `aliases`
    pub aliases: Vec<AliasAst>,
    /// `condition`
    pub condition: Option<CorrelationConditionAst>,
    /// `generate`, in either of its two places.
    pub generate: Option<Spanned<bool>>,
    /// `tests`
    pub fixtures: Vec<SeriesAst>,
}

/// What a correlation counts or relates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorrelationType {
    /// How many events there are.
    EventCount,
    /// How many different values a field has.
    ValueCount,
    /// Which rules match.
    Temporal,
    /// Which rules match, in their order.
    TemporalOrdered,
    /// The sum of a field.
    ValueSum,
    /// The average of a field.
    ValueAvg,
    /// A percentile of a field.
    ValuePercentile,
    /// The median of a field.
    ValueMedian,
}

impl CorrelationType {
    /// All of them.
    pub const ALL: [CorrelationType; 8] = [
        CorrelationType::EventCount,
        CorrelationType::ValueCount,
        CorrelationType::Temporal,
        CorrelationType::TemporalOrdered,
        CorrelationType::ValueSum,
        CorrelationType::ValueAvg,
        CorrelationType::ValuePercentile,
        CorrelationType::ValueMedian,
    ];

    /// Sigma's word for it.
    pub fn word(self) -> &'static str {
        match self {
            CorrelationType::EventCount => "event_count",
            CorrelationType::ValueCount => "value_count",
            CorrelationType::Temporal => "temporal",
            CorrelationType::TemporalOrdered => "temporal_ordered",
            CorrelationType::ValueSum => "value_sum",
            CorrelationType::ValueAvg => "value_avg",
            CorrelationType::ValuePercentile => "value_percentile",
            CorrelationType::ValueMedian => "value_median",
        }
    }

    /// Whether it is about which rules match.
    pub fn is_temporal(self) -> bool {
        matches!(self, CorrelationType::Temporal | CorrelationType::TemporalOrdered)
    }
}

/// One entry of `aliases`: a name for fields that differ from rule to rule.
#[derive(Debug, Clone)]
pub struct AliasAst {
    /// The name.
    pub name: Spanned<String>,
    /// The rule, and its field.
    pub fields: Vec<(Spanned<String>, Spanned<String>)>,
}

/// When a correlation matches.
#[derive(Debug, Clone)]
pub enum CorrelationConditionAst {
    /// A mapping: comparisons of a count or an amount.
    Compare(CompareAst),
    /// Text: rules joined by `and`, `or` and `not`.
    Formula(ConditionAst, Span),
}

impl CorrelationConditionAst {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            CorrelationConditionAst::Compare(it) => it.span,
            CorrelationConditionAst::Formula(_, span) => *span,
        }
    }
}

/// Comparisons that must all hold.
#[derive(Debug, Clone)]
pub struct CompareAst {
    /// The mapping.
    pub span: Span,
    /// The comparisons: each word's place, and the number.
    pub bounds: Vec<(Spanned<BoundOp>, Spanned<BoundNumber>)>,
    /// `field`
    pub fields: Vec<Spanned<String>>,
    /// `percentile`
    pub percentile: Option<Spanned<BoundNumber>>,
}

/// A comparison's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoundOp {
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `eq`
    Eq,
    /// `neq`
    Neq,
}

impl BoundOp {
    /// All of them.
    pub const ALL: [BoundOp; 6] =
        [BoundOp::Gt, BoundOp::Gte, BoundOp::Lt, BoundOp::Lte, BoundOp::Eq, BoundOp::Neq];

    /// Sigma's word for it.
    pub fn word(self) -> &'static str {
        match self {
            BoundOp::Gt => "gt",
            BoundOp::Gte => "gte",
            BoundOp::Lt => "lt",
            BoundOp::Lte => "lte",
            BoundOp::Eq => "eq",
            BoundOp::Neq => "neq",
        }
    }
}

/// A number of a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BoundNumber {
    /// A whole number.
    Whole(i128),
    /// A number with a fraction.
    Fraction(f64),
}

/// One entry of a correlation's `tests`.
#[derive(Debug, Clone)]
pub struct SeriesAst {
    /// Where it stands.
    pub span: Span,
    /// `name`
    pub name: String,
    /// `match`
    pub matches: bool,
    /// `events`
    pub events: Vec<StepAst>,
}

/// One entry of `events`.
#[derive(Debug, Clone)]
pub struct StepAst {
    /// `at`: seconds after the start. Without it, the time of the step before.
    pub at: Option<u64>,
    /// `repeat`: how often the event is seen.
    pub repeat: u32,
    /// `every`: seconds from one to the next.
    pub every: u64,
    /// `event`
    pub event: serde_json::Value,
}

/// A filter: what is added to the conditions of other rules.
#[derive(Debug, Clone)]
pub struct FilterAst {
    /// What is said about it. Its detection is the section `filter`, without `rules`.
    pub head: RuleAst,
    /// The section `filter`.
    pub span: Span,
    /// `rules`
    pub rules: FilterRules,
    /// Where each condition stands as a whole, for an edit of it.
    pub conditions: Vec<Span>,
}

/// Which rules a filter is for.
#[derive(Debug, Clone)]
pub enum FilterRules {
    /// `any`: all that its log source covers.
    Any,
    /// Those of the list, by id or name.
    These(Vec<Spanned<String>>),
}
