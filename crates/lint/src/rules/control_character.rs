//! A value with a control character, mostly from a backslash in double quotes.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::{ItemAst, Scalar, ValueAst, place_inside};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L036",
        name: "control-character",
        page: include_str!("control_character.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

/// Whether an item has one of these modifiers.
pub(super) fn has(item: &ItemAst, names: &[&str]) -> bool {
    item.modifiers.iter().any(|it| names.contains(&it.value.as_str()))
}

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    subject.ast.detection.items().for_each(|item| {
        let regex = has(item, &["re"]);
        for value in &item.values {
            let Scalar::Text(text) = &value.value else { continue };
            // White space may be meant in a regular expression.
            let wrong = |ch: &u8| ch.is_ascii_control() && !(regex && ch.is_ascii_whitespace());
            if let Some(at) = text.bytes().position(|ch| wrong(&ch)) {
                problems.push(report(code, subject, value, text, at));
            }
        }
    });
}

fn report(
    code: &'static Code,
    subject: &Subject<'_>,
    value: &ValueAst,
    text: &str,
    at: usize,
) -> Diagnostic {
    let name = match text.as_bytes()[at] {
        0x07 => "a bell".to_owned(),
        0x08 => "a backspace".to_owned(),
        b'\t' => "a tab".to_owned(),
        b'\n' => "a line break".to_owned(),
        0x0b => "a vertical tab".to_owned(),
        0x0c => "a form feed".to_owned(),
        b'\r' => "a carriage return".to_owned(),
        0x1b => "an escape character".to_owned(),
        other => format!("the control character U+{other:04X}"),
    };
    let span = place_inside(subject.text, value.span, text, at, at + 1);
    let message = format!("this value holds {name}");
    let raw = subject.text.get(value.span.range()).unwrap_or_default();
    let written = subject.text.get(span.range()).unwrap_or_default();
    if raw.starts_with('"') && written.len() == 2 && written.starts_with('\\') {
        let label = format!("in double quotes, `{written}` is {name}");
        let help = "write the value in single quotes, where a backslash is a backslash";
        let problem = Diagnostic::warning(code, span, message, label).with_help(help);
        return match single_quoted(raw) {
            Some(replacement) => problem.with_fix(
                "write it in single quotes",
                Applicability::Unsafe,
                vec![Edit { span: value.span, replacement }],
            ),
            None => problem,
        };
    }
    let help = match raw.starts_with(['|', '>']) {
        true => "write the value in one line, in single quotes",
        false => "remove it, or match around it with `*`",
    };
    Diagnostic::warning(code, span, message, "hardly any event has it there").with_help(help)
}

/// A double-quoted value in single quotes, its letter escapes taken as what they look like.
fn single_quoted(raw: &str) -> Option<String> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let mut res = String::from("'");
    let mut chars = inner.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next()? {
                it @ ('\\' | '"' | '/') => res.push(it),
                it @ ('a' | 'b' | 't' | 'n' | 'v' | 'f' | 'r' | 'e' | '0') => {
                    res.extend(['\\', it]);
                }
                _ => return None,
            },
            '\'' => res.push_str("''"),
            ch if ch.is_control() => return None,
            ch => res.push(ch),
        }
    }
    res.push('\'');
    Some(res)
}
