//! A link to a file on a branch, which changes.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L076", name: "branch-link", page: include_str!("branch_link.md") },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for link in &subject.ast.references {
        let Some(path) = link.value.strip_prefix("https://github.com/") else { continue };
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, it)| it);
        let word = |it: char| it.is_alphanumeric() || it == '_';
        let is_file = (1..=3).contains(&ending.chars().count()) && ending.chars().all(word);
        let commit = |it: &str| {
            it.len() == 40 && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        let mut folders = path.split('/').rev().skip(1);
        if !is_file || folders.any(commit) {
            continue;
        }
        let label = "the file may be another tomorrow, or be gone";
        problems.push(
            Diagnostic::info(code, link.span, "the link does not name a commit", label).with_help(
                "open the file on GitHub, press `y`, and copy the address with the commit in it",
            ),
        );
    }
}
