//! What a text must have for a regular expression to match in it, asked before the expression is.
//!
//! Knows how long a match is at least, and which texts stand in it, in which order. Running an
//! expression costs a hundred times as much, and nearly always finds nothing.

use memchr::memmem::Finder;
use regex_syntax::hir::{Dot, Hir, HirKind};

use super::sign::letters;

/// More texts than this tell no more.
const MOST: usize = 8;

/// What every text has in which an expression matches.
#[derive(Debug)]
pub(crate) struct Guard {
    /// How many bytes a match has at least.
    pub(crate) least: usize,
    /// Folded texts that follow each other in it, with anything between them.
    row: Box<[Finder<'static>]>,
    /// How many characters there must be in one line, when that is all that the expression asks.
    line: Option<usize>,
}

impl Guard {
    pub(crate) fn new(hir: &Hir) -> Guard {
        let mut texts = Texts::default();
        texts.add(hir);
        texts.end();
        let row = texts.all.iter().map(|it| Finder::new(it.as_bytes()).into_owned()).collect();
        Guard { least: hir.properties().minimum_len().unwrap_or(0), row, line: line(hir) }
    }

    /// The answer for a text, where it is known without the expression: `.{1000,}` needs a thousand
    /// states to be run.
    #[inline]
    pub(crate) fn decides(&self, text: &str) -> Option<bool> {
        let least = self.line?;
        Some(text.split('\n').any(|it| it.len() >= least && it.chars().nth(least - 1).is_some()))
    }

    /// Whether the expression may match in a text, given folded.
    #[inline]
    pub(crate) fn lets_through(&self, folded: &[u8]) -> bool {
        let mut rest = folded;
        self.row.iter().all(|it| match it.find(rest) {
            Some(at) => {
                rest = &rest[at + it.needle().len()..];
                true
            }
            None => false,
        })
    }

    /// Whether it asks for texts.
    pub(crate) fn has_texts(&self) -> bool {
        !self.row.is_empty()
    }
}

/// How often an expression asks for any character but a new line, at least, if for nothing else.
fn line(hir: &Hir) -> Option<usize> {
    let HirKind::Repetition(it) = hir.kind() else { return None };
    let any = Hir::dot(Dot::AnyCharExceptLF);
    (*it.sub == any && it.min > 0).then_some(it.min as usize)
}

/// Takes an expression apart from left to right.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    /// What the next part may go on with.
    open: String,
}

impl Texts {
    fn add(&mut self, hir: &Hir) {
        if let Some(text) = letters(hir) {
            self.open.push_str(&text);
            return;
        }
        match hir.kind() {
            HirKind::Capture(it) => self.add(&it.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|it| self.add(it)),
            // It stands there so often, one after the other.
            HirKind::Repetition(it) => {
                for _ in 0..it.min.min(2) {
                    self.end();
                    self.add(&it.sub);
                }
                self.end();
            }
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(_) | HirKind::Class(_) | HirKind::Alternation(_) => self.end(),
        }
    }

    /// Something else stands between what came and what comes.
    fn end(&mut self) {
        let text = std::mem::take(&mut self.open);
        if !text.is_empty() && self.all.len() < MOST {
            self.all.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(regex: &str) -> Guard {
        Guard::new(&regex_syntax::parse(regex).unwrap_or_else(|err| unreachable!("{err}")))
    }

    fn texts(regex: &str) -> Vec<String> {
        let needles = guard(regex).row.iter().map(|it| it.needle().to_vec()).collect::<Vec<_>>();
        needles.into_iter().map(|it| String::from_utf8_lossy(&it).into_owned()).collect()
    }

    #[test]
    fn texts_of_an_expression_stand_in_their_order() {
        assert_eq!(texts(r"\w+`(?:\w+|-|.)`[\w+|\s]"), ["`", "`"]);
        assert_eq!(texts(r#""(?:\{\d\})+"\s*-f"#), ["\"", "{", "}", "\"", "-f"]);
        assert_eq!(texts(r"(?i)Power(Oil)\.exe"), ["poweroil.exe"]);
        assert_eq!(texts(r"(ab){3,}c?d"), ["ab", "ab", "d"]);
        assert_eq!(texts(r"^a\bb$"), ["ab"]);
        assert_eq!(texts(r"a|b"), Vec::<String>::new());
        assert_eq!(texts(r"x*(a|b)?"), Vec::<String>::new());
        assert_eq!(guard(".{1000,}").least, 1000);
        assert!(guard(".{1000,}").decides("x").is_some());
        assert!(guard("x{1000,}").decides("x").is_none());
    }

    #[test]
    fn what_matches_is_let_through() {
        let regexes = [
            r"\w+`(?:\w+|-|.)`[\w+|\s]",
            r#""(?:\{\d\})+"\s*-f"#,
            r"(?i)k(e|r)?l+\.x",
            r"(ab){3,}c?d",
            r"^a\b-b$",
            r"(?i)straße|ſ+k",
            ".{5,}",
            ".{3,4}",
            "(?s).{5,}",
            "^.{5,}",
        ];
        let texts = [
            "éééé\nx",
            "ééééé",
            "four\nfour",
            "",
            "x`y`z",
            "\"{0}{1}\" -f",
            "KLLL.X",
            "ababababd",
            "a-b",
            "STRASSE",
            "Kel.x",
        ];
        for regex in regexes {
            let hir = regex_syntax::parse(regex).unwrap_or_else(|err| unreachable!("{err}"));
            let run = crate::test::regex(&hir).unwrap_or_else(|err| unreachable!("{err}"));
            for text in texts {
                let guard = guard(regex);
                let may = text.len() >= guard.least
                    && guard.lets_through(ir::fold::fold_text(text).as_bytes());
                assert!(may || !run.is_match(text), "{regex} {text}");
                let decided = guard.decides(text);
                assert!(decided.is_none_or(|it| it == run.is_match(text)), "{regex} {text}");
            }
        }
    }
}
