//! The text of a query, and where it stands in a file.

use diagnostic::Diagnostic;
use source::{FileId, Span};

use crate::codes::{LEFT_ASIDE, UNREADABLE, UNSAYABLE};

/// The deepest nesting of parentheses that is read.
const MAX_DEPTH: usize = 150;
/// The longest query that is read, in bytes.
const MAX_LEN: usize = 1_000_000;

/// Where a language has text that is no part of its structure.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lexis {
    /// What opens and closes text, in which a backslash escapes.
    pub quotes: &'static str,
    /// What opens and closes text without escapes.
    pub fences: &'static [&'static str],
    /// What makes a text one without escapes, in which a doubled quote is one.
    pub verbatim: Option<char>,
    /// Whether there are comments: `// ...`, `/* ... */`.
    pub comments: bool,
}

impl Lexis {
    /// How long the text or the comment is that stands at the beginning; 0: there is none.
    fn skipped(&self, text: &str) -> usize {
        let until = |from: usize, end: &str| {
            let rest = text.get(from..).unwrap_or_default();
            rest.find(end).map_or(text.len(), |it| from + it + end.len())
        };
        if self.comments && text.starts_with("//") {
            return until(2, "\n");
        }
        if self.comments && text.starts_with("/*") {
            return until(2, "*/");
        }
        if let Some(it) = self.fences.iter().find(|it| text.starts_with(**it)) {
            return until(it.len(), it);
        }
        let verbatim = self.verbatim.filter(|it| text.starts_with(*it));
        let start = verbatim.map_or(0, char::len_utf8);
        let Some(quote) = text[start..].chars().next().filter(|it| self.quotes.contains(*it))
        else {
            return 0;
        };
        let mut chars = text[start + 1..].char_indices().peekable();
        while let Some((at, ch)) = chars.next() {
            let doubled = || chars.clone().next().is_some_and(|it| it.1 == quote);
            if (ch == '\\' && verbatim.is_none())
                || (ch == quote && verbatim.is_some() && doubled())
            {
                chars.next();
            } else if ch == quote {
                return start + 1 + at + 1;
            }
        }
        text.len()
    }
}

/// The text of a query, and where it stands.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The query.
    pub text: &'a str,
    file: FileId,
    /// Where each byte stands in the file; empty: the text is the file.
    map: Vec<u32>,
}

impl<'a> Place<'a> {
    /// A file that is a query.
    pub fn whole(text: &'a str, file: FileId) -> Place<'a> {
        Place { text, file, map: Vec::new() }
    }

    /// A query inside of a file, where it was written with other line breaks and escapes perhaps.
    /// When it can't be found, all of it stands at `around`.
    pub fn within(text: &'a str, whole: &str, around: Span) -> Place<'a> {
        let range = around.range();
        let inside = whole.get(range.clone()).unwrap_or_default();
        let starts = inside.char_indices().map(|(at, _)| at);
        let found = starts.into_iter().find_map(|at| follow(text, inside, at));
        let shift = |it: u32| it + around.start;
        let map = match found {
            Some(map) => map.into_iter().map(shift).collect(),
            None => vec![around.start; text.len() + 1],
        };
        Place { text, file: around.file, map }
    }

    /// Where each byte of the text stands in its file, to make the same place of the text again.
    pub(crate) fn into_map(self) -> (FileId, Vec<u32>) {
        (self.file, self.map)
    }

    /// The place of a text of which [`Place::into_map`] told where it stands.
    pub(crate) fn again(text: &'a str, (file, map): (FileId, Vec<u32>)) -> Place<'a> {
        Place { text, file, map }
    }

    /// The place of a part of the text.
    pub fn span(&self, from: usize, to: usize) -> Span {
        if self.map.is_empty() {
            return Span::new(self.file, from, to);
        }
        let at = |it: usize| self.map.get(it).copied().unwrap_or_default() as usize;
        let end = if to > from { at(to - 1) + 1 } else { at(from) };
        Span::new(self.file, at(from), end)
    }

    /// The place of a pair of a parser.
    pub(crate) fn of<R: pest::RuleType>(&self, pair: &pest::iterators::Pair<'_, R>) -> Span {
        let span = pair.as_span();
        // Blanks at the end belong to what follows.
        let text = span.as_str().trim_end();
        self.span(span.start(), span.start() + text.len())
    }

    /// Why the text is not even tried: a parser that recurses can't take it.
    pub(crate) fn too_much(&self, language: &str, lexis: Lexis) -> Option<Diagnostic> {
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(ch) = self.text.get(at..).and_then(|it| it.chars().next()) {
            let skipped = lexis.skipped(&self.text[at..]);
            match ch {
                _ if skipped > 0 => {}
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_DEPTH || at > MAX_LEN {
                let label =
                    format!("at most {MAX_DEPTH} open parentheses and {MAX_LEN} bytes are read");
                let message = format!("this {language} query is nested too deep or too long");
                let span = self.span(at, at + ch.len_utf8());
                return Some(
                    Diagnostic::error(&UNREADABLE, span, message, label)
                        .with_help("split the query"),
                );
            }
            at += skipped.max(ch.len_utf8());
        }
        None
    }

    /// A syntax error in words; `help` says how the language is written.
    pub(crate) fn unreadable<R: pest::RuleType>(
        &self,
        err: &pest::error::Error<R>,
        language: &str,
        help: &str,
    ) -> Diagnostic {
        let at = match err.location {
            pest::error::InputLocation::Pos(it) | pest::error::InputLocation::Span((it, _)) => it,
        };
        let rest = self.text.get(at..).unwrap_or_default();
        let word = |ch: char| ch.is_alphanumeric() || "_.".contains(ch);
        let len = rest.find(|ch| !word(ch)).unwrap_or(rest.len());
        let len = len.max(rest.chars().next().map_or(0, char::len_utf8)).min(40);
        let len = (0..=len).rev().find(|it| rest.is_char_boundary(*it)).unwrap_or(0);
        let (message, label) = match rest[..len].trim() {
            "" => (format!("this {language} query ends too early"), "something is missing here"),
            word => (format!("this is not {language} at `{word}`"), "this does not fit here"),
        };
        Diagnostic::error(&UNREADABLE, self.span(at, at + len), message, label).with_help(help)
    }
}

/// What no rule can say.
pub(crate) fn unsayable(
    span: Span,
    message: impl Into<String>,
    label: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(&UNSAYABLE, span, message, label)
}

/// What is left aside.
pub(crate) fn aside(
    span: Span,
    message: impl Into<String>,
    label: impl Into<String>,
) -> Diagnostic {
    Diagnostic::info(&LEFT_ASIDE, span, message, label)
}

/// Where the bytes of `text` stand in `file`, when they stand there from `start` on: blanks may
/// differ, and a backslash may escape what follows it.
fn follow(text: &str, file: &str, start: usize) -> Option<Vec<u32>> {
    let mut res = Vec::with_capacity(text.len() + 1);
    let mut at = start;
    let blank = |it: char| it.is_whitespace();
    for ch in text.chars() {
        if blank(ch) {
            res.extend(std::iter::repeat_n(u32::try_from(at).ok()?, ch.len_utf8()));
            continue;
        }
        let len = loop {
            let rest = file.get(at..)?;
            let next = rest.chars().next()?;
            if next == ch && !(ch == '\\' && rest.starts_with("\\\\") && double(text, &res)) {
                break next.len_utf8();
            }
            if blank(next) {
                at += next.len_utf8();
                continue;
            }
            let escaped = rest.strip_prefix('\\').and_then(|it| it.chars().next())?;
            match escaped {
                'n' | 't' | 'r' => at += 2,
                it if it == ch => break 1 + it.len_utf8(),
                _ => return None,
            }
        };
        res.extend(std::iter::repeat_n(u32::try_from(at).ok()?, ch.len_utf8()));
        at += len;
    }
    res.push(u32::try_from(at).ok()?);
    Some(res)
}

/// Whether a backslash of the text stands alone, so that two in the file are an escaped one.
fn double(text: &str, done: &[u32]) -> bool {
    !text.get(done.len()..).is_some_and(|it| it.starts_with("\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(query: &str, file: &str, word: &str) -> String {
        let around = Span::new(FileId::FIRST, 0, file.len());
        let place = Place::within(query, file, around);
        let from = query.find(word).unwrap();
        file[place.span(from, from + word.len()).range()].to_owned()
    }

    #[test]
    fn a_query_is_found_in_its_file_whatever_the_line_breaks_and_escapes() {
        assert_eq!(at("a where b == 1", "query: >\n  a where\n  b == 1\n", "b"), "b");
        assert_eq!(at("a where b == \"x\"", r#"{"query":"a where b == \"x\""}"#, "b"), "b");
        assert_eq!(at("f == \"C:\\\\x\" and g", r#"{"q":"f == \"C:\\\\x\" and g"}"#, "g"), "g");
        assert_eq!(at("f == 'a\\b' and g", r#"{"q":"f == 'a\\b' and g"}"#, "g"), "g");
    }
}
