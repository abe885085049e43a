//! One test for each fact M of `docs/semantics.md`, of the same number.

#![allow(clippy::unwrap_used)]

use ir::{
    Anchor, Case, Cmp, Expr, Field, Net, Number, Part, Pattern, Predicate, Regex, Test, TimePart,
};
use rulec_matcher::{Matcher, covers};
use serde_json::{Value, json};
use source::{FileId, Span};

const I: Case = Case::Insensitive;
const S: Case = Case::Sensitive;

fn span() -> Span {
    Span::new(FileId::FIRST, 0, 1)
}

fn test(field: &str, predicate: Predicate) -> Expr {
    Expr::Test(Test { field: Field::Named(field.into()), predicate, span: span() })
}

/// `*` and `?` are wildcards, `%` a placeholder; nothing is escaped.
fn pattern(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|ch| match ch {
        '*' => Part::Run,
        '?' => Part::One,
        '%' => Part::Placeholder("admins".to_owned()),
        it => Part::Literal(it.to_string()),
    }))
}

fn is(field: &str, text: &str) -> Expr {
    test(field, Predicate::Text(pattern(text), I))
}

fn holds_none() -> Expr {
    test("f", Predicate::Null)
}

fn number(cmp: Cmp, text: &str) -> Expr {
    test("f", Predicate::Number(cmp, Number::parse(text).unwrap()))
}

fn net(text: &str) -> Expr {
    test("f", Predicate::Net(Net::parse(text).unwrap()))
}

fn re(text: &str, flags: &str) -> Expr {
    let has = |it| flags.contains(it);
    test(
        "f",
        Predicate::Regex(std::sync::Arc::new(
            Regex::new(text, has('i'), has('m'), has('s')).unwrap(),
        )),
    )
}

fn same(anchor: Anchor, case: Case) -> Expr {
    test("f", Predicate::Field("g".into(), anchor, case))
}

fn time(part: TimePart, cmp: Cmp, value: i128) -> Expr {
    test("f", Predicate::Time(part, cmp, Number::Int(value)))
}

fn keyword(text: &str) -> Expr {
    let predicate = Predicate::Text(pattern(text).open(true, true), I);
    Expr::Test(Test { field: Field::Anywhere, predicate, span: span() })
}

#[track_caller]
fn yes(expr: &Expr, events: impl IntoIterator<Item = Value>) {
    let matcher = Matcher::new(expr).unwrap();
    for event in events {
        assert!(matcher.matches(&event), "{event}");
    }
}

#[track_caller]
fn no(expr: &Expr, events: impl IntoIterator<Item = Value>) {
    let matcher = Matcher::new(expr).unwrap();
    for event in events {
        assert!(!matcher.matches(&event), "{event}");
    }
}

/// Events that hold one value each, under `f`.
macro_rules! f {
    ($($values:tt)*) => { under_f(json!([$($values)*])) };
}

fn under_f(values: Value) -> Vec<Value> {
    let Value::Array(values) = values else { return Vec::new() };
    values.into_iter().map(|it| json!({ "f": it })).collect()
}

/// A test with its name.
macro_rules! facts {
    ($($name:ident $body:block)*) => { $(#[test] fn $name() $body)* };
}

facts! {
    m1_missing_fails {
        no(&is("f", "x"), [json!({})]);
        no(&is("f", "*"), [json!({})]);
        no(&re("", ""), [json!({})]);
        no(&number(Cmp::Lt, "5"), [json!({})]);
    }
    m2_null_is_no_value { no(&is("f", "x"), f![null]); no(&is("f", "null"), f![null]) }
    m3_null_is_no_value_held { yes(&holds_none(), [json!({})]); yes(&holds_none(), f![null, [], [null], [[]]]) }
    m4_empty_text_is_a_value { no(&holds_none(), f![""]) }
    m5_empty_pattern {
        yes(&is("f", ""), f![""]);
        no(&is("f", ""), [json!({})]);
        no(&is("f", ""), f![null, [], " "]);
    }
    m6_any_element { yes(&is("f", "x"), f![["y", "x"]]) }
    m7_arrays_in_arrays { yes(&is("f", "x"), f![[["y"], ["x"]]]) }
    m8_null_beside_a_value { no(&holds_none(), f![[null, "x"]]) }
    m9_an_object_is_not_null { no(&holds_none(), f![{}, { "g": null }]) }
    m10_an_object_has_no_text { no(&is("f", "*"), f![{ "g": "x" }]) }
    m11_exists {
        let exists = test("f", Predicate::Exists);
        yes(&exists, f![null, [], "", {}]);
        no(&exists, [json!({}), json!({ "g": 1 })]);
    }
    m12_dotted_key { yes(&is("a.b", "x"), [json!({ "a.b": "x" })]) }
    m13_nested_key { yes(&is("a.b", "x"), [json!({ "a": { "b": "x" } })]) }
    m14_mixed_keys {
        yes(&is("a.b.c", "x"), [
            json!({ "a.b": { "c": "x" } }),
            json!({ "a": { "b.c": "x" } }),
            json!({ "a": { "b": { "c": "x" } } }),
            json!({ "a.b.c": "x" }),
        ]);
        no(&is("a.b.c", "x"), [json!({ "a": { "c": "x" } })]);
    }
    m15_union_of_all {
        let event = json!({ "a.b": "y", "a": { "b": "x" } });
        yes(&is("a.b", "x"), [event.clone()]);
        yes(&is("a.b", "y"), [event]);
    }
    m16_through_arrays { yes(&is("a.b", "x"), [json!({ "a": [{ "b": "y" }, { "b": "x" }] })]) }
    m17_different_elements {
        let both = Expr::all(vec![is("a.b", "x"), is("a.c", "z")]);
        yes(&both, [json!({ "a": [{ "b": "x" }, { "c": "z" }] })]);
    }
    m18_names_have_case { no(&is("F", "x"), f!["x"]) }
    m19_no_numbered_keys { no(&is("a.0", "x"), [json!({ "a": ["x"] })]) }
    m20_not { yes(&is("f", "x").not(), f!["y"]); no(&is("f", "x").not(), f!["x"]) }
    m21_not_of_missing { yes(&is("f", "x").not(), [json!({})]) }
    m22_not_of_arrays { no(&is("f", "x").not(), f![["x", "y"]]) }
    m23_whole_value { no(&is("f", "abc"), f!["abcd", "xabc"]) }
    m24_case_is_ignored { yes(&is("f", "ABC"), f!["abc", "aBc"]) }
    m25_cased {
        let cased = test("f", Predicate::Text(pattern("ABC"), S));
        no(&cased, f!["abc"]);
        yes(&cased, f!["ABC"]);
    }
    m26_unicode_folds { yes(&is("f", "ÄΣ"), f!["äς", "Äσ"]) }
    m27_never_onto_ascii {
        no(&is("f", "k"), f!["\u{212a}"]);
        no(&is("f", "\u{212a}"), f!["k", "K"]);
        no(&is("f", "s"), f!["ſ"]);
        yes(&is("f", "\u{212a}"), f!["\u{212a}"]);
    }
    m28_one_to_one { no(&is("f", "straße"), f!["STRASSE"]); yes(&is("f", "straße"), f!["STRAẞE"]) }
    m29_not_normalized { no(&is("f", "\u{e9}"), f!["e\u{301}"]) }
    m30_star { yes(&is("f", "a*c"), f!["ac", "abbc", "acac"]); no(&is("f", "a*c"), f!["acb"]) }
    m31_star_crosses_newlines { yes(&is("f", "a*c"), f!["a\nc", "a\r\n\nc"]) }
    m32_one { yes(&is("f", "a?c"), f!["abc"]); no(&is("f", "a?c"), f!["ac", "abbc"]) }
    m33_characters_not_bytes { yes(&is("f", "a?c"), f!["aéc", "a😀c"]); no(&is("f", "a??c"), f!["aéc"]) }
    m34_one_is_a_newline { yes(&is("f", "a?c"), f!["a\nc"]) }
    m35_star_alone {
        yes(&is("f", "*"), f!["", 5, false]);
        no(&is("f", "*"), f![null, [], {}]);
    }
    m36_numbers_have_text { yes(&is("f", "5*"), f![5, 5.5]); yes(&is("f", "-0.5"), f![-0.5]) }
    m37_whole_numbers { yes(&is("f", "5"), f![5.0]); no(&is("f", "5.0"), f![5.0]) }
    m38_booleans_have_text { yes(&is("f", "TRUE"), f![true]); yes(&is("f", "false"), f![false]) }
    m39_text_is_text { no(&is("f", "5"), f!["5.0", "05"]); yes(&is("f", "05"), f!["05"]) }
    m40_equal_numbers { yes(&number(Cmp::Eq, "5"), f![5, 5.0]); no(&number(Cmp::Eq, "5"), f![5.1, 6]) }
    m41_spelled_numbers { yes(&number(Cmp::Eq, "5"), f!["5", "5.0", "5e0"]) }
    m42_misspelled_numbers { no(&number(Cmp::Eq, "5"), f!["05", "+5", " 5", "5 ", "0x5", ""]) }
    m43_comparisons {
        yes(&number(Cmp::Lt, "10"), f![9, "9", -1.5, [11, 9]]);
        no(&number(Cmp::Lt, "10"), f![10, "x", null, 11]);
        yes(&number(Cmp::Gte, "10"), f![10, "10.0"]);
    }
    m44_large_numbers {
        yes(&number(Cmp::Eq, "9007199254740993"), f![9_007_199_254_740_993_u64]);
        no(&number(Cmp::Eq, "9007199254740993"), f![9_007_199_254_740_992_u64]);
        yes(&number(Cmp::Eq, "18446744073709551615"), f![u64::MAX]);
    }
    m45_booleans_are_no_numbers { no(&number(Cmp::Eq, "1"), f![true]) }
    m46_booleans {
        let truth = test("f", Predicate::Bool(true));
        yes(&truth, f![true, "True", [false, true]]);
        no(&truth, f![false, 1, "yes", "1", "false", null]);
    }
    m47_networks {
        yes(&net("10.0.0.0/8"), f!["10.1.2.3", ["x", "10.0.0.1"]]);
        no(&net("10.0.0.0/8"), f!["11.0.0.1", "10.1", ""]);
    }
    m48_host_bits { yes(&net("10.1.2.3/8"), f!["10.9.9.9"]) }
    m49_ipv6 {
        yes(&net("fe80::/10"), f!["FE80:0:0:0::1"]);
        no(&net("fe80::/10"), f!["10.0.0.1", "::1"]);
    }
    m50_mapped { yes(&net("10.0.0.0/8"), f!["::ffff:10.0.0.1"]) }
    m51_only_addresses { no(&net("0.0.0.0/0"), f![10, "10.0.0.1:80", "10.0.0.0/8"]) }
    m52_fieldref {
        yes(&same(Anchor::Whole, I), [json!({ "f": ["a", "b"], "g": ["b", "c"] })]);
        no(&same(Anchor::Whole, I), [json!({ "f": ["a", "b"], "g": ["c"] })]);
    }
    m53_fieldref_missing {
        let events = [
            json!({}),
            json!({ "f": "a" }),
            json!({ "g": "a" }),
            json!({ "f": null, "g": null }),
            json!({ "f": {}, "g": {} }),
        ];
        no(&same(Anchor::Whole, I), events);
    }
    m54_fieldref_case {
        let event = json!({ "f": "A", "g": "a" });
        yes(&same(Anchor::Whole, I), [event.clone()]);
        no(&same(Anchor::Whole, S), [event]);
    }
    m55_fieldref_numbers {
        yes(&same(Anchor::Whole, I), [json!({ "f": 5, "g": "5.0" }), json!({ "f": "5", "g": "5.0" })]);
        no(&same(Anchor::Whole, I), [json!({ "f": 5, "g": "05" })]);
    }
    m56_fieldref_anchors {
        let event = json!({ "f": "abc", "g": "AB" });
        yes(&same(Anchor::Start, I), [event.clone()]);
        yes(&same(Anchor::Within, I), [event.clone()]);
        no(&same(Anchor::End, I), [event]);
        no(&same(Anchor::Start, I), [json!({ "f": "ab", "g": "abc" })]);
        yes(&same(Anchor::End, I), [json!({ "f": "abc", "g": "C" })]);
    }
    m57_fieldref_is_plain { no(&same(Anchor::Whole, I), [json!({ "f": "abc", "g": "a*" })]) }
    m58_dates {
        let events = f![
            "2024-02-29T13:45:10.5Z",
            "2024-02-29T13:45:10+01:00",
            "2024-02-29 13:45",
            "2024-02-29",
        ];
        yes(&time(TimePart::Year, Cmp::Eq, 2024), events);
    }
    m59_parts {
        for (part, value) in [
            (TimePart::Minute, 45),
            (TimePart::Hour, 13),
            (TimePart::Day, 29),
            (TimePart::Month, 2),
            (TimePart::Year, 2024),
        ] {
            yes(&time(part, Cmp::Eq, value), f!["2024-02-29T13:45:10Z"]);
        }
    }
    m60_no_conversion {
        yes(&time(TimePart::Hour, Cmp::Eq, 23), f!["2024-01-31T23:30:00-05:00"]);
        yes(&time(TimePart::Day, Cmp::Eq, 31), f!["2024-01-31T23:30:00-05:00"]);
    }
    m61_no_time {
        no(&time(TimePart::Hour, Cmp::Eq, 0), f!["2024-01-31"]);
        no(&time(TimePart::Minute, Cmp::Eq, 0), f!["2024-01-31"]);
    }
    m62_iso_weeks {
        yes(&time(TimePart::Week, Cmp::Eq, 53), f!["2021-01-03"]);
        yes(&time(TimePart::Week, Cmp::Eq, 1), f!["2024-12-30", "2021-01-04"]);
    }
    m63_no_dates {
        no(&time(TimePart::Year, Cmp::Eq, 2023), f!["2023-02-29", "2023-01-01T25:00", "2023"]);
    }
    m64_numbers_are_no_dates { no(&time(TimePart::Year, Cmp::Eq, 1970), f![0]) }
    m65_date_comparisons {
        yes(&time(TimePart::Hour, Cmp::Gte, 18), f!["2024-01-31T19:00:00Z"]);
        no(&time(TimePart::Hour, Cmp::Gte, 18), f!["2024-01-31T17:59:59Z"]);
    }
    m66_keywords { yes(&keyword("bad"), [json!({ "a": { "b": ["x", "so BAD it is"] } })]) }
    m67_keys_are_no_values { no(&keyword("bad"), [json!({ "bad": "x" })]) }
    m68_only_strings { no(&keyword("5"), [json!({ "a": 5, "b": true })]) }
    m69_one_value_holds_it { no(&keyword("a b"), [json!({ "x": "a", "y": "b" })]) }
    m70_regex_searches { yes(&re("b+", ""), f!["abbc"]) }
    m71_regex_case { no(&re("B", ""), f!["abc"]); yes(&re("B", "i"), f!["abc"]) }
    m72_ascii_classes {
        no(&re(r"^\w$", ""), f!["é"]);
        no(&re(r"\d", ""), f!["٣"]);
        no(&re(r"^\s$", ""), f!["\u{a0}"]);
        yes(&re(r"^\w\d\s$", ""), f!["a1 "]);
        yes(&re(r"a\b", ""), f!["aé"]);
    }
    m73_dot {
        yes(&re("^a.c$", ""), f!["aéc"]);
        no(&re("^a.c$", ""), f!["a\nc"]);
        yes(&re("^a.c$", "s"), f!["a\nc"]);
    }
    m74_lines { no(&re("^b$", ""), f!["a\nb"]); yes(&re("^b$", "m"), f!["a\nb"]) }
    m75_regex_on_numbers { yes(&re("^5$", ""), f![5.0]); yes(&re("^true$", ""), f![true]) }
    m76_regex_folds_as_text { no(&re("^k$", "i"), f!["\u{212a}"]); yes(&re("^ä$", "i"), f!["Ä"]); no(&re("^[^a]$", "i"), f!["A", "a"]) }
    m77_plain_logic {
        let either = Expr::any(vec![is("g", "y"), is("h", "z").not()]);
        let all = Expr::all(vec![is("f", "x"), either]);
        yes(&all, [json!({ "f": "x" }), json!({ "f": "x", "g": "y", "h": "z" })]);
        no(&all, [json!({ "f": "x", "h": "z" }), json!({})]);
    }
    m78_absorption {
        let (a, b) = (is("f", "x"), is("g", "y"));
        let written = Expr::any(vec![a.clone(), Expr::all(vec![a.clone(), b])]);
        let normal = ir::normalize(written.clone(), &mut Vec::new());
        assert_eq!(normal, a);
        for expr in [written, normal] {
            yes(&expr, [json!({ "f": "x" }), json!({ "f": "x", "g": "y" })]);
            no(&expr, [json!({ "g": "y" }), json!({})]);
        }
    }
    m79_placeholders {
        let err = Matcher::new(&is("f", "a%")).unwrap_err();
        assert_eq!((err.span, err.reason.as_str()), (span(), "the value of %admins% is not known"));
        assert!(!covers(&pattern("%"), "", I));
    }
}

#[test]
fn why_answers_for_each_test() {
    let expr = Expr::all(vec![is("f", "x"), is("g", "y").not()]);
    let matcher = Matcher::new(&expr).unwrap();
    assert_eq!(matcher.why(&json!({ "f": "x" })), [(span(), true), (span(), false)]);
}

#[test]
fn every_fact_has_its_test() {
    let page = include_str!("../../../docs/semantics.md");
    let tests = include_str!("semantics.rs");
    let mut count = 0;
    for line in page.lines() {
        let Some((id, _)) = line.strip_prefix("- **M").and_then(|it| it.split_once("**")) else {
            continue;
        };
        count += 1;
        assert_eq!(id, count.to_string(), "facts are numbered in order");
        assert!(tests.contains(&format!("\n    m{id}_")), "no test for M{id}");
    }
    assert_eq!(
        tests.lines().filter(|it| it.starts_with("    m") && it.contains('{')).count(),
        count
    );
}
