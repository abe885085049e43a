//! Text patterns against characters.
//!
//! Knows: segments between runs. Does not know: fields, how a pattern is written.

use ir::{Case, Part, Pattern};

/// A pattern cut at its runs: the first segment stands at the start, the last at the end, those
/// between somewhere in order. A pattern without a run is one segment.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    segments: Vec<Segment>,
}

/// Characters in a row; `None` is any one.
pub(crate) type Segment = Vec<Option<char>>;

impl Glob {
    /// The pattern with its letters folded where case makes no difference; `None` when it holds a
    /// placeholder.
    pub(crate) fn new(pattern: &Pattern, case: Case) -> Option<Glob> {
        let mut segments = vec![Segment::new()];
        for part in pattern.parts() {
            let last = segments.last_mut()?;
            match part {
                Part::Literal(it) if case == Case::Insensitive => {
                    last.extend(it.chars().map(|ch| Some(ir::fold::fold(ch))));
                }
                Part::Literal(it) => last.extend(it.chars().map(Some)),
                Part::One => last.push(None),
                Part::Run => segments.push(Segment::new()),
                Part::Placeholder(_) => return None,
            }
        }
        Some(Glob { segments })
    }

    /// The segments, one more than there are runs.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether there is a character that may be any.
    pub(crate) fn has_one(&self) -> bool {
        self.segments.iter().flatten().any(Option::is_none)
    }

    /// The one text that the pattern covers, when there is no wildcard in it.
    pub(crate) fn only_text(&self) -> Option<Vec<char>> {
        match self.segments.as_slice() {
            [only] => only.iter().copied().collect(),
            _ => None,
        }
    }

    /// A text of the pattern: `fill` for every wildcard.
    pub(crate) fn filled(&self, fill: char) -> Vec<char> {
        let mut res = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            if at > 0 {
                res.push(fill);
            }
            res.extend(segment.iter().map(|it| it.unwrap_or(fill)));
        }
        res
    }

    /// Whether the pattern covers the whole text, which is folded as the pattern is.
    pub(crate) fn covers(&self, text: &[char]) -> bool {
        let (Some(first), Some(last)) = (self.segments.first(), self.segments.last()) else {
            return false;
        };
        if self.segments.len() == 1 {
            return first.len() == text.len() && fits(first, text);
        }
        if first.len() + last.len() > text.len() || !fits(first, text) {
            return false;
        }
        let end = text.len() - last.len();
        if !fits(last, &text[end..]) {
            return false;
        }
        let mut rest = &text[first.len()..end];
        // The leftmost place of each segment leaves the most for the others.
        for segment in &self.segments[1..self.segments.len() - 1] {
            match find(segment, rest) {
                Some(at) => rest = &rest[at + segment.len()..],
                None => return false,
            }
        }
        true
    }
}

fn fits(segment: &[Option<char>], text: &[char]) -> bool {
    segment.iter().zip(text).all(|(wanted, ch)| wanted.is_none_or(|it| it == *ch))
}

fn find(segment: &[Option<char>], text: &[char]) -> Option<usize> {
    let first = match segment.first() {
        None => return Some(0),
        Some(it) => *it,
    };
    let last = text.len().checked_sub(segment.len())?;
    (0..=last)
        .find(|&at| first.is_none_or(|it| it == text[at]) && fits(&segment[1..], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|ch| match ch {
            '*' => Part::Run,
            '?' => Part::One,
            it => Part::Literal(it.to_string()),
        }))
    }

    fn words(letters: &[char], len: u32) -> Vec<String> {
        let mut res = vec![String::new()];
        let mut from = 0;
        for _ in 0..len {
            let to = res.len();
            for idx in from..to {
                res.extend(
                    letters.iter().map(|ch| format!("{}{ch}", res[idx])).collect::<Vec<_>>(),
                );
            }
            from = to;
        }
        res
    }

    #[test]
    fn globs_mean_what_the_matcher_says() {
        let texts = words(&['a', 'B', 'Ä'], 4);
        for written in words(&['A', 'b', 'ä', '*', '?'], 4) {
            for case in [Case::Insensitive, Case::Sensitive] {
                let pattern = pattern(&written);
                let glob = Glob::new(&pattern, case).unwrap();
                for text in &texts {
                    let folded: Vec<char> = match case {
                        Case::Insensitive => ir::fold::fold_text(text).chars().collect(),
                        Case::Sensitive => text.chars().collect(),
                    };
                    assert_eq!(
                        glob.covers(&folded),
                        matcher::covers(&pattern, text, case),
                        "{written} {text}"
                    );
                }
            }
        }
    }
}
