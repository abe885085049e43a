//! A correlation's file whose name does not begin as Sigma asks for.

use diagnostic::{Code, Diagnostic};
use syntax::CorrelationAst;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L090",
        name: "correlation-file-name",
        page: include_str!("correlation_file_name.md"),
    },
    by_default: false,
    check: Check::Correlation(check),
};

/// What the names of correlations' files begin with.
const PREFIX: &str = "mr_";

fn check(
    code: &'static Code,
    subject: &Subject<'_>,
    correlation: &CorrelationAst,
    problems: &mut Vec<Diagnostic>,
) {
    let name = subject.path.rsplit(['/', '\\']).next().unwrap_or(subject.path);
    // Text that comes from no file has no name, and a file of several documents no one kind.
    if subject.in_file > 1 || !name.contains('.') || name.starts_with(PREFIX) {
        return;
    }
    let at = correlation.kind.as_ref().map_or(correlation.head.place("title"), |it| it.span);
    let message = format!("the file name `{name}` does not begin with `{PREFIX}`");
    let label = "Sigma tells correlations from rules by it";
    problems.push(
        Diagnostic::info(code, at, message, label)
            .with_help(format!("rename the file to `{PREFIX}{name}`")),
    );
}
