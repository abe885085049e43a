//! A date that is no day, or is not written as `YYYY-MM-DD`.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::place_inside;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L046", name: "bad-date", page: include_str!("bad_date.md") },
    by_default: true,
    check: Check::Head(check),
};

/// A day written as year, month and day, with `-` or `/` between.
pub(super) fn parse(text: &str) -> Option<(u32, u32, u32)> {
    let sign = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(sign);
    let mut number = |len: std::ops::RangeInclusive<usize>| {
        let part = parts.next()?;
        let good = len.contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
        good.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 0,
    };
    (parts.next().is_none() && year >= 1000 && (1..=days).contains(&day))
        .then_some((year, month, day))
}

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let dates = [("date", &subject.ast.date), ("modified", &subject.ast.modified)];
    for (key, date) in dates {
        let Some(date) = date else { continue };
        let value = &date.value;
        let Some((year, month, day)) = parse(value) else {
            problems.push(
                Diagnostic::warning(
                    code,
                    date.span,
                    format!("`{key}` is not a day of the calendar"),
                    "other Sigma tools refuse the rule for it",
                )
                .with_help("write year, month and day, as in `2025-01-31`"),
            );
            continue;
        };
        if value.len() == 10 && value.as_bytes().get(4) == Some(&b'-') {
            continue;
        }
        let iso = format!("{year:04}-{month:02}-{day:02}");
        let span = place_inside(subject.text, date.span, value, 0, value.len());
        let message = format!("`{key}` is not written as `YYYY-MM-DD`");
        let label = "dates in several forms can't be sorted or compared as text";
        let mut problem =
            Diagnostic::info(code, span, message, label).with_help(format!("write `{iso}`"));
        if subject.text.get(span.range()) == Some(value) {
            problem = problem.with_fix(
                format!("write `{iso}`"),
                Applicability::Safe,
                vec![Edit { span, replacement: iso }],
            );
        }
        problems.push(problem);
    }
}
