//! A `cve.` tag that is no number of a vulnerability.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L025", name: "cve-tag", page: include_str!("cve_tag.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(word) = tag.value.strip_prefix("cve.") else { continue };
        if number(word).is_some_and(|(_, _, between)| between == '-') {
            continue;
        }
        let span = syntax::place_inside(subject.text, tag.span, &tag.value, 4, tag.value.len());
        let message = format!("`{word}` is no number of a vulnerability");
        let label = "who looks for rules on the vulnerability does not find this one";
        let mut problem = Diagnostic::warning(code, span, message, label)
            .with_help("write year and number, as in `cve.2021-44228`");
        let bare = ["cve-", "CVE-", "cve.", "CVE."].iter().find_map(|it| word.strip_prefix(it));
        if let Some((year, count, _)) = number(bare.unwrap_or(word))
            && subject.text.get(span.range()) == Some(word)
        {
            let wanted = format!("{year}-{count}");
            let title = format!("write `{wanted}`");
            let edit = Edit { span, replacement: wanted };
            problem = problem.with_fix(title, Applicability::Safe, vec![edit]);
        }
        problems.push(problem);
    }
}

/// Year, number, and what stands between: `2021-44228`.
fn number(word: &str) -> Option<(&str, &str, char)> {
    let between = word.chars().nth(4).filter(|it| matches!(it, '-' | '.' | '_'))?;
    let (year, count) = word.split_once(between)?;
    let digits = |it: &str| it.len() >= 4 && it.bytes().all(|it| it.is_ascii_digit());
    (digits(year) && digits(count)).then_some((year, count, between))
}
