//! Case folding, the one used everywhere.
//!
//! ASCII letters fold among themselves; other characters by Unicode simple case folding, and
//! never onto ASCII. So `K` (U+212A, the Kelvin sign) is not `k`, and `ſ` is not `s`.

/// The character that stands for all characters that differ from `ch` in case only.
pub fn fold(ch: char) -> char {
    if ch.is_ascii() {
        return ch.to_ascii_lowercase();
    }
    // The least of the non-ASCII characters of its folding class is a stable representative.
    let mut class =
        regex_syntax::hir::ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new(ch, ch)]);
    if class.try_case_fold_simple().is_err() {
        return ch;
    }
    class.ranges().iter().map(|it| it.start()).find(|it| !it.is_ascii()).unwrap_or(ch)
}

/// `text` with every character folded.
pub fn fold_text(text: &str) -> String {
    text.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_never_crosses_into_ascii() {
        assert_eq!(fold('K'), 'k');
        assert_ne!(fold('\u{212a}'), 'k');
        assert_ne!(fold('ſ'), 's');
        assert_eq!(fold('Ä'), fold('ä'));
        assert_eq!(fold('Σ'), fold('ς'));
        assert_ne!(fold('ß'), fold('s'));
    }
}
