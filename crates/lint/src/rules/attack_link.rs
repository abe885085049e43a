//! A link to ATT&CK in place of a tag.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L077", name: "attack-link", page: include_str!("attack_link.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for link in &subject.ast.references {
        if link.value.starts_with("https://attack.mitre.org/") {
            let label = "tools group rules by their tags, and read no links";
            problems.push(
                Diagnostic::info(code, link.span, "the reference is a page of ATT&CK", label)
                    .with_help("write a tag in its place, as in `attack.t1053.005`"),
            );
        }
    }
}
