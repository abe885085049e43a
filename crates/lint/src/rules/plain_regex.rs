//! A regular expression that needs none.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::{ItemAst, Scalar};

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
        let edits = rewritten(subject.text, item, ignores);
        for value in &item.values {
            let Scalar::Text(regex) = &value.value else { continue };
            let Some((modifier, text)) = plain(regex) else { continue };
            let cased = if ignores { "" } else { "|cased" };
            let label = "targets without regular expressions can say that too, and others faster";
            let message = "the regular expression is plain text";
            let mut problem = Diagnostic::info(code, value.span, message, label)
                .with_help(format!("write `{modifier}{cased}: {}`", quoted(&text)));
            if let Some(edits) = &edits {
                let title = format!("write it as `{modifier}{cased}`");
                problem = problem.with_fix(title, Applicability::Safe, edits.clone());
            }
            problems.push(problem);
        }
    }
}

/// The item without regular expressions; `None` where not all of its values are plain in one way,
/// or are written over several lines.
fn rewritten(text: &str, item: &ItemAst, ignores: bool) -> Option<Vec<Edit>> {
    let (first, last) = (item.modifiers.first()?.span, item.modifiers.last()?.span);
    let mut with = None;
    let mut edits = Vec::with_capacity(item.values.len() + 1);
    for value in &item.values {
        let Scalar::Text(regex) = &value.value else { return None };
        let (modifier, plain) = plain(regex)?;
        if *with.get_or_insert(modifier) != modifier || text.get(value.span.range())?.contains('\n')
        {
            return None;
        }
        edits.push(Edit { span: value.span, replacement: quoted(&plain) });
    }
    let cased = if ignores { "" } else { "|cased" };
    edits.push(Edit { span: first.to(last), replacement: format!("{}{cased}", with?) });
    Some(edits)
}

/// Text as YAML takes it without escapes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The modifier and the value that say the same as a regular expression, if it has only characters,
/// escaped characters, and `^` or `.*` at the ends.
pub(super) fn plain(regex: &str) -> Option<(&'static str, String)> {
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
