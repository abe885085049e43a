//! A key of a rule that neither Sigma nor SigmaHQ knows.

use diagnostic::{Code, Diagnostic, nearest};
use syntax::keys::{OUR_KEYS, RULE_KEYS, names};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L062",
        name: "unknown-attribute",
        page: include_str!("unknown_attribute.md"),
    },
    by_default: false,
    check: Check::Rule(check),
};

/// Keys of their own that SigmaHQ's rules have.
const SIGMAHQ: [&str; 2] = ["regression_tests_path", "simulation"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (key, _) in &subject.ast.custom {
        let known = SIGMAHQ.contains(&key.value.as_str());
        // A slip of a known key is `mistyped-key`, reported when the rule is read.
        if known || nearest(&key.value, names(RULE_KEYS).chain(names(OUR_KEYS))).is_some() {
            continue;
        }
        let message = format!("`{}` is not a key of Sigma", key.value);
        let label = "Sigma allows it, but only tools of your own read it";
        problems.push(
            Diagnostic::info(code, key.span, message, label)
                .with_help("remove it if nothing of yours reads it"),
        );
    }
}
