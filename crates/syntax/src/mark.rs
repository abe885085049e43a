//! From positions in a scalar's value back to positions in the text that spells it.

use source::Span;

/// The span in `text` of the characters `from..to` (bytes of `value`), where `value` is what the
/// scalar at `span` means.
///
/// The two differ by quotes, escapes, folding and indentation. Both are walked side by side, and
/// what stands only in the text is passed over; when they can't be aligned the whole scalar is
/// the answer.
pub fn inside(text: &str, span: Span, value: &str, from: usize, to: usize) -> Span {
    let raw = text.get(span.range()).unwrap_or_default();
    if raw == value {
        return span.sub(from, to.saturating_sub(from));
    }
    let at = |offset: usize| align(raw, value, offset);
    match (at(from), at(to.max(from))) {
        (Some(start), Some(end)) => span.sub(start, end.saturating_sub(start)),
        _ => span,
    }
}

/// The byte of `raw` where byte `offset` of `value` is spelled.
fn align(raw: &str, value: &str, offset: usize) -> Option<usize> {
    let mut raw_chars = raw.char_indices().peekable();
    if matches!(raw.chars().next(), Some('\'' | '"')) {
        raw_chars.next();
    }
    let quote = raw.chars().next().filter(|it| matches!(it, '\'' | '"'));
    for (idx, ch) in value.char_indices() {
        // Pass over what only the text has: indentation, line ends, the first half of an escape.
        while let Some(&(_, found)) = raw_chars.peek() {
            let same = found == ch || (ch == ' ' && found == '\n') || (ch == ' ' && found == '\r');
            if same || (quote == Some('"') && found == '\\') {
                break;
            }
            if found.is_whitespace() {
                raw_chars.next();
            } else {
                return None;
            }
        }
        let &(place, found) = raw_chars.peek()?;
        if idx >= offset {
            return Some(place);
        }
        raw_chars.next();
        let doubled = quote == Some('\'') && found == '\'';
        if doubled {
            raw_chars.next();
        } else if quote == Some('"') && found == '\\' {
            let digits = match raw_chars.next().map(|(_, it)| it) {
                Some('x') => 2,
                Some('u') => 4,
                Some('U') => 8,
                _ => 0,
            };
            for _ in 0..digits {
                raw_chars.next();
            }
        }
    }
    (offset >= value.len()).then(|| raw_chars.peek().map_or(raw.len(), |&(place, _)| place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::FileId;

    #[track_caller]
    fn check(raw: &str, value: &str, word: &str) {
        let span = Span::new(FileId::FIRST, 0, raw.len());
        let from = value.find(word).unwrap();
        let found = inside(raw, span, value, from, from + word.len());
        assert_eq!(&raw[found.range()], word);
    }

    #[test]
    fn words_are_found_in_every_style() {
        check("sel and not flt", "sel and not flt", "flt");
        check("'it''s sel'", "it's sel", "sel");
        check("\"a\\tb sel\"", "a\tb sel", "sel");
        check("one\n    two\n    three", "one two three", "three");
        check("one\n        two", "one\ntwo", "two");
    }
}
