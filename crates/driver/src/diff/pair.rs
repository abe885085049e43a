//! Which rule of the new state is which of the old: by id, then by place, then by content.

use std::collections::BTreeMap;

use crate::load::{Loaded, LoadedRule};
use crate::relation::same;

type Pair<'a> = (Option<&'a LoadedRule>, Option<&'a LoadedRule>);

/// The path of a rule's file.
pub fn path<'a>(state: &'a Loaded, rule: &LoadedRule) -> &'a str {
    state.sources.get(rule.file).map_or("", |it| it.path())
}

/// The text of a rule.
pub fn written<'a>(state: &'a Loaded, rule: &LoadedRule) -> &'a str {
    let file = state.sources.get(rule.file);
    file.and_then(|it| it.text().get(rule.ast.span.range())).unwrap_or_default()
}

/// Every rule of both states once, paired where one continues the other.
///
/// A document with neither a log source nor a detection is some other YAML, and is left out.
pub fn pairs<'a>(old: &'a Loaded, new: &'a Loaded) -> Vec<Pair<'a>> {
    let is_rule =
        |it: &&LoadedRule| it.ast.detection.span.is_some() || it.ast.logsource.span.is_some();
    let mut before: Vec<&LoadedRule> = old.rules.iter().filter(is_rule).collect();
    let mut after: Vec<&LoadedRule> = new.rules.iter().filter(is_rule).collect();
    let mut res = Vec::new();

    let (old_ids, new_ids) = (unique_ids(&before), unique_ids(&after));
    for (id, a) in &old_ids {
        if let Some(b) = new_ids.get(id) {
            res.push((Some(*a), Some(*b)));
        }
    }
    forget(&mut before, &mut after, &res);

    // Documents before it may come and go, so the title counts more than the number.
    let same_place = |a: &LoadedRule, b: &LoadedRule| path(old, a) == path(new, b);
    take(&mut before, &mut after, &mut res, &|a, b| {
        same_place(a, b) && a.title.is_some() && a.title == b.title
    });
    let one_has_no_id = |a: &LoadedRule, b: &LoadedRule| a.id.is_none() || b.id.is_none();
    take(&mut before, &mut after, &mut res, &|a, b| {
        same_place(a, b) && a.index == b.index && (one_has_no_id(a, b) || same_content(a, b))
    });
    take(&mut before, &mut after, &mut res, &|a, b| one_has_no_id(a, b) && same_content(a, b));

    res.extend(before.into_iter().map(|it| (Some(it), None)));
    res.extend(after.into_iter().map(|it| (None, Some(it))));
    res
}

/// Whether two rules have the same log source and mean the same.
fn same_content(a: &LoadedRule, b: &LoadedRule) -> bool {
    let (Some(a), Some(b)) = (&a.lowered, &b.lowered) else { return false };
    let (a, b) = (&a.rule, &b.rule);
    a.logsource.key() == b.logsource.key() && same(&a.expr, &b.expr)
}

fn unique_ids<'a>(rules: &[&'a LoadedRule]) -> BTreeMap<&'a str, &'a LoadedRule> {
    let mut all: BTreeMap<&str, Option<&LoadedRule>> = BTreeMap::new();
    for rule in rules {
        if let Some(id) = rule.id.as_deref() {
            all.entry(id).and_modify(|it| *it = None).or_insert(Some(rule));
        }
    }
    all.into_iter().filter_map(|(id, rule)| Some((id, rule?))).collect()
}

/// Pairs the first that fit.
fn take<'a>(
    before: &mut Vec<&'a LoadedRule>,
    after: &mut Vec<&'a LoadedRule>,
    res: &mut Vec<Pair<'a>>,
    fit: &dyn Fn(&LoadedRule, &LoadedRule) -> bool,
) {
    before.retain(|a| match after.iter().position(|b| fit(a, b)) {
        Some(at) => {
            res.push((Some(*a), Some(after.remove(at))));
            false
        }
        None => true,
    });
}

fn forget<'a>(before: &mut Vec<&'a LoadedRule>, after: &mut Vec<&'a LoadedRule>, res: &[Pair<'a>]) {
    let mut olds: Vec<*const LoadedRule> = Vec::with_capacity(res.len());
    let mut news: Vec<*const LoadedRule> = Vec::with_capacity(res.len());
    for (a, b) in res {
        olds.extend(a.iter().map(|it| std::ptr::from_ref(*it)));
        news.extend(b.iter().map(|it| std::ptr::from_ref(*it)));
    }
    olds.sort_unstable();
    news.sort_unstable();
    before.retain(|it| olds.binary_search(&std::ptr::from_ref(*it)).is_err());
    after.retain(|it| news.binary_search(&std::ptr::from_ref(*it)).is_err());
}
