//! A key of the log source that Sigma does not know.

use diagnostic::{Code, Diagnostic, nearest};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L012",
        name: "unknown-logsource-key",
        page: include_str!("unknown_logsource_key.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (key, _) in &subject.ast.logsource.custom {
        let name = key.value.as_str();
        // What looks like a slip of a known key is reported when the rule is read.
        if name == "definition" || nearest(name, ["category", "product", "service"]).is_some() {
            continue;
        }
        problems.push(
            Diagnostic::warning(
                code,
                key.span,
                format!("`{name}` is not a key of a log source"),
                "it does not narrow the events that the rule looks at",
            )
            .with_help(
                "use `category`, `product` and `service`; put what a reader must know into \
                 `definition`, and tests of fields into `detection`",
            ),
        );
    }
}
