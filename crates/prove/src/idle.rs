//! Parts of a rule that make no difference.
//!
//! Knows: what leaving a part out means. Does not know: how a part is written; the caller says which
//! tests are written together.
//!
//! Of most parts an event is plain to see that needs them. For the others a solver holds the rule and
//! a copy of it in which each of them can be left out, and looks for an event on which the two differ.

use std::collections::BTreeMap;

use batsat::Lit;
use ir::Expr;
use rustc_hash::FxHashSet;
use source::Span;

use crate::mark::{Marked, Node};
use crate::prover::Prover;
use crate::query::{Outcome, Query};
use crate::sight::Sight;
use crate::verdict::{Grounds, Unknown};

/// A part that makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle<K> {
    /// The caller's name for it.
    pub part: K,
    /// Where its tests stand, in order and once each.
    pub spans: Vec<Span>,
    /// What the proof takes for granted that it can be left out alone.
    pub grounds: Grounds,
}

/// The parts of a rule that make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleParts<K> {
    /// Those that can all be left out together.
    pub idle: Vec<Idle<K>>,
    /// What the proof takes for granted that they can.
    pub grounds: Grounds,
    /// Those that could be left out, but not with all of the above: of two that say the same, one.
    pub instead: Vec<K>,
    /// Those of which it could not be decided.
    pub unknown: Vec<(K, Unknown)>,
    /// How many parts were asked about.
    pub asked: usize,
}

impl Prover<'_> {
    /// Which parts of an expression make no difference.
    ///
    /// `parts` names the parts that a test belongs to, by its span; most to least specific. A part
    /// is left out everywhere at once. It is made of the largest subtrees of which all tests belong
    /// to it; leaving one out of an "all of" or an "any of" removes it from the list. What stands
    /// alone can't be left out, and of every list something stays.
    pub fn idle<K>(&mut self, expr: &Expr, parts: &dyn Fn(Span) -> Vec<K>) -> IdleParts<K>
    where
        K: Clone + Eq + std::hash::Hash,
    {
        let mut res = IdleParts {
            idle: Vec::new(),
            grounds: Grounds::default(),
            instead: Vec::new(),
            unknown: Vec::new(),
            asked: 0,
        };
        if let Err(why) = matcher::Matcher::new(expr) {
            let unknown = Unknown::Unmatchable(why);
            expr.for_each_test(&mut |it| {
                for part in parts(it.span) {
                    if !res.unknown.iter().any(|known| known.0 == part) {
                        res.unknown.push((part, unknown.clone()));
                    }
                }
            });
            return res;
        }
        let Marked { node, names, places } = Marked::new(expr, parts, &mut self.world);
        // Parts that mark the same nodes are one question; the first is the most specific.
        let mut seen: FxHashSet<&[usize]> = FxHashSet::default();
        let mut asked: Vec<usize> = (0..names.all.len())
            .filter(|it| places.nodes(*it).is_some_and(|nodes| seen.insert(nodes)))
            .collect();
        res.asked = asked.len();
        if self.glances {
            let sight = Sight { expr, node: &node, places: &places, world: &self.world };
            asked.retain(|part| !sight.needs(*part));
        }
        if asked.is_empty() {
            return res;
        }
        let mut search = Search::new(self, &node, &asked);
        let mut alone: Vec<(usize, Grounds)> = Vec::new();
        for part in asked {
            match search.alone(part) {
                Outcome::Never => alone.push((part, search.query.grounds())),
                Outcome::Event(_) => {}
                Outcome::Unknown(why) => res.unknown.push((names.all[part].clone(), why)),
            }
        }
        let mut out = Vec::new();
        search.add(&alone.iter().map(|it| it.0).collect::<Vec<_>>(), &mut out);
        if !out.is_empty() && search.together(&out) {
            res.grounds = search.query.grounds();
        }
        for (part, grounds) in alone {
            let name = names.all[part].clone();
            if out.contains(&part) {
                let mut spans = Vec::new();
                expr.for_each_test(&mut |it| {
                    if parts(it.span).contains(&name) && !spans.contains(&it.span) {
                        spans.push(it.span);
                    }
                });
                res.idle.push(Idle { part: name, spans, grounds });
            } else {
                res.instead.push(name);
            }
        }
        res
    }
}

/// A solver that holds a rule, and a copy of it that parts can be left out of; it looks for an event
/// that tells the two apart.
struct Search<'a, 'w, 's> {
    query: Query<'w, 's>,
    node: &'a Node,
    switches: Switches,
    /// Says that no two parts are left out at once.
    one: Lit,
}

impl<'a, 'w, 's> Search<'a, 'w, 's> {
    fn new(prover: &'w mut Prover<'s>, node: &'a Node, asked: &[usize]) -> Search<'a, 'w, 's> {
        let Prover { world, values, schema, budget, .. } = prover;
        let mut query = Query::new(world, values, schema, *budget);
        let mut switches = Switches::default();
        for part in asked {
            switches.0.insert(*part, query.fresh());
        }
        let (whole, copy) = query.pair(node, &switches);
        query.clause([whole, copy]);
        query.clause([!whole, !copy]);
        let one = query.fresh();
        // A part that is left out spells its number, so that no two are: one assumption each.
        let bits: Vec<Lit> =
            (0..usize::BITS - asked.len().leading_zeros()).map(|_| query.fresh()).collect();
        for (number, switch) in switches.0.values().enumerate() {
            for (at, bit) in bits.iter().enumerate() {
                let bit = if (number + 1) >> at & 1 == 1 { *bit } else { !*bit };
                query.clause([!one, !*switch, bit]);
            }
        }
        Search { query, node, switches, one }
    }

    /// An event that tells when one part is left out.
    fn alone(&mut self, part: usize) -> Outcome {
        let switch = self.switches.0.get(&part).copied();
        let assumed: Vec<Lit> = switch.into_iter().chain([self.one]).collect();
        self.query.solve(&assumed)
    }

    /// Whether the parts can be left out together.
    fn together(&mut self, out: &[usize]) -> bool {
        if self.node.is_emptied(out) {
            return false;
        }
        let all = self.switches.0.iter();
        let assumed: Vec<Lit> =
            all.map(|(part, it)| if out.contains(part) { *it } else { !*it }).collect();
        matches!(self.query.solve(&assumed), Outcome::Never)
    }

    /// Adds those of `parts` that can be left out together with what is out, the first first.
    /// Mostly that is all of them, so that halves are asked about before single ones.
    fn add(&mut self, parts: &[usize], out: &mut Vec<usize>) {
        let with: Vec<usize> = out.iter().chain(parts).copied().collect();
        if parts.is_empty() || self.together(&with) {
            *out = with;
        } else if parts.len() > 1 {
            let (first, second) = parts.split_at(parts.len() / 2);
            self.add(first, out);
            self.add(second, out);
        }
    }
}

/// For each part that is asked about, the literal that leaves it out.
#[derive(Default)]
struct Switches(BTreeMap<usize, Lit>);

impl Query<'_, '_> {
    /// A literal that is true exactly when the node is, and one that is true exactly when the node
    /// is without what the switches leave out.
    fn pair(&mut self, node: &Node, switches: &Switches) -> (Lit, Lit) {
        match node {
            Node::Leaf(it) => {
                let it = self.literal(it);
                (it, it)
            }
            Node::Not(part) => {
                let (whole, copy) = self.pair(part, switches);
                (!whole, !copy)
            }
            Node::All(parts) | Node::Any(parts) => {
                let all = matches!(node, Node::All(_));
                let (whole, copy): (Vec<Lit>, Vec<Lit>) =
                    parts.iter().map(|it| self.pair(it, switches)).unzip();
                // What nothing can be left out of is no copy.
                let same = whole == copy;
                let whole = self.gate(whole, all);
                (whole, if same { whole } else { self.gate(copy, all) })
            }
            Node::Marked(part, marks, without) => {
                let (whole, mut copy) = self.pair(part, switches);
                for switch in marks.iter().filter_map(|it| switches.0.get(it)) {
                    // In an "all of" what is left out is true, in an "any of" it is false.
                    let (a, all) = if *without { (*switch, false) } else { (!*switch, true) };
                    copy = self.gate(vec![copy, a], all);
                }
                (whole, copy)
            }
        }
    }
}
