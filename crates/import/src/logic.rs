//! What words such as `and`, `or` and `not` join, in languages whose logic is two-valued.

use diagnostic::Diagnostic;
use ir::Expr;
use pest::RuleType;
use pest::iterators::Pair;

/// The rules of a grammar that join parts. Any other rule inside of them is a part.
pub struct Joints<R: 'static> {
    /// Any of their parts must hold.
    pub any: &'static [R],
    /// All of their parts must hold; one part may be negated.
    pub all: &'static [R],
    /// Words between parts.
    pub words: &'static [R],
    /// Turns the part that follows.
    pub negation: R,
}

impl<R: RuleType> Joints<R> {
    /// The expression of a pair, each part of which `one` reads.
    pub fn read<'p>(
        &self,
        pair: Pair<'p, R>,
        one: &dyn Fn(Pair<'p, R>) -> Result<Expr, Box<Diagnostic>>,
    ) -> Result<Expr, Box<Diagnostic>> {
        let rule = pair.as_rule();
        let any = self.any.contains(&rule);
        if !any && !self.all.contains(&rule) {
            return one(pair);
        }
        let (mut negated, mut parts) = (false, Vec::new());
        for it in pair.into_inner() {
            if it.as_rule() == self.negation {
                negated = !negated;
            } else if !self.words.contains(&it.as_rule()) {
                parts.push(self.read(it, one)?);
            }
        }
        let res = if any { Expr::any(parts) } else { Expr::all(parts) };
        Ok(if negated { res.not() } else { res })
    }
}
