//! What a column is asked.

use std::sync::Arc;

use ir::{Anchor, Case, Expr, Number, Part, Pattern, Predicate, Regex};
use source::Span;
use target::Kind;

use super::asked;
use crate::truth::Truth;

/// A column, and what is made of its value before it is compared.
#[derive(Debug, Clone)]
pub struct Operand {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: Kind,
    /// Its letters.
    pub letters: Letters,
    /// Whether its text is asked, whatever it holds.
    pub text: bool,
    /// Whether an IPv4 address that is written as one of version 6 is read as what it is.
    pub unmapped: bool,
    /// Which part of it is asked, and the character that stands between parts.
    pub piece: Option<(Piece, char)>,
}

/// A part of a text that is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// What stands before the first cut.
    First,
    /// What stands after the last one.
    Last,
}

/// What becomes of letters before a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Nothing.
    AsTheyAre,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
}

impl Operand {
    /// Whether it is a column as it stands.
    pub fn plain(&self) -> bool {
        self.letters == Letters::AsTheyAre && !self.unmapped && self.piece.is_none()
    }

    /// Whether the value is text, for which missing is empty.
    fn is_text(&self) -> bool {
        self.text || !matches!(self.kind, Kind::Number | Kind::Bool | Kind::Date)
    }

    /// Missing, or the empty text.
    pub fn is_empty(&self, span: Span) -> Truth {
        if self.piece.is_some() {
            // No text cuts itself, so this is always said.
            return self.asks("==", "", span).unwrap_or_else(|_| Truth::constant(false));
        }
        let null = asked(&self.name, Predicate::Null, span);
        if !self.is_text() {
            return Truth::of(null);
        }
        let empty = Predicate::Text(Pattern::default(), Case::Sensitive);
        Truth::of(Expr::any(vec![null, asked(&self.name, empty, span)]))
    }

    /// Null; a text never is. Of a column of which nothing is known, this says that it is no text.
    pub fn is_null(&self, span: Span) -> Truth {
        match self.kind {
            Kind::Text | Kind::Joined => Truth::constant(false),
            _ if self.text => Truth::constant(false),
            _ => Truth::of(asked(&self.name, Predicate::Null, span)),
        }
    }

    /// A comparison with text.
    ///
    /// # Errors
    ///
    /// A sentence that says why there is none.
    pub fn asks(&self, sign: &str, text: &str, span: Span) -> Result<Truth, String> {
        if self.kind == Kind::Number && !self.text {
            return match (sign, Number::parse(text)) {
                ("==" | "=~", Some(number)) => {
                    let predicate = Predicate::Number(ir::Cmp::Eq, number);
                    Ok(Truth::of(asked(&self.name, predicate, span)))
                }
                _ => Err(format!(
                    "the column `{}` holds numbers, and is compared with text",
                    self.name
                )),
            };
        }
        if self.unmapped {
            return Err("a part of an address is compared".to_owned());
        }
        let (word, cased) = match sign.strip_suffix("_cs") {
            Some(it) => (it, true),
            None => (sign, matches!(sign, "==" | "matches regex")),
        };
        let case = match (self.letters, cased) {
            (Letters::AsTheyAre, true) => Case::Sensitive,
            _ => Case::Insensitive,
        };
        if word == "matches regex" {
            if self.letters != Letters::AsTheyAre || self.piece.is_some() {
                return Err("a regular expression is asked of a changed value".to_owned());
            }
            return self.regex(&unicode(text), false, false, span);
        }
        // Changed letters are never like text that such a change would change.
        let never = match self.letters {
            Letters::AsTheyAre => false,
            Letters::Lower => cased && text.to_lowercase() != text,
            Letters::Upper => cased && text.to_uppercase() != text,
        };
        if never {
            return Ok(Truth::constant(false));
        }
        let (before, after) = match word {
            "==" | "=~" | ":" => (false, false),
            "contains" => (true, true),
            "startswith" => (false, true),
            "endswith" => (true, false),
            _ if self.piece.is_some() => {
                return Err(format!("`{word}` is asked of a part of a text"));
            }
            "has" => return self.term(text, (true, true), case, span),
            "hasprefix" => return self.term(text, (true, false), case, span),
            "hassuffix" => return self.term(text, (false, true), case, span),
            _ => return Err(format!("`{word}` is not read")),
        };
        if let Some((piece, at)) = self.piece {
            return self.part(piece, at, (before, text, after), case, span);
        }
        let run = |it: bool| it.then_some(Part::Run);
        let parts = run(before).into_iter().chain([Part::Literal(text.to_owned())]);
        let pattern = Pattern::new(parts.chain(run(after)));
        Ok(self.found(Predicate::Text(pattern, case), text.is_empty(), span))
    }

    /// True when the test is; of a missing value when `empty`, which says that the empty text passes.
    fn found(&self, predicate: Predicate, empty: bool, span: Span) -> Truth {
        let passes = asked(&self.name, predicate, span);
        if empty && self.is_text() {
            let null = asked(&self.name, Predicate::Null, span);
            return Truth::of(Expr::any(vec![null, passes]));
        }
        Truth::of(passes)
    }

    /// A part of the text, in which the character that cuts it is not.
    fn part(
        &self,
        piece: Piece,
        at: char,
        (before, text, after): (bool, &str, bool),
        case: Case,
        span: Span,
    ) -> Result<Truth, String> {
        if text.contains(at) {
            return Ok(Truth::constant(false));
        }
        let cut = regex_syntax::escape(&at.to_string());
        let others = format!("[^{cut}]*");
        let mut regex = if piece == Piece::Last && !before {
            format!(r"(?:\A|{cut})")
        } else if piece == Piece::First {
            r"\A".to_owned()
        } else {
            String::new()
        };
        if before && piece == Piece::First {
            regex.push_str(&others);
        }
        regex.push_str(&regex_syntax::escape(text));
        if after && piece == Piece::Last {
            regex.push_str(&others);
        }
        match piece {
            Piece::Last => regex.push_str(r"\z"),
            Piece::First if !after => regex.push_str(&format!(r"(?:{cut}|\z)")),
            Piece::First => {}
        }
        self.regex(&regex, case == Case::Insensitive, true, span)
    }

    /// Whole terms: no letter or digit of ASCII stands beside, where one stands at the text's own end.
    fn term(
        &self,
        text: &str,
        (before, after): (bool, bool),
        case: Case,
        span: Span,
    ) -> Result<Truth, String> {
        let word = |ch: Option<char>| ch.is_some_and(|it| it.is_ascii_alphanumeric());
        let mut regex = String::new();
        if before && word(text.chars().next()) {
            regex.push_str(r"(?:\A|[^0-9A-Za-z])");
        }
        regex.push_str(&regex_syntax::escape(text));
        if after && word(text.chars().last()) {
            regex.push_str(r"(?:[^0-9A-Za-z]|\z)");
        }
        self.regex(&regex, case == Case::Insensitive, true, span)
    }

    fn regex(&self, text: &str, i: bool, s: bool, span: Span) -> Result<Truth, String> {
        let regex = Regex::new(text, i, false, s)
            .map_err(|err| format!("this regular expression is not read: {}", err.message))?;
        let empty = regex.hir().properties().minimum_len() == Some(0) && {
            // Anchors and borders decide whether nothing is found in nothing.
            finds_nothing(&regex)
        };
        Ok(self.found(Predicate::Regex(Arc::new(regex)), empty, span))
    }

    /// A comparison with another column. Two missing texts are equal, and any text holds a missing one.
    pub fn beside(&self, sign: &str, other: &Operand, span: Span) -> Option<Truth> {
        let (word, cased) = match sign.strip_suffix("_cs") {
            Some(it) => (it, true),
            None => (sign, sign == "=="),
        };
        let anchor = match word {
            "==" | "=~" => Anchor::Whole,
            "startswith" => Anchor::Start,
            "endswith" => Anchor::End,
            "contains" => Anchor::Within,
            _ => return None,
        };
        let case = if cased { Case::Sensitive } else { Case::Insensitive };
        let like = asked(&self.name, Predicate::Field(other.name.clone(), anchor, case), span);
        if !self.is_text() || !other.is_text() {
            return Some(Truth::of(like));
        }
        let nothing = match anchor {
            Anchor::Whole => Expr::all(vec![self.is_empty(span).yes, other.is_empty(span).yes]),
            _ => other.is_empty(span).yes,
        };
        Some(Truth::of(Expr::any(vec![like, nothing])))
    }
}

/// Whether the expression is found in the empty text.
fn finds_nothing(regex: &Regex) -> bool {
    use regex_syntax::hir::{Hir, HirKind, Look};
    fn walk(hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Empty => true,
            HirKind::Literal(_) | HirKind::Class(_) => false,
            HirKind::Look(it) => !matches!(
                it,
                Look::WordAscii
                    | Look::WordUnicode
                    | Look::WordStartAscii
                    | Look::WordEndAscii
                    | Look::WordStartUnicode
                    | Look::WordEndUnicode
            ),
            HirKind::Repetition(it) => it.min == 0 || walk(&it.sub),
            HirKind::Capture(it) => walk(&it.sub),
            HirKind::Concat(parts) => parts.iter().all(walk),
            HirKind::Alternation(parts) => parts.iter().any(walk),
        }
    }
    walk(regex.plain_hir())
}

/// Classes that are Unicode's here, and ASCII's in the meaning unless they are spelled so.
fn unicode(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut class = 0_usize;
    // Where `(?-u` holds, the classes are ASCII's already.
    let ascii = text.contains("(?-u");
    while let Some(ch) = chars.next() {
        match ch {
            '[' => class += 1,
            ']' => class = class.saturating_sub(1),
            _ => {}
        }
        if ch != '\\' || ascii {
            res.push(ch);
            if ch == '\\' {
                res.extend(chars.next());
            }
            continue;
        }
        let word = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}";
        match chars.next() {
            Some('d') => res.push_str(r"\p{Nd}"),
            Some('D') => res.push_str(r"\P{Nd}"),
            Some('s') => res.push_str(r"\p{White_Space}"),
            Some('S') => res.push_str(r"\P{White_Space}"),
            Some('w') if class > 0 => res.push_str(word),
            Some('w') => res.push_str(&format!("[{word}]")),
            Some('W') => res.push_str(&format!("[^{word}]")),
            Some(it) => res.extend(['\\', it]),
            None => res.push('\\'),
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_unicodes() {
        assert_eq!(
            unicode(r"\\d\d[\w-]"),
            r"\\d\p{Nd}[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}-]"
        );
        for text in [r"\d\D\s\S\w\W", r"[\W\d]", r"(?-u:\b)a"] {
            assert!(Regex::new(&unicode(text), false, false, false).is_ok(), "{text}");
        }
    }
}
