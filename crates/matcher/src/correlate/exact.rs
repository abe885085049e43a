//! Sums without rounding, from which what was added can be taken out again.

use std::cmp::Ordering;

use ir::Number;

/// Words of a wide number. With [`POINT`] they hold every float, and more of them than there are
/// events.
const WORDS: usize = 36;
/// The bit that counts ones; the lowest bit of any float is 2^-1074.
const POINT: usize = 1088;

/// The exact sum of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    /// What is summed in whole numbers.
    whole: i128,
    /// What is not, and what `whole` had no room for.
    wide: Option<Box<Wide>>,
}

/// A fixed-point number in two's complement, lowest word first.
#[derive(Debug, Clone)]
struct Wide([u64; WORDS]);

impl Sum {
    pub(super) fn add(&mut self, it: Number) {
        self.put(it, false);
    }

    pub(super) fn remove(&mut self, it: Number) {
        self.put(it, true);
    }

    fn put(&mut self, it: Number, negative: bool) {
        let int = match it {
            Number::Int(it) => it,
            it @ Number::Float(_) => return self.wide().put(it, 1, negative),
        };
        let next = match negative {
            true => self.whole.checked_sub(int),
            false => self.whole.checked_add(int),
        };
        match next {
            Some(it) => self.whole = it,
            None => {
                let whole = std::mem::take(&mut self.whole);
                self.wide().put(Number::Int(whole), 1, false);
                self.wide().put(Number::Int(int), 1, negative);
            }
        }
    }

    fn wide(&mut self) -> &mut Wide {
        self.wide.get_or_insert_with(|| Box::new(Wide([0; WORDS])))
    }

    /// How the sum compares with `times` times `bound`.
    pub(super) fn compare(&self, bound: Number, times: u64) -> Ordering {
        if let (None, Number::Int(bound)) = (&self.wide, bound)
            && let Some(product) = bound.checked_mul(i128::from(times))
        {
            return self.whole.cmp(&product);
        }
        let mut difference = self.wide.as_deref().cloned().unwrap_or(Wide([0; WORDS]));
        difference.put(Number::Int(self.whole), 1, false);
        difference.put(bound, times, true);
        difference.sign()
    }

    /// The memory that it takes besides itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.wide.as_ref().map_or(0, |_| size_of::<Wide>())
    }
}

impl Wide {
    /// Adds `times` times a number, or takes it away.
    fn put(&mut self, it: Number, times: u64, negative: bool) {
        let times = u128::from(times);
        match it {
            Number::Int(it) => {
                let negative = negative != (it < 0);
                let size = it.unsigned_abs();
                let (low, high) = (size & u128::from(u64::MAX), size >> 64);
                self.put_bits(low * times, POINT, negative);
                self.put_bits(high * times, POINT + 64, negative);
            }
            Number::Float(it) => {
                let negative = negative != it.is_sign_negative();
                let bits = it.to_bits();
                let exponent = usize::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
                let fraction = bits & ((1 << 52) - 1);
                // A float is `mantissa * 2^(exponent - 1075)`; the smallest have no hidden bit.
                let (mantissa, exponent) = match exponent {
                    0 => (fraction, 1),
                    it => (fraction | 1 << 52, it),
                };
                let place = POINT + exponent - 1075;
                self.put_bits(u128::from(mantissa) * times, place, negative);
            }
        }
    }

    fn put_bits(&mut self, bits: u128, place: usize, negative: bool) {
        let shift = place % 64;
        let low = bits << shift;
        let high = if shift == 0 { 0 } else { bits >> (128 - shift) };
        let parts = [low as u64, (low >> 64) as u64, high as u64];
        let mut carry = false;
        for (nth, word) in self.0[place / 64..].iter_mut().enumerate() {
            let part = parts.get(nth).copied().unwrap_or(0);
            if nth >= parts.len() && !carry {
                break;
            }
            let step = |a: u64, b: u64| match negative {
                true => a.overflowing_sub(b),
                false => a.overflowing_add(b),
            };
            let (value, first) = step(*word, part);
            let (value, second) = step(value, u64::from(carry));
            *word = value;
            carry = first || second;
        }
    }

    fn sign(&self) -> Ordering {
        if self.0[WORDS - 1] >> 63 == 1 {
            return Ordering::Less;
        }
        match self.0.iter().all(|it| *it == 0) {
            true => Ordering::Equal,
            false => Ordering::Greater,
        }
    }
}

/// The place, from 1, of a percentile among so many sorted values, by nearest rank: the first with
/// at least this percentage of all at or before it.
pub(super) fn rank(percentile: Number, count: usize) -> usize {
    // The shortest decimal spelling is what the author wrote; the float beside it is not.
    let text = percentile.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.get(..fraction.len().min(18)).unwrap_or_default();
    let digits: u128 = format!("{whole}{fraction}").parse().unwrap_or(0);
    let scale = 100 * 10_u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let rank = (digits * count as u128).div_ceil(scale);
    usize::try_from(rank).unwrap_or(count).clamp(1, count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(it: f64) -> Number {
        Number::from_f64(it).unwrap_or(Number::Int(0))
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let mut sum = Sum::default();
        for it in [0.1, 1e300, -5e-324, 1e-300, 3.0] {
            sum.add(number(it));
        }
        for it in [1e300, 0.1, 3.0, 1e-300] {
            sum.remove(number(it));
        }
        assert_eq!(sum.compare(number(-5e-324), 1), Ordering::Equal);
        assert_eq!(sum.compare(Number::Int(0), 1), Ordering::Less);
    }

    #[test]
    fn tenths_do_not_round() {
        let mut sum = Sum::default();
        (0..10).for_each(|_| sum.add(number(0.1)));
        // The float 0.1 is a little more than a tenth.
        assert_eq!(sum.compare(Number::Int(1), 1), Ordering::Greater);
        assert_eq!(sum.compare(number(0.1), 10), Ordering::Equal);
    }

    #[test]
    fn whole_numbers_never_overflow() {
        let mut sum = Sum::default();
        (0..3).for_each(|_| sum.add(Number::Int(i128::MAX)));
        assert_eq!(sum.compare(Number::Int(i128::MAX), 3), Ordering::Equal);
        (0..3).for_each(|_| sum.remove(Number::Int(i128::MAX)));
        assert_eq!(sum.compare(Number::Int(0), 1), Ordering::Equal);
        sum.add(Number::Int(i128::MIN));
        sum.add(Number::Int(i128::MIN));
        assert_eq!(sum.compare(Number::Int(i128::MIN), 2), Ordering::Equal);
    }

    #[test]
    fn ranks_are_nearest() {
        let rank = |it: f64, count| rank(number(it), count);
        assert_eq!((rank(50.0, 4), rank(50.0, 5), rank(50.0, 1)), (2, 3, 1));
        assert_eq!((rank(0.0, 4), rank(100.0, 4), rank(99.9, 1000)), (1, 4, 999));
        assert_eq!(rank(99.91, 1000), 1000);
    }
}
