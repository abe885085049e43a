//! A text that some automata accept and others do not, or the proof that there is none.
//!
//! Knows: automata. Does not know: where they come from.
//!
//! The accepting automata are followed one state at a time, each choice its own branch; the others
//! as sets of states. Of two branches that differ in those sets only, one whose sets are larger is
//! never better and is dropped. Branches near acceptance go first.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::nfa::{Edge, Nfa, Set, Side};

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is such a text.
    Text(String),
    /// There is none.
    Nothing,
    /// The budget ended first.
    Spent,
}

/// Looks for a text that all of `accept` and none of `reject` accept. Takes the branches it made
/// from `budget`.
pub(crate) fn search(accept: &[&Nfa], reject: &[&Nfa], budget: &mut usize) -> Found {
    Search::new(accept, reject).run(budget)
}

struct Search<'a> {
    accept: Vec<Run<'a>>,
    reject: Vec<Run<'a>>,
    /// A character for each class of characters that no automaton tells apart.
    letters: Vec<char>,
    looks: bool,
}

/// One automaton in the search.
struct Run<'a> {
    nfa: &'a Nfa,
    /// Steps of each state by character: the classes that lead there, and where.
    steps: Vec<Vec<Step>>,
    /// Characters to acceptance, at least, from each state.
    distance: Vec<u32>,
    /// Whether everything is accepted from each state on.
    sure: Vec<bool>,
    closures: RefCell<Closures>,
}

#[derive(Clone)]
struct Branch {
    accept: Box<[u32]>,
    reject: Sets,
    before: Side,
}

/// For each rejecting automaton, the states that it may be in.
type Sets = Rc<[Box<[u32]>]>;

/// The states reached by nothing, from a state and between two sides.
type Closures = FxHashMap<(u32, Side, Side), Rc<[u32]>>;

/// Which classes of characters lead where.
type Step = (Rc<[bool]>, u32);

/// What branches have in common that are compared by their rejecting sets.
type Place = (Box<[u32]>, Side);

impl<'a> Search<'a> {
    fn new(accept: &[&'a Nfa], reject: &[&'a Nfa]) -> Search<'a> {
        let looks = accept.iter().chain(reject).any(|it| it.looks);
        let sets: BTreeSet<&Set> = accept
            .iter()
            .chain(reject)
            .flat_map(|it| (0..it.len()).flat_map(|at| it.edges(u32::try_from(at).unwrap_or(0))))
            .filter_map(|it| match it {
                Edge::Char(set, _) => Some(set),
                _ => None,
            })
            .collect();
        let sets: Vec<&Set> = sets.into_iter().collect();
        let (letters, members) = classes(&sets, looks);
        let members: FxHashMap<&Set, Rc<[bool]>> = sets.into_iter().zip(members).collect();
        Search {
            accept: accept.iter().map(|it| Run::new(it, &members)).collect(),
            reject: reject.iter().map(|it| Run::new(it, &members)).collect(),
            letters,
            looks,
        }
    }

    fn side(&self, ch: char) -> Side {
        if self.looks { Side::of(ch) } else { Side::Other }
    }

    fn run(&self, budget: &mut usize) -> Found {
        let border = if self.looks { Side::Border } else { Side::Other };
        let first = Branch {
            accept: self.accept.iter().map(|_| Nfa::START).collect(),
            reject: self.reject.iter().map(|_| Box::from([Nfa::START])).collect(),
            before: border,
        };
        let mut known: FxHashMap<Place, Vec<Sets>> = FxHashMap::default();
        known.insert((first.accept.clone(), first.before), vec![first.reject.clone()]);
        // How each branch came about: the branch before it, the letter, and the length.
        let mut paths: Vec<(usize, char, u32)> = vec![(0, '\0', 0)];
        let mut queue = BinaryHeap::new();
        queue.push((Reverse(self.distance(&first.accept)), 0u32, Reverse(0usize)));
        let mut branches = vec![first];
        while let Some((_, _, Reverse(at))) = queue.pop() {
            let branch = branches[at].clone();
            // A better one may have come since.
            let place = (branch.accept.clone(), branch.before);
            let alive = |it: &Vec<Sets>| it.iter().any(|it| Rc::ptr_eq(it, &branch.reject));
            if !known.get(&place).is_some_and(alive) {
                continue;
            }
            if self.ends(&branch) {
                let mut text = Vec::new();
                let mut back = at;
                while back != 0 {
                    text.push(paths[back].1);
                    back = paths[back].0;
                }
                return Found::Text(text.into_iter().rev().collect());
            }
            let length = paths[at].2 + 1;
            for (class, &ch) in self.letters.iter().enumerate() {
                for next in self.follow(&branch, class, ch) {
                    let place = (next.accept.clone(), next.before);
                    let others = known.entry(place).or_default();
                    if others.iter().any(|it| within(it, &next.reject)) {
                        continue;
                    }
                    others.retain(|it| !within(&next.reject, it));
                    others.push(next.reject.clone());
                    if *budget == 0 {
                        return Found::Spent;
                    }
                    *budget -= 1;
                    let estimate = length.saturating_add(self.distance(&next.accept));
                    queue.push((Reverse(estimate), length, Reverse(branches.len())));
                    paths.push((at, ch, length));
                    branches.push(next);
                }
            }
        }
        Found::Nothing
    }

    fn distance(&self, states: &[u32]) -> u32 {
        let each = self.accept.iter().zip(states);
        each.map(|(it, state)| it.distance[*state as usize]).max().unwrap_or(0)
    }

    /// Whether the text may end here.
    fn ends(&self, branch: &Branch) -> bool {
        let border = if self.looks { Side::Border } else { Side::Other };
        let accepted = |it: &Run<'_>, state: u32| {
            it.closure(state, branch.before, border).contains(&it.nfa.accept())
        };
        self.accept.iter().zip(&branch.accept).all(|(it, state)| accepted(it, *state))
            && self
                .reject
                .iter()
                .zip(branch.reject.iter())
                .all(|(it, states)| !states.iter().any(|state| accepted(it, *state)))
    }

    /// The branches after one more letter.
    fn follow(&self, branch: &Branch, class: usize, ch: char) -> Vec<Branch> {
        let after = self.side(ch);
        let mut choices: Vec<Vec<u32>> = Vec::with_capacity(self.accept.len());
        for (it, state) in self.accept.iter().zip(&branch.accept) {
            let mut next = it.step(&[*state], class, branch.before, after);
            // What accepts everything from here on is the best choice.
            if let Some(sure) = next.iter().copied().find(|state| it.sure[*state as usize]) {
                next = vec![sure];
            }
            next.retain(|state| it.distance[*state as usize] != FAR);
            if next.is_empty() {
                return Vec::new();
            }
            choices.push(next);
        }
        let mut reject: Vec<Box<[u32]>> = Vec::with_capacity(self.reject.len());
        for (it, states) in self.reject.iter().zip(branch.reject.iter()) {
            let next = it.step(states, class, branch.before, after);
            if next.iter().any(|state| it.sure[*state as usize]) {
                return Vec::new();
            }
            reject.push(next.into_boxed_slice());
        }
        let reject: Sets = reject.into();
        let mut tuples: Vec<Vec<u32>> = vec![Vec::new()];
        for choice in choices {
            tuples = tuples
                .into_iter()
                .flat_map(|it| {
                    choice.iter().map(move |&last| {
                        let mut it = it.clone();
                        it.push(last);
                        it
                    })
                })
                .collect();
        }
        let branch = |accept: Vec<u32>| Branch {
            accept: accept.into_boxed_slice(),
            reject: reject.clone(),
            before: after,
        };
        tuples.into_iter().map(branch).collect()
    }
}

/// No acceptance can be reached.
const FAR: u32 = u32::MAX / 2;

impl<'a> Run<'a> {
    fn new(nfa: &'a Nfa, members: &FxHashMap<&Set, Rc<[bool]>>) -> Run<'a> {
        let states = (0..nfa.len()).map(|at| nfa.edges(u32::try_from(at).unwrap_or(0)));
        let steps = states
            .map(|edges| {
                edges
                    .iter()
                    .filter_map(|it| match it {
                        Edge::Char(set, to) => Some((members.get(set)?.clone(), *to)),
                        _ => None,
                    })
                    .collect()
            })
            .collect();
        Run { nfa, steps, distance: distances(nfa), sure: sure(nfa), closures: Default::default() }
    }

    /// The states reached without a character, `state` among them.
    fn closure(&self, state: u32, before: Side, after: Side) -> Rc<[u32]> {
        if let Some(it) = self.closures.borrow().get(&(state, before, after)) {
            return it.clone();
        }
        let mut res = vec![state];
        let mut at = 0;
        while let Some(&from) = res.get(at) {
            at += 1;
            for edge in self.nfa.edges(from) {
                let to = match edge {
                    Edge::Free(to) => *to,
                    Edge::Look(look, to) if Side::holds(*look, before, after) => *to,
                    _ => continue,
                };
                if !res.contains(&to) {
                    res.push(to);
                }
            }
        }
        let res: Rc<[u32]> = res.into();
        self.closures.borrow_mut().insert((state, before, after), res.clone());
        res
    }

    /// The states after a letter of the class, in order and once each.
    fn step(&self, states: &[u32], class: usize, before: Side, after: Side) -> Vec<u32> {
        let mut res: Vec<u32> = Vec::new();
        for state in states {
            for from in self.closure(*state, before, after).iter() {
                let steps = &self.steps[*from as usize];
                res.extend(steps.iter().filter(|it| it.0[class]).map(|it| it.1));
            }
        }
        res.sort_unstable();
        res.dedup();
        res
    }
}

/// Whether every set of `few` lies within that of `many`; both are sorted.
fn within(few: &[Box<[u32]>], many: &[Box<[u32]>]) -> bool {
    few.iter().zip(many).all(|(few, many)| {
        let mut rest = many.iter();
        few.len() <= many.len() && few.iter().all(|it| rest.any(|other| other == it))
    })
}

/// How many characters it takes at least from each state to the accepting one.
fn distances(nfa: &Nfa) -> Vec<u32> {
    let mut into: Vec<Vec<(u32, u32)>> = vec![Vec::new(); nfa.len()];
    for from in 0..u32::try_from(nfa.len()).unwrap_or(0) {
        for edge in nfa.edges(from) {
            let (to, cost) = match edge {
                Edge::Char(_, to) => (*to, 1),
                Edge::Free(to) | Edge::Look(_, to) => (*to, 0),
            };
            into[to as usize].push((from, cost));
        }
    }
    let mut res = vec![FAR; nfa.len()];
    res[nfa.accept() as usize] = 0;
    let mut queue = std::collections::VecDeque::from([nfa.accept()]);
    while let Some(at) = queue.pop_front() {
        for &(from, cost) in &into[at as usize] {
            let through = res[at as usize] + cost;
            if through < res[from as usize] {
                res[from as usize] = through;
                if cost == 0 { queue.push_front(from) } else { queue.push_back(from) }
            }
        }
    }
    res
}

/// From which states everything is accepted: those that lead to such a state by nothing.
fn sure(nfa: &Nfa) -> Vec<bool> {
    let mut res = vec![false; nfa.len()];
    let Some(all) = nfa.all else { return res };
    res[all as usize] = true;
    let mut changed = true;
    while changed {
        changed = false;
        for at in (0..nfa.len()).rev() {
            let edges = nfa.edges(u32::try_from(at).unwrap_or(0));
            let leads = |it: &Edge| matches!(it, Edge::Free(to) if res[*to as usize]);
            if !res[at] && edges.iter().any(leads) {
                res[at] = true;
                changed = true;
            }
        }
    }
    res
}

/// Characters that stand for others, the most welcome in an example first.
const WELCOME: &str = "axe0bcdfghijklmnopqrstuvwyz123456789AXEBCDFGHIJKLMNOPQRSTUVWYZ-_. /\\:;,=+@#$%&()[]{}!?*~^'\"`|<>";

/// Splits all characters into classes that no set, and no look, tells apart: a character of each,
/// and for each set which classes it holds.
fn classes(sets: &[&Set], looks: bool) -> (Vec<char>, Vec<Rc<[bool]>>) {
    let mut cuts: BTreeSet<u32> = BTreeSet::from([0, 0xd800, 0xe000]);
    for (from, to) in sets.iter().flat_map(|it| it.iter()) {
        cuts.extend([*from, to + 1]);
    }
    if looks {
        for (from, to) in [('\n', '\n'), ('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')] {
            cuts.extend([u32::from(from), u32::from(to) + 1]);
        }
    }
    cuts.retain(|it| *it <= u32::from(char::MAX));
    let cuts: Vec<u32> = cuts.into_iter().collect();
    let place = |at: u32| cuts.partition_point(|it| *it <= at) - 1;
    // The best character of each piece between two cuts, and how welcome it is.
    let mut best: Vec<Option<(usize, char)>> = cuts
        .iter()
        .enumerate()
        .map(|(idx, at)| {
            let end = cuts.get(idx + 1).copied().unwrap_or(u32::from(char::MAX) + 1);
            // A control character is the least welcome.
            let shown = (*at..end.min(at + 256)).find(|it| *it >= 0xa1).unwrap_or(*at);
            char::from_u32(shown).map(|it| (if shown < 0xa1 { 2000 } else { 1000 }, it))
        })
        .collect();
    for (rank, ch) in WELCOME.chars().enumerate() {
        let known = &mut best[place(u32::from(ch))];
        *known = (*known).min(Some((rank, ch)));
    }
    let mut by_members: FxHashMap<Vec<bool>, usize> = FxHashMap::default();
    let mut found: Vec<((usize, char), Vec<bool>)> = Vec::new();
    for (at, best) in cuts.iter().zip(best) {
        let Some(best) = best else { continue };
        let holds = |set: &&Set| {
            let idx = set.partition_point(|it| it.1 < *at);
            set.get(idx).is_some_and(|it| it.0 <= *at)
        };
        let mut members: Vec<bool> = sets.iter().map(holds).collect();
        if looks {
            let side = Side::of(best.1);
            members.extend([side == Side::Word, side == Side::Newline]);
        }
        match by_members.get(&members) {
            Some(&known) => found[known].0 = found[known].0.min(best),
            None => {
                by_members.insert(members.clone(), found.len());
                found.push((best, members));
            }
        }
    }
    found.sort();
    let letters = found.iter().map(|it| it.0.1).collect();
    let of_set = |idx: usize| found.iter().map(|it| it.1[idx]).collect();
    (letters, (0..sets.len()).map(of_set).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ir::Regex;

    fn regex(text: &str) -> Nfa {
        Nfa::of_search(Regex::new(text, false, false, false).unwrap().hir()).unwrap()
    }

    fn ask(accept: &[&str], reject: &[&str]) -> Found {
        let accept: Vec<Nfa> = accept.iter().map(|it| regex(it)).collect();
        let reject: Vec<Nfa> = reject.iter().map(|it| regex(it)).collect();
        search(&accept.iter().collect::<Vec<_>>(), &reject.iter().collect::<Vec<_>>(), &mut 20_000)
    }

    #[test]
    fn a_shortest_plausible_text_is_found() {
        assert_eq!(ask(&["^[a-z]+$"], &["^a"]), Found::Text("x".into()));
        assert_eq!(ask(&["b", "^.{3}$"], &["^b", "^.b"]), Found::Text("aab".into()));
        assert_eq!(ask(&[r"\bcat\b"], &["^cat", "-"]), Found::Text(".cat".into()));
    }

    #[test]
    fn what_cannot_be_is_proved() {
        assert_eq!(ask(&["abc"], &["b"]), Found::Nothing);
        assert_eq!(ask(&["^[a-z]{1,999}$"], &["^[a-z]{1,1000}$"]), Found::Nothing);
        assert_eq!(ask(&["^a.{200}b"], &["a.{100}"]), Found::Nothing);
        assert_eq!(ask(&[r"\bcat\b"], &[r"\bcat"]), Found::Nothing);
        assert_eq!(ask(&["(?m)^b$"], &["b"]), Found::Nothing);
        assert_eq!(ask(&["^b$"], &["(?m)^b$"]), Found::Nothing);
    }

    #[test]
    fn a_search_ends_with_its_budget() {
        let long: Vec<String> = (0..7).map(|it| format!("{}{it}", "x".repeat(it))).collect();
        let accept: Vec<&str> = long.iter().map(String::as_str).collect();
        let mut all = accept.clone();
        all.push("^.{12}$");
        assert_eq!(ask(&all, &[]), Found::Spent);
    }
}
