//! Guesses which key comes next, by the objects met before.
//!
//! Knows keys and their order. Does not know values or rules. A guess is compared with the bytes
//! there; a wrong one costs a little time.

use std::ops::Range;

use super::keys::{word, words};

/// A place among the objects met: a key after certain others.
pub(crate) type Shape = u32;

/// Before the first key of an event.
pub(crate) const ROOT: Shape = 0;

/// A place that nothing is learned of.
const NOWHERE: Shape = 1;

/// The most places that are kept: those of real streams are a few hundred.
const MOST: usize = 4096;

/// How many keys are tried after one, and how many are kept.
const TRIED: usize = 3;
const KEPT: usize = 16;

/// The lengths of keys that are learned, with the quote and the colon after them.
const LENGTHS: Range<usize> = 4..33;

/// Keys in the order they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shapes(Vec<Node>);

/// A key after those that lead to it.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// With the quote and the colon after it; of a key of more than 16 bytes also those between.
    ends: (u64, u64),
    middle: (u64, u64),
    len: u32,
    /// What the key is found to be, and one more; 0 is nothing.
    found: u32,
    /// The key that came after it last; 0 is none.
    next: Shape,
    /// The key that came in place of it before; 0 is none.
    other: Shape,
    /// Before the first key of an object under it; 0 is none.
    within: Shape,
}

/// What comes next.
pub(crate) struct Guess {
    /// With the quote and the colon after it.
    pub(crate) len: usize,
    pub(crate) shape: Shape,
    pub(crate) found: Option<u32>,
}

impl Shapes {
    /// Before an event.
    pub(crate) fn start(&mut self) {
        if self.0.is_empty() || self.0.len() >= MOST {
            self.0.clear();
            self.0.resize(2, Node::default());
        }
    }

    /// The key that begins at `at`, when it is one that came after `shape` lately.
    #[inline]
    pub(crate) fn guess(&mut self, shape: Shape, bytes: &[u8], at: usize) -> Option<Guess> {
        let first = self.0[shape as usize].next;
        let (mut before, mut next) = (0, first);
        for _ in 0..TRIED {
            if next == 0 {
                break;
            }
            let node = &self.0[next as usize];
            if node.is_at(bytes, at) {
                let found = node.found.checked_sub(1);
                let guess = Guess { len: node.len as usize, shape: next, found };
                if before != 0 {
                    self.bring_forward(shape, before, next);
                }
                return Some(guess);
            }
            (before, next) = (next, node.other);
        }
        None
    }

    fn bring_forward(&mut self, shape: Shape, before: Shape, at: Shape) {
        self.0[before as usize].other = self.0[at as usize].other;
        self.0[at as usize].other = self.0[shape as usize].next;
        self.0[shape as usize].next = at;
    }

    /// Notes the key that came after `shape`: where it stands in `bytes`, and what it was found to be.
    pub(crate) fn learn(
        &mut self,
        shape: Shape,
        bytes: &[u8],
        name: Range<usize>,
        found: Option<u32>,
    ) -> Shape {
        let text = bytes.get(name.start..name.end + 2).unwrap_or_default();
        if shape == NOWHERE || !text.ends_with(b"\":") || !LENGTHS.contains(&text.len()) {
            return NOWHERE;
        }
        let (mut before, mut next, mut count) = (0, self.0[shape as usize].next, 0);
        while next != 0 {
            let node = &self.0[next as usize];
            if node.is_at(bytes, name.start) {
                if before != 0 {
                    self.bring_forward(shape, before, next);
                }
                return next;
            }
            count += 1;
            (before, next) = (next, node.other);
        }
        if count >= KEPT || self.0.len() >= MOST {
            return NOWHERE;
        }
        let new = self.0.len() as Shape;
        self.0.push(Node {
            ends: words(text),
            middle: middle(text),
            len: text.len() as u32,
            found: found.map_or(0, |it| it + 1),
            other: self.0[shape as usize].next,
            ..Node::default()
        });
        self.0[shape as usize].next = new;
        new
    }

    /// Before the first key of an object under the key.
    pub(crate) fn within(&mut self, shape: Shape) -> Shape {
        if shape == NOWHERE {
            return NOWHERE;
        }
        let known = self.0[shape as usize].within;
        if known != 0 {
            return known;
        }
        if self.0.len() >= MOST {
            return NOWHERE;
        }
        let new = self.0.len() as Shape;
        self.0.push(Node::default());
        self.0[shape as usize].within = new;
        new
    }
}

impl Node {
    #[inline]
    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        let Some(text) = bytes.get(at..at + self.len as usize) else { return false };
        words(text) == self.ends && (text.len() <= 16 || middle(text) == self.middle)
    }
}

/// The second and the last but one eight bytes of a text of more than 16.
#[inline]
fn middle(text: &[u8]) -> (u64, u64) {
    if text.len() <= 16 {
        return (0, 0);
    }
    (word(text, 8), word(text, text.len() - 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is guessed for each key of an object.
    fn keys(shapes: &mut Shapes, names: &[&str]) -> Vec<bool> {
        shapes.start();
        let mut shape = ROOT;
        let mut res = Vec::new();
        for name in names {
            let text = format!("{name}\":");
            let guess = shapes.guess(shape, text.as_bytes(), 0);
            res.push(guess.is_some());
            shape = match guess {
                Some(it) => {
                    assert_eq!(it.len, text.len());
                    assert_eq!(it.found, Some(name.len() as u32), "{name}");
                    it.shape
                }
                None => {
                    let found = Some(name.len() as u32);
                    shapes.learn(shape, text.as_bytes(), 0..name.len(), found)
                }
            };
        }
        res
    }

    #[test]
    fn keys_that_came_before_are_guessed() {
        let mut shapes = Shapes::default();
        let long = "a_key_with_a_name_of_30_bytes_";
        let one = ["Image", "User", "ParentCommandLine", long];
        let other = ["Image", "Parent", "ParentCommandLine", "ParentCommandLinf"];
        assert_eq!(keys(&mut shapes, &one), [false; 4]);
        assert_eq!(keys(&mut shapes, &one), [true; 4]);
        assert_eq!(keys(&mut shapes, &other), [true, false, false, false]);
        assert_eq!(keys(&mut shapes, &other), [true; 4]);
        assert_eq!(keys(&mut shapes, &one), [true; 4]);
        // Neither too short nor too long ones, and nothing after them.
        let beyond = format!("{long}_");
        let odd = ["Image", "x", "User", &beyond];
        assert_eq!(keys(&mut shapes, &odd), [true, false, false, false]);
        assert_eq!(keys(&mut shapes, &odd), [true, false, false, false]);
    }

    #[test]
    fn a_stream_of_new_keys_is_forgotten() {
        let mut shapes = Shapes::default();
        for at in 0..20_000 {
            keys(&mut shapes, &[&format!("key{at}"), "same"]);
        }
        assert!(shapes.0.len() <= MOST);
        for at in 0..20_000 {
            keys(&mut shapes, &["same", &format!("key{}", at % 10), &format!("key{at}")]);
        }
        assert!(shapes.0.len() <= MOST);
    }
}
