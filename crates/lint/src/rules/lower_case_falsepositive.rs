//! A false positive that does not begin with a capital letter.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L055",
        name: "lower-case-falsepositive",
        page: include_str!("lower_case_falsepositive.md"),
    },
    by_default: false,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for entry in &subject.ast.falsepositives {
        let value = entry.value.as_str();
        let Some(first) = value.chars().next().filter(|it| it.is_lowercase()) else { continue };
        let word = value.split_whitespace().next().unwrap_or(value);
        let span = syntax::place_inside(subject.text, entry.span, value, 0, word.len());
        let message = "the false positive does not begin with a capital letter";
        let label = "the entries are shown to analysts as sentences";
        let mut problem = Diagnostic::info(code, span, message, label)
            .with_help("begin the entry with a capital letter");
        // `svchost.exe` and `iTunes` are names, which a person has to move or keep.
        let plain = word.chars().all(|it| it.is_lowercase() || it == ',');
        if plain && subject.text.get(span.range()) == Some(word) {
            let replacement: String = first.to_uppercase().collect();
            let edit = Edit { span: span.sub(0, first.len_utf8()), replacement };
            problem = problem.with_fix("write the capital", Applicability::Safe, vec![edit]);
        }
        problems.push(problem);
    }
}
