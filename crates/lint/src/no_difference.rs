//! A part of the condition that makes no difference.

use diagnostic::Diagnostic;
use ir::DroppedWhy;
use lower::Lowered;

use crate::codes::NO_DIFFERENCE;

pub fn check(rule: &Lowered, problems: &mut Vec<Diagnostic>) {
    for it in &rule.dropped {
        let (message, label) = match it.why {
            DroppedWhy::Duplicate => ("this test stands here twice", "the second changes nothing"),
            DroppedWhy::CoveredByAlternative => (
                "this test makes no difference",
                "where it holds, an alternative that does not ask for it matches already",
            ),
            DroppedWhy::ImpliedByNeighbour => (
                "this test makes no difference",
                "where it would be asked, its neighbour holds already",
            ),
        };
        let mut problem = Diagnostic::info(&NO_DIFFERENCE, it.span, message, label);
        if it.by != it.span {
            problem = problem.with_label(it.by, "this decides without it");
        }
        problems.push(problem.with_help("remove it, or say what was meant"));
    }
}
