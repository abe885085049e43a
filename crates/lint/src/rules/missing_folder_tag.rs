//! A rule without the tag that its folder asks for.

use diagnostic::{Code, Diagnostic};
use source::Spanned;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L080",
        name: "missing-folder-tag",
        page: include_str!("missing_folder_tag.md"),
    },
    by_default: false,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for word in ["dfir", "emerging-threats", "threat-hunting"] {
        let named = |it: &str| it.strip_prefix("rules-") == Some(word);
        let mut folders = subject.path.split(['/', '\\']).rev().skip(1);
        let has = |it: &Spanned<String>| it.value.strip_prefix("detection.") == Some(word);
        if !folders.any(named) || subject.ast.tags.iter().any(has) {
            continue;
        }
        let message = format!("a rule under `rules-{word}` has no tag `detection.{word}`");
        let label = "outside of the folder nothing tells what kind of rule it is";
        problems.push(
            Diagnostic::info(code, subject.ast.place("tags"), message, label)
                .with_help(format!("add `detection.{word}` to `tags`")),
        );
    }
}
