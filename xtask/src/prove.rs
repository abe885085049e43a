//! `cargo xtask prove`: whether what the prover says is true, over rules of this repository and others.
//!
//! Knows: how to try an answer out: by events, by rules changed on purpose, by another's automata.
//! Does not know: how the prover finds its answers.
//!
//! Everything is drawn from one seed, so that a run can be repeated.

mod answers;
mod events;
mod languages;
mod mutants;

use std::path::{Path, PathBuf};

use driver::{Loaded, LoadedRule};
use ir::{Expr, Rule};
use matcher::Matcher;
use prove::Grounds;
use serde_json::Value;

use events::Events;

/// Events that a proof has to stand.
const EVENTS: usize = 1000;

/// The judges by name.
type Judge = fn(&Loaded, &dyn Fn(&str)) -> Result<(), String>;

const JUDGES: &[(&str, Judge)] =
    &[("answers", answers::judge), ("mutants", mutants::judge), ("languages", languages::judge)];

/// Runs one of the judges, or all.
///
/// # Errors
///
/// An answer is wrong, too many are missing, or there is no such judge.
pub fn judge(root: &Path, name: Option<&str>, say: &dyn Fn(&str)) -> Result<(), String> {
    let chosen: Vec<_> = JUDGES.iter().filter(|it| name.is_none_or(|name| name == it.0)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = JUDGES.iter().map(|it| it.0).collect();
        return Err(format!("no such judge; there are: {}", names.join(", ")));
    }
    let args: Vec<&str> = std::iter::once("prove").chain(name).collect();
    if crate::bench::optimised(root, &args)? {
        return Ok(());
    }
    let mut folders = corpus(root);
    if folders.is_empty() {
        say("notice: the corpus is not there; judging `rules` alone");
    }
    folders.push(root.join("rules"));
    let loaded = load(&folders)?;
    let mut failed = Vec::new();
    for (name, judge) in chosen {
        if let Err(message) = judge(&loaded, say) {
            failed.push(format!("{name}: {message}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The folders of the corpus; none when it is not there.
pub fn corpus(root: &Path) -> Vec<PathBuf> {
    let corpus = root.join("../shared/corpus/sigmahq");
    crate::bench::FOLDERS.iter().map(|it| corpus.join(it)).filter(|it| it.is_dir()).collect()
}

/// All rule files below some folders, by path.
pub fn load(folders: &[PathBuf]) -> Result<Loaded, String> {
    crate::files::load(folders)
}

/// The rules that could be read.
pub fn rules(loaded: &Loaded) -> impl Iterator<Item = (&LoadedRule, &Rule)> {
    loaded.rules.iter().filter_map(|it| Some((it, &it.lowered.as_ref()?.rule)))
}

/// What has been tried, and what was wrong.
#[derive(Debug, Default)]
struct Tally {
    /// Events of proofs.
    events: usize,
    /// Those that one of the two rules matches: the others show little.
    matched: usize,
    /// Witnesses asked for again.
    witnesses: usize,
    wrong: Vec<String>,
}

/// The most wrong answers that are shown.
const SHOWN: usize = 20;

impl Tally {
    /// Tries a proof that every event that `narrow` matches is one that `wide` does; or, when both
    /// are the `same`, the reverse too.
    fn proof(&mut self, what: &str, narrow: &Expr, wide: &Expr, same: bool, grounds: &Grounds) {
        let (Ok(few), Ok(many)) = (Matcher::new(narrow), Matcher::new(wide)) else {
            self.wrong.push(format!("{what}: proved, and can't be asked"));
            return;
        };
        let mut events = Events::new(&[narrow, wide], grounds, what);
        for _ in 0..EVENTS {
            let event = events.next();
            let (one, other) = (few.matches(&event), many.matches(&event));
            self.events += 1;
            self.matched += usize::from(one || other);
            if one && !other || same && one != other {
                self.wrong.push(format!("{what}: proved ({grounds}), but not of {event}"));
                return;
            }
        }
    }

    /// Asks again whether an event is matched by one and not by the other.
    fn witness(&mut self, what: &str, event: &Value, by: &Expr, not_by: &Expr) {
        self.witnesses += 1;
        let holds = |it: &Expr| Matcher::new(it).map(|it| it.matches(event));
        if holds(by) != Ok(true) || holds(not_by) != Ok(false) {
            self.wrong.push(format!("{what}: shown by {event}, which does not show it"));
        }
    }

    fn report(&self, say: &dyn Fn(&str)) -> Result<(), String> {
        let rate = self.matched as f64 / (self.events.max(1)) as f64 * 100.0;
        say(&format!(
            "{} witnesses confirmed, {} events of proofs tried ({rate:.0} % matched by a rule): {} wrong",
            self.witnesses,
            self.events,
            self.wrong.len()
        ));
        self.wrong.iter().take(SHOWN).for_each(|it| say(&format!("  {it}")));
        match self.wrong.len() {
            0 => Ok(()),
            many => Err(format!("{many} wrong answers")),
        }
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    /// The numbers that belong to a name.
    fn of(name: &str) -> Random {
        let fold = |at: u64, byte: u8| (at ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random(name.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// Below `end`; 0 when that is 0.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// True once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}
