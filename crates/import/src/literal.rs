//! Patterns as queries write them.

use ir::{Part, Pattern};

/// Text with `*` and `?`, which nothing escapes.
pub fn wildcards(text: &str) -> Pattern {
    let mut parts = Vec::new();
    let mut plain = String::new();
    for ch in text.chars() {
        let part = match ch {
            '*' => Part::Run,
            '?' => Part::One,
            _ => {
                plain.push(ch);
                continue;
            }
        };
        parts.push(Part::Literal(std::mem::take(&mut plain)));
        parts.push(part);
    }
    parts.push(Part::Literal(plain));
    Pattern::new(parts)
}
