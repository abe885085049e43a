//! The parts of a rule that an author would leave out: selections, entries, lines, values.
//!
//! Knows: which tests were written together. Does not know: what they mean.

use ir::Expr;
use rustc_hash::FxHashMap;
use source::Span;
use syntax::{ItemAst, RuleAst, Selection};

/// A part of a rule, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its place: the name of a selection, the key of a line, a value.
    pub span: Span,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartKind {
    /// A value of a list.
    Value,
    /// A field with its values.
    Item,
    /// An entry of a selection that is a list of mappings.
    Entry,
    /// A selection.
    Selection,
}

/// The parts that each test of a rule belongs to.
#[derive(Debug, Default)]
pub struct Parts {
    by_test: FxHashMap<Span, Vec<Part>>,
}

impl Parts {
    /// The parts of a rule. What is the only one of its kind in a part is that part.
    pub fn of(ast: &RuleAst) -> Parts {
        let mut res = Parts::default();
        for selection in &ast.detection.selections {
            let part = Part { kind: PartKind::Selection, span: selection.name.span };
            res.add(&selection.body, &[part]);
        }
        res
    }

    /// The parts that the test at a place belongs to, the smallest first.
    pub fn at(&self, span: Span) -> &[Part] {
        self.by_test.get(&span).map_or(&[], Vec::as_slice)
    }

    /// Whether there is a part at a place.
    pub(super) fn holds(&self, span: Span) -> bool {
        self.by_test.values().flatten().any(|it| it.span == span)
    }

    fn add(&mut self, body: &Selection, outer: &[Part]) {
        let with = |part: Part, alone: bool| -> Vec<Part> {
            let own = (!alone).then_some(part);
            own.into_iter().chain(outer.iter().copied()).collect()
        };
        match body {
            Selection::All(items) => {
                for item in items {
                    let part = Part { kind: PartKind::Item, span: item.span };
                    self.add_item(item, &with(part, items.len() == 1));
                }
            }
            Selection::Any(entries) => {
                for entry in entries {
                    let Some(first) = entry.items().next() else { continue };
                    let part = Part { kind: PartKind::Entry, span: first.span };
                    self.add(entry, &with(part, entries.len() == 1));
                }
            }
            Selection::Keywords(item) => self.add_item(item, outer),
        }
    }

    fn add_item(&mut self, item: &ItemAst, outer: &[Part]) {
        if item.values.is_empty() {
            self.note(item.span, outer.to_vec());
        }
        for value in &item.values {
            let part = Part { kind: PartKind::Value, span: value.span };
            let own = (item.values.len() > 1).then_some(part);
            self.note(value.span, own.into_iter().chain(outer.iter().copied()).collect());
        }
    }

    /// Text that stands for several parts, by an anchor, belongs to all of them.
    fn note(&mut self, span: Span, parts: Vec<Part>) {
        let known = self.by_test.entry(span).or_default();
        for part in parts {
            if !known.contains(&part) {
                known.push(part);
            }
        }
    }
}

/// An expression without some of its tests; `None` where nothing is left.
pub fn without(expr: &Expr, out: &dyn Fn(Span) -> bool) -> Option<Expr> {
    match expr {
        Expr::Test(test) => (!out(test.span)).then(|| expr.clone()),
        Expr::Const(_) => Some(expr.clone()),
        Expr::Not(part) => without(part, out).map(Expr::not),
        Expr::All(parts) | Expr::Any(parts) => {
            let left: Vec<Expr> = parts.iter().filter_map(|it| without(it, out)).collect();
            let join = if matches!(expr, Expr::All(_)) { Expr::all } else { Expr::any };
            (!left.is_empty()).then(|| join(left))
        }
    }
}
