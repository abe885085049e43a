//! A file whose name is not of the customary form.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L063", name: "file-name-style", page: include_str!("file_name_style.md") },
    by_default: false,
    check: Check::Set(check),
};

fn check(code: &'static Code, subjects: &[Subject<'_>], problems: &mut Vec<Diagnostic>) {
    let mut last = "";
    for subject in subjects {
        // The rules of a file follow each other; its name is judged once.
        if subject.path == last {
            continue;
        }
        last = subject.path;
        let name = subject.path.rsplit(['/', '\\']).next().unwrap_or(subject.path);
        let Some(why) = wrong(name) else { continue };
        let ast = subject.ast;
        let at = ast.title.as_ref().map_or_else(|| ast.span.sub(0, 1), |it| it.span);
        let message = format!("the file name `{name}` is not of SigmaHQ's form");
        problems.push(
            Diagnostic::info(code, at, message, why).with_help(
                "rename it: 10 to 90 of `a-z`, `0-9`, `_`, at least one `_`, then `.yml`",
            ),
        );
    }
}

/// What is wrong with a file name; text that comes from no file has no name to judge.
fn wrong(name: &str) -> Option<&'static str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    if ending != "yml" {
        return Some("it does not end in `.yml`");
    }
    if !stem.bytes().all(good) {
        return Some("it has characters other than small letters, digits and `_`");
    }
    match stem.len() {
        ..10 => Some("it is shorter than 10 characters"),
        91.. => Some("it is longer than 90 characters"),
        _ if !stem.contains('_') => Some("its words are not separated by `_`"),
        _ => None,
    }
}
