//! An expression with marks on the parts that can be left out of it.
//!
//! Knows: which subtrees belong to which parts. Does not know: what leaving one out changes.

use std::collections::BTreeMap;

use ir::Expr;
use source::Span;

use crate::prover::Numbered;
use crate::world::{Form, World};

/// An expression with marks on what can be left out.
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(Form),
    /// The parts to which the node belongs, and whether it is true when it is left out.
    Marked(Box<Node>, Vec<usize>, bool),
}

impl Node {
    /// Whether nothing of some list would stay.
    pub(crate) fn is_emptied(&self, out: &[usize]) -> bool {
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

/// Where the parts are.
#[derive(Default)]
pub(crate) struct Places {
    /// The marked nodes of each part.
    nodes: BTreeMap<usize, Vec<usize>>,
    /// The way to each marked node: its place in each list, from the outermost to its own.
    paths: Vec<Vec<usize>>,
}

impl Places {
    /// The marked nodes of a part, if there are any.
    pub(crate) fn nodes(&self, part: usize) -> Option<&[usize]> {
        self.nodes.get(&part).map(Vec::as_slice)
    }

    /// The ways to the marked nodes of a part.
    pub(crate) fn paths(&self, part: usize) -> impl Iterator<Item = &[usize]> {
        let nodes = self.nodes.get(&part).into_iter().flatten();
        nodes.filter_map(|it| self.paths.get(*it).map(Vec::as_slice))
    }
}

/// An expression, its parts and where they are.
pub(crate) struct Marked<K> {
    pub(crate) node: Node,
    /// What the caller calls the parts.
    pub(crate) names: Numbered<K>,
    pub(crate) places: Places,
}

impl<K: Clone + Eq + std::hash::Hash> Marked<K> {
    /// Marks the largest subtrees of which all tests belong to a part.
    pub(crate) fn new(expr: &Expr, parts: &dyn Fn(Span) -> Vec<K>, world: &mut World) -> Marked<K> {
        let (names, places) = (Numbered::new(), Places::default());
        let mut marker = Marker { names, parts, places, path: Vec::new() };
        let (node, _) = marker.node(expr, world);
        Marked { node, names: marker.names, places: marker.places }
    }
}

/// Finds the subtrees that belong to parts.
struct Marker<'a, K> {
    names: Numbered<K>,
    parts: &'a dyn Fn(Span) -> Vec<K>,
    places: Places,
    /// The way to where it looks.
    path: Vec<usize>,
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
                let mut made: Vec<(Node, Vec<usize>)> = Vec::with_capacity(parts.len());
                for (at, part) in parts.iter().enumerate() {
                    self.path.push(at);
                    made.push(self.node(part, world));
                    self.path.pop();
                }
                let mut shared: Vec<usize> =
                    made.first().map(|it| it.1.clone()).unwrap_or_default();
                shared.retain(|part| made.iter().all(|it| it.1.contains(part)));
                let marked = |(at, (node, mine)): (usize, (Node, Vec<usize>))| {
                    // What the whole group belongs to is marked further up.
                    let marks: Vec<usize> =
                        mine.into_iter().filter(|it| !shared.contains(it)).collect();
                    if marks.is_empty() {
                        return node;
                    }
                    for mark in &marks {
                        let nodes = self.places.nodes.entry(*mark).or_default();
                        nodes.push(self.places.paths.len());
                    }
                    let path = self.path.iter().copied().chain([at]).collect();
                    self.places.paths.push(path);
                    Node::Marked(Box::new(node), marks, all)
                };
                let nodes = made.into_iter().enumerate().map(marked).collect();
                (if all { Node::All(nodes) } else { Node::Any(nodes) }, shared)
            }
        }
    }
}
