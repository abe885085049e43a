//! How much work a regular expression is to an engine that makes a deterministic automaton of it.
//!
//! Knows: the subset construction, counted as Lucene counts it.
//! Does not know: how an expression is written.
//!
//! Lucene refuses, when the query runs, an expression whose construction visits more than so many
//! states of the nondeterministic automaton. The automaton here is that of positions, which is
//! near Lucene's: the same states, but for where the expression begins.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};
use rustc_hash::FxHashSet;

/// Whether the automaton of the whole of `hir` is made in at most `limit` visits of states.
pub fn is_within(hir: &Hir, limit: usize) -> bool {
    let mut positions = Positions { classes: Vec::new(), follow: Vec::new(), limit };
    let Some(whole) = positions.add(hir) else { return false };
    positions.visits(&whole) <= limit
}

/// The characters an expression reads, each with those that may come next.
struct Positions {
    classes: Vec<ClassUnicode>,
    follow: Vec<BTreeSet<u32>>,
    limit: usize,
}

/// Where a part of an expression may begin and end.
#[derive(Debug, Clone, Default)]
struct Ends {
    empty: bool,
    first: BTreeSet<u32>,
    last: BTreeSet<u32>,
}

impl Positions {
    /// Adds the positions of `hir`; `None` when there are more than the limit.
    fn add(&mut self, hir: &Hir) -> Option<Ends> {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(Ends { empty: true, ..Ends::default() }),
            HirKind::Literal(it) => {
                let text = String::from_utf8_lossy(&it.0);
                let mut res = Ends { empty: true, ..Ends::default() };
                for ch in text.chars() {
                    let class = ClassUnicode::new([ClassUnicodeRange::new(ch, ch)]);
                    let next = self.position(class)?;
                    res = self.then(res, next);
                }
                Some(res)
            }
            HirKind::Class(Class::Unicode(it)) => self.position(it.clone()),
            HirKind::Class(Class::Bytes(it)) => self.position(it.to_unicode_class()?),
            HirKind::Capture(it) => self.add(&it.sub),
            HirKind::Concat(parts) => {
                let mut res = Ends { empty: true, ..Ends::default() };
                for part in parts {
                    let next = self.add(part)?;
                    res = self.then(res, next);
                }
                Some(res)
            }
            HirKind::Alternation(parts) => {
                let mut res = Ends::default();
                for part in parts {
                    let next = self.add(part)?;
                    res.empty |= next.empty;
                    res.first.extend(next.first);
                    res.last.extend(next.last);
                }
                Some(res)
            }
            HirKind::Repetition(it) => {
                let mut res = Ends { empty: true, ..Ends::default() };
                for _ in 0..it.min {
                    let next = self.add(&it.sub)?;
                    res = self.then(res, next);
                }
                match it.max {
                    // A run ends after any of these copies, and none of them is skipped.
                    Some(max) => {
                        let mut ends = res.clone();
                        for _ in it.min..max {
                            let next = self.add(&it.sub)?;
                            res = self.then(res, next);
                            ends.first.extend(&res.first);
                            ends.last.extend(&res.last);
                        }
                        res = ends;
                    }
                    None => {
                        let next = Ends { empty: true, ..self.add(&it.sub)? };
                        for from in next.last.clone() {
                            self.follow.get_mut(from as usize)?.extend(&next.first);
                        }
                        res = self.then(res, next);
                    }
                }
                Some(res)
            }
        }
    }

    fn position(&mut self, class: ClassUnicode) -> Option<Ends> {
        let here =
            u32::try_from(self.classes.len()).ok().filter(|it| *it as usize <= self.limit)?;
        self.classes.push(class);
        self.follow.push(BTreeSet::new());
        Some(Ends { empty: false, first: BTreeSet::from([here]), last: BTreeSet::from([here]) })
    }

    fn then(&mut self, before: Ends, after: Ends) -> Ends {
        for from in &before.last {
            if let Some(it) = self.follow.get_mut(*from as usize) {
                it.extend(&after.first);
            }
        }
        let mut res = Ends { empty: before.empty && after.empty, ..before.clone() };
        if before.empty {
            res.first.extend(&after.first);
        }
        if after.empty {
            res.last.extend(after.last);
        } else {
            res.last = after.last;
        }
        res
    }

    /// How many states the subset construction visits; it stops a little past the limit.
    fn visits(&self, whole: &Ends) -> usize {
        // Which positions read each letter.
        let letters: Vec<Vec<bool>> = self
            .letters()
            .into_iter()
            .map(|letter| self.classes.iter().map(|it| reads(it, letter)).collect())
            .collect();
        let start: Vec<u32> = whole.first.iter().copied().collect();
        // A subset is known by what may be read next, which is what tells it from another.
        let mut waiting: Vec<Vec<u32>> = Vec::new();
        let mut seen: FxHashSet<Vec<u32>> = FxHashSet::default();
        let mut visits = 1;
        let mut expand = |open: &[u32], waiting: &mut Vec<Vec<u32>>| {
            for letter in &letters {
                let next: Vec<u32> =
                    open.iter().copied().filter(|it| letter[*it as usize]).collect();
                if !next.is_empty() && seen.insert(next.clone()) {
                    waiting.push(next);
                }
            }
        };
        expand(&start, &mut waiting);
        while let Some(state) = waiting.pop() {
            visits += state.len();
            if visits > self.limit {
                break;
            }
            let mut open: Vec<u32> =
                state.iter().flat_map(|it| &self.follow[*it as usize]).copied().collect();
            open.sort_unstable();
            open.dedup();
            expand(&open, &mut waiting);
        }
        visits
    }

    /// A character for each part of the alphabet that no class tells apart.
    fn letters(&self) -> BTreeSet<char> {
        let mut res = BTreeSet::from(['\0']);
        for range in self.classes.iter().flat_map(|it| it.ranges()) {
            res.insert(range.start());
            res.extend((range.end() < char::MAX).then(|| following(range.end())));
        }
        res
    }
}

fn reads(class: &ClassUnicode, letter: char) -> bool {
    class.ranges().iter().any(|it| (it.start()..=it.end()).contains(&letter))
}

/// The next character; surrogates are none.
fn following(ch: char) -> char {
    char::from_u32(ch as u32 + 1).unwrap_or('\u{e000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_runs_after_an_open_start_are_much_work() {
        let within = |text: &str| {
            is_within(&regex_syntax::parse(&format!("(?s:.)*(?s:{text})(?s:.)*")).unwrap(), 100_000)
        };
        // What Lucene 10.5 says of each.
        for taken in ["abc", "[0-9a-f]{64}", "a.{11}b", "a.{0,10}b"] {
            assert!(within(taken), "{taken}");
        }
        for refused in
            ["a.{12}b", "a.{2,12}b", "(a|b).{12}c", "(Copy|cp) [^\n]{2,128} -D[^\n]{1,32}Win"]
        {
            assert!(!within(refused), "{refused}");
        }
    }
}
