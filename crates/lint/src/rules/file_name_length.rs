//! A file name that is too short to tell anything, or too long to handle.

use diagnostic::{Code, Diagnostic};
use source::Span;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L016", name: "file-name-length", page: include_str!("file_name_length.md") },
    by_default: false,
    check: Check::Set(check),
};

/// The fewest characters, extension included.
const MIN: usize = 10;
/// The most characters, extension included.
const MAX: usize = 90;

fn check(code: &'static Code, subjects: &[Subject<'_>], problems: &mut Vec<Diagnostic>) {
    let mut last = None;
    for it in subjects {
        // The rules of a file follow each other: its first speaks for it.
        if last.replace(it.ast.span.file) == Some(it.ast.span.file) || it.path == "<stdin>" {
            continue;
        }
        let name = it.path.rsplit(['/', '\\']).next().unwrap_or(it.path);
        let len = name.chars().count();
        let (message, label) = if len < MIN {
            ("too short", "it hardly tells which rule it is among thousands")
        } else if len > MAX {
            ("too long", "lists cut it off, and long paths fail on some systems")
        } else {
            continue;
        };
        let place = place(it);
        problems.push(
            Diagnostic::info(code, place, format!("the file name `{name}` is {message}"), label)
                .with_help(format!("{MIN} to {MAX} characters are customary; it has {len}")),
        );
    }
}

/// The title, as the part of the text that stands for the whole rule.
fn place(subject: &Subject<'_>) -> Span {
    let ast = subject.ast;
    ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span)
}
