//! Guesses what stands between two values of an event, by the events met before.
//!
//! Knows the bytes from one value to the next (a comma, a key, a colon, blanks) and their order, and
//! which field each leads to. Does not know values or rules. A guess is compared with the bytes there;
//! a wrong one costs a little time.
//!
//! What leads to a value hangs on what led to the values before it in the same object, so that a key
//! found this way is known not to have come before.

use std::ops::Range;

use wide::u8x16;

/// A place among the objects met: a value after certain others.
pub(crate) type Shape = u32;

/// Before the first value of an event.
pub(crate) const ROOT: Shape = 0;

/// A place that nothing is learned of.
pub(crate) const NOWHERE: Shape = 1;

/// The most places that are kept: those of real streams are a few hundred.
const MOST: usize = 4096;

/// How many ways to go on are tried after a value, and how many are kept.
const TRIED: usize = 3;
const KEPT: usize = 16;

/// The most bytes before a value that are learned.
const LONGEST: usize = 64;

/// How many of them are compared at once.
const AT_ONCE: usize = 32;

/// What is met in the order in which it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shapes {
    nodes: Vec<Node>,
    /// The bytes after those that are compared at once, of long ways.
    rests: Vec<[u8; LONGEST - AT_ONCE]>,
}

/// What leads to a value, after that which led to those before it. All of it stands in one line of a
/// processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Node {
    bytes: [u8; AT_ONCE],
    /// A bit for each of them that counts.
    counts: u32,
    step: Step,
    /// What led here last; 0 is none.
    next: Shape,
    /// What came in its place before; 0 is none.
    other: Shape,
    /// What it hangs on.
    before: Shape,
    /// Before the first value of an object that is its value; 0 is none.
    within: Shape,
}

/// The way to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The place of the value; for a way that is new, of what it hangs on.
    pub(crate) shape: Shape,
    /// What the key is found to be, or [`UNKNOWN`].
    pub(crate) found: u32,
    /// How long the key is.
    pub(crate) key: u8,
    /// How many bytes before the value it begins.
    pub(crate) back: u8,
    /// Whether the value is a string, whose first quote is part of the way.
    pub(crate) is_text: bool,
    /// How many bytes the way has; told for one that was learned.
    pub(crate) len: u8,
}

/// What a key is found to be that nobody asks for.
pub(crate) const UNKNOWN: u32 = u32::MAX;

const EMPTY: Node = Node {
    // No text has such a byte.
    bytes: [0xff; AT_ONCE],
    counts: 1,
    step: Step { shape: ROOT, found: UNKNOWN, key: 0, back: 0, is_text: false, len: 0 },
    next: 0,
    other: 0,
    before: ROOT,
    within: 0,
};

impl Shapes {
    /// Before an event.
    pub(crate) fn start(&mut self) {
        if self.nodes.is_empty() || self.nodes.len() >= MOST {
            self.nodes.clear();
            self.rests.clear();
            self.nodes.resize(2, EMPTY);
        }
    }

    /// The place that the way at `at` leads to, when it is one that was gone from `shape` lately;
    /// [`ROOT`] otherwise.
    #[inline]
    pub(crate) fn follow(&mut self, shape: Shape, bytes: &[u8], at: usize) -> Shape {
        let next = self.nodes[shape as usize].next;
        if self.nodes[next as usize].is_at(bytes, at, &self.rests) {
            return next;
        }
        self.follow_another(shape, bytes, at)
    }

    #[inline(never)]
    fn follow_another(&mut self, shape: Shape, bytes: &[u8], at: usize) -> Shape {
        let mut before = self.nodes[shape as usize].next;
        for _ in 1..TRIED {
            let next = self.nodes[before as usize].other;
            if self.nodes[next as usize].is_at(bytes, at, &self.rests) {
                self.bring_forward(shape, before, next);
                return next;
            }
            before = next;
        }
        ROOT
    }

    /// The way that led to a place.
    #[inline]
    pub(crate) fn step(&self, shape: Shape) -> Step {
        self.nodes[shape as usize].step
    }

    fn bring_forward(&mut self, shape: Shape, before: Shape, at: Shape) {
        self.nodes[before as usize].other = self.nodes[at as usize].other;
        self.nodes[at as usize].other = self.nodes[shape as usize].next;
        self.nodes[shape as usize].next = at;
    }

    /// Notes a way that was gone from the step's place: where it stands in `bytes`. The new place is
    /// told. It must not lead to a key that is [`known`](Shapes::known) there.
    pub(crate) fn learn(&mut self, bytes: &[u8], way: Range<usize>, step: Step) -> Shape {
        let from = step.shape;
        let way = bytes.get(way).unwrap_or_default();
        if from == NOWHERE || way.is_empty() || way.len() > LONGEST {
            return NOWHERE;
        }
        let (mut before, mut next, mut count) = (0, self.nodes[from as usize].next, 0);
        while next != 0 {
            let node = &self.nodes[next as usize];
            if usize::from(node.step.len) == way.len() && node.is_at(way, 0, &self.rests) {
                if before != 0 {
                    self.bring_forward(from, before, next);
                }
                return next;
            }
            count += 1;
            (before, next) = (next, node.other);
        }
        if count >= KEPT || self.nodes.len() >= MOST {
            return NOWHERE;
        }
        let new = self.nodes.len() as Shape;
        let mut node = Node {
            counts: u32::MAX >> AT_ONCE.saturating_sub(way.len()),
            step: Step { shape: new, len: way.len() as u8, ..step },
            other: self.nodes[from as usize].next,
            before: from,
            ..EMPTY
        };
        let (start, end) = way.split_at(way.len().min(AT_ONCE));
        node.bytes[..start.len()].copy_from_slice(start);
        if !end.is_empty() {
            // Nothing hangs on the end of a long way: it is found by its number.
            let mut rest = [0; LONGEST - AT_ONCE];
            rest[..end.len()].copy_from_slice(end);
            self.rests.resize(self.rests.len().max(new as usize + 1), [0; LONGEST - AT_ONCE]);
            self.rests[new as usize] = rest;
        }
        self.nodes.push(node);
        self.nodes[from as usize].next = new;
        new
    }

    /// What the keys of the object up to a place were found to be.
    pub(crate) fn known(&self, shape: Shape) -> impl Iterator<Item = u32> {
        let mut at = shape;
        let all = std::iter::from_fn(move || {
            let node = &self.nodes[at as usize];
            at = node.before;
            (node.step.len > 0).then_some(node.step.found)
        });
        all.filter(|it| *it != UNKNOWN)
    }

    /// Before the first value of an object that is the value of a place.
    pub(crate) fn within(&mut self, shape: Shape) -> Shape {
        if shape == NOWHERE {
            return NOWHERE;
        }
        let known = self.nodes[shape as usize].within;
        if known != 0 {
            return known;
        }
        if self.nodes.len() >= MOST {
            return NOWHERE;
        }
        let new = self.nodes.len() as Shape;
        self.nodes.push(EMPTY);
        self.nodes[shape as usize].within = new;
        new
    }
}

impl Node {
    /// Whether it stands at `at`.
    #[inline]
    fn is_at(&self, bytes: &[u8], at: usize, rests: &[[u8; LONGEST - AT_ONCE]]) -> bool {
        let Some(there) = bytes.get(at..).and_then(<[u8]>::first_chunk::<AT_ONCE>) else {
            return self.is_at_the_end(bytes, at);
        };
        let (there, own) = (there.as_chunks::<16>().0, self.bytes.as_chunks::<16>().0);
        let same =
            |part: usize| u8x16::new(there[part]).simd_eq(u8x16::new(own[part])).to_bitmask();
        (same(0) | same(1) << 16) & self.counts == self.counts
            && (usize::from(self.step.len) <= AT_ONCE || self.goes_on(bytes, at + AT_ONCE, rests))
    }

    #[inline(never)]
    fn goes_on(&self, bytes: &[u8], at: usize, rests: &[[u8; LONGEST - AT_ONCE]]) -> bool {
        let Some(own) = rests.get(self.step.shape as usize) else { return false };
        let own = &own[..(usize::from(self.step.len) - AT_ONCE).min(own.len())];
        bytes.get(at..at + own.len()) == Some(own)
    }

    #[inline(never)]
    fn is_at_the_end(&self, bytes: &[u8], at: usize) -> bool {
        let own = self.bytes.get(..self.step.len.into()).unwrap_or_default();
        !own.is_empty() && bytes.get(at..at + own.len()) == Some(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is guessed for each way of an object.
    fn ways(shapes: &mut Shapes, ways: &[&str]) -> Vec<bool> {
        shapes.start();
        let (mut shape, mut text) = (ROOT, String::new());
        let mut guessed = Vec::new();
        for way in ways {
            let start = text.len();
            text.push_str(way);
            // More may follow or not.
            text.push_str(&"x".repeat(way.len() % 3 * 20));
            let len = way.len() as u8;
            let step = Step { shape, key: len, back: len, found: len.into(), is_text: true, len };
            let guess = shapes.follow(shape, text.as_bytes(), start);
            guessed.push(guess != ROOT);
            shape = if guess == ROOT {
                shapes.learn(text.as_bytes(), start..start + way.len(), step)
            } else {
                assert_eq!(shapes.step(guess), Step { shape: guess, ..step });
                guess
            };
        }
        guessed
    }

    #[test]
    fn ways_gone_before_are_guessed() {
        let mut shapes = Shapes::default();
        let long = ",\"a_key_with_a_name_of_57_bytes_xxxxxxxxxxxxxxxxxxxxxxxxxxxx\":\"";
        assert_eq!(long.len(), LONGEST - 1);
        let one =
            ["\"Image\":\"", ",\"User\":\"", ",\"ParentCommandLine_and_more_of_it\":\"", long];
        let other = [one[0], ",\"Parent\":\"", one[2], ",\"ParentCommandLine_and_more_of_is\":\""];
        assert_eq!(ways(&mut shapes, &one), [false; 4]);
        assert_eq!(ways(&mut shapes, &one), [true; 4]);
        assert_eq!(ways(&mut shapes, &other), [true, false, false, false]);
        assert_eq!(ways(&mut shapes, &other), [true; 4]);
        assert_eq!(ways(&mut shapes, &one), [true; 4]);
        // Nothing after one that is too long.
        let beyond = format!("{long}__");
        let odd = [one[0], &beyond, one[1]];
        assert_eq!(ways(&mut shapes, &odd), [true, false, false]);
        assert_eq!(ways(&mut shapes, &odd), [true, false, false]);
    }

    #[test]
    fn what_came_before_in_the_object_is_known() {
        let mut shapes = Shapes::default();
        shapes.start();
        let learn = |shapes: &mut Shapes, shape, found| {
            let step = Step { shape, key: 0, back: 0, found, is_text: false, len: 0 };
            shapes.learn(b"abc", 0..found as usize % 3 + 1, step)
        };
        let outer = learn(&mut shapes, ROOT, 1);
        let next = learn(&mut shapes, outer, 2);
        let unknown = learn(&mut shapes, next, UNKNOWN);
        let inner = shapes.within(unknown);
        let last = learn(&mut shapes, inner, 3);
        let known = |shape| shapes.known(shape).collect::<Vec<_>>();
        assert_eq!(known(ROOT), Vec::<u32>::new());
        assert_eq!(known(unknown), [2, 1]);
        assert_eq!(known(inner), Vec::<u32>::new());
        assert_eq!(known(last), [3]);
    }

    #[test]
    fn a_stream_of_new_keys_is_forgotten() {
        let mut shapes = Shapes::default();
        for at in 0..20_000 {
            ways(&mut shapes, &[&format!("key{at}:"), "same:"]);
        }
        assert!(shapes.nodes.len() <= MOST);
        for at in 0..20_000 {
            ways(&mut shapes, &["same:", &format!("key{}:", at % 10), &format!("key{at}:")]);
        }
        assert!(shapes.nodes.len() <= MOST);
    }
}
