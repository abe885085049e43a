//! Where strings end in a line of JSON, for all of it at once.
//!
//! Knows quotes, backslashes and control characters. Does not know what stands where.

use wide::u8x16;

/// How many bytes are looked at together: a bit of a word for each.
const BLOCK: usize = 64;

/// The marks of one line. Kept from line to line for its memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks(Vec<Mark>);

/// The marks of a block; the first byte is the lowest bit.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// What ends a string: quotes that no backslash escapes, control characters, wrong escapes.
    ends: u64,
    backslashes: u64,
}

/// Of more blocks than this the memory is not kept.
const KEPT: usize = 1 << 14;

impl Marks {
    /// Takes in a line: whether it has `\u` escapes.
    pub(crate) fn take(&mut self, line: &[u8]) -> bool {
        self.0.clear();
        if self.0.capacity() > KEPT {
            self.0 = Vec::new();
        }
        let (blocks, last) = line.as_chunks::<BLOCK>();
        // For what stands beyond the last block, too.
        self.0.reserve(blocks.len() + 3);
        let mut reader = Reader { line, carry: 0, code_points: false };
        self.0.extend((0..).zip(blocks).map(|(at, it)| reader.mark(at * BLOCK, it)));
        let mut block = [0; BLOCK];
        block[..last.len()].copy_from_slice(last);
        // What is not there ends a string too.
        self.0.push(reader.mark(blocks.len() * BLOCK, &block));
        self.0.push(Mark { ends: u64::MAX, backslashes: 0 });
        self.0.push(Mark { ends: u64::MAX, backslashes: 0 });
        reader.code_points
    }

    /// Where the string ends that goes on at `at`, and whether there are backslashes before.
    #[inline]
    pub(crate) fn end(&self, at: usize) -> (usize, bool) {
        let (ends, backslashes) = self.from(at);
        if ends == 0 {
            return self.far_end(at + BLOCK, backslashes != 0);
        }
        // All bits before the first.
        (at + ends.trailing_zeros() as usize, backslashes & !ends & ends.wrapping_sub(1) != 0)
    }

    #[inline(never)]
    fn far_end(&self, mut at: usize, mut escaped: bool) -> (usize, bool) {
        loop {
            let (ends, backslashes) = self.from(at);
            escaped |= backslashes & !ends & ends.wrapping_sub(1) != 0;
            if ends != 0 {
                return (at + ends.trailing_zeros() as usize, escaped);
            }
            at += BLOCK;
        }
    }

    /// What ends strings, and the backslashes, of the 64 bytes from `at` on; the first is the lowest
    /// bit.
    #[inline]
    fn from(&self, at: usize) -> (u64, u64) {
        let Some([one, two]) = self.0.get(at / BLOCK..).and_then(<[Mark]>::first_chunk) else {
            return (u64::MAX, 0);
        };
        let from = at % BLOCK;
        // In two steps, as no word can be moved by 64 bits.
        let join = |one: u64, two: u64| one >> from | two << 1 << (BLOCK - 1 - from);
        (join(one.ends, two.ends), join(one.backslashes, two.backslashes))
    }
}

struct Reader<'a> {
    line: &'a [u8],
    /// 1 when the first byte of the next block is escaped.
    carry: u64,
    code_points: bool,
}

impl Reader<'_> {
    #[inline]
    fn mark(&mut self, from: usize, block: &[u8; BLOCK]) -> Mark {
        let mut mark = Mark::of(block);
        let (after, carry) = escaped(mark.backslashes, self.carry);
        self.carry = carry;
        mark.ends &= !after;
        let mut others = after & !mark.backslashes;
        while others != 0 {
            let at = others.trailing_zeros();
            others &= others - 1;
            if !self.is_escape(from + at as usize) {
                mark.ends |= 1 << at;
            }
        }
        mark
    }

    /// Whether what stands there may follow a backslash.
    fn is_escape(&mut self, at: usize) -> bool {
        match self.line.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => {
                let Some(digits) = self.line.get(at + 1..at + 5) else { return false };
                let surrogate =
                    matches!(digits[0], b'd' | b'D') && !matches!(digits[1], b'0'..=b'7');
                self.code_points = true;
                !surrogate && digits.iter().all(u8::is_ascii_hexdigit)
            }
            _ => false,
        }
    }
}

impl Mark {
    /// The quotes and control characters, and the backslashes.
    #[inline]
    fn of(bytes: &[u8; BLOCK]) -> Mark {
        let backslash = u8x16::splat(b'\\');
        // Turning this bit moves the quote next to the control characters, and no other byte there or
        // away.
        let (turned, last) = (u8x16::splat(b'"' ^ 0x20), u8x16::splat(0x20));
        let mut res = Mark { ends: 0, backslashes: 0 };
        for (at, part) in bytes.as_chunks::<16>().0.iter().enumerate() {
            let it = u8x16::new(*part);
            let mask = |it: u8x16| u64::from(it.to_bitmask()) << (at * 16);
            let moved = it ^ turned;
            res.ends |= mask(moved.min(last).simd_eq(moved));
            res.backslashes |= mask(it.simd_eq(backslash));
        }
        res
    }
}

/// Which bytes a backslash escapes, and whether the last backslash escapes what comes after them.
#[inline]
fn escaped(backslashes: u64, carry: u64) -> (u64, u64) {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    // A backslash that is escaped escapes nothing.
    let backslashes = backslashes & !carry;
    let follows = backslashes << 1 | carry;
    // Of rows of backslashes that begin at an odd place, the sum carries beyond the end.
    let odd = backslashes & !EVEN & !follows;
    let (ends, carry) = odd.overflowing_add(backslashes);
    ((EVEN ^ ends << 1) & follows, carry.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_control_characters_end_a_text() {
        for byte in 0..=255 {
            let mut block = [b'x'; BLOCK];
            block[37] = byte;
            let marks = Mark::of(&block);
            let bit = |is: bool| u64::from(is) << 37;
            assert_eq!(marks.ends, bit(byte == b'"' || byte < 0x20), "{byte}");
            assert_eq!(marks.backslashes, bit(byte == b'\\'), "{byte}");
        }
    }

    #[test]
    fn escaped_bytes_are_those_after_every_other_backslash() {
        let mut state: u64 = 7;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let backslashes = (state >> 3) & (state >> 21) | (state >> 40 & 0xff) << 56;
            for carry in [0, 1] {
                let (mut want, mut open) = (0_u64, carry == 1);
                for at in 0..64 {
                    if open {
                        want |= 1 << at;
                        open = false;
                    } else {
                        open = backslashes >> at & 1 == 1;
                    }
                }
                let found = escaped(backslashes, carry);
                assert_eq!(found, (want, open.into()), "{backslashes:064b} {carry}");
            }
        }
    }

    #[test]
    fn marks_are_told_from_any_place() {
        let line = br#"{"a":"C:\\Windows\\System32\\cmd.exe","b":"say \"hello\" to \q all","long":"0123456789012345678901234567890123456789\\0123456789"}"#;
        let mut marks = Marks::default();
        assert!(!marks.take(line));
        let mut open = false;
        let mut ends: Vec<bool> = Vec::new();
        for (at, byte) in line.iter().enumerate() {
            ends.push(if open { *byte == b'q' } else { *byte == b'"' });
            open = !open && *byte == b'\\' && at < line.len();
        }
        for from in 0..line.len() + 80 {
            let (found, backslashes) = marks.from(from);
            for at in 0..64 {
                let want = ends.get(from + at).copied().unwrap_or(true);
                assert_eq!(found >> at & 1 == 1, want, "{from} {at}");
                let want = line.get(from + at) == Some(&b'\\');
                assert_eq!(backslashes >> at & 1 == 1, want, "{from} {at}");
            }
        }
        assert!(marks.take(br#"{"a":"\u0041"}"#));
    }
}
