//! A `detection` tag that names no kind of detection.

use diagnostic::{Applicability, Code, Diagnostic, nearest};
use source::Edit;
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L033", name: "detection-tag", page: include_str!("detection_tag.md") },
    by_default: true,
    check: Check::Rule(check),
};

const KNOWN: &[&str] = &["dfir", "emerging-threats", "threat-hunting"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(name) = tag.value.strip_prefix("detection.") else { continue };
        if name.is_empty() || KNOWN.contains(&name) {
            continue;
        }
        let (from, to) = (tag.value.len() - name.len(), tag.value.len());
        let span = place_inside(subject.text, tag.span, &tag.value, from, to);
        let message = format!("`{name}` is no kind of detection");
        let problem =
            Diagnostic::warning(code, span, message, "no list of rules of that kind has this one");
        let spelled = name.replace('_', "-");
        problems.push(match nearest(&spelled, KNOWN.iter().copied()) {
            Some(near) if subject.text.get(span.range()) == Some(name) => {
                problem.with_help(format!("did you mean `{near}`?")).with_fix(
                    format!("write `{near}`"),
                    Applicability::Unsafe,
                    vec![Edit { span, replacement: near.to_owned() }],
                )
            }
            _ => problem.with_help(format!("known: {}", KNOWN.join(", "))),
        });
    }
}
