//! Dates in text: ISO 8601 and RFC 3339. A part of a date is as written, without time zone
//! conversion; an instant is a point in time.

use ir::{Number, TimePart};
use serde_json::Value;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Nanoseconds from 1970 to 2000.
const BILLIONTHS_OF_2000: i128 = 946_684_800_000_000_000;

/// The instant that a value of an event spells, in microseconds since 1970: a date with a time of
/// day, in UTC where it has no zone; or a number of seconds, or of thousandths, millionths or
/// billionths of them where it is so large that seconds would be far in the future. Every fact is a
/// line T of `docs/semantics.md`, with a test of the same number.
pub(crate) fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::String(it) => written(it).or_else(|| counted(Number::parse(it)?)),
        Value::Number(it) => counted(crate::event::number(it)?),
        _ => None,
    }
}

fn counted(it: Number) -> Option<i64> {
    // A float holds microseconds of our time, and whole numbers stay whole.
    let (whole, fraction) = match it {
        Number::Int(it) => (it, 0.0),
        Number::Float(it) => (it.trunc() as i128, it.fract()),
    };
    let micros = match whole.unsigned_abs() {
        // The year 5138.
        0..100_000_000_000 => {
            whole * i128::from(SECOND) + (fraction * SECOND as f64).round() as i128
        }
        100_000_000_000..100_000_000_000_000 => whole * 1000 + (fraction * 1000.0).round() as i128,
        100_000_000_000_000..100_000_000_000_000_000 => whole,
        // What would be before 2000 is a clock that counts from another year: `FILETIME` or .NET's.
        _ if whole < BILLIONTHS_OF_2000 => return None,
        _ => whole.div_euclid(1000),
    };
    i64::try_from(micros).ok()
}

fn written(text: &str) -> Option<i64> {
    // PowerShell's JSON before version 6.
    if let Some(it) = text.strip_prefix("/Date(").and_then(|it| it.strip_suffix(")/")) {
        return it.parse::<i64>().ok()?.checked_mul(1000);
    }
    let (date, rest) = text.as_bytes().split_at_checked(10)?;
    let (year, month, day) = calendar(date)?;
    let [b'T' | b't' | b' ', rest @ ..] = rest else { return None };
    let it = clock(rest)?;
    let days = days_since_1970(year, month, day);
    let seconds = i64::from(it.hour) * 3600 + i64::from(it.minute) * 60 + i64::from(it.second);
    let local = days * 86_400 + seconds - i64::from(it.offset) * 60;
    Some(local * SECOND + i64::from(it.micros))
}

/// An instant as RFC 3339 has it, in UTC.
pub(crate) fn rfc3339(micros: i64) -> String {
    let (seconds, micros) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = match micros {
        0 => String::new(),
        it if it % 1000 == 0 => format!(".{:03}", it / 1000),
        it => format!(".{it:06}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Days from 1 January 1970 to a date of the Gregorian calendar.
fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    // Years begin in March, so that the leap day is the last.
    let year = i64::from(year) - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date so many days after 1 January 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * march + 2) / 5 + 1, (march + 2) % 12 + 1);
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// The part of the date that `text` is; `None` when it is no date, or has no such part.
pub(crate) fn part(text: &str, part: TimePart) -> Option<u32> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(10)?;
    let (year, month, day) = calendar(date)?;
    let clock = match rest {
        [] => None,
        [b'T' | b't' | b' ', rest @ ..] => Some(clock(rest)?),
        _ => return None,
    };
    match part {
        TimePart::Minute => clock.map(|it| it.minute),
        TimePart::Hour => clock.map(|it| it.hour),
        TimePart::Day => Some(day),
        TimePart::Week => Some(iso_week(year, month, day)),
        TimePart::Month => Some(month),
        TimePart::Year => Some(year),
    }
}

/// Year, month and day of `YYYY-MM-DD`.
fn calendar(date: &[u8]) -> Option<(u32, u32, u32)> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
    let year = two([y1, y2])? * 100 + two([y3, y4])?;
    let month = two([m1, m2])?;
    let day = two([d1, d2])?;
    let is_date = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    is_date.then_some((year, month, day))
}

/// A time of day.
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    micros: u32,
    /// Minutes east of UTC.
    offset: i32,
}

/// `HH:MM[:SS[.fff]][zone]`
fn clock(text: &[u8]) -> Option<Clock> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let hour = two([*h1, *h2]).filter(|it| *it < 24)?;
    let minute = two([*m1, *m2]).filter(|it| *it < 60)?;
    let (mut second, mut micros) = (0, 0);
    let rest = match rest {
        [b':', s1, s2, rest @ ..] => {
            // 60 is a leap second.
            second = two([*s1, *s2]).filter(|it| *it <= 60)?;
            match rest {
                [b'.' | b',', rest @ ..] => {
                    let digits = rest.iter().take_while(|it| it.is_ascii_digit()).count();
                    if digits == 0 {
                        return None;
                    }
                    let six = (0..6).map(|nth| match rest[..digits].get(nth) {
                        Some(it) => u32::from(it - b'0'),
                        None => 0,
                    });
                    micros = six.fold(0, |sum, it| sum * 10 + it);
                    &rest[digits..]
                }
                it => it,
            }
        }
        it => it,
    };
    let offset = match *rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2] => offset(sign, [h1, h2], *b"00")?,
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            offset(sign, [h1, h2], [m1, m2])?
        }
        _ => return None,
    };
    Some(Clock { hour, minute, second, micros, offset })
}

fn offset(sign: u8, hour: [u8; 2], minute: [u8; 2]) -> Option<i32> {
    let hour = two(hour).filter(|it| *it < 24)?;
    let minute = two(minute).filter(|it| *it < 60)?;
    let minutes = i32::try_from(hour * 60 + minute).ok()?;
    Some(if sign == b'-' { -minutes } else { minutes })
}

fn two(digits: [u8; 2]) -> Option<u32> {
    let [a, b] = digits;
    (a.is_ascii_digit() && b.is_ascii_digit())
        .then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The week by ISO 8601: weeks begin on Monday, and week 1 holds the year's first Thursday.
fn iso_week(year: u32, month: u32, day: u32) -> u32 {
    let day_of_year = (1..month).map(|it| days_in_month(year, it)).sum::<u32>() + day;
    let weekday = (jan_1(year) + day_of_year - 2) % 7 + 1;
    match (day_of_year + 10 - weekday) / 7 {
        // The calendar repeats every 400 years, so the year before 0 is like 399.
        0 => weeks_in_year(year.checked_sub(1).unwrap_or(399)),
        it if it > weeks_in_year(year) => 1,
        it => it,
    }
}

/// The weekday of 1 January, Monday 1 to Sunday 7.
fn jan_1(year: u32) -> u32 {
    // 400 years are a whole number of weeks; the shift keeps `before` from going below zero.
    let before = year + 399;
    (before + before / 4 - before / 100 + before / 400) % 7 + 1
}

fn weeks_in_year(year: u32) -> u32 {
    let first = jan_1(year);
    if first == 4 || (first == 3 && is_leap(year)) { 53 } else { 52 }
}

#[cfg(test)]
mod tests;
