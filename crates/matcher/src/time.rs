//! Dates in text: ISO 8601 and RFC 3339, as written, without time zone conversion.

use ir::TimePart;

/// The part of the date that `text` is; `None` when it is no date, or has no such part.
pub(crate) fn part(text: &str, part: TimePart) -> Option<u32> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
    let year = two([y1, y2])? * 100 + two([y3, y4])?;
    let month = two([m1, m2])?;
    let day = two([d1, d2])?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let clock = match rest {
        [] => None,
        [b'T' | b't' | b' ', rest @ ..] => Some(clock(rest)?),
        _ => return None,
    };
    match part {
        TimePart::Minute => clock.map(|(_, minute)| minute),
        TimePart::Hour => clock.map(|(hour, _)| hour),
        TimePart::Day => Some(day),
        TimePart::Week => Some(iso_week(year, month, day)),
        TimePart::Month => Some(month),
        TimePart::Year => Some(year),
    }
}

/// Hour and minute of `HH:MM[:SS[.fff]][zone]`.
fn clock(text: &[u8]) -> Option<(u32, u32)> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let hour = two([*h1, *h2]).filter(|it| *it < 24)?;
    let minute = two([*m1, *m2]).filter(|it| *it < 60)?;
    let rest = match rest {
        [b':', s1, s2, rest @ ..] => {
            // 60 is a leap second.
            two([*s1, *s2]).filter(|it| *it <= 60)?;
            match rest {
                [b'.' | b',', rest @ ..] => {
                    let digits = rest.iter().take_while(|it| it.is_ascii_digit()).count();
                    if digits == 0 {
                        return None;
                    }
                    &rest[digits..]
                }
                it => it,
            }
        }
        it => it,
    };
    let zone = match *rest {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2] => offset([h1, h2], *b"00"),
        [b'+' | b'-', h1, h2, m1, m2] | [b'+' | b'-', h1, h2, b':', m1, m2] => {
            offset([h1, h2], [m1, m2])
        }
        _ => false,
    };
    zone.then_some((hour, minute))
}

fn offset(hour: [u8; 2], minute: [u8; 2]) -> bool {
    two(hour).is_some_and(|it| it < 24) && two(minute).is_some_and(|it| it < 60)
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
mod tests {
    use super::*;

    #[test]
    fn weeks_follow_iso_8601() {
        for (date, week) in [
            ("2005-01-01", 53),
            ("2005-01-02", 53),
            ("2005-12-31", 52),
            ("2006-01-01", 52),
            ("2006-01-02", 1),
            ("2007-12-31", 1),
            ("2008-12-28", 52),
            ("2008-12-29", 1),
            ("2009-12-31", 53),
            ("2010-01-03", 53),
            ("2010-01-04", 1),
            ("2020-12-31", 53),
            ("2024-02-29", 9),
            ("0000-01-01", 52),
        ] {
            assert_eq!(part(date, TimePart::Week), Some(week), "{date}");
        }
    }

    #[test]
    fn what_is_no_date_has_no_part() {
        for text in [
            "",
            "2024",
            "2024-1-01",
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-01-01T",
            "2024-01-01T24:00",
            "2024-01-01T10",
            "2024-01-01T10:60",
            "2024-01-01T10:00:61",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00+1",
            "2024-01-01T10:00 UTC",
            "2024-01-01x",
            " 2024-01-01",
            "2024-01-0é",
        ] {
            assert_eq!(part(text, TimePart::Year), None, "{text}");
        }
    }
}
