//! The `detection` section as it was written.

use source::{Span, Spanned};

use crate::condition::ConditionAst;
use crate::scalar::Scalar;

/// The whole section.
#[derive(Debug, Clone, Default)]
pub struct DetectionAst {
    /// Where it stands.
    pub span: Option<Span>,
    /// The selections, in order.
    pub selections: Vec<SelectionAst>,
    /// The conditions that could be read; several mean "any of them".
    pub conditions: Vec<ConditionAst>,
    /// The old `timeframe`.
    pub timeframe: Option<Span>,
}

/// A named selection.
#[derive(Debug, Clone)]
pub struct SelectionAst {
    /// Its name.
    pub name: Spanned<String>,
    /// What it says.
    pub body: Selection,
}

/// What a selection says.
#[derive(Debug, Clone)]
pub enum Selection {
    /// A map: all of its items.
    All(Vec<ItemAst>),
    /// A list: any of its entries.
    Any(Vec<Selection>),
    /// Plain values: keywords, any of them.
    Keywords(ItemAst),
}

impl DetectionAst {
    /// Every item of every selection, in the order written.
    pub fn items(&self) -> impl Iterator<Item = &ItemAst> {
        self.selections.iter().flat_map(|it| it.body.items())
    }
}

impl Selection {
    /// Every item, however deep, in the order written.
    pub fn items(&self) -> Items<'_> {
        Items { open: vec![self], ready: [].iter() }
    }
}

/// The items of a selection; made by [`Selection::items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    /// What is still to be looked into, the next one last.
    open: Vec<&'a Selection>,
    /// The items of the mapping at hand.
    ready: std::slice::Iter<'a, ItemAst>,
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a ItemAst;

    fn next(&mut self) -> Option<&'a ItemAst> {
        loop {
            if let Some(item) = self.ready.next() {
                return Some(item);
            }
            match self.open.pop()? {
                Selection::All(items) => self.ready = items.iter(),
                Selection::Any(parts) => self.open.extend(parts.iter().rev()),
                Selection::Keywords(item) => self.ready = std::slice::from_ref(item).iter(),
            }
        }
    }
}

/// One `field|modifier: value` line, or a keyword list (no field).
#[derive(Debug, Clone)]
pub struct ItemAst {
    /// The key, modifiers included; of a keyword list, its first value.
    pub span: Span,
    /// The field; `None` for keywords.
    pub field: Option<Spanned<String>>,
    /// The modifiers, in order.
    pub modifiers: Vec<Spanned<String>>,
    /// The values; a single value is a list of one.
    pub values: Vec<ValueAst>,
    /// Whether the values were written as a list.
    pub is_list: bool,
}

/// A value and its place.
pub type ValueAst = Spanned<Scalar>;
