//! An `stp` tag that is no score of the Summiting the Pyramid method.

use diagnostic::{Code, Diagnostic};
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L034", name: "stp-tag", page: include_str!("stp_tag.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(score) = tag.value.strip_prefix("stp.") else { continue };
        let good = matches!(score.as_bytes(), [b'1'..=b'5'] | [b'1'..=b'5', b'a' | b'u' | b'k']);
        if good || score.is_empty() {
            continue;
        }
        let (from, to) = (tag.value.len() - score.len(), tag.value.len());
        let span = place_inside(subject.text, tag.span, &tag.value, from, to);
        problems.push(
            Diagnostic::warning(
                code,
                span,
                format!("`{score}` is no score of Summiting the Pyramid"),
                "the rule can't be ranked by how hard it is to evade",
            )
            .with_help("write a level from 1 to 5, then `a`, `u` or `k` if known: `stp.3u`"),
        );
    }
}
