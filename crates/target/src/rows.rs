//! What a question about columns asks of the rows of a table.
//!
//! A profile may name a column that is a view of another: a list kept as one text, an address asked
//! by another name. A query speaks of what is there; this says the question in the same terms, so
//! that the two can be compared.

use std::sync::Arc;

use ir::{Case, Expr, Field, Predicate, Regex, Shape, Test};
use source::Span;

use crate::flavour;
use crate::legal::Effect;
use crate::manifest::Kind;
use crate::map::{condition, implies};
use crate::profile::{FieldSpec, Profile, SourceSpec};

impl Profile {
    /// What is true of the events of a source, and not of others in the same place.
    pub fn placed(&self, source: &SourceSpec, span: Span) -> Expr {
        condition(&source.condition, span)
    }

    /// How a rule over a source, with this expression over columns, differs from the events of the
    /// log source.
    pub fn effect_of(&self, source: &SourceSpec, expr: &Expr) -> Option<Effect> {
        source.effect.filter(|_| !implies(expr, &source.unless))
    }

    /// The field that is this column and no more, read over a source; the first by name of several.
    pub fn field_of(&self, source: &SourceSpec, column: &str) -> Option<String> {
        let groups = || source.fields.iter().filter_map(|it| self.groups.get(it));
        let one = |spec: &FieldSpec| match spec {
            FieldSpec::One(it) => it == column,
            FieldSpec::Many(it) => matches!(it.as_slice(), [it] if it == column),
            FieldSpec::Long(_) => false,
        };
        // A group before may say something else of the name.
        let first = |name: &String| groups().find_map(|it| it.get(name)).is_some_and(one);
        let mut found = groups().flat_map(|it| it.iter()).filter(|(_, spec)| one(spec));
        if let Some((name, _)) = found.find(|(name, _)| first(name)) {
            return Some(name.clone());
        }
        let form = source.unmapped.as_ref().or(self.unmapped.as_ref())?;
        let (before, after) = form.split_once("{field}")?;
        let name = column.strip_prefix(before)?.strip_suffix(after)?;
        let taken = groups().any(|it| it.contains_key(name));
        (!name.is_empty() && !taken).then(|| name.to_owned())
    }

    /// The question, asked of what the rows hold.
    pub fn in_rows(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::All(parts) => Expr::All(parts.iter().map(|it| self.in_rows(it)).collect()),
            Expr::Any(parts) => Expr::Any(parts.iter().map(|it| self.in_rows(it)).collect()),
            Expr::Not(part) => Expr::Not(Box::new(self.in_rows(part))),
            Expr::Const(it) => Expr::Const(*it),
            Expr::Test(test) => Expr::Test(self.test_in_rows(test)),
        }
    }

    fn test_in_rows(&self, test: &Test) -> Test {
        let Field::Named(name) = &test.field else { return test.clone() };
        let (kind, column) = self.column(name);
        let predicate = match &test.predicate {
            Predicate::Text(pattern, case)
                if kind == Kind::Joined && pattern.shape() != Shape::Anything =>
            {
                let text = flavour::of_element(pattern);
                match Regex::new(&text, *case == Case::Insensitive, false, true) {
                    Ok(regex) => Predicate::Regex(Arc::new(regex)),
                    Err(_) => test.predicate.clone(),
                }
            }
            Predicate::Field(other, anchor, case) => {
                Predicate::Field(self.name_in_rows(other), *anchor, *case)
            }
            it => it.clone(),
        };
        let networks = column.and_then(|it| it.networks.as_ref());
        let name = match networks.filter(|_| matches!(predicate, Predicate::Net(_))) {
            Some(other) => Arc::from(other.as_str()),
            None => self.name_in_rows(name),
        };
        Test { field: Field::Named(name), predicate, span: test.span }
    }

    /// The column that another is only a view of.
    fn name_in_rows(&self, name: &Arc<str>) -> Arc<str> {
        let spelled = self.column(name).1.and_then(|it| it.spelled.as_deref());
        let plain =
            |it: &&str| it.chars().all(|ch| ch.is_ascii_alphanumeric() || "._".contains(ch));
        spelled.filter(plain).map_or(name.clone(), Arc::from)
    }
}
