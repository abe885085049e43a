//! Files, spans, line and column numbers, and text edits.
//!
//! Knows: bytes, characters, lines.
//! Does not know: YAML, rules, diagnostics.

mod edit;
mod file;

pub use edit::{Edit, Overlap, apply};
pub use file::{Decoded, File, FileId, Position, Sources, decode};

/// A range of bytes of one file.
///
/// Every node of a rule carries one from the parser to the last stage, so that a problem found
/// anywhere can point at the author's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file it belongs to.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte; equal to `start` for an empty span.
    pub end: u32,
}

impl Span {
    /// A span of `file` from byte `start` to byte `end`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        // Files are limited to far less than 4 GiB when they are read.
        let clamp = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        Span { file, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The bytes as a range, for slicing the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The part of this span that begins `from` bytes in and is `len` bytes long.
    pub fn sub(self, from: usize, len: usize) -> Span {
        let start = self.start as usize + from;
        Span::new(self.file, start, (start + len).min(self.end as usize).max(start))
    }

    /// The smallest span of the same file that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value together with where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }
}
