//! An id that two rules have.

use std::borrow::Cow;
use std::collections::HashMap;

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L018", name: "duplicate-id", page: include_str!("duplicate_id.md") },
    by_default: true,
    check: Check::Set(check),
};

fn check(code: &'static Code, subjects: &[Subject<'_>], problems: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::with_capacity(subjects.len());
    for it in subjects {
        let Some(id) = it.ast.id.as_ref().filter(|it| !it.value.is_empty()) else { continue };
        // A UUID is the same in either case.
        let key = if id.value.bytes().any(|it| it.is_ascii_uppercase()) {
            Cow::Owned(id.value.to_ascii_lowercase())
        } else {
            Cow::Borrowed(id.value.as_str())
        };
        let (path, place, rule) =
            *seen.entry(key).or_insert((it.path, id.span, std::ptr::from_ref(it.ast)));
        // The rule itself, or its file named twice.
        let same_file = place.file == id.span.file;
        if std::ptr::eq(rule, it.ast) || (path == it.path && !same_file) {
            continue;
        }
        let mut problem = Diagnostic::warning(
            code,
            id.span,
            "two rules have this id",
            "where rules are kept by id, one takes the place of the other",
        )
        .with_help("give the newer rule an id of its own; `uuidgen` prints one");
        if place != id.span {
            problem = problem.with_label(place, "the other one");
        }
        problems.push(problem);
    }
}
