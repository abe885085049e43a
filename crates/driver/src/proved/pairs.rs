//! Rules that mean the same, and rules that lie within others.

use std::collections::BTreeSet;

use diagnostic::Diagnostic;
use ir::{Expr, LogSource, Rule, Status};
use prove::{Grounds, Inclusions, Prover, Schema};

use crate::codes::{RULE_WITHIN_RULE, SAME_MEANING};
use crate::load::{Loaded, LoadedRule};

/// Which rules match no event that others do not match too; of a pair, the log source of the wider
/// one covers that of the narrower.
pub fn inclusions(prover: &mut Prover<'_>, rules: &[&Rule]) -> Inclusions {
    // There are few log sources, and many pairs of rules.
    let mut sources: Vec<&LogSource> = Vec::new();
    let keys: Vec<usize> = rules
        .iter()
        .map(|it| {
            let known = sources
                .iter()
                .position(|other| other.covers(&it.logsource) && it.logsource.covers(other));
            known.unwrap_or_else(|| {
                sources.push(&it.logsource);
                sources.len() - 1
            })
        })
        .collect();
    let covers: Vec<Vec<bool>> =
        sources.iter().map(|wide| sources.iter().map(|it| wide.covers(it)).collect()).collect();
    let exprs: Vec<&Expr> = rules.iter().map(|it| &it.expr).collect();
    prover.inclusions(&exprs, &|narrow, wide| covers[keys[wide]][keys[narrow]])
}

pub(super) fn findings(loaded: &Loaded) -> Vec<Diagnostic> {
    let alone = |it: &&LoadedRule| !it.is_part;
    let all: Vec<(&LoadedRule, &Rule)> = loaded
        .rules
        .iter()
        .filter(alone)
        .filter_map(|it| Some((it, &it.lowered.as_ref()?.rule)))
        .filter(|(_, it)| !matches!(it.meta.status, Some(Status::Deprecated | Status::Unsupported)))
        .collect();
    let schema = Schema::single();
    let rules: Vec<&Rule> = all.iter().map(|it| it.1).collect();
    let found = inclusions(&mut Prover::new(&schema), &rules).found;
    let pairs: BTreeSet<(usize, usize)> = found.iter().map(|it| (it.narrow, it.wide)).collect();
    let mut res = Vec::new();
    for it in &found {
        let same = pairs.contains(&(it.wide, it.narrow));
        if same && it.wide > it.narrow {
            // Told at the later one.
            continue;
        }
        // What lies within a rule lies within all that mean the same: the first is enough.
        let first = |wide: usize| {
            (0..wide).find(|other| {
                *other != it.narrow
                    && pairs.contains(&(wide, *other))
                    && pairs.contains(&(*other, wide))
            })
        };
        if first(it.wide).is_some() {
            continue;
        }
        res.push(problem(loaded, all[it.narrow], all[it.wide], same, &it.grounds));
    }
    res
}

fn problem(
    loaded: &Loaded,
    (_, narrow): (&LoadedRule, &Rule),
    (file, wide): (&LoadedRule, &Rule),
    same: bool,
    grounds: &Grounds,
) -> Diagnostic {
    let path = loaded.sources.get(file.file).map_or("", |it| it.path());
    let place = |it: &Rule| it.meta.title_span.unwrap_or(it.span);
    let title = &wide.meta.title;
    let (code, message, help) = if same {
        (
            &SAME_MEANING,
            format!("the rule matches the same events as `{title}` in {path}"),
            "keep one of them, or relate them by `related`",
        )
    } else {
        (
            &RULE_WITHIN_RULE,
            format!("whatever the rule matches, `{title}` in {path} matches too"),
            "that may be meant, as for a rule of higher level; else remove it, or widen it",
        )
    };
    Diagnostic::info(code, place(narrow), message, format!("proved, {grounds}"))
        .with_label(place(wide), "the other rule")
        .with_help(help)
}
