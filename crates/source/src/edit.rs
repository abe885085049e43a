//! Edits of a text: a fix is a list of them.

use crate::Span;

/// Replaces the text of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; empty to insert.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// Two edits touch the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Byte offset where the second of the two begins.
    pub at: usize,
}

/// Applies edits, in any order, to the text they were made for.
///
/// # Errors
///
/// When two edits overlap; nothing is changed then.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|it| (it.span.start, it.span.end));
    let mut res = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let range = edit.span.range();
        if range.start < done {
            return Err(Overlap { at: range.start });
        }
        res.push_str(text.get(done..range.start).unwrap_or_default());
        res.push_str(&edit.replacement);
        done = range.end.min(text.len());
    }
    res.push_str(&text[done..]);
    Ok(res)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit { span: Span::new(FileId::FIRST, start, end), replacement: replacement.to_owned() }
    }

    #[test]
    fn edits_apply_in_any_order() {
        let edits = [edit(6, 11, "moon"), edit(0, 5, "bye")];
        assert_eq!(apply("hello world!", &edits).unwrap(), "bye moon!");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let edits = [edit(0, 5, "a"), edit(3, 6, "b")];
        assert_eq!(apply("hello world", &edits), Err(Overlap { at: 3 }));
    }
}
