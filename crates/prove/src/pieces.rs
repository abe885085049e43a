//! One text of which several patterns may well cover the whole.
//!
//! Knows: what patterns ask of the beginning, the end and the middle of a text.
//! Does not know: whether the text does; whoever asks for it tries it.

use ir::{Part, Pattern};

/// What stands before the first piece.
#[derive(Clone, Copy)]
pub(crate) enum Lead<'a> {
    Nothing,
    Text(&'a str),
    /// A folder, before what looks like the rest of a path.
    Place,
}

/// The pieces of patterns that one text shall satisfy.
pub(crate) struct Pieces {
    /// The text of a pattern without runs: no other text will do.
    whole: Option<String>,
    prefix: Piece,
    middle: Vec<Piece>,
    suffix: Piece,
    /// Whether something may stand before the first, and after the last.
    open: (bool, bool),
}

/// A piece, and the number of the pattern that asks for it.
#[derive(Debug, Clone, Default)]
struct Piece {
    text: String,
    of: usize,
}

/// What is literal in a pattern.
pub(crate) fn literal(pattern: &Pattern) -> String {
    let literals = pattern.parts().iter().filter_map(|it| match it {
        Part::Literal(it) => Some(it.as_str()),
        _ => None,
    });
    literals.collect()
}

impl Pieces {
    /// The pieces of the patterns, with `one` for each character that may be any.
    pub(crate) fn of<'a>(patterns: impl IntoIterator<Item = &'a Pattern>, one: &str) -> Pieces {
        let mut res = Pieces {
            whole: None,
            prefix: Piece::default(),
            middle: Vec::new(),
            suffix: Piece::default(),
            open: (true, true),
        };
        for (of, pattern) in patterns.into_iter().enumerate() {
            let mut segments = vec![String::new()];
            for part in pattern.parts() {
                match (part, segments.last_mut()) {
                    (Part::Run, _) => segments.push(String::new()),
                    (Part::One, Some(it)) => it.push_str(one),
                    (Part::Literal(text), Some(it)) => it.push_str(text),
                    _ => {}
                }
            }
            let Some(last) = segments.pop() else { continue };
            if segments.is_empty() {
                res.whole.get_or_insert(last);
                continue;
            }
            let first = segments.remove(0);
            res.open.0 &= first.is_empty();
            res.open.1 &= last.is_empty();
            if first.len() > res.prefix.text.len() {
                res.prefix = Piece { text: first, of };
            }
            if last.len() > res.suffix.text.len() {
                res.suffix = Piece { text: last, of };
            }
            res.middle.extend(segments.into_iter().map(|text| Piece { text, of }));
        }
        res.drop_doubles();
        res
    }

    /// A piece within that of another pattern needs no place of its own.
    fn drop_doubles(&mut self) {
        if self.middle.is_empty() {
            return;
        }
        let lower = |it: &Piece| Piece { text: it.text.to_lowercase(), of: it.of };
        let borders = [lower(&self.prefix), lower(&self.suffix)];
        let all: Vec<Piece> = self.middle.iter().map(lower).collect();
        let needed = |at: usize| {
            let me = &all[at];
            let inside = |it: &Piece| it.of != me.of && it.text.contains(&me.text);
            let first = |idx: usize, it: &Piece| it.text != me.text || idx < at;
            !borders.iter().any(inside)
                && !all.iter().enumerate().any(|(idx, it)| inside(it) && first(idx, it))
        };
        let keep: Vec<bool> = (0..all.len()).map(needed).collect();
        let mut keep = keep.into_iter();
        self.middle.retain(|_| keep.next().unwrap_or(true));
    }

    /// The text.
    pub(crate) fn join(&self, between: &str, lead: Lead<'_>, tail: &str) -> String {
        if let Some(it) = &self.whole {
            return it.clone();
        }
        let all = [&self.prefix].into_iter().chain(&self.middle).chain([&self.suffix]);
        let pieces: Vec<&str> =
            all.map(|it| it.text.as_str()).filter(|it| !it.is_empty()).collect();
        let first = pieces.first().copied().unwrap_or_default();
        let mut res = String::new();
        if self.open.0 {
            res.push_str(match lead {
                Lead::Nothing => "",
                Lead::Text(it) => it,
                Lead::Place if first.starts_with("\\\\") => "",
                Lead::Place if first.starts_with('\\') => "C:\\Temp",
                Lead::Place if first.starts_with('/') => "/tmp",
                Lead::Place => "",
            });
        }
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 && !(res.ends_with(between) || piece.starts_with(between)) {
                res.push_str(between);
            }
            res.push_str(piece);
        }
        if self.open.1 {
            res.push_str(tail);
        }
        res
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(globs: &[&str]) -> String {
        let pattern = |it: &&str| {
            Pattern::new(it.chars().map(|ch| match ch {
                '*' => Part::Run,
                '?' => Part::One,
                it => Part::Literal(it.to_string()),
            }))
        };
        let patterns: Vec<Pattern> = globs.iter().map(pattern).collect();
        Pieces::of(&patterns, "x").join(" ", Lead::Place, "")
    }

    #[test]
    fn patterns_share_a_text() {
        assert_eq!(joined(&["a*", "*b*", "*c"]), "a b c");
        assert_eq!(joined(&["*abc*", "*B*"]), "abc");
        assert_eq!(joined(&["*a*a*", "*a*"]), "a a");
        assert_eq!(joined(&["ab*b*", "*b*"]), "ab b");
        assert_eq!(joined(&["a?c", "*c"]), "axc");
        assert_eq!(joined(&[r"*\a.exe"]), r"C:\Temp\a.exe");
    }
}
