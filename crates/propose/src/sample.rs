//! A short text in which a regular expression is found.

use ir::Regex;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

/// A text, and whether something may stand before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub text: String,
    pub before: bool,
    pub after: bool,
}

/// A text in which the expression is likely found: the first alternatives, few repetitions, and
/// characters that are easy to read. Borders of words are not looked at.
pub fn sample(regex: &Regex) -> Sample {
    let mut res = Sample { text: String::new(), before: true, after: true };
    add(regex.plain_hir(), &mut res);
    res
}

/// Longer than any text that is worth reading.
const MOST: usize = 400;

fn add(hir: &Hir, res: &mut Sample) {
    if res.text.len() > MOST {
        return;
    }
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(it) => res.text.push_str(&String::from_utf8_lossy(&it.0)),
        HirKind::Class(class) => res.text.extend(pick(class, res.text.chars().count())),
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => res.before = false,
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => res.after = false,
        HirKind::Look(_) => {}
        HirKind::Repetition(it) => {
            if it.min == 0 && is_anything(&it.sub) && it.max.is_none() {
                // What stands between two words.
                res.text.push(' ');
            }
            (0..it.min).for_each(|_| add(&it.sub, res));
        }
        HirKind::Capture(it) => add(&it.sub, res),
        HirKind::Concat(parts) => parts.iter().for_each(|it| add(it, res)),
        HirKind::Alternation(parts) => {
            // Where the beginning is one way, what may stand before it is another.
            let looks = |it: &&Hir| !matches!(it.kind(), HirKind::Look(_));
            let chosen = parts.iter().find(looks).or(parts.first());
            chosen.into_iter().for_each(|it| add(it, res));
        }
    }
}

/// The characters that are easiest to read, best first.
const READABLE: &str = "abcdefghijklmnopqrstuvwxyz1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ -_/\\.:=\"'";

/// A character of the class; in a run of one class, each place has another.
fn pick(class: &Class, place: usize) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let all: Vec<char> = READABLE.chars().filter(|it| holds(class, *it)).take(6).collect();
    match all.len() {
        0 => class.ranges().first().map(|it| it.start()),
        len => all.get(place % len).copied(),
    }
}

fn holds(class: &ClassUnicode, ch: char) -> bool {
    class.ranges().iter().any(|it| it.start() <= ch && ch <= it.end())
}

fn is_anything(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Unicode(it)) => {
            ['a', ' ', '/', '\\', '"'].iter().all(|ch| holds(it, *ch))
        }
        HirKind::Capture(it) => is_anything(&it.sub),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_readable() {
        let of = |it: &str| sample(&Regex::new(it, false, false, false).unwrap()).text;
        assert_eq!(of(r"(?:bin|sbin)/nc .*-e [0-9]{3}"), "bin/nc  -e 612");
        assert_eq!(of(r"^\d+x?$"), "1");
        assert_eq!(of(r"[^a-z]{2}"), "12");
        let anchored = sample(&Regex::new("^a", false, false, false).unwrap());
        assert!(!anchored.before && anchored.after);
    }
}
