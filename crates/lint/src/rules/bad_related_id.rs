//! A relation to a rule that can't exist, or to the rule itself.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L047", name: "bad-related-id", page: include_str!("bad_related_id.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let own = subject.ast.id.as_ref();
    for related in &subject.ast.related {
        let id = &related.id;
        if !is_uuid(&id.value) {
            let label = "no rule can have this id, and other Sigma tools refuse the whole rule";
            problems.push(
                Diagnostic::warning(code, id.span, "the related id is not a UUID", label)
                    .with_help("copy the id of the other rule; a name or a link can't stand here"),
            );
        } else if let Some(own) = own.filter(|it| it.value.eq_ignore_ascii_case(&id.value)) {
            let label = "this is the rule's own id";
            problems.push(
                Diagnostic::warning(code, id.span, "the rule is related to itself", label)
                    .with_label(own.span, "here it is given")
                    .with_help("write the id of the other rule, or give this one a new id"),
            );
        }
    }
}

/// Whether a text is 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
