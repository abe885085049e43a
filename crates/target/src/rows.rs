//! What a question about columns asks of the rows of a table.
//!
//! A profile may name a column that is a view of another: a list kept as one text, an address asked
//! by another name. A query speaks of what is there; this says the question in the same terms, so
//! that the two can be compared.

use std::sync::Arc;

use ir::{Case, Expr, Field, Predicate, Regex, Shape, Test};

use crate::flavour;
use crate::manifest::Kind;
use crate::profile::Profile;

impl Profile {
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
        let plain = |it: &&str| it.chars().all(|ch| ch.is_ascii_alphanumeric() || "._".contains(ch));
        spelled.filter(plain).map_or(name.clone(), Arc::from)
    }
}
