//! The normal form: flat, without doubles, absorbed.
//!
//! Order is the author's. Nothing is lost in silence: what makes no difference is dropped and
//! reported.

use rustc_hash::FxHashMap;
use source::Span;

use crate::{Case, Expr, Predicate, Test};

/// A part that was dropped because it makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The part that is gone.
    pub span: Span,
    /// The part that makes it idle.
    pub by: Span,
    /// Why.
    pub why: DroppedWhy,
}

/// Why a part makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DroppedWhy {
    /// The same test stands beside it.
    Duplicate,
    /// `A or (A and B)`: whenever it is true, its neighbour is.
    CoveredByAlternative,
    /// `A and (A or B)`: it is true whenever its neighbour is.
    ImpliedByNeighbour,
}

/// Brings an expression to normal form; appends what was dropped to `dropped`.
///
/// Every `All` and `Any` of the result has at least two parts, none of its own kind, no two
/// equal, none that another absorbs; `Not` never holds `Not` or `Const`.
pub fn normalize(expr: Expr, dropped: &mut Vec<Dropped>) -> Expr {
    match expr {
        Expr::All(parts) => group(parts, true, dropped),
        Expr::Any(parts) => group(parts, false, dropped),
        Expr::Not(part) => normalize(*part, dropped).not(),
        it => it,
    }
}

fn group(parts: Vec<Expr>, all: bool, dropped: &mut Vec<Dropped>) -> Expr {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match normalize(part, dropped) {
            Expr::All(inner) if all => flat.extend(inner),
            Expr::Any(inner) if !all => flat.extend(inner),
            // `true` in an `All` says nothing; `false` decides it. The reverse in an `Any`.
            Expr::Const(it) if it == all => {}
            Expr::Const(it) => return Expr::Const(it),
            it => flat.push(it),
        }
    }
    let mut index: Index = Index::default();
    let mut unique: Vec<Expr> = Vec::with_capacity(flat.len());
    for part in flat {
        match index.find(&unique, &part) {
            Some(at) => drop_part(&part, &unique[at], DroppedWhy::Duplicate, dropped),
            None => {
                unique.push(part);
                index.add(&unique);
            }
        }
    }
    let why = if all { DroppedWhy::ImpliedByNeighbour } else { DroppedWhy::CoveredByAlternative };
    let mixed = unique.iter().any(|it| has_case(it, Case::Sensitive))
        && unique.iter().any(|it| has_case(it, Case::Insensitive));
    let absorbed: Vec<Option<usize>> = unique
        .iter()
        .map(|part| match part {
            Expr::Any(inner) if all => inner.iter().find_map(|it| index.covers(&unique, it)),
            Expr::All(inner) if !all => inner
                .iter()
                .find_map(|it| index.covers(&unique, it))
                .or_else(|| within(part, inner, &unique)),
            Expr::Test(test) if mixed => {
                other_case(test, all).and_then(|it| index.find(&unique, &it))
            }
            _ => None,
        })
        .collect();
    for (idx, by) in absorbed.iter().enumerate() {
        if let Some(by) = by {
            // Of `(A and B)` beside `A`, the idle part is `B`.
            let idle = match &unique[idx] {
                Expr::All(inner) | Expr::Any(inner) => {
                    inner.iter().find(|it| index.covers(&unique, it).is_none())
                }
                _ => None,
            };
            drop_part(idle.unwrap_or(&unique[idx]), &unique[*by], why, dropped);
        }
    }
    let mut keep = absorbed.iter().map(Option::is_none);
    unique.retain(|_| keep.next().unwrap_or(true));
    if all { Expr::all(unique) } else { Expr::any(unique) }
}

fn has_case(expr: &Expr, wanted: Case) -> bool {
    matches!(expr, Expr::Test(Test { predicate: Predicate::Text(_, case), .. }) if *case == wanted)
}

/// The test that makes this one idle by its case alone: in an `All` the case-sensitive twin of a
/// test that ignores case, in an `Any` the reverse.
fn other_case(test: &Test, all: bool) -> Option<Expr> {
    let (from, to) = if all {
        (Case::Insensitive, Case::Sensitive)
    } else {
        (Case::Sensitive, Case::Insensitive)
    };
    match &test.predicate {
        Predicate::Text(pattern, case) if *case == from => Some(Expr::Test(Test {
            predicate: Predicate::Text(pattern.clone(), to),
            ..test.clone()
        })),
        _ => None,
    }
}

/// The alternative that is a smaller conjunction of the same parts: `(A and B and C)` beside
/// `(A and B)`.
fn within(part: &Expr, inner: &[Expr], all: &[Expr]) -> Option<usize> {
    if all.len() > 64 {
        return None;
    }
    all.iter().position(|other| match other {
        Expr::All(few) => {
            !std::ptr::eq(other, part)
                && few.len() < inner.len()
                && few.iter().all(|it| inner.contains(it))
        }
        _ => false,
    })
}

fn drop_part(part: &Expr, by: &Expr, why: DroppedWhy, dropped: &mut Vec<Dropped>) {
    if let (Some(span), Some(by)) = (part.span(), by.span()) {
        dropped.push(Dropped { span, by, why });
    }
}

/// Finds equal expressions; of many without comparing each with each.
#[derive(Default)]
struct Index {
    /// Filled once there are more than [`FEW`].
    by_hash: FxHashMap<u64, Vec<usize>>,
}

/// Up to so many expressions, comparing is cheaper than hashing.
const FEW: usize = 8;

impl Index {
    /// Notes the last of `all`.
    fn add(&mut self, all: &[Expr]) {
        if all.len() <= FEW {
            return;
        }
        let from = if self.by_hash.is_empty() { 0 } else { all.len() - 1 };
        for (at, expr) in all.iter().enumerate().skip(from) {
            self.by_hash.entry(hash(expr)).or_default().push(at);
        }
    }

    /// Where `expr`, or every part of it when it is a group, stands among `all`: a group of the
    /// kind of `all` was flattened into it.
    fn covers(&self, all: &[Expr], expr: &Expr) -> Option<usize> {
        self.find(all, expr).or_else(|| match expr {
            Expr::All(parts) | Expr::Any(parts) => {
                let places: Option<Vec<usize>> =
                    parts.iter().map(|it| self.find(all, it)).collect();
                places.and_then(|it| it.first().copied())
            }
            _ => None,
        })
    }

    fn find(&self, all: &[Expr], expr: &Expr) -> Option<usize> {
        if all.len() <= FEW {
            return all.iter().position(|it| it == expr);
        }
        let places = self.by_hash.get(&hash(expr))?;
        places.iter().copied().find(|&at| all.get(at) == Some(expr))
    }
}

/// A structural hash that ignores where tests were written.
fn hash(expr: &Expr) -> u64 {
    use std::hash::{Hash, Hasher};
    fn walk(expr: &Expr, state: &mut rustc_hash::FxHasher) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => {
                matches!(expr, Expr::All(_)).hash(state);
                parts.len().hash(state);
                for part in parts {
                    walk(part, state);
                }
            }
            Expr::Not(part) => {
                2u8.hash(state);
                walk(part, state);
            }
            Expr::Test(test) => {
                test.field.hash(state);
                std::mem::discriminant(&test.predicate).hash(state);
                if let Predicate::Text(pattern, case) = &test.predicate {
                    pattern.hash(state);
                    case.hash(state);
                }
            }
            Expr::Const(it) => it.hash(state),
        }
    }
    let mut state = rustc_hash::FxHasher::default();
    walk(expr, &mut state);
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, Pattern};
    use source::FileId;

    fn test(name: &str) -> Expr {
        Expr::Test(Test {
            field: Field::Named(name.into()),
            predicate: Predicate::Text(Pattern::literal("x"), Case::Insensitive),
            span: Span::new(FileId::FIRST, 0, 1),
        })
    }

    #[test]
    fn absorption_drops_and_reports() {
        let mut dropped = Vec::new();
        let expr = Expr::Any(vec![Expr::All(vec![test("a"), test("b")]), test("a")]);
        assert_eq!(normalize(expr, &mut dropped), test("a"));
        assert_eq!(dropped[0].why, DroppedWhy::CoveredByAlternative);
        let either = || Expr::Any(vec![test("a"), test("b")]);
        let expr = Expr::Any(vec![Expr::All(vec![either(), test("c")]), either()]);
        assert_eq!(normalize(expr, &mut Vec::new()), either());
        let expr = Expr::All(vec![test("a"), Expr::Any(vec![test("a"), test("b")])]);
        assert_eq!(normalize(expr, &mut dropped), test("a"));
        assert_eq!(dropped[1].why, DroppedWhy::ImpliedByNeighbour);
    }

    #[test]
    fn groups_are_flat_and_unique() {
        let mut dropped = Vec::new();
        let expr =
            Expr::All(vec![test("a"), Expr::All(vec![test("b"), test("a")]), Expr::Const(true)]);
        assert_eq!(normalize(expr, &mut dropped), Expr::All(vec![test("a"), test("b")]));
        assert_eq!(dropped.len(), 1);
    }
}
