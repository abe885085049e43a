//! Two tags of a kind of which a rule has one.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L082",
        name: "contradicting-tags",
        page: include_str!("contradicting_tags.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for space in ["detection.", "tlp."] {
        let mut tags = subject.ast.tags.iter().filter(|it| it.value.starts_with(space));
        let Some(first) = tags.next() else { continue };
        // The same tag once more is `duplicate-tag`.
        if let Some(other) = tags.find(|it| it.value != first.value) {
            let message = format!("`{}` contradicts `{}`", other.value, first.value);
            let label = "a rule is of one kind and has one label";
            problems.push(
                Diagnostic::warning(code, other.span, message, label)
                    .with_label(first.span, "the first")
                    .with_help("remove the one that is not meant"),
            );
        }
    }
}
