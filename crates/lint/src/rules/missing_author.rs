//! A rule that nobody signed.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L041", name: "missing-author", page: include_str!("missing_author.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let ast = subject.ast;
    let span = match &ast.author {
        Some(it) if it.value.trim().is_empty() => it.span,
        Some(_) => return,
        None => ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span),
    };
    problems.push(
        Diagnostic::info(
            code,
            span,
            "the rule has no author",
            "whoever gets its alerts can't ask what was meant",
        )
        .with_help("add `author:` with the names of those who wrote it"),
    );
}
