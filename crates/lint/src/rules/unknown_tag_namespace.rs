//! A tag whose first word is none that Sigma defines.

use diagnostic::{Applicability, Code, Diagnostic, nearest};
use source::Edit;
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L030",
        name: "unknown-tag-namespace",
        page: include_str!("unknown_tag_namespace.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

const KNOWN: &[&str] = &["attack", "car", "cve", "d3fend", "detection", "stp", "tlp"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        // A tag without a dot, or in capitals, is reported as badly formed.
        let Some((namespace, _)) = tag.value.split_once('.') else { continue };
        if namespace.is_empty() || KNOWN.iter().any(|it| namespace.eq_ignore_ascii_case(it)) {
            continue;
        }
        let span = place_inside(subject.text, tag.span, &tag.value, 0, namespace.len());
        let message = format!("unknown tag namespace `{namespace}`");
        let label = "tools that group rules by tag pass this one over";
        let Some(near) = nearest(namespace, KNOWN.iter().copied()) else {
            problems.push(
                Diagnostic::info(code, span, message, label)
                    .with_help(format!("known: {}", KNOWN.join(", "))),
            );
            continue;
        };
        let mut problem = Diagnostic::warning(code, span, message, label)
            .with_help(format!("did you mean `{near}`?"));
        if subject.text.get(span.range()) == Some(namespace) {
            let edit = Edit { span, replacement: near.to_owned() };
            problem =
                problem.with_fix(format!("write `{near}`"), Applicability::Unsafe, vec![edit]);
        }
        problems.push(problem);
    }
}
