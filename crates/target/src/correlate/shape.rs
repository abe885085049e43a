//! What a question is, as manifests name it, and what of it a template is given.

use ir::{BoundOp, Bounds, Correlation, Number, Question};

/// A number of rules in order is asked as chains of so many; more chains than this are refused.
pub(super) const MOST_CHAINS: usize = 20;

/// The members that must match, in their order, and those that must not.
pub(super) fn in_order(it: &Correlation) -> (Vec<usize>, Vec<usize>) {
    match &it.question {
        Question::OrderedFormula(yes, no) => (yes.clone(), no.clone()),
        _ => ((0..it.members.len()).collect(), Vec::new()),
    }
}

/// Members one after the other, of which one chain must be found; none where no order is asked for.
pub(super) fn chains(it: &Correlation) -> Vec<Vec<usize>> {
    match &it.question {
        Question::OrderedFormula(..) => vec![in_order(it).0],
        Question::Ordered(bounds) => match least(bounds).and_then(|it| usize::try_from(it).ok()) {
            Some(count) if number_of_chains(it.members.len(), count) <= MOST_CHAINS => {
                subsequences(it.members.len(), count)
            }
            _ if kind(it) == "ordered_all" => vec![in_order(it).0],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// How many ways there are to take so many of all, saturating.
fn number_of_chains(all: usize, taken: usize) -> usize {
    if taken > all {
        return 0;
    }
    (0..taken.min(all - taken))
        .fold(1_usize, |ways, nth| ways.saturating_mul(all - nth) / (nth + 1))
}

/// Every way to take so many of all, in their order.
fn subsequences(all: usize, taken: usize) -> Vec<Vec<usize>> {
    let mut res = vec![Vec::new()];
    for _ in 0..taken {
        let longer = |it: &Vec<usize>| {
            let it = it.clone();
            let from = it.last().map_or(0, |it| it + 1);
            (from..all).map(move |next| [it.as_slice(), &[next]].concat())
        };
        res = res.iter().flat_map(longer).collect();
    }
    res
}

/// The least count that satisfies bounds which more never breaks.
pub(super) fn least(bounds: &Bounds) -> Option<u32> {
    let each = bounds.0.iter().map(|(op, bound)| match (op, bound) {
        (BoundOp::Gte, Number::Int(it)) => u32::try_from(*it).ok(),
        (BoundOp::Gt, Number::Int(it)) => u32::try_from(*it).ok()?.checked_add(1),
        _ => None,
    });
    each.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// The name that a manifest has for a question.
pub(super) fn kind(it: &Correlation) -> &'static str {
    let all = |bounds: &Bounds| {
        let holds = |count: usize| bounds.hold(Number::Int(count as i128));
        holds(it.members.len()) && !(0..it.members.len()).any(holds)
    };
    match &it.question {
        Question::Events(_) => "events",
        Question::Distinct(..) => "distinct",
        Question::Sum(_) => "sum",
        Question::Average(_) => "average",
        Question::Percentile(..) => "percentile",
        Question::Share(_) => "share",
        Question::Together(bounds) if all(bounds) => "together_all",
        Question::Together(_) => "together",
        Question::Formula(_) => "formula",
        Question::Ordered(bounds) if all(bounds) => "ordered_all",
        Question::Ordered(_) => "ordered",
        Question::OrderedFormula(_, no) if no.is_empty() => "ordered_all",
        Question::OrderedFormula(..) => "ordered_formula",
    }
}

pub(super) fn bounds(it: &Question) -> Option<&Bounds> {
    match it {
        Question::Events(it)
        | Question::Distinct(_, it)
        | Question::Sum(it)
        | Question::Average(it)
        | Question::Percentile(_, it)
        | Question::Share(it)
        | Question::Together(it)
        | Question::Ordered(it) => Some(it),
        Question::Formula(_) | Question::OrderedFormula(..) => None,
    }
}

pub(super) fn op_word(it: BoundOp) -> &'static str {
    match it {
        BoundOp::Gt => "gt",
        BoundOp::Gte => "gte",
        BoundOp::Lt => "lt",
        BoundOp::Lte => "lte",
        BoundOp::Eq => "eq",
        BoundOp::Neq => "neq",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_counted_as_they_are_made() {
        for all in 0..7 {
            for taken in 0..9 {
                assert_eq!(number_of_chains(all, taken), subsequences(all, taken).len());
            }
        }
        assert_eq!(subsequences(3, 2), [[0, 1], [0, 2], [1, 2]]);
        assert!(number_of_chains(10_000, 5000) > MOST_CHAINS);
    }
}
