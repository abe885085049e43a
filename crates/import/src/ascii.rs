//! Comparisons that ignore the case of ASCII letters, and of no others.
//!
//! The meaning folds other letters too. Where that makes a difference, the comparison is said as a
//! regular expression with the two cases of each ASCII letter.

use std::sync::Arc;

use ir::{Case, Part, Pattern, Predicate, Regex};

use crate::regex_text::{Fold, literal};

/// The pattern, ASCII letters in either case.
pub fn uncased(pattern: Pattern) -> Predicate {
    let foreign = |it: &Part| match it {
        Part::Literal(text) => text.chars().any(|ch| !ch.is_ascii() && has_cases(ch)),
        _ => false,
    };
    if pattern.parts().iter().any(foreign)
        && let Some(regex) = as_regex(&pattern)
    {
        return Predicate::Regex(Arc::new(regex));
    }
    Predicate::Text(pattern, Case::Insensitive)
}

fn has_cases(ch: char) -> bool {
    let range = regex_syntax::hir::ClassUnicodeRange::new(ch, ch);
    let class = ir::fold_class(&regex_syntax::hir::ClassUnicode::new([range]));
    class.ranges() != [range]
}

fn as_regex(pattern: &Pattern) -> Option<Regex> {
    let mut text = String::from(r"\A");
    for part in pattern.parts() {
        match part {
            Part::Literal(it) => it.chars().for_each(|ch| literal(ch, Fold::Ascii, &mut text)),
            Part::Run => text.push_str(".*"),
            Part::One => text.push('.'),
            Part::Placeholder(_) => return None,
        }
    }
    text.push_str(r"\z");
    Regex::new(&text, false, false, true).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beyond_ascii_keep_their_case() {
        let matches = |pattern: &str, text: &str| {
            let predicate = uncased(Pattern::literal(pattern));
            let test = ir::Test {
                field: ir::Field::Named("f".into()),
                predicate,
                span: source::Span::new(source::FileId::FIRST, 0, 0),
            };
            let matcher = matcher::Matcher::new(&ir::Expr::Test(test)).unwrap();
            matcher.matches(&serde_json::json!({ "f": text }))
        };
        assert!(matches("kä.", "Kä.") && !matches("kä.", "KÄ.") && !matches("kä.", "käx"));
        assert!(matches("abc", "ABC"));
    }
}
