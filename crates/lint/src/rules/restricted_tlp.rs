//! A label that keeps a rule from being published.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L081", name: "restricted-tlp", page: include_str!("restricted_tlp.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(name) = tag.value.strip_prefix("tlp.") else { continue };
        if name != "clear" {
            let label = "a rule that anyone may read is `tlp.clear`";
            problems.push(
                Diagnostic::info(code, tag.span, format!("the rule is marked `{name}`"), label)
                    .with_help("don't publish it, or write `tlp.clear`"),
            );
        }
    }
}
