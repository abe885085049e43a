//! What fields are asked: one value by one operator.

use std::sync::Arc;

use ir::{Anchor, Case, Cmp, Expr, Net, Number, Part, Pattern, Predicate, Regex};
use source::Span;
use target::Kind;

use super::{Change, Operand, Read, Reader, Value, glob, posix, test};
use crate::ascii;
use crate::regex_text::{Fold, literal};

impl Reader<'_> {
    pub(super) fn one(&self, left: &Operand, word: &str, value: &Value, span: Span) -> Read<Expr> {
        let present = || test(&left.name, Predicate::Null, span).not();
        if word == "!=" {
            let same = self.one(left, "=", value, span)?;
            return Ok(Expr::all(vec![present(), same.not()]));
        }
        let predicate = match value {
            Value::Field(other) => self.beside(left, word, other, span)?,
            Value::Bare(text) => match self.typed(left, word, text) {
                Some(it) => it,
                None => return self.text_test(left, word, text, span),
            },
            Value::Text(text) => match self.network(left, word, text) {
                Some(net) => Predicate::Net(net),
                None if left.kind == Kind::Number => match self.typed(left, word, text) {
                    Some(it) => it,
                    None => return Err(self.odd(span)),
                },
                None => return self.text_test(left, word, text, span),
            },
        };
        Ok(test(&left.name, predicate, span))
    }

    /// A number, a boolean or a network, where the field and the spelling say so.
    fn typed(&self, left: &Operand, word: &str, text: &str) -> Option<Predicate> {
        if let Some(net) = self.network(left, word, text) {
            return Some(Predicate::Net(net));
        }
        let cmp = match word {
            "=" | "==" => Cmp::Eq,
            "<" => Cmp::Lt,
            "<=" => Cmp::Lte,
            ">" => Cmp::Gt,
            ">=" => Cmp::Gte,
            _ => return None,
        };
        if matches!(left.kind, Kind::Bool | Kind::Any) && cmp == Cmp::Eq {
            match text {
                "true" => return Some(Predicate::Bool(true)),
                "false" => return Some(Predicate::Bool(false)),
                _ => {}
            }
        }
        if matches!(left.kind, Kind::Number | Kind::Any) || cmp != Cmp::Eq {
            return Number::parse(text).map(|it| Predicate::Number(cmp, it));
        }
        // What is known of a field's kind may be that nothing is known.
        let known = self.columns.is_known(&left.name);
        let number = Number::parse(text).filter(|_| !known && left.change == Change::Nothing);
        number.map(|it| Predicate::Number(cmp, it))
    }

    /// Networks are asked of fields of networks, and of addresses.
    fn network(&self, left: &Operand, word: &str, text: &str) -> Option<Net> {
        let last = left.name.rsplit('.').next().unwrap_or_default();
        let nets = matches!(last, "net" | "cnet" | "snet" | "lnet" | "rnet");
        let equal = matches!(word, "=" | "==");
        let asked = nets || (text.contains('/') && (left.kind == Kind::Ip || last.ends_with("ip")));
        Net::parse(text).filter(|_| equal && asked)
    }

    fn beside(&self, left: &Operand, word: &str, other: &Operand, span: Span) -> Read<Predicate> {
        let anchor = match word {
            "=" | "==" => Anchor::Whole,
            "startswith" => Anchor::Start,
            "endswith" => Anchor::End,
            "contains" | "icontains" => Anchor::Within,
            _ => return Err(self.odd(span)),
        };
        let lower = |it: &Operand| matches!(it.change, Change::Lower | Change::Upper);
        let case = match (lower(left), lower(other)) {
            (false, false) if word == "icontains" => Case::Insensitive,
            (false, false) => Case::Sensitive,
            (true, true) if left.change == other.change => Case::Insensitive,
            _ => return Err(self.odd(span)),
        };
        if left.change == Change::BaseName || other.change == Change::BaseName {
            return Err(self.odd(span));
        }
        Ok(Predicate::Field(other.name.clone(), anchor, case))
    }

    fn text_test(&self, left: &Operand, word: &str, text: &str, span: Span) -> Read<Expr> {
        let bytes;
        let (word, text) = match word {
            "bcontains" | "bstartswith" => {
                let found = unhex(text).and_then(|it| String::from_utf8(it).ok());
                let Some(found) = found else {
                    return Err(self.refuse(
                        span,
                        "these bytes are not text",
                        "a rule compares text",
                    ));
                };
                bytes = found;
                (&word[1..], bytes.as_str())
            }
            it => (it, text),
        };
        let fold = match (left.change, word) {
            (Change::Lower | Change::Upper, _) | (_, "icontains" | "iglob") => Fold::Ascii,
            _ => Fold::No,
        };
        let kept = match (left.change, word) {
            (_, "icontains" | "iglob") => true,
            (Change::Lower, _) => !text.chars().any(|it| it.is_ascii_uppercase()),
            (Change::Upper, _) => !text.chars().any(|it| it.is_ascii_lowercase()),
            _ => true,
        };
        if !kept && !matches!(word, "regex" | "glob") {
            return Ok(Expr::Const(false));
        }
        if !kept {
            return Err(self.refuse(
                span,
                "a pattern with letters that the change before it leaves none of",
                "it may never match",
            ));
        }
        let run = || vec![Part::Run];
        let lit = || vec![Part::Literal(text.to_owned())];
        let parts = match word {
            "=" | "==" => lit(),
            "contains" | "icontains" => [run(), lit(), run()].concat(),
            "startswith" => [lit(), run()].concat(),
            "endswith" => [run(), lit()].concat(),
            "glob" | "iglob" if left.change != Change::BaseName => {
                let found = glob::read(text, fold).map_err(|why| self.refuse(span, why, "here"))?;
                return Ok(test(&left.name, found, span));
            }
            "regex" if left.change != Change::BaseName => {
                let made = posix::read(text, fold)
                    .and_then(|it| Regex::new(&it, false, false, false).map_err(|err| err.message));
                let regex = made.map_err(|why| {
                    let message = format!("this regular expression is not read: {why}");
                    self.refuse(span, message, "here")
                })?;
                return Ok(test(&left.name, Predicate::Regex(Arc::new(regex)), span));
            }
            "pmatch" if left.change == Change::Nothing => {
                let path = text.trim_end_matches('/');
                let of = |parts: Vec<Part>| {
                    let pattern = Pattern::new(parts);
                    test(&left.name, Predicate::Text(pattern, Case::Sensitive), span)
                };
                let itself = vec![Part::Literal(path.to_owned())];
                let below = vec![Part::Literal(format!("{path}/")), Part::Run];
                return Ok(Expr::any(vec![of(itself), of(below)]));
            }
            _ => return Err(self.odd(span)),
        };
        let predicate = match (left.change, fold) {
            (Change::BaseName, _) => match base_name(&parts) {
                Some(it) => it,
                None => return Ok(Expr::Const(false)),
            },
            (_, Fold::Ascii) => ascii::uncased(Pattern::new(parts)),
            _ => Predicate::Text(Pattern::new(parts), Case::Sensitive),
        };
        Ok(test(&left.name, predicate, span))
    }
}

/// A pattern about what follows the last slash; `None` when it holds a slash itself.
fn base_name(parts: &[Part]) -> Option<Predicate> {
    let mut text = String::from(r"(?:\A|/)");
    for part in parts {
        match part {
            Part::Literal(it) if it.contains('/') => return None,
            Part::Literal(it) => it.chars().for_each(|ch| literal(ch, Fold::No, &mut text)),
            _ => text.push_str("[^/]*"),
        }
    }
    text.push_str(r"\z");
    Some(Predicate::Regex(Arc::new(Regex::new(&text, false, false, true).ok()?)))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok()).collect()
}
