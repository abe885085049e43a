//! Texts that another contains, all looked for at once.
//!
//! Knows folded bytes only; each text found is reported by the number it was added with.

use super::keys::word;
use super::short::Short;

/// Texts that another contains.
///
/// Of each text some of its rarest four bytes are looked for, by a filter over their hash; what the
/// filter lets through is compared. As many neighbouring fours of each are known as the shortest
/// text has, so that only every so many places need a look. Texts of fewer than four bytes are
/// looked for by their first two.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    group: Option<Group>,
    bytes: Vec<u8>,
    short: Option<Short>,
}

/// Texts for which every so many places are looked at.
#[derive(Debug)]
struct Group {
    stride: usize,
    filter: Filter,
    /// Open addressing over the hash of four bytes: their place in `entries`.
    table: Vec<(u32, u32)>,
    entries: Vec<Entry>,
}

/// Four bytes of a text; entries with the same four stand together.
#[derive(Debug, Clone, Copy)]
struct Entry {
    gram: u32,
    /// How far into the text the four bytes stand.
    offset: u32,
    start: u32,
    len: u32,
    id: u32,
    /// How far before the four bytes `word` stands.
    back: u32,
    /// Eight bytes of the text among which are the four, or all of a shorter one: the text itself is
    /// seldom near.
    word: u64,
}

impl Entry {
    fn new(text: &[u8], offset: usize, (start, len, id): (u32, u32, u32), lower: u32) -> Entry {
        let first = offset.min(text.len().saturating_sub(8));
        let mut word_bytes = [0; 8];
        let part = text.get(first..).unwrap_or_default();
        let part = &part[..part.len().min(8)];
        word_bytes[..part.len()].copy_from_slice(part);
        Entry {
            gram: gram(text, offset) | lower,
            offset: offset as u32,
            start,
            len,
            id,
            back: (offset - first) as u32,
            word: word(&word_bytes, 0),
        }
    }

    /// Whether it may be in `text` with its four bytes at `at`.
    #[inline]
    fn may_stand<const RAW: bool>(&self, text: &[u8], at: usize) -> bool {
        let Some(from) = at.checked_sub(self.back as usize) else { return false };
        match text.get(from..from + 8).and_then(|it| it.try_into().ok()) {
            Some(it) => {
                let counts = u64::MAX >> (64 - 8 * self.len.clamp(1, 8));
                let lower = if RAW { u64::from_le_bytes([b' '; 8]) } else { 0 };
                ((u64::from_le_bytes(it) | lower) ^ (self.word | lower)) & counts == 0
            }
            None => true,
        }
    }
}

#[derive(Debug)]
enum Filter {
    Few(Box<[u8; 1 << 14]>),
    Some(Box<[u64; 1 << 9]>),
    Many(Box<[u64; 1 << 12]>),
    Most(Box<[u64; 1 << 16]>),
}

/// Places of hashes, of which some let through. Their number is known, so that no access needs a
/// check.
trait Places {
    /// Not 0 when the place of the hash lets through.
    fn passes(&self, hash: u32) -> u64;
    fn open(&mut self, hash: u32);
}

/// The place of a hash among so many, a power of two.
#[inline]
fn place(hash: u32, count: usize) -> usize {
    (hash >> (32 - count.trailing_zeros())) as usize
}

/// A byte for each place is quickest, as long as they are few.
impl<const BYTES: usize> Places for [u8; BYTES] {
    #[inline]
    fn passes(&self, hash: u32) -> u64 {
        self[place(hash, BYTES) % BYTES].into()
    }

    fn open(&mut self, hash: u32) {
        self[place(hash, BYTES) % BYTES] = 1;
    }
}

impl<const WORDS: usize> Places for [u64; WORDS] {
    #[inline]
    fn passes(&self, hash: u32) -> u64 {
        let bit = place(hash, WORDS * 64);
        self[bit / 64 % WORDS] >> (bit % 64) & 1
    }

    fn open(&mut self, hash: u32) {
        let bit = place(hash, WORDS * 64);
        self[bit / 64 % WORDS] |= 1 << (bit % 64);
    }
}

const FREE: u32 = u32::MAX;
/// How many places are looked at together.
const BLOCK: usize = 4;

/// How many bytes a block of places covers.
const fn reach(stride: usize) -> usize {
    (BLOCK - 1) * stride + 4
}

/// Letters of either case are the same to the filter, so that raw text can be scanned too.
const LOWER: u32 = 0x2020_2020;
/// More texts than this are not looked for with the longest strides: eight fours of each would
/// fill any filter.
const FEW: usize = 512;

impl Grams {
    /// `texts` with their numbers; a text only once. When `raw`, four bytes are chosen that
    /// stand in a line of JSON as they are; the caller has seen to it that there are some.
    pub(crate) fn new(texts: &[(&str, u32)], raw: bool) -> Grams {
        let mut res = Grams::default();
        let mut long = Vec::new();
        let mut short = Vec::new();
        let mut least = usize::MAX;
        for (text, id) in texts {
            let len = longest_run(text.as_bytes(), raw);
            if len < 4 {
                short.push((text.as_bytes(), *id));
                continue;
            }
            let start = res.bytes.len() as u32;
            res.bytes.extend_from_slice(text.as_bytes());
            long.push((start, text.len() as u32, *id));
            least = least.min(len);
        }
        // One walk with short steps is less work than several with longer ones, and every text
        // then has the fewest fours, its rarest.
        let most = if long.len() > FEW { 4 } else { 8 };
        if !long.is_empty() {
            let stride = (least - 3).min(most);
            res.group = Some(Group::new(&long, &res.bytes, stride, raw));
        }
        if !short.is_empty() {
            res.short = Some(Short::new(&short));
        }
        res
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.group.is_none() && self.short.is_none()
    }

    /// The texts that `text` contains, each possibly more than once.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], found: &mut Vec<u32>) {
        if let Some(group) = &self.group {
            group.candidates::<false>(text, &mut |at, entry| {
                if !entry.may_stand::<false>(text, at) {
                    return;
                }
                let Some(start) = at.checked_sub(entry.offset as usize) else { return };
                if text.get(start..start + entry.len as usize) == Some(self.text(entry)) {
                    found.push(entry.id);
                }
            });
        }
        if let Some(short) = &self.short {
            short.find(text, found);
        }
    }

    /// The texts that may stand in a line of JSON, or in a string of one: of each, the part that
    /// needs no escapes does, letters in either case. For texts that were added as `raw`.
    #[inline]
    pub(crate) fn find_raw(&self, line: &[u8], found: &mut Vec<u32>) {
        if let Some(group) = &self.group {
            group.candidates::<true>(line, &mut |at, entry| {
                if !entry.may_stand::<true>(line, at) {
                    return;
                }
                let Some(start) = at.checked_sub(entry.offset as usize) else { return };
                let raw = line.get(start..start + entry.len as usize);
                if raw.is_some_and(|it| it.eq_ignore_ascii_case(self.text(entry))) {
                    found.push(entry.id);
                }
            });
        }
    }

    /// The text of an entry; of a group for raw lines, the part of it that is looked for.
    fn text(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start as usize..(entry.start + entry.len) as usize]
    }
}

impl Group {
    /// Texts as start, length and number.
    fn new(texts: &[(u32, u32, u32)], bytes: &[u8], stride: usize, raw: bool) -> Group {
        let mut entries = Vec::new();
        for (start, len, id) in texts {
            let text = &bytes[*start as usize..(start + len) as usize];
            let Some(mut first) = rarest(text, stride, raw) else { continue };
            let (mut text, mut start, mut len) = (text, *start, *len);
            let lower = if raw { LOWER } else { 0 };
            if raw {
                // Only what surely stands there as it is.
                let before = text[..first].iter().rev().take_while(|it| is_plain(**it)).count();
                let after = text[first..].iter().take_while(|it| is_plain(**it)).count();
                text = &text[first - before..first + after];
                start += (first - before) as u32;
                len = text.len() as u32;
                first = before;
            }
            for offset in first..first + stride {
                entries.push(Entry::new(text, offset, (start, len, *id), lower));
            }
        }
        entries.sort_by_key(|it| (it.gram, it.start, it.offset));
        let mut filter = Filter::new(entries.len());
        let mut table = vec![(0, FREE); (entries.len() * 2).next_power_of_two().max(2)];
        let mask = table.len() - 1;
        for (at, entry) in entries.iter().enumerate() {
            if at > 0 && entries[at - 1].gram == entry.gram {
                continue;
            }
            let hash = hash(entry.gram);
            filter.open(hash);
            let mut slot = hash as usize & mask;
            while table[slot].1 != FREE {
                slot = (slot + 1) & mask;
            }
            table[slot] = (entry.gram, at as u32);
        }
        Group { stride, filter, table, entries }
    }

    #[inline]
    fn candidates<const RAW: bool>(&self, text: &[u8], found: &mut impl FnMut(usize, &Entry)) {
        match &self.filter {
            Filter::Few(it) => self.strided::<RAW>(text, &**it, found),
            Filter::Some(it) => self.strided::<RAW>(text, &**it, found),
            Filter::Many(it) => self.strided::<RAW>(text, &**it, found),
            Filter::Most(it) => self.strided::<RAW>(text, &**it, found),
        }
    }

    #[inline]
    fn strided<const RAW: bool>(
        &self,
        text: &[u8],
        filter: &impl Places,
        found: &mut impl FnMut(usize, &Entry),
    ) {
        match self.stride {
            8 => self.scan::<RAW, 8, { reach(8) }>(text, filter, found),
            7 => self.scan::<RAW, 7, { reach(7) }>(text, filter, found),
            6 => self.scan::<RAW, 6, { reach(6) }>(text, filter, found),
            5 => self.scan::<RAW, 5, { reach(5) }>(text, filter, found),
            4 => self.scan::<RAW, 4, { reach(4) }>(text, filter, found),
            3 => self.scan::<RAW, 3, { reach(3) }>(text, filter, found),
            2 => self.scan::<RAW, 2, { reach(2) }>(text, filter, found),
            _ => self.scan::<RAW, 1, { reach(1) }>(text, filter, found),
        }
    }

    // The length of a block is known here, so that no access to it needs a check.
    #[inline]
    fn scan<const RAW: bool, const STRIDE: usize, const REACH: usize>(
        &self,
        text: &[u8],
        filter: &impl Places,
        found: &mut impl FnMut(usize, &Entry),
    ) {
        // Letters in either case are the same to a raw line; a folded text has small ones.
        let read = |bytes: &[u8], at: usize| gram(bytes, at) | if RAW { LOWER } else { 0 };
        let mut at = 0;
        // Several places at once: they do not wait for each other, and rarely does one pass.
        while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<REACH>) {
            let grams: [u32; BLOCK] = std::array::from_fn(|it| read(block, it * STRIDE));
            if grams.iter().fold(0, |any, it| any | filter.passes(hash(*it))) != 0 {
                for (it, gram) in grams.into_iter().enumerate() {
                    if filter.passes(hash(gram)) != 0 {
                        self.look_up(gram, at + it * STRIDE, found);
                    }
                }
            }
            at += BLOCK * STRIDE;
        }
        while let Some(it) = text.get(at..).and_then(<[u8]>::first_chunk::<4>) {
            let gram = read(it, 0);
            if filter.passes(hash(gram)) != 0 {
                self.look_up(gram, at, found);
            }
            at += STRIDE;
        }
    }

    #[inline(never)]
    fn look_up(&self, gram: u32, at: usize, found: &mut impl FnMut(usize, &Entry)) {
        let mask = self.table.len() - 1;
        let mut slot = hash(gram) as usize & mask;
        loop {
            let (key, first) = self.table[slot];
            if first == FREE {
                return;
            }
            if key == gram {
                for entry in &self.entries[first as usize..] {
                    if entry.gram != gram {
                        return;
                    }
                    found(at, entry);
                }
                return;
            }
            slot = (slot + 1) & mask;
        }
    }
}

impl Filter {
    fn new(grams: usize) -> Filter {
        match grams {
            0..=128 => Filter::Few(Box::new([0; 1 << 14])),
            129..=1024 => Filter::Some(Box::new([0; 1 << 9])),
            1025..=16384 => Filter::Many(Box::new([0; 1 << 12])),
            _ => Filter::Most(Box::new([0; 1 << 16])),
        }
    }

    fn open(&mut self, hash: u32) {
        match self {
            Filter::Few(it) => it.open(hash),
            Filter::Some(it) => it.open(hash),
            Filter::Many(it) => it.open(hash),
            Filter::Most(it) => it.open(hash),
        }
    }
}

#[inline]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

#[inline]
fn gram(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4).and_then(|it| it.try_into().ok()) {
        Some(it) => u32::from_le_bytes(it),
        None => 0,
    }
}

/// Whether a byte always stands in JSON as it is, as long as no `\u` does: not what has an
/// escape of its own, and nothing beyond ASCII, which folds in more ways than by one bit.
pub(crate) fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..0x7f) && !matches!(byte, b'"' | b'\\' | b'/')
}

/// Whether a text has four bytes in a row that are plain.
pub(crate) fn has_plain_gram(text: &str) -> bool {
    longest_run(text.as_bytes(), true) >= 4
}

/// How many bytes in a row can be looked for: all, or when `raw` those that are plain.
fn longest_run(text: &[u8], raw: bool) -> usize {
    if !raw {
        return text.len();
    }
    text.split(|it| !is_plain(*it)).map(<[u8]>::len).max().unwrap_or(0)
}

/// Where as many neighbouring fours stand as the stride needs, the rarest ones.
fn rarest(text: &[u8], stride: usize, raw: bool) -> Option<usize> {
    let costs: Vec<u32> = text.windows(4).map(commonness).collect();
    let mut sum = costs.get(..stride)?.iter().sum::<u32>();
    let mut best: Option<(u32, usize)> = None;
    for at in 0..=costs.len() - stride {
        if at > 0 {
            sum = sum + costs[at + stride - 1] - costs[at - 1];
        }
        let stands = !raw || text[at..at + stride + 3].iter().all(|it| is_plain(*it));
        if stands && best.is_none_or(|(least, _)| sum < least) {
            best = Some((sum, at));
        }
    }
    best.map(|it| it.1)
}

/// A guess at how often a byte is met.
pub(crate) fn commonness_of_byte(byte: u8) -> u32 {
    match byte {
        b'e' | b'a' | b'i' | b'o' | b't' | b'n' | b's' | b'r' | b' ' => 9,
        b'\\' | b'l' | b'c' | b'd' | b'm' | b'.' | b'u' | b'p' => 7,
        b'w' | b'h' | b'g' | b'f' | b'0'..=b'9' | b'x' | b'v' | b'y' | b'b' => 5,
        b'-' | b'k' | b'/' | b':' | b'{' => 4,
        _ => 2,
    }
}

/// A guess at how often four bytes are met.
fn commonness(gram: &[u8]) -> u32 {
    let common = matches!(
        gram,
        b".exe"
            | b"exe "
            | b"wind"
            | b"indo"
            | b"ndow"
            | b"dows"
            | b"syst"
            | b"yste"
            | b"stem"
            | b"tem3"
            | b"em32"
            | b"\\win"
            | b"\\sys"
            | b"m32\\"
            | b"soft"
            | b"ware"
            | b"micr"
            | b"osof"
            | b"powe"
            | b"shel"
            | b"c:\\w"
            | b".dll"
    );
    gram.iter().map(|it| commonness_of_byte(*it)).sum::<u32>() + if common { 20 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str], text: &str) -> Vec<u32> {
        let with_ids: Vec<_> = texts.iter().zip(0..).map(|(it, id)| (*it, id)).collect();
        let mut found = Vec::new();
        Grams::new(&with_ids, false).find(text.as_bytes(), &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn contained_texts_are_found_wherever_they_stand() {
        let texts = [
            "a",
            "^^",
            ",;,",
            "bc",
            "bcd",
            "bcde",
            "cdef",
            "mimikatz",
            "é",
            "日本",
            "katz",
            "5 abc",
            "abcdefg",
            "eleven bytes",
            "mimikatz.exe sekurlsa",
        ];
        for shift in 0..16 {
            for text in texts {
                let text = format!("{}{text}{}", "x".repeat(shift), "y".repeat(16 - shift));
                let want: Vec<u32> =
                    (0..).zip(texts).filter(|it| text.contains(it.1)).map(|it| it.0).collect();
                assert_eq!(all(&texts, &text), want, "{text}");
            }
        }
        for text in ["", "a", "xbcdef", "xxmimikatz", "mimikatzé", "日本語", "mimikat", "abcd"]
        {
            let want: Vec<u32> =
                (0..).zip(texts).filter(|it| text.contains(it.1)).map(|it| it.0).collect();
            assert_eq!(all(&texts, text), want, "{text}");
        }
    }

    #[test]
    fn the_raw_line_is_searched_around_escapes() {
        let grams = Grams::new(&[("c:\\windows\\temp", 0), ("say \"hello\" there", 1)], true);
        let mut found = Vec::new();
        grams.find_raw(br#"{"x": "C:\\Windows\\TEMP", "y": "say \"Hello\" THERE"}"#, &mut found);
        found.sort_unstable();
        assert_eq!(found, [0, 1]);
    }

    #[test]
    fn signs_that_share_a_bit_with_letters_are_told_apart() {
        let texts = [("read_loop", 0), ("a@[x]^b", 1), ("a`{x}~b", 2)];
        let grams = Grams::new(&texts, true);
        let find = |line: &str| {
            let mut found = Vec::new();
            grams.find_raw(line.as_bytes(), &mut found);
            found
        };
        assert_eq!(find("the READ_Loop"), [0]);
        assert_eq!(find("the read\u{7f}loop"), Vec::<u32>::new());
        assert_eq!(find("A@[X]^B"), [1]);
        assert_eq!(find("A`{X}~B"), [2]);
    }
}
