//! Regular expressions written for the meaning, piece by piece.
//!
//! Knows: how the meaning spells a character, a class, the case of ASCII letters.
//! Does not know: the flavour that is read.

/// Which case of a letter is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// As written.
    No,
    /// Either, of ASCII letters.
    Ascii,
}

/// One character, as it is.
pub fn literal(ch: char, fold: Fold, res: &mut String) {
    if fold == Fold::Ascii && ch.is_ascii_alphabetic() {
        res.extend(['[', ch.to_ascii_uppercase(), ch.to_ascii_lowercase(), ']']);
    } else if ch.is_control() {
        res.push_str(&format!("\\x{{{:x}}}", u32::from(ch)));
    } else if regex_syntax::is_meta_character(ch) {
        res.extend(['\\', ch]);
    } else {
        res.push(ch);
    }
}

/// A set of characters.
#[derive(Debug, Clone, Default)]
pub struct Class {
    /// Whether it is all others.
    pub negated: bool,
    /// From and to; one character is a range of its own.
    pub ranges: Vec<(char, char)>,
    /// Names of further sets, as the meaning writes them: `\d`, `[:alpha:]`.
    pub named: Vec<String>,
}

impl Class {
    /// Writes it. `fold` is about characters that stand alone: no flavour here folds ranges.
    pub fn write(&self, fold: Fold, res: &mut String) {
        if self.ranges.is_empty() && self.named.is_empty() {
            res.push_str(if self.negated { r"[\x{0}-\x{10FFFF}]" } else { "[a&&b]" });
            return;
        }
        res.push_str(if self.negated { "[^" } else { "[" });
        let one = |ch: char| match ch.is_alphanumeric() {
            true => ch.to_string(),
            false => format!("\\x{{{:x}}}", u32::from(ch)),
        };
        for &(from, to) in &self.ranges {
            if from == to && fold == Fold::Ascii && from.is_ascii_alphabetic() {
                res.extend([from.to_ascii_uppercase(), from.to_ascii_lowercase()]);
                continue;
            }
            res.push_str(&one(from));
            if to != from {
                res.push('-');
                res.push_str(&one(to));
            }
        }
        self.named.iter().for_each(|it| res.push_str(it));
        res.push(']');
    }
}

/// Whether there is a `|` outside of groups and classes.
pub fn has_branches(text: &str) -> bool {
    let (mut depth, mut class) = (0_usize, 0_usize);
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => drop(chars.next()),
            '[' => class += 1,
            ']' => class = class.saturating_sub(1),
            '(' if class == 0 => depth += 1,
            ')' if class == 0 => depth = depth.saturating_sub(1),
            '|' if class == 0 && depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// An expression that covers the whole text, said as a search: `.*` at its ends needs no words.
/// For the flag `s`.
pub fn covering(text: &str) -> String {
    if has_branches(text) {
        return format!(r"\A(?:{text})\z");
    }
    let (mut before, mut after) = (r"\A", r"\z");
    let mut rest = text;
    if let Some(it) = rest.strip_prefix(".*").filter(|it| !it.starts_with(['?', '*', '+', '{'])) {
        (before, rest) = ("", it);
    }
    if let Some(it) = rest.strip_suffix(".*").filter(|it| !escapes(it)) {
        (after, rest) = ("", it);
    }
    format!("{before}{rest}{after}")
}

/// Whether a text ends with a backslash that escapes what follows.
fn escapes(text: &str) -> bool {
    text.bytes().rev().take_while(|it| *it == b'\\').count() % 2 == 1
}
