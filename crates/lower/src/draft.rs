//! A rule between the written one and its meaning: modifiers are gone, items and their lists stand.
//!
//! Knows: items, how they are nested, and which selections a condition joins.
//! Does not know: how modifiers are written, what pipelines do to items.

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Case, Expr, Field, Pattern, Predicate, Test};
use source::{Span, Spanned};
use syntax::ConditionAst;

use crate::condition::{Selections, resolve};

/// The detection of a rule as items, for stages that act on items and not on their meaning.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The selections by name, in order.
    pub selections: Vec<(Spanned<String>, Detection)>,
    /// The conditions; several mean "any of them".
    pub conditions: Vec<ConditionAst>,
    /// Items that every event must pass, or fail where it says `true`, besides the conditions.
    pub also: Vec<(Detection, bool)>,
    /// What filters add: each has its own selections, which no name in another reaches, and every
    /// event must pass it.
    pub filters: Vec<Draft>,
}

/// Items and how they are joined.
#[derive(Debug, Clone, PartialEq)]
pub enum Detection {
    /// All of them.
    All(Vec<Detection>),
    /// Any of them.
    Any(Vec<Detection>),
    /// One item.
    Item(Item),
}

/// A field and its values.
#[derive(Debug, Clone)]
pub struct Item {
    /// The field; `None` for keywords.
    pub field: Option<Arc<str>>,
    /// The values; none means the field holds no value.
    pub values: Vec<Value>,
    /// Whether all values must pass (`all`), and not any.
    pub all: bool,
    /// Whether the whole is negated (`neq`).
    pub negated: bool,
    /// Where it was written.
    pub span: Span,
    /// The steps of pipelines that changed it, by id.
    pub steps: BTreeSet<Arc<str>>,
}

/// Items are equal when they ask the same, wherever they were written and whatever made them.
impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        (&self.field, &self.values, self.all, self.negated)
            == (&other.field, &other.values, other.all, other.negated)
    }
}

/// One value of an item, its modifiers applied.
#[derive(Debug, Clone)]
pub struct Value {
    /// What is asked of the field; several when a modifier made several forms of one value.
    pub forms: Vec<Predicate>,
    /// Whether the forms are negated: `exists: false`.
    pub negated: bool,
    /// Where it was written.
    pub span: Span,
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        (&self.forms, self.negated) == (&other.forms, other.negated)
    }
}

impl Value {
    /// A value that asks one thing.
    pub fn one(predicate: Predicate, span: Span) -> Value {
        Value { forms: vec![predicate], negated: false, span }
    }

    /// A text where case makes no difference.
    pub fn text(pattern: Pattern, span: Span) -> Value {
        Value::one(Predicate::Text(pattern, Case::Insensitive), span)
    }
}

impl Item {
    /// The item as tests.
    pub fn expr(&self) -> Expr {
        let field = match &self.field {
            Some(it) => Field::Named(it.clone()),
            None => Field::Anywhere,
        };
        let test = |predicate: &Predicate, span: Span| {
            let predicate = match predicate {
                // A keyword is contained in a value.
                Predicate::Text(it, case) if self.field.is_none() => {
                    Predicate::Text(it.open(true, true), *case)
                }
                it => it.clone(),
            };
            Expr::Test(Test { field: field.clone(), predicate, span })
        };
        if self.values.is_empty() {
            let expr = test(&Predicate::Null, self.span);
            return if self.negated { expr.not() } else { expr };
        }
        let parts = self.values.iter().map(|value| {
            let forms = Expr::any(value.forms.iter().map(|it| test(it, value.span)).collect());
            if value.negated { forms.not() } else { forms }
        });
        let expr = if self.all { Expr::all(parts.collect()) } else { Expr::any(parts.collect()) };
        if self.negated { expr.not() } else { expr }
    }
}

impl Detection {
    /// The items as tests; `None` where nothing is left of them.
    pub fn expr(&self) -> Option<Expr> {
        match self {
            // A selection written as `{}` is true; what a pipeline emptied is gone.
            Detection::All(parts) if parts.is_empty() => Some(Expr::Const(true)),
            Detection::All(parts) => join(parts.iter().map(Detection::expr), Expr::all),
            Detection::Any(parts) => join(parts.iter().map(Detection::expr), Expr::any),
            Detection::Item(item) => Some(item.expr()),
        }
    }

    /// Calls `visit` with every item, in order.
    pub fn for_each_item<'a>(&'a self, visit: &mut dyn FnMut(&'a Item)) {
        match self {
            Detection::All(parts) | Detection::Any(parts) => {
                parts.iter().for_each(|it| it.for_each_item(visit));
            }
            Detection::Item(item) => visit(item),
        }
    }
}

/// Joins what is left of some parts.
fn join(parts: impl Iterator<Item = Option<Expr>>, how: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    let parts: Vec<Expr> = parts.flatten().collect();
    (!parts.is_empty()).then(|| how(parts))
}

impl Draft {
    /// Every item of the rule, also those that no condition reads.
    pub fn detections(&self) -> impl Iterator<Item = &Detection> {
        let filters = self.filters.iter().flat_map(|it| &it.selections);
        let named = self.selections.iter().chain(filters).map(|(_, it)| it);
        named.chain(self.also.iter().map(|(it, _)| it))
    }

    /// The same, to be changed.
    pub fn detections_mut(&mut self) -> impl Iterator<Item = &mut Detection> {
        let filters = self.filters.iter_mut().flat_map(|it| &mut it.selections);
        let named = self.selections.iter_mut().chain(filters).map(|(_, it)| it);
        named.chain(self.also.iter_mut().map(|(it, _)| it))
    }

    /// The meaning, not in normal form yet; `None` when nothing is left of it or a name is wrong.
    /// Names used are noted in `used`, by position.
    pub fn expr(&self, used: &mut [bool], problems: &mut Vec<Diagnostic>) -> Option<Expr> {
        let selections: Selections =
            self.selections.iter().map(|(name, it)| (name.clone(), it.expr())).collect();
        let before = problems.len();
        let conditions: Vec<Option<Expr>> =
            self.conditions.iter().map(|it| resolve(it, &selections, used, problems)).collect();
        if problems.len() > before {
            return None;
        }
        let own = join(conditions.into_iter(), Expr::any);
        let filters: Vec<Option<Expr>> = self
            .filters
            .iter()
            .map(|it| it.expr(&mut vec![false; it.selections.len()], problems))
            .collect();
        let also = self
            .also
            .iter()
            .rev()
            .map(|(it, negated)| it.expr().map(|it| if *negated { it.not() } else { it }));
        join(also.chain([own]).chain(filters), Expr::all)
    }
}
