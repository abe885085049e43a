//! The text of files, and line and column numbers in it.

use std::sync::OnceLock;

/// Names one file of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

impl FileId {
    /// The first file of a [`Sources`]; enough for code that reads a single text.
    pub const FIRST: FileId = FileId(0);
}

/// One file as it was read.
#[derive(Debug)]
pub struct File {
    path: String,
    text: String,
    /// Byte offset of the first character of each line, filled on first use.
    lines: OnceLock<Vec<usize>>,
}

/// A place as a person counts it: both numbers from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// All files of one run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

/// Text made of bytes that may not be UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; bytes that are not UTF-8 are replaced by U+FFFD.
    pub text: String,
    /// Where in `text` the first replaced byte stands, if there is one.
    pub invalid_at: Option<usize>,
}

/// Reads bytes as UTF-8, and says where that fails.
pub fn decode(bytes: Vec<u8>) -> Decoded {
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, invalid_at: None },
        Err(err) => {
            let at = err.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(err.as_bytes()).into_owned();
            Decoded { text, invalid_at: Some(at) }
        }
    }
}

impl Sources {
    /// Adds a file and names it.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(File { path: path.into(), text: text.into(), lines: OnceLock::new() });
        id
    }

    /// The file of that name.
    ///
    /// Names are only made by [`Sources::add`]; one of another `Sources` gives a wrong file or
    /// `None`.
    pub fn get(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        (0..).map(FileId).zip(&self.files)
    }
}

impl File {
    /// The path as the user gave it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let starts = self.line_starts();
        let offset = floor_char(&self.text, offset);
        let line = starts.partition_point(|&start| start <= offset).max(1) - 1;
        let column = self.text[starts[line]..offset].chars().count();
        Position { line: line + 1, column: column + 1 }
    }

    /// The bytes of a line, its end included; lines count from 1.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let starts = self.line_starts();
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = starts.get(line).copied().unwrap_or(self.text.len());
        start..end
    }

    /// How many lines there are; an empty file has one.
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(idx, _)| idx + 1)).collect()
        })
    }
}

/// The nearest character border at or before `offset`.
fn floor_char(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut sources = Sources::default();
        let id = sources.add("a.yml", "é: x\nb: y\n");
        let file = sources.get(id).unwrap();
        assert_eq!(file.position(4), Position { line: 1, column: 4 });
        assert_eq!(file.position(6), Position { line: 2, column: 1 });
        assert_eq!(file.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn invalid_utf8_is_located() {
        let decoded = decode(b"ab\xff\xfec".to_vec());
        assert_eq!(decoded.invalid_at, Some(2));
        assert!(decoded.text.starts_with("ab\u{fffd}"));
    }
}
