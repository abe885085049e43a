//! A technique that ATT&CK no longer uses.

use attack::State;
use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L022",
        name: "retired-technique",
        page: include_str!("retired_technique.md"),
    },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let word = tag.value.strip_prefix("attack.");
        let Some(technique) = word.and_then(attack::technique) else { continue };
        let (what, help) = match technique.state {
            State::Active => continue,
            State::Revoked => {
                ("was replaced by another technique", "names the technique to write instead")
            }
            State::Deprecated => {
                ("is no longer used by ATT&CK", "says why; choose another that fits, or none")
            }
        };
        let span = syntax::place_inside(subject.text, tag.span, &tag.value, 7, tag.value.len());
        let message = format!("{}, {}, {what}", technique.id, technique.name);
        let label = "the rule is missing where coverage is counted by technique";
        problems.push(
            Diagnostic::warning(code, span, message, label)
                .with_help(format!("{} {help}", technique.reference())),
        );
    }
}
