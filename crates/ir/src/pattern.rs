//! Text patterns: literal runs and wildcards.

/// A pattern that covers a whole text.
///
/// Normal form, kept by every constructor: neighbouring literals are one, no literal is empty,
/// `*` never follows `*`, and of neighbouring `*` and `?` the `?` stand first.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Pattern {
    parts: Vec<Part>,
}

/// A piece of a pattern.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Part {
    /// This text.
    Literal(String),
    /// `*`: any run of characters, also none; crosses newlines.
    Run,
    /// `?`: exactly one character, also a newline.
    One,
    /// `%name%`: a value that is not known yet. Nothing matches it.
    Placeholder(String),
}

/// What a pattern amounts to, when it is one of the simple ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// The text and nothing else; empty for the empty pattern.
    Exact(&'a str),
    /// `text*`
    Prefix(&'a str),
    /// `*text`
    Suffix(&'a str),
    /// `*text*`
    Infix(&'a str),
    /// `*`
    Anything,
    /// Anything else.
    Glob,
}

impl Pattern {
    /// A pattern of these parts, brought to normal form.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Pattern {
        let mut res: Vec<Part> = Vec::new();
        for part in parts {
            match (res.last_mut(), part) {
                (_, Part::Literal(it)) if it.is_empty() => {}
                (Some(Part::Literal(last)), Part::Literal(it)) => last.push_str(&it),
                (Some(Part::Run), Part::Run) => {}
                (Some(Part::Run), Part::One) => {
                    let at = res.len() - 1;
                    res.insert(at, Part::One);
                }
                (_, it) => res.push(it),
            }
        }
        Pattern { parts: res }
    }

    /// The pattern that only `text` matches.
    pub fn literal(text: impl Into<String>) -> Pattern {
        Pattern::new([Part::Literal(text.into())])
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The pattern with `*` before and after, each only where there is none yet.
    pub fn open(&self, before: bool, after: bool) -> Pattern {
        let first = (before && self.parts.first() != Some(&Part::Run)).then_some(Part::Run);
        let last = (after && self.parts.last() != Some(&Part::Run)).then_some(Part::Run);
        Pattern::new(first.into_iter().chain(self.parts.iter().cloned()).chain(last))
    }

    /// The names of placeholders in it.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|it| match it {
            Part::Placeholder(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Which simple shape it has.
    pub fn shape(&self) -> Shape<'_> {
        use Part::{Literal, Run};
        match self.parts.as_slice() {
            [] => Shape::Exact(""),
            [Literal(it)] => Shape::Exact(it),
            [Literal(it), Run] => Shape::Prefix(it),
            [Run, Literal(it)] => Shape::Suffix(it),
            [Run, Literal(it), Run] => Shape::Infix(it),
            [Run] => Shape::Anything,
            _ => Shape::Glob,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_kept_in_normal_form() {
        let lit = |it: &str| Part::Literal(it.to_owned());
        let pattern = Pattern::new([lit("a"), lit(""), lit("b"), Part::Run, Part::Run, Part::One]);
        assert_eq!(pattern.parts(), [lit("ab"), Part::One, Part::Run]);
        assert_eq!(Pattern::literal("x").open(true, true).shape(), Shape::Infix("x"));
        assert_eq!(Pattern::literal("").open(true, true).shape(), Shape::Anything);
    }
}
