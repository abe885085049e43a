//! A part of the condition that makes no difference.

use diagnostic::{Code, Diagnostic};
use ir::DroppedWhy;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L002", name: "no-difference", page: include_str!("no_difference.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(lowered) = subject.lowered else { return };
    for it in &lowered.dropped {
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
        let mut problem = Diagnostic::info(code, it.span, message, label);
        if it.by != it.span {
            problem = problem.with_label(it.by, "this decides without it");
        }
        problems.push(problem.with_help("remove it, or say what was meant"));
    }
}
