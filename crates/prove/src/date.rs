//! The automaton of the dates of which one part passes a comparison.
//!
//! Knows: how dates are spelled. Does not know: the calendar; the meaning itself is asked, day by
//! day.

use std::sync::Arc;

use ir::TimePart;
use matcher::Matcher;
use rustc_hash::FxHashMap;
use serde_json::json;

use crate::nfa::Nfa;

/// The calendar repeats itself after so many years, its weeks too.
const CYCLE: u32 = 400;

/// The dates that `matcher` finds in the field `v`; `None` when the automaton would be too large.
pub(crate) fn automaton(part: TimePart, matcher: &Matcher) -> Option<Nfa> {
    let passes = |text: String| matcher.matches(&json!({ "v": text }));
    let zone = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?";
    let seconds = r"(?::(?:[0-5][0-9]|60)(?:[.,][0-9]+)?)?";
    let clock =
        |hours: &str, minutes: &str| format!("[Tt ](?:{hours}):(?:{minutes}){seconds}{zone}");
    let two = |all: Vec<u32>| all.iter().map(|it| format!("{it:02}")).collect::<Vec<_>>().join("|");
    let (hours, minutes) = ((0..24).collect::<Vec<u32>>(), (0..60).collect::<Vec<u32>>());
    let (date, tail) = match part {
        TimePart::Hour | TimePart::Minute => {
            let good = |hour: u32, minute: u32| passes(format!("2024-01-01T{hour:02}:{minute:02}"));
            let hours: Vec<u32> = match part {
                TimePart::Hour => hours.into_iter().filter(|it| good(*it, 0)).collect(),
                _ => hours,
            };
            let minutes: Vec<u32> = match part {
                TimePart::Minute => minutes.into_iter().filter(|it| good(0, *it)).collect(),
                _ => minutes,
            };
            // A date passes when it is one at all: ask with a time that passes.
            let time = hours.first().zip(minutes.first());
            let time = time.map(|(hour, minute)| format!("T{hour:02}:{minute:02}"));
            let date =
                dates(false, &|it| time.as_ref().is_some_and(|time| passes(format!("{it}{time}"))));
            (date, clock(&two(hours), &two(minutes)))
        }
        _ => {
            let date = dates(part == TimePart::Year, &|it| passes(it.to_owned()));
            (date, format!("(?:{})?", clock(&two(hours), &two(minutes))))
        }
    };
    let Some(date) = date else { return Nfa::of_whole(&regex_syntax::hir::Hir::fail()).ok() };
    let hir = regex_syntax::parse(&format!("(?:{date}){tail}")).ok()?;
    Nfa::of_whole(&hir).ok()
}

/// The days of a year that pass, as month and day.
type Days = Arc<[(u32, u32)]>;

/// A regular expression of the dates that pass, written out; `None` when none does.
///
/// Years with the same passing days are one alternative: there are few kinds of years.
fn dates(by_year: bool, passes: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut kinds: Vec<(Days, Vec<u32>)> = Vec::new();
    let mut index: FxHashMap<Days, usize> = FxHashMap::default();
    let mut cycle: Vec<Option<Days>> = vec![None; CYCLE as usize];
    for year in 0..10_000u32 {
        let days = if by_year {
            days_of_year(year, passes)
        } else {
            let known = &mut cycle[(year % CYCLE) as usize];
            known.get_or_insert_with(|| days_of_date(year, passes)).clone()
        };
        if days.is_empty() {
            continue;
        }
        let at = *index.entry(days.clone()).or_insert_with(|| {
            kinds.push((days, Vec::new()));
            kinds.len() - 1
        });
        kinds[at].1.push(year);
    }
    let parts: Vec<String> = kinds
        .iter()
        .map(|(days, years)| {
            let years = words(years.iter().map(|it| format!("{it:04}")).collect());
            let days =
                words(days.iter().map(|(month, day)| format!("{month:02}-{day:02}")).collect());
            format!("{years}-{days}")
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("|"))
}

/// The days that pass, each asked.
fn days_of_date(year: u32, passes: &dyn Fn(&str) -> bool) -> Days {
    let all = (1..=12).flat_map(|month| (1..=31).map(move |day| (month, day)));
    all.filter(|(month, day)| passes(&format!("{year:04}-{month:02}-{day:02}"))).collect()
}

/// The days of a year that passes as a whole: years differ in 29 February only.
fn days_of_year(year: u32, passes: &dyn Fn(&str) -> bool) -> Days {
    if !passes(&format!("{year:04}-01-01")) {
        return Arc::from([]);
    }
    let all = (1..=12).flat_map(|month| (1..=31).map(move |day| (month, day)));
    let exists = |it: &(u32, u32)| match it {
        (2, 29) => passes(&format!("{year:04}-02-29")),
        (2, 30 | 31) | (4 | 6 | 9 | 11, 31) => false,
        _ => true,
    };
    all.filter(exists).collect()
}

/// A regular expression of words of one length: by first character, equal rests together.
fn words(all: Vec<String>) -> String {
    if all.first().is_none_or(String::is_empty) {
        return String::new();
    }
    let mut by_rest: Vec<(Vec<String>, String)> = Vec::new();
    for first in "0123456789-".chars() {
        let rest: Vec<String> =
            all.iter().filter_map(|it| it.strip_prefix(first)).map(str::to_owned).collect();
        if rest.is_empty() {
            continue;
        }
        match by_rest.iter_mut().find(|it| it.0 == rest) {
            Some(it) => it.1.push(first),
            None => by_rest.push((rest, first.to_string())),
        }
    }
    let parts: Vec<String> =
        by_rest.into_iter().map(|(rest, firsts)| format!("[{firsts}]{}", words(rest))).collect();
    if parts.len() == 1 { parts.concat() } else { format!("(?:{})", parts.join("|")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Found, search};
    use ir::{Cmp, Expr, Field, Number, Predicate, Test};

    fn ask(part: TimePart, number: i128) -> Matcher {
        let test = Test {
            field: Field::Named("v".into()),
            predicate: Predicate::Time(part, Cmp::Eq, Number::Int(number)),
            span: source::Span::new(source::FileId::FIRST, 0, 0),
        };
        Matcher::new(&Expr::Test(test)).unwrap()
    }

    #[test]
    fn dates_go_together_where_the_calendar_lets_them() {
        let nfa = |part, number| automaton(part, &ask(part, number)).unwrap();
        let all = |parts: &[(TimePart, i128)]| {
            let nfas: Vec<Nfa> = parts.iter().map(|it| nfa(it.0, it.1)).collect();
            search(&nfas.iter().collect::<Vec<_>>(), &[], &mut 20_000)
        };
        assert!(matches!(all(&[(TimePart::Month, 2), (TimePart::Day, 29)]), Found::Text(_)));
        assert_eq!(all(&[(TimePart::Month, 2), (TimePart::Day, 30)]), Found::Nothing);
        assert_eq!(
            all(&[(TimePart::Year, 2023), (TimePart::Month, 2), (TimePart::Day, 29)]),
            Found::Nothing
        );
        let Found::Text(text) = all(&[(TimePart::Week, 53), (TimePart::Year, 2021)]) else {
            panic!()
        };
        assert!(ask(TimePart::Week, 53).matches(&json!({ "v": text })), "{text}");
        assert_eq!(all(&[(TimePart::Week, 53), (TimePart::Year, 2022)]).clone(), {
            let it = all(&[(TimePart::Week, 52), (TimePart::Year, 2022)]);
            assert!(matches!(it, Found::Text(_)));
            Found::Nothing
        });
        let Found::Text(text) = all(&[(TimePart::Hour, 23), (TimePart::Minute, 7)]) else {
            panic!()
        };
        assert!(text.contains("23:07"), "{text}");
    }
}
