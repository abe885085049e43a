//! A regular expression that needs none.

use diagnostic::{Code, Diagnostic};
use syntax::Scalar;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L088", name: "plain-regex", page: include_str!("plain_regex.md") },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for item in subject.ast.detection.items() {
        let names: Vec<&str> = item.modifiers.iter().map(|it| it.value.as_str()).collect();
        let ignores = match names.as_slice() {
            ["re"] => false,
            ["re", "i" | "ignorecase"] => true,
            _ => continue,
        };
        for value in &item.values {
            let Scalar::Text(regex) = &value.value else { continue };
            let Some((modifier, text)) = plain(regex) else { continue };
            let cased = if ignores { "" } else { "|cased" };
            let label = "targets without regular expressions can say that too, and others faster";
            problems.push(
                Diagnostic::info(code, value.span, "the regular expression is plain text", label)
                    .with_help(format!(
                        "write `{modifier}{cased}: '{}'`",
                        text.replace('\'', "''")
                    )),
            );
        }
    }
}

/// The modifier and the value that say the same as a regular expression, if it has only characters,
/// escaped characters, and `^` or `.*` at the ends.
fn plain(regex: &str) -> Option<(&'static str, String)> {
    let (start, rest) = regex.strip_prefix('^').map_or((false, regex), |it| (true, it));
    let mut text = String::new();
    let mut chars = rest.chars();
    while let Some(ch) = chars.next() {
        let literal = match ch {
            '\\' => chars.next().filter(char::is_ascii_punctuation)?,
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => {
                return None;
            }
            it => it,
        };
        match literal {
            // A backslash before a backslash or a wildcard would escape it; doubled, it never does.
            '\\' => text.push_str("\\\\"),
            '*' | '?' => text.extend(['\\', literal]),
            it => text.push(it),
        }
    }
    (!text.is_empty()).then_some((if start { "startswith" } else { "contains" }, text))
}
