//! Text of a rule made safe to show: nothing in it can steer a terminal or reorder a line.

use std::borrow::Cow;

/// `text` with control characters and the marks that change the direction of writing spelled out
/// as `\u{..}`; newlines too, so the result is one line.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_steering) {
        return Cow::Borrowed(text);
    }
    let mut res = String::with_capacity(text.len() + 8);
    for ch in text.chars() {
        match ch {
            '\n' => res.push_str("\\n"),
            '\t' => res.push_str("\\t"),
            _ if is_steering(ch) => res.push_str(&format!("\\u{{{:x}}}", ch as u32)),
            _ => res.push(ch),
        }
    }
    Cow::Owned(res)
}

/// Control characters, line separators, and bidirectional embeddings, overrides and isolates.
fn is_steering(ch: char) -> bool {
    ch.is_control()
        || matches!(ch, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steering_characters_are_spelled_out() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
        assert!(matches!(printable("plain – text"), Cow::Borrowed(_)));
    }
}
