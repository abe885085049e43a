//! Which rule or correlation of the new state is which of the old: by id, then by place, then by content.

use std::collections::{BTreeMap, BTreeSet};

use super::subject::Subject;
use crate::load::Loaded;
use crate::relation::same;

pub type Pair<'a> = (Option<Subject<'a>>, Option<Subject<'a>>);

/// Every rule and correlation of both states once, paired where one continues the other.
pub fn pairs<'a>(old: &'a Loaded, new: &'a Loaded) -> Vec<Pair<'a>> {
    let mut res = paired(Subject::rules(old), Subject::rules(new));
    res.extend(paired(Subject::correlations(old), Subject::correlations(new)));
    res
}

fn paired<'a>(mut before: Vec<Subject<'a>>, mut after: Vec<Subject<'a>>) -> Vec<Pair<'a>> {
    let mut res = Vec::new();

    let (old_ids, new_ids) = (unique_ids(&before), unique_ids(&after));
    for (id, a) in &old_ids {
        if let Some(b) = new_ids.get(id) {
            res.push((Some(*a), Some(*b)));
        }
    }
    forget(&mut before, &mut after, &res);

    // Documents before it may come and go, so the title counts more than the number.
    let same_place = |a: &Subject<'_>, b: &Subject<'_>| a.path() == b.path();
    take(&mut before, &mut after, &mut res, &|a, b| {
        same_place(a, b) && a.title().is_some() && a.title() == b.title()
    });
    let one_has_no_id = |a: &Subject<'_>, b: &Subject<'_>| a.id().is_none() || b.id().is_none();
    take(&mut before, &mut after, &mut res, &|a, b| {
        same_place(a, b)
            && a.index() == b.index()
            && (one_has_no_id(a, b) || same_content(a, b) || a.is_correlation())
    });
    take(&mut before, &mut after, &mut res, &|a, b| one_has_no_id(a, b) && same_content(a, b));

    res.extend(before.into_iter().map(|it| (Some(it), None)));
    res.extend(after.into_iter().map(|it| (None, Some(it))));
    res
}

/// Whether two rules have the same log source and mean the same.
pub fn same_content(a: &Subject<'_>, b: &Subject<'_>) -> bool {
    let (Some(a), Some(b)) = (a.rule(), b.rule()) else { return false };
    a.logsource.key() == b.logsource.key() && same(&a.expr, &b.expr)
}

fn unique_ids<'a>(subjects: &[Subject<'a>]) -> BTreeMap<&'a str, Subject<'a>> {
    let mut all: BTreeMap<&str, Option<Subject<'_>>> = BTreeMap::new();
    for it in subjects {
        if let Some(id) = it.id() {
            all.entry(id).and_modify(|it| *it = None).or_insert(Some(*it));
        }
    }
    all.into_iter().filter_map(|(id, it)| Some((id, it?))).collect()
}

/// Pairs the first that fit.
fn take<'a>(
    before: &mut Vec<Subject<'a>>,
    after: &mut Vec<Subject<'a>>,
    res: &mut Vec<Pair<'a>>,
    fit: &dyn Fn(&Subject<'_>, &Subject<'_>) -> bool,
) {
    before.retain(|a| match after.iter().position(|b| fit(a, b)) {
        Some(at) => {
            res.push((Some(*a), Some(after.remove(at))));
            false
        }
        None => true,
    });
}

fn forget<'a>(before: &mut Vec<Subject<'a>>, after: &mut Vec<Subject<'a>>, res: &[Pair<'a>]) {
    let both = res.iter().flat_map(|(a, b)| a.iter().chain(b));
    let known: BTreeSet<usize> = both.map(Subject::place).collect();
    before.retain(|it| !known.contains(&it.place()));
    after.retain(|it| !known.contains(&it.place()));
}
