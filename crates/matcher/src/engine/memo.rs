//! Values met lately, and what was found in them.
//!
//! Knows texts and numbers of findings. Does not know fields: who asks has a number of his own.
//!
//! The fields of a stream hold the same few paths, names and hashes again and again. A value is
//! compared whole, so that none is ever taken for another.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// How many values are kept; each has one place where it can be.
const PLACES: usize = 2048;

/// Longer values are not kept: they seldom come again.
const LONGEST: usize = 100;

/// Values with more findings are not kept.
const MOST_FOUND: usize = 4;

/// The memory of a thread, some hundred kilobytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memo {
    /// None before the first value.
    kept: Box<[Kept]>,
}

/// What is known of a text. All of it stands in two lines of a processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
struct Kept {
    hash: u32,
    /// Who asked; of nobody, nothing is kept.
    asker: u32,
    len: u8,
    count: u8,
    found: [u32; MOST_FOUND],
    text: [u8; LONGEST],
}

const EMPTY: Kept =
    Kept { hash: 0, asker: u32::MAX, len: 0, count: 0, found: [0; MOST_FOUND], text: [0; LONGEST] };

/// What is known of a value.
pub(crate) enum Known<'a> {
    /// What was found in it.
    Found(&'a [u32]),
    /// Nothing; here it can be kept.
    New(Place),
    /// Nothing, and it will not be kept.
    Never,
}

/// Where a value is kept.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    hash: u32,
}

impl Memo {
    #[inline]
    pub(crate) fn look(&mut self, asker: u32, text: &[u8]) -> Known<'_> {
        if text.len() > LONGEST {
            return Known::Never;
        }
        if self.kept.is_empty() {
            self.kept = vec![EMPTY; PLACES].into();
        }
        let mut hasher = FxHasher::default();
        hasher.write(text);
        hasher.write_u32(asker);
        let hash = hasher.finish();
        let place = Place { at: hash as usize % PLACES, hash: (hash >> 32) as u32 };
        let kept = &self.kept[place.at];
        let same = kept.hash == place.hash
            && kept.asker == asker
            && kept.text.get(..kept.len.into()) == Some(text);
        let found = kept.found.get(..kept.count.into()).unwrap_or_default();
        if same { Known::Found(found) } else { Known::New(place) }
    }

    /// Keeps what was found in a value at the place that [`look`](Memo::look) told.
    #[inline]
    pub(crate) fn keep(&mut self, place: Place, asker: u32, text: &[u8], found: &[u32]) {
        let kept = &mut self.kept[place.at];
        let (Some(to), Some(room)) =
            (kept.text.get_mut(..text.len()), kept.found.get_mut(..found.len()))
        else {
            return;
        };
        to.copy_from_slice(text);
        room.copy_from_slice(found);
        (kept.hash, kept.asker) = (place.hash, asker);
        (kept.len, kept.count) = (text.len() as u8, found.len() as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of a text; when nothing is, `found` is kept if that is possible.
    fn ask(memo: &mut Memo, asker: u32, text: &str, found: &[u32]) -> Option<Vec<u32>> {
        let place = match memo.look(asker, text.as_bytes()) {
            Known::Found(it) => return Some(it.to_vec()),
            Known::New(it) => it,
            Known::Never => return None,
        };
        memo.keep(place, asker, text.as_bytes(), found);
        None
    }

    #[test]
    fn a_value_is_known_again_to_the_one_who_asked() {
        let mut memo = Memo::default();
        assert_eq!(ask(&mut memo, 1, "", &[]), None);
        assert_eq!(ask(&mut memo, 1, "", &[9]), Some(vec![]));
        assert_eq!(ask(&mut memo, 1, "a", &[7, 8, 7, 9]), None);
        assert_eq!(ask(&mut memo, 2, "a", &[5]), None);
        assert_eq!(ask(&mut memo, 1, "a", &[]), Some(vec![7, 8, 7, 9]));
        assert_eq!(ask(&mut memo, 2, "a", &[]), Some(vec![5]));
        // Neither long texts nor many findings.
        let long = "x".repeat(LONGEST);
        for _ in 0..2 {
            assert_eq!(ask(&mut memo, 1, &format!("{long}x"), &[]), None);
            assert_eq!(ask(&mut memo, 1, "many", &[1, 2, 3, 4, 5]), None);
        }
        assert_eq!(ask(&mut memo, 1, &long, &[3]), None);
        assert_eq!(ask(&mut memo, 1, &long, &[]), Some(vec![3]));
    }

    #[test]
    fn no_value_is_taken_for_another() {
        let mut memo = Memo::default();
        for at in 0..10 * PLACES as u32 {
            let (asker, number) = (at % 3, at / 2);
            let known = ask(&mut memo, asker, &format!("value {number}"), &[number, asker]);
            assert!(known.is_none_or(|it| it == [number, asker]));
        }
    }
}
