//! `cargo xtask bench prove`: what it costs to decide what rules mean.

use std::collections::BTreeMap;
use std::path::Path;

use driver::Parts;
use ir::Rule;
use prove::{Prover, Schema, Unknown, Verdict};

use crate::prove::{corpus, load, rules};

/// Measures, on one core: whether rules match at all, which lie within which, and which parts of
/// them make no difference.
pub fn proving(root: &Path, say: &dyn Fn(&str)) -> Result<(), String> {
    let folders = corpus(root);
    if folders.len() != super::FOLDERS.len() {
        say("skipped: the corpus is not complete");
        return Ok(());
    }
    if super::optimised(root, &["bench", "prove"])? {
        return Ok(());
    }
    let loaded = load(&folders)?;
    let all: Vec<_> = rules(&loaded).collect();
    let meanings: Vec<&Rule> = all.iter().map(|it| it.1).collect();
    let schema = Schema::single();

    let mut unknown = Reasons::default();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let seconds = timed(|| {
        let mut prover = Prover::new(&schema);
        for rule in &meanings {
            let word = match prover.never_matches(&rule.expr) {
                Verdict::Proved(_) => "never match",
                Verdict::Differs(_) => "match",
                Verdict::Unknown(why) => {
                    unknown.note(&why);
                    continue;
                }
            };
            *counts.entry(word).or_default() += 1;
        }
        for rule in &meanings {
            if let Verdict::Proved(_) = prover.always_matches(&rule.expr) {
                *counts.entry("match everything").or_default() += 1;
            }
        }
    })?;
    let counts: Vec<String> = counts.iter().map(|(word, it)| format!("{it} {word}")).collect();
    say(&format!("{} rules: {}{unknown}: {seconds:.2} s", meanings.len(), counts.join(", ")));

    let mut found = None;
    let seconds = timed(|| {
        found = Some(driver::inclusions(&mut Prover::new(&schema), &meanings));
    })?;
    if let Some(found) = found {
        let mut unknown = Reasons::default();
        found.unknown.iter().for_each(|it| unknown.note(&it.2));
        say(&format!(
            "{} pairs, {} of them asked about: {} rules within others{unknown}: {seconds:.2} s",
            found.pairs.0 + found.pairs.1,
            found.pairs.1,
            found.found.len()
        ));
    }

    let (mut asked, mut idle, mut unknown) = (0, 0, Reasons::default());
    let mut slowest = (0.0, String::new());
    let seconds = timed(|| {
        let mut prover = Prover::new(&schema);
        for (file, rule) in &all {
            let start = std::time::Instant::now();
            let parts = Parts::of(&file.ast);
            let found = prover.idle(&rule.expr, &|span| parts.at(span).to_vec());
            asked += found.asked;
            idle += found.idle.len();
            found.unknown.iter().for_each(|it| unknown.note(&it.1));
            let spent = start.elapsed().as_secs_f64();
            if spent > slowest.0 {
                slowest = (spent, rule.meta.title.clone());
            }
        }
    })?;
    say(&format!("{asked} parts: {idle} make no difference{unknown}: {seconds:.2} s"));
    say(&format!("  the slowest rule: {:.2} s by the clock, {}", slowest.0, slowest.1));
    Ok(())
}

/// How often what stood in the way.
#[derive(Debug, Default)]
struct Reasons(BTreeMap<String, usize>);

impl Reasons {
    fn note(&mut self, why: &Unknown) {
        *self.0.entry(why.to_string()).or_default() += 1;
    }
}

impl std::fmt::Display for Reasons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: usize = self.0.values().sum();
        write!(f, ", {all} unknown")?;
        for (why, count) in &self.0 {
            write!(f, " ({count}: {why})")?;
        }
        Ok(())
    }
}

/// The seconds of the processor that something takes.
fn timed(work: impl FnOnce()) -> Result<f64, String> {
    let before = super::own()?;
    work();
    Ok((super::own()? - before) / super::TICKS)
}
