//! A `tlp` tag that names no colour of the Traffic Light Protocol.

use diagnostic::{Applicability, Code, Diagnostic, nearest};
use source::Edit;
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L035", name: "tlp-tag", page: include_str!("tlp_tag.md") },
    by_default: true,
    check: Check::Head(check),
};

/// The labels of version 2.
const KNOWN: &[&str] = &["clear", "green", "amber", "amber-strict", "red"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(name) = tag.value.strip_prefix("tlp.") else { continue };
        if name.is_empty() || KNOWN.contains(&name) {
            continue;
        }
        let (from, to) = (tag.value.len() - name.len(), tag.value.len());
        let span = place_inside(subject.text, tag.span, &tag.value, from, to);
        let fixable = subject.text.get(span.range()) == Some(name);
        let edit = |new: &str| vec![Edit { span, replacement: new.to_owned() }];
        if name == "white" {
            let label = "version 2 of the protocol calls it `clear`";
            let mut problem =
                Diagnostic::info(code, span, "`white` is the old name of a label", label)
                    .with_help("write `tlp.clear`");
            if fixable {
                problem = problem.with_fix("write `clear`", Applicability::Safe, edit("clear"));
            }
            problems.push(problem);
            continue;
        }
        let message = format!("`{name}` is no label of the Traffic Light Protocol");
        let label = "nobody can tell with whom the rule may be shared";
        let mut problem = Diagnostic::warning(code, span, message, label)
            .with_help(format!("known: {}", KNOWN.join(", ")));
        if fixable && let Some(near) = nearest(name, KNOWN.iter().copied()) {
            problem =
                problem.with_fix(format!("write `{near}`"), Applicability::Unsafe, edit(near));
        }
        problems.push(problem);
    }
}
