//! Conditions as short-circuit programs over atoms.

use ir::Expr;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::atom::{Atom, atom};
use super::keys::FieldId;
use super::sign::effort;

/// One step of a condition. The parts of a group stand together, cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Start and length of the parts.
    All(u32, u32),
    /// Start and length of the parts.
    Any(u32, u32),
    Not(u32),
    Atom(u32),
    Const(bool),
}

/// Takes conditions in, each question once.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) atoms: Vec<Atom>,
    pub(crate) steps: Vec<Step>,
    /// The effort of each atom.
    efforts: Vec<u32>,
    /// Atoms by their bytes: predicates have no hash of their own.
    known: FxHashMap<Vec<u8>, u32>,
}

impl Builder {
    pub(crate) fn add(&mut self, expr: &Expr, number: &mut dyn FnMut(&str) -> FieldId) -> Step {
        self.step(expr, number).0
    }

    fn step(&mut self, expr: &Expr, number: &mut dyn FnMut(&str) -> FieldId) -> (Step, u32) {
        match expr {
            Expr::All(parts) => {
                let (start, len, effort) = self.group(parts, number);
                (Step::All(start, len), effort)
            }
            Expr::Any(parts) => {
                let (start, len, effort) = self.group(parts, number);
                (Step::Any(start, len), effort)
            }
            Expr::Not(part) => {
                let (step, effort) = self.step(part, number);
                self.steps.push(step);
                (Step::Not(self.steps.len() as u32 - 1), effort)
            }
            Expr::Test(test) => {
                let atom = atom(&test.field, &test.predicate, number);
                // What has no bytes is taken for a question of its own.
                let key = postcard::to_stdvec(&atom).ok();
                let known = key.as_ref().and_then(|it| self.known.get(it)).copied();
                let id = known.unwrap_or_else(|| {
                    self.efforts.push(effort(&atom));
                    self.atoms.push(atom);
                    self.atoms.len() as u32 - 1
                });
                if let Some(key) = key {
                    self.known.insert(key, id);
                }
                (Step::Atom(id), self.efforts[id as usize])
            }
            Expr::Const(it) => (Step::Const(*it), 0),
        }
    }

    fn group(
        &mut self,
        parts: &[Expr],
        number: &mut dyn FnMut(&str) -> FieldId,
    ) -> (u32, u32, u32) {
        let mut steps: Vec<_> = parts.iter().map(|it| self.step(it, number)).collect();
        steps.sort_by_key(|it| it.1);
        let start = self.steps.len() as u32;
        self.steps.extend(steps.iter().map(|it| it.0));
        let effort = steps.iter().fold(0, |sum: u32, it| sum.saturating_add(it.1));
        (start, steps.len() as u32, effort)
    }
}
