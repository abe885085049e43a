//! Parts of a rule that make no difference.
//!
//! Knows: what leaving a part out means. Does not know: how a part is written; the caller says which
//! tests are written together.
//!
//! A solver holds the rule and a copy of it in which each part can be left out, and looks for an
//! event on which the two differ.

use std::collections::BTreeMap;

use batsat::Lit;
use ir::Expr;
use rustc_hash::FxHashSet;
use source::Span;

use crate::prover::{Numbered, Prover};
use crate::query::{Outcome, Query};
use crate::verdict::{Grounds, Unknown};
use crate::world::{Form, World};

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

/// An expression with marks on what can be left out.
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(Form),
    /// The parts to which the node belongs, and whether it is true when it is left out.
    Marked(Box<Node>, Vec<usize>, bool),
}

impl Node {
    /// Whether nothing of some list would stay.
    fn is_emptied(&self, out: &[usize]) -> bool {
        match self {
            Node::All(parts) | Node::Any(parts) => {
                parts.iter().all(|it| it.is_out(out)) || parts.iter().any(|it| it.is_emptied(out))
            }
            Node::Not(part) => part.is_emptied(out),
            // What is left out as a whole may lose all of its parts too.
            Node::Marked(part, ..) => !self.is_out(out) && part.is_emptied(out),
            Node::Leaf(_) => false,
        }
    }

    fn is_out(&self, out: &[usize]) -> bool {
        matches!(self, Node::Marked(_, marks, _) if marks.iter().any(|it| out.contains(it)))
    }
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
        let mut marker =
            Marker { names: Numbered::new(), parts, places: BTreeMap::new(), count: 0 };
        let (node, _) = marker.node(expr, &mut self.world);
        let Marker { names, places, .. } = marker;
        // Parts that mark the same nodes are one question; the first is the most specific.
        let mut seen: FxHashSet<&[usize]> = FxHashSet::default();
        let asked: Vec<usize> = (0..names.all.len())
            .filter(|it| places.get(it).is_some_and(|nodes| seen.insert(nodes.as_slice())))
            .collect();
        res.asked = asked.len();
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
        let Prover { world, values, schema, budget } = prover;
        let mut query = Query::new(world, values, schema, *budget);
        let mut switches = Switches::default();
        let whole = query.node(node, None);
        let copy = query.node(node, Some(&mut switches));
        query.clause([whole, copy]);
        query.clause([!whole, !copy]);
        let one = query.fresh();
        // A part that is left out spells its number, so that no two are: one assumption each.
        let bits: Vec<Lit> =
            (0..usize::BITS - asked.len().leading_zeros()).map(|_| query.fresh()).collect();
        for (number, part) in asked.iter().enumerate() {
            let switch = switches.get(&mut query, *part);
            for (at, bit) in bits.iter().enumerate() {
                let bit = if (number + 1) >> at & 1 == 1 { *bit } else { !*bit };
                query.clause([!one, !switch, bit]);
            }
        }
        for (part, switch) in &switches.0 {
            if !asked.contains(part) {
                query.clause([!*switch]);
            }
        }
        Search { query, node, switches, one }
    }

    /// An event that tells when one part is left out.
    fn alone(&mut self, part: usize) -> Outcome {
        let switch = self.switches.get(&mut self.query, part);
        self.query.solve(&[self.one, switch])
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

/// For each part, the literal that leaves it out.
#[derive(Default)]
struct Switches(BTreeMap<usize, Lit>);

impl Switches {
    fn get(&mut self, query: &mut Query<'_, '_>, part: usize) -> Lit {
        *self.0.entry(part).or_insert_with(|| query.fresh())
    }
}

impl Query<'_, '_> {
    /// A literal that is true exactly when the node is; with switches, when what they leave out is
    /// left out.
    fn node(&mut self, node: &Node, mut switches: Option<&mut Switches>) -> Lit {
        match node {
            Node::Leaf(it) => self.literal(it),
            Node::Not(part) => !self.node(part, switches),
            Node::All(parts) | Node::Any(parts) => {
                let parts: Vec<Lit> =
                    parts.iter().map(|it| self.node(it, switches.as_deref_mut())).collect();
                self.gate(parts, matches!(node, Node::All(_)))
            }
            Node::Marked(part, marks, without) => {
                let mut res = self.node(part, switches.as_deref_mut());
                let Some(switches) = switches else { return res };
                for mark in marks {
                    let switch = switches.get(self, *mark);
                    // In an "all of" what is left out is true, in an "any of" it is false.
                    let (a, all) = if *without { (switch, false) } else { (!switch, true) };
                    res = self.gate(vec![res, a], all);
                }
                res
            }
        }
    }
}

/// Finds the subtrees that belong to parts.
struct Marker<'a, K> {
    names: Numbered<K>,
    parts: &'a dyn Fn(Span) -> Vec<K>,
    /// The marked nodes of each part.
    places: BTreeMap<usize, Vec<usize>>,
    count: usize,
}

impl<K: Clone + Eq + std::hash::Hash> Marker<'_, K> {
    /// The node, and the parts to which all of its tests belong.
    fn node(&mut self, expr: &Expr, world: &mut World) -> (Node, Vec<usize>) {
        match expr {
            Expr::Test(test) => {
                let parts = (self.parts)(test.span);
                let parts = parts.iter().map(|it| self.names.place(it)).collect();
                (Node::Leaf(world.form(expr)), parts)
            }
            Expr::Const(_) => (Node::Leaf(world.form(expr)), Vec::new()),
            Expr::Not(part) => {
                let (node, parts) = self.node(part, world);
                (Node::Not(Box::new(node)), parts)
            }
            Expr::All(parts) | Expr::Any(parts) => {
                let all = matches!(expr, Expr::All(_));
                let made: Vec<(Node, Vec<usize>)> =
                    parts.iter().map(|it| self.node(it, world)).collect();
                let mut shared: Vec<usize> =
                    made.first().map(|it| it.1.clone()).unwrap_or_default();
                shared.retain(|part| made.iter().all(|it| it.1.contains(part)));
                let nodes = made
                    .into_iter()
                    .map(|(node, mine)| {
                        // What the whole group belongs to is marked further up.
                        let marks: Vec<usize> =
                            mine.into_iter().filter(|it| !shared.contains(it)).collect();
                        if marks.is_empty() {
                            return node;
                        }
                        self.count += 1;
                        for mark in &marks {
                            self.places.entry(*mark).or_default().push(self.count);
                        }
                        Node::Marked(Box::new(node), marks, all)
                    })
                    .collect();
                (if all { Node::All(nodes) } else { Node::Any(nodes) }, shared)
            }
        }
    }
}
