//! A selection that no condition uses.

use diagnostic::Diagnostic;
use lower::Lowered;

use crate::codes::UNUSED_SELECTION;

pub fn check(rule: &Lowered, problems: &mut Vec<Diagnostic>) {
    for name in &rule.unused {
        problems.push(
            Diagnostic::warning(
                &UNUSED_SELECTION,
                name.span,
                format!("the selection `{}` is never used", name.value),
                "no condition names it, so it changes nothing",
            )
            .with_help("use it in the condition, or remove it"),
        );
    }
}
