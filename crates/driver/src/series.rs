//! A correlation's own examples, run on the matcher.

use std::collections::BTreeSet;
use std::sync::Arc;

use ir::{Referent, Series};
use matcher::Matcher;
use matcher::correlate::{Correlator, Hit, Limits};

use crate::load::{Loaded, LoadedCorrelation};

/// What came of one example.
#[derive(Debug, Clone)]
pub struct SeriesResult<'a> {
    /// The example.
    pub series: &'a Series,
    /// The events that completed it, counted from 1, with the values of their group.
    pub hits: Vec<(u64, Vec<Arc<str>>)>,
    /// By rule that it sees, also by way of others: its title, and how many events match it.
    pub seen: Vec<(String, usize)>,
}

impl SeriesResult<'_> {
    /// Whether the correlation matched at all.
    pub fn matched(&self) -> bool {
        !self.hits.is_empty()
    }

    /// Whether the correlation did what the example says.
    pub fn passed(&self) -> bool {
        self.matched() == self.series.matches
    }
}

/// Runs a correlation's examples; `None` when it can't be matched at all.
pub fn run_series<'a>(loaded: &Loaded, it: &'a LoadedCorrelation) -> Option<Vec<SeriesResult<'a>>> {
    run_over(loaded, it, it.correlation.as_ref()?.fixtures.iter())
}

/// Runs a correlation over examples, be they its own or others.
pub(crate) fn run_over<'a>(
    loaded: &Loaded,
    it: &LoadedCorrelation,
    examples: impl Iterator<Item = &'a Series>,
) -> Option<Vec<SeriesResult<'a>>> {
    it.correlation.as_ref()?;
    let mut usable = loaded.usable_correlations();
    let place = loaded.correlations.iter().position(|other| std::ptr::eq(other, it))?;
    let mut below = BTreeSet::new();
    all_below(&usable, Referent::Correlation(place), &mut below);
    // The others have no part in it.
    for (at, it) in usable.iter_mut().enumerate() {
        *it = it.filter(|_| below.contains(&Referent::Correlation(at)));
    }
    let rules = below.into_iter().filter_map(|it| match it {
        Referent::Rule(at) => Some(at),
        Referent::Correlation(_) => None,
    });
    let matchers: Vec<(usize, Matcher)> = rules
        .map(|at| {
            let lowered = loaded.rules.get(at)?.lowered.as_ref()?;
            Some((at, Matcher::new(&lowered.rule.expr).ok()?))
        })
        .collect::<Option<_>>()?;
    let run = |series: &'a Series| {
        let mut correlator = Correlator::new(&usable, Limits::default());
        let mut hits: Vec<Hit> = Vec::new();
        let mut counts = vec![0; matchers.len()];
        for (at, event) in &series.events {
            let mut matched = Vec::new();
            for ((rule, matcher), count) in matchers.iter().zip(&mut counts) {
                if matcher.matches(event) {
                    matched.push(*rule);
                    *count += 1;
                }
            }
            hits.extend(correlator.observe(at.saturating_mul(1000), &matched, event));
        }
        hits.extend(correlator.finish());
        hits.retain(|it| it.correlation == place);
        let title = |at: usize| loaded.rules.get(at).and_then(|it| it.title.clone());
        let seen = matchers.iter().zip(counts);
        SeriesResult {
            series,
            hits: hits.into_iter().map(|it| (it.event + 1, it.group)).collect(),
            seen: seen.map(|((at, _), count)| (title(*at).unwrap_or_default(), count)).collect(),
        }
    };
    Some(examples.map(run).collect())
}

/// What something refers to, also by way of correlations, and itself.
fn all_below(all: &[Option<&ir::Correlation>], it: Referent, res: &mut BTreeSet<Referent>) {
    if !res.insert(it) {
        return;
    }
    if let Referent::Correlation(at) = it {
        let members = all.get(at).copied().flatten().map_or(&[][..], |it| &it.members);
        members.iter().for_each(|it| all_below(all, it.to, res));
    }
}
