//! A regular expression that tells case apart where the rest of the rule does not.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::{ItemAst, Scalar};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L093", name: "lost-case", page: include_str!("lost_case.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// The least letters in a row that are a word.
const WORD: usize = 3;

/// Fields that hold what a person or script typed; what a program writes has one case.
const TYPED: [&str; 3] = ["CommandLine", "ParentCommandLine", "ScriptBlockText"];

/// Modifiers after which case counts, or there is no text.
const APART: [&str; 4] = ["re", "cased", "fieldref", "exists"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    // Elsewhere case often has a meaning: `-o` and `-O` are two options.
    if subject.ast.logsource.product.as_ref().is_none_or(|it| it.value != "windows") {
        return;
    }
    for item in subject.ast.detection.items() {
        if item.field.as_ref().is_none_or(|it| !TYPED.contains(&it.value.as_str())) {
            continue;
        }
        let has = |name: &str| item.modifiers.iter().any(|it| it.value == name);
        let Some(re) = item.modifiers.iter().find(|it| it.value == "re") else { continue };
        if has("i") || has("ignorecase") {
            continue;
        }
        let Some((span, word)) = item.values.iter().find_map(|it| match &it.value {
            Scalar::Text(text) => Some((it.span, word(text)?)),
            _ => None,
        }) else {
            continue;
        };
        let Some(other) = subject.ast.detection.items().find(|it| is_uncased(it, item)) else {
            continue;
        };
        let label = format!("`{}` does not pass", word.to_ascii_uppercase());
        let message = "the regular expression tells case apart, and the rest of the rule does not";
        let edit = Edit { span: re.span, replacement: "re|i".to_owned() };
        problems.push(
            Diagnostic::info(code, span, message, label)
                .with_label(other.span, "case makes no difference here")
                .with_help("write `re|i`")
                .with_fix("ignore case", Applicability::Unsafe, vec![edit]),
        );
    }
}

/// Whether `other` asks the field of `item` for text whose case makes no difference.
fn is_uncased(other: &ItemAst, item: &ItemAst) -> bool {
    let field = |it: &ItemAst| it.field.as_ref().map(|it| it.value.clone());
    let letters = |it: &syntax::ValueAst| match &it.value {
        Scalar::Text(it) => it.bytes().any(|it| it.is_ascii_alphabetic()),
        _ => false,
    };
    let apart = other.modifiers.iter().any(|it| APART.contains(&it.value.as_str()));
    !apart && field(other) == field(item) && other.values.iter().any(letters)
}

/// The first word that must stand in a match as it is written; none where the expression ignores
/// case by itself.
fn word(regex: &str) -> Option<String> {
    // `[Pp]`: case was thought of.
    let both = |it: &[u8]| it[0] != it[1] && it[0].eq_ignore_ascii_case(&it[1]);
    if regex.contains("(?i") || regex.as_bytes().windows(2).any(both) {
        return None;
    }
    let mut run = String::new();
    let mut chars = regex.chars().chain(['\n']);
    while let Some(ch) = chars.next() {
        if ch.is_ascii_alphabetic() {
            run.push(ch);
            continue;
        }
        if matches!(ch, '?' | '*' | '{') {
            // The letter before it need not be there.
            run.pop();
        }
        // The scheme of a link is written small by nearly all that make links.
        if run.len() >= WORD && !matches!(run.as_str(), "http" | "https") {
            return Some(run);
        }
        run.clear();
        match ch {
            '\\' => drop(chars.next()),
            '[' => skip(&mut chars, ']'),
            '{' => skip(&mut chars, '}'),
            _ => {}
        }
    }
    None
}

fn skip(chars: &mut impl Iterator<Item = char>, end: char) {
    while let Some(ch) = chars.next() {
        if ch == '\\' {
            chars.next();
        } else if ch == end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_every_match_holds() {
        let found = |it: &str| word(it).unwrap_or_default();
        assert_eq!(found(r"net\s+user"), "net");
        assert_eq!(found(r"\d[abcd]{2,3}x+yz?"), "");
        assert_eq!(found(r"(?i)whoami"), "");
        assert_eq!(found(r"https?://0[0-9]+"), "");
        assert_eq!(found(r"[Pp]rogram[Dd]ata"), "");
    }
}
