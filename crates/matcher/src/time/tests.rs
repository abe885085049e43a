//! What is a time: one test for each fact T of `docs/semantics.md`, of the same number; then the calendar.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::correlate::{CorrelationsBuilder, Limits};

/// The instant of an event with these fields of times, as RFC 3339 has it.
fn of_event(times: &[&str], event: &Value) -> Option<String> {
    let times = times.iter().map(|it| (*it).to_owned()).collect();
    let mut builder = CorrelationsBuilder::new(vec![true], times);
    builder.add(&twice(), false).unwrap();
    let note = builder.build().note([0].into_iter(), event).unwrap();
    note.at().map(rfc3339)
}

fn time(value: Value) -> Option<String> {
    of_event(&["time"], &json!({ "time": value }))
}

/// At least two matches of the one rule in ten seconds.
fn twice() -> ir::Correlation {
    let span = source::Span::new(source::FileId::FIRST, 0, 1);
    ir::Correlation {
        meta: ir::Meta::default(),
        question: ir::Question::Events(ir::Bounds(vec![(ir::BoundOp::Gte, Number::Int(2))])),
        members: vec![ir::Member {
            to: ir::Referent::Rule(0),
            name: source::Spanned::new("a".to_owned(), span),
            fields: Vec::new(),
        }],
        group_by: Vec::new(),
        seconds: source::Spanned::new(10, span),
        generate: false,
        fixtures: Vec::new(),
        targets: Vec::new(),
        span,
    }
}

#[track_caller]
fn is(value: impl Into<Value>, instant: &str) {
    let value = value.into();
    assert_eq!(time(value.clone()).as_deref(), Some(instant), "{value}");
}

#[track_caller]
fn is_none(value: impl Into<Value>) {
    let value = value.into();
    assert_eq!(time(value.clone()), None, "{value}");
}

#[test]
fn t01_the_first_field_that_holds_a_readable_time_tells_it() {
    let asked = |event: Value| of_event(&["time", "a.ts"], &event);
    let five = Some("1970-01-01T00:00:05Z".to_owned());
    assert_eq!(asked(json!({ "time": 5, "a": { "ts": 6 } })), five);
    assert_eq!(asked(json!({ "a.ts": 6, "time": "1970-01-01 00:00:05" })), five);
    for none in [json!("soon"), json!(""), json!(null), json!({ "x": 4 }), json!(false)] {
        assert_eq!(asked(json!({ "time": none, "a": { "ts": 5 } })), five);
    }
    assert_eq!(asked(json!({ "Time": 5, "ts": 5 })), None);
}

#[test]
fn t02_text_is_a_date_and_a_time_of_day() {
    for text in ["2024-02-29 12:45:10", "2024-02-29T12:45:10", "2024-02-29t12:45:10z"] {
        is(text, "2024-02-29T12:45:10Z");
    }
    is("2024-02-29T12:45", "2024-02-29T12:45:00Z");
    is("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z");
}

#[test]
fn t03_a_fraction_is_read_up_to_microseconds() {
    is("2024-02-29T12:45:10.5Z", "2024-02-29T12:45:10.500Z");
    is("2024-02-29 12:45:10,5", "2024-02-29T12:45:10.500Z");
    is("2024-02-29T12:45:10.1234567Z", "2024-02-29T12:45:10.123456Z");
    is("2024-02-29T12:45:10.999999999Z", "2024-02-29T12:45:10.999999Z");
    is_none("2024-02-29T12:45:10.Z");
}

#[test]
fn t04_a_zone_is_east_of_utc() {
    for zone in ["+02:00", "+0200", "+02"] {
        is(format!("2024-03-01T01:00:00{zone}"), "2024-02-29T23:00:00Z");
    }
    is("2024-02-29T23:00:00-03:30", "2024-03-01T02:30:00Z");
    is("2024-02-29T23:00:00.25-00:00", "2024-02-29T23:00:00.250Z");
    for zone in ["+2", "+2:00", "+24:00", "+02:60", " +02:00", "CET", "Z+02:00"] {
        is_none(format!("2024-03-01T01:00:00{zone}"));
    }
}

#[test]
fn t05_without_a_zone_text_is_in_utc() {
    is("2024-02-29T12:45:10", "2024-02-29T12:45:10Z");
}

#[test]
fn t06_a_leap_second_is_the_next_minute() {
    is("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
    is_none("2016-12-31T23:59:61Z");
}

#[test]
fn t07_what_is_no_date_with_a_time_is_no_time() {
    for text in [
        "2024-02-29",
        "2023-02-29T00:00:00Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12",
        "2024-02-29T12:45:10 UTC",
        " 2024-02-29T12:45:10Z",
        "29/Feb/2024:12:45:10 +0000",
        "Thu, 29 Feb 2024 12:45:10 GMT",
        "2/29/2024 12:45:10 PM",
        "20240229T124510Z",
        "2024-W09-4T12:45:10Z",
        "now",
    ] {
        is_none(text);
    }
}

#[test]
fn t08_the_size_of_a_number_tells_its_unit() {
    is(0, "1970-01-01T00:00:00Z");
    is(-1.5, "1969-12-31T23:59:58.500Z");
    is(1_709_210_710, "2024-02-29T12:45:10Z");
    is(1_709_210_710.5, "2024-02-29T12:45:10.500Z");
    is(1_709_210_710_500_i64, "2024-02-29T12:45:10.500Z");
    is(1_709_210_710_500_000_i64, "2024-02-29T12:45:10.500Z");
    is(1_709_210_710_500_000_000_i64, "2024-02-29T12:45:10.500Z");
    is(99_999_999_999_i64, "5138-11-16T09:46:39Z");
    is(100_000_000_000_i64, "1973-03-03T09:46:40Z");
    is(100_000_000_000_000_i64, "1973-03-03T09:46:40Z");
}

#[test]
fn t09_text_that_spells_a_number_is_that_number() {
    is("1709210710", "2024-02-29T12:45:10Z");
    is("1709210710.5", "2024-02-29T12:45:10.500Z");
    is("1709210710500", "2024-02-29T12:45:10.500Z");
    is_none("1709210710s");
    is_none("+5");
}

#[test]
fn t10_numbers_of_other_clocks_are_no_time() {
    is_none(133_536_843_105_000_000_i64);
    is_none("133536843105000000");
    is_none(638_448_075_105_000_000_i64);
    is(946_684_800_000_000_000_i64, "2000-01-01T00:00:00Z");
    is_none(946_684_799_999_999_999_i64);
    is_none(-133_536_843_105_000_000_i64);
    is_none(1e40);
}

#[test]
fn t11_powershell_writes_thousandths() {
    is("/Date(1709210710500)/", "2024-02-29T12:45:10.500Z");
    is("/Date(-1500)/", "1969-12-31T23:59:58.500Z");
    is_none("/Date(x)/");
    is_none("/Date(1709210710500+0100)/");
    is_none("/Date(9223372036854775807)/");
}

#[test]
fn t12_of_an_array_the_first_readable_element_counts() {
    is(json!(["x", null, 5, 6]), "1970-01-01T00:00:05Z");
    is_none(json!([]));
    is_none(true);
    is_none(Value::Null);
    is_none(json!({}));
}

#[test]
fn t13_an_event_without_a_time_is_left_out_and_counted() {
    let mut builder = CorrelationsBuilder::new(vec![true], vec!["time".to_owned()]);
    builder.add(&twice(), false).unwrap();
    let correlations = builder.build();
    let mut correlator = correlations.correlator(Limits::default());
    let mut hits = Vec::new();
    for (number, event) in
        [json!({ "time": 0 }), json!({ "time": "?" }), json!({ "time": 1 })].iter().enumerate()
    {
        let note = correlations.note([0].into_iter(), event).unwrap();
        hits.extend(correlator.take(number as u64, note).iter().map(|it| it.event));
    }
    assert_eq!((hits, correlator.stats().timeless), (vec![2], 1));
}

#[test]
fn every_fact_has_its_test() {
    let page = include_str!("../../../../docs/semantics.md");
    let tests = include_str!("tests.rs");
    let mut count = 0;
    for line in page.lines() {
        let Some((id, _)) = line.strip_prefix("- **T").and_then(|it| it.split_once("**")) else {
            continue;
        };
        count += 1;
        assert_eq!(id, count.to_string(), "facts are numbered in order");
        assert!(tests.contains(&format!("\nfn t{count:02}_")), "no test for T{id}");
    }
    assert_eq!(
        tests
            .lines()
            .filter(|it| it.starts_with("fn t") && it.as_bytes()[4].is_ascii_digit())
            .count(),
        count
    );
}

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
fn instants_go_there_and_back() {
    for (micros, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00Z"),
        (1_709_210_710_500_000, "2024-02-29T12:45:10.500Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
        (253_402_300_799_000_000, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(rfc3339(micros), text);
        assert_eq!(written(text), Some(micros), "{text}");
    }
    for days in (-800_000..800_000).step_by(37) {
        let (year, month, day) = date_of(days);
        if let Ok(year) = u32::try_from(year) {
            assert_eq!(days_since_1970(year, month as u32, day as u32), days);
        }
    }
    // Beyond what a date can be, but no reason to stop.
    rfc3339(i64::MAX);
    rfc3339(i64::MIN);
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
