//! Findings that need a proof about all events, and the time that it takes: asked for apart.
//!
//! Knows: what a proof about parts of a rule, or about two rules, is worth to their author.
//! Does not know: how it is found.

mod idle;
mod pairs;
mod parts;

pub(crate) use idle::idle;
pub use pairs::inclusions;
pub use parts::{Part, PartKind, Parts, without};

use diagnostic::Diagnostic;

use crate::load::Loaded;

/// Parts of rules that make no difference, rules that mean the same, and rules within others.
///
/// The fields of events are taken to hold one value each, and the findings say where it matters.
pub fn proved(loaded: &Loaded) -> Vec<Diagnostic> {
    let mut res = idle(loaded);
    res.extend(pairs::findings(loaded));
    res
}

/// Lints that say of a place, in better words, that it makes no difference.
const SAID_BY: &[&str] = &["L002", "L068", "L087"];

/// Takes out what is proved where a lint says it already.
pub(crate) fn say_once(findings: &mut Vec<Diagnostic>) {
    let idle = |it: &Diagnostic| it.code.id == crate::codes::IDLE_PART.id;
    if !findings.iter().any(idle) {
        return;
    }
    let said: Vec<_> = findings
        .iter()
        .filter(|it| SAID_BY.contains(&it.code.id))
        .flat_map(|it| std::iter::once(&it.primary).chain(&it.secondary))
        .map(|it| it.span)
        .collect();
    findings.retain(|it| !idle(it) || !said.contains(&it.primary.span));
}
