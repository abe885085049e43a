//! Two files of one name in different folders.

use std::collections::HashMap;

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L015",
        name: "duplicate-file-name",
        page: include_str!("duplicate_file_name.md"),
    },
    by_default: true,
    check: Check::Set(check),
};

fn check(code: &'static Code, subjects: &[Subject<'_>], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<&str, &Subject<'_>> = HashMap::new();
    let mut last = None;
    for it in subjects {
        // The rules of a file follow each other: its first speaks for it.
        if last.replace(it.path) == Some(it.path) {
            continue;
        }
        let name = it.path.rsplit(['/', '\\']).next().unwrap_or(it.path);
        let first = *seen.entry(name).or_insert(it);
        if first.path == it.path {
            continue;
        }
        let message = format!("the file name `{name}` is taken by `{}`", first.path);
        let label = "rules that are copied into one folder overwrite each other";
        problems.push(
            Diagnostic::warning(code, it.ast.place("title"), message, label)
                .with_label(first.ast.place("title"), "the rule of the other file")
                .with_help("rename one of the two files"),
        );
    }
}
