//! A user name that is spelled so only on a Windows of one language.

use diagnostic::{Code, Diagnostic};
use syntax::{ItemAst, Scalar};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L057", name: "localized-user", page: include_str!("localized_user.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// Parts of `NT AUTHORITY` in English, and in French, German, Spanish and others.
const SPELLINGS: [&str; 2] = ["AUTHORI", "AUTORI"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|it| check_item(code, it, problems));
    }
}

fn check_item(code: &'static Code, item: &ItemAst, problems: &mut Vec<Diagnostic>) {
    let Some(field) = &item.field else { return };
    if !has(&field.value, "user") {
        return;
    }
    let found = SPELLINGS.map(|spelling| {
        item.values.iter().find(|it| matches!(&it.value, Scalar::Text(it) if has(it, spelling)))
    });
    let (value, missing) = match found {
        [Some(it), None] => (it, "AUTORI"),
        [None, Some(it)] => (it, "AUTHORI"),
        _ => return,
    };
    let message = format!("`{}` is compared with a localised user name", field.value);
    let label = format!("Windows of another language writes `{missing}` here");
    let help = format!(
        "write `{}|contains:` with both `AUTHORI` and `AUTORI`, or compare the SID",
        field.value
    );
    problems.push(Diagnostic::warning(code, value.span, message, label).with_help(help));
}

/// Whether `text` has `part` in it, whatever the case.
fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|it| it.eq_ignore_ascii_case(part.as_bytes()))
}
