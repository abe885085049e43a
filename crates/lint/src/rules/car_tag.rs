//! A `car.` tag that is no id of MITRE's Cyber Analytics Repository.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L024", name: "car-tag", page: include_str!("car_tag.md") },
    by_default: true,
    check: Check::Head(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(word) = tag.value.strip_prefix("car.") else { continue };
        if is_analytic(word) {
            continue;
        }
        let span = syntax::place_inside(subject.text, tag.span, &tag.value, 4, tag.value.len());
        let message = format!("`{word}` is no id of an analytic");
        let label = "nobody finds the analytic, nor this rule by it";
        let mut problem = Diagnostic::warning(code, span, message, label)
            .with_help("write year, month and number, as in `car.2016-04-005`");
        let bare = word.strip_prefix("car-").or_else(|| word.strip_prefix("CAR-"));
        if let Some(bare) = bare.filter(|it| is_analytic(it))
            && subject.text.get(span.range()) == Some(word)
        {
            let edit = Edit { span, replacement: bare.to_owned() };
            problem = problem.with_fix(format!("write `{bare}`"), Applicability::Safe, vec![edit]);
        }
        problems.push(problem);
    }
}

/// `2016-04-005`
fn is_analytic(word: &str) -> bool {
    let form = b"0000-00-000";
    let fits =
        |(is, like): (u8, &u8)| if *like == b'0' { is.is_ascii_digit() } else { is == *like };
    word.len() == form.len() && word.bytes().zip(form).all(fits)
}
