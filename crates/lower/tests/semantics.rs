//! One test for each fact L of `docs/semantics.md`, of the same number.

#![allow(clippy::unwrap_used, clippy::panic)]

use ir::{Expr, Part, Predicate};
use source::FileId;
use syntax::Document;

/// Two selections.
const TWO: &str = "a: {f: x}\nb: {g: y}\n";
/// Two selections that `sel*` fits, and another.
const OF: &str = "sel_a: {f: x}\nsel_b: {g: y}\nother: {h: z}\n";
/// Two selections, one of which `them` leaves out.
const HIDDEN: &str = "a: {f: x}\n_b: {g: y}\n";

/// The meaning of a rule with this `detection`, or the ids of what is wrong with it.
fn meaning(detection: &str) -> Result<Expr, Vec<&'static str>> {
    let body: String = detection.trim().lines().map(|it| format!("    {it}\n")).collect();
    let text = format!("title: t\nlogsource:\n    product: p\ndetection:\n{body}");
    let parsed = syntax::parse(&text, FileId::FIRST);
    let mut problems = parsed.problems;
    let [Document::Rule(ast)] = parsed.documents.as_slice() else { panic!("{text}: {problems:?}") };
    let lowered = rulec_lower::lower(ast, &text, &mut problems);
    let ids: Vec<&str> = problems.iter().map(|it| it.code.id).collect();
    match lowered {
        Some(it) if ids.is_empty() => Ok(it.rule.expr),
        _ => Err(ids),
    }
}

/// A `detection` of this one item.
fn alone(item: &str) -> String {
    format!("sel:\n    {item}\ncondition: sel")
}

#[track_caller]
fn shows(detection: &str, wanted: &str) {
    let expr = meaning(detection).unwrap();
    assert_eq!(ir::print(&expr).trim_end(), wanted, "{detection}");
}

/// The item means what is shown.
#[track_caller]
fn item(item: &str, wanted: &str) {
    shows(&alone(item), wanted);
}

#[track_caller]
fn wrong(item: &str, ids: &[&str]) {
    assert_eq!(meaning(&alone(item)).unwrap_err(), ids, "{item}");
}

/// The pattern of an item that is one test. What `ir::print` shows leaves open whether `\*` is a
/// star or a backslash before a wildcard.
#[track_caller]
fn parts(item: &str, wanted: &[Part]) {
    let expr = meaning(&alone(item)).unwrap();
    let Expr::Test(test) = &expr else { panic!("{item}: {expr:?}") };
    let Predicate::Text(pattern, _) = &test.predicate else { panic!("{item}: {test:?}") };
    assert_eq!(pattern.parts(), wanted, "{item}");
}

fn lit(text: &str) -> Part {
    Part::Literal(text.to_owned())
}

#[test]
fn l01_backslash_before_others_is_itself() {
    parts(r"f: 'C:\Windows'", &[lit(r"C:\Windows")]);
}

#[test]
fn l02_escaped_wildcards_are_plain() {
    parts(r"f: 'a\*'", &[lit("a*")]);
    parts(r"f: 'a\?'", &[lit("a?")]);
    parts("f: 'a?*'", &[lit("a"), Part::One, Part::Run]);
}

#[test]
fn l03_two_backslashes_are_one() {
    parts(r"f: 'a\\b'", &[lit(r"a\b")]);
}

#[test]
fn l04_two_backslashes_and_a_wildcard() {
    parts(r"f: 'a\\*'", &[lit(r"a\"), Part::Run]);
    parts(r"f: 'a\\?'", &[lit(r"a\"), Part::One]);
}

#[test]
fn l05_three_backslashes_and_a_star() {
    parts(r"f: 'a\\\*'", &[lit(r"a\*")]);
}

#[test]
fn l06_four_backslashes_are_two() {
    parts(r"f: '\\\\host'", &[lit(r"\\host")]);
}

#[test]
fn l07_backslash_at_the_end_is_itself() {
    parts(r"f: 'C:\'", &[lit(r"C:\")]);
}

#[test]
fn l08_core_schema() {
    for word in ["yes", "no", "on", "off"] {
        item(&format!("f: {word}"), &format!("f is '{word}'"));
    }
    item("f: true", "f is true");
    item("f: false", "f is false");
    item("f: null", "f holds no value");
    item("f: ~", "f holds no value");
    item("f: 5", "f = 5");
    item("f: -1.5", "f = -1.5");
    item("f: 0x1f", "f = 31");
}

#[test]
fn l09_quotes_make_text() {
    item("f: '5'", "f is '5'");
    item("f: \"5\"", "f is '5'");
    item("f: 'true'", "f is 'true'");
    item("f: 'null'", "f is 'null'");
}

#[test]
fn l10_contains() {
    item("f|contains: b", "f is '*b*'");
}

#[test]
fn l11_startswith_and_endswith() {
    item("f|startswith: a", "f is 'a*'");
    item("f|endswith: c", "f is '*c'");
}

#[test]
fn l12_no_second_wildcard() {
    for text in ["b", "*b", "b*", "*b*"] {
        item(&format!("f|contains: '{text}'"), "f is '*b*'");
    }
    item("f|startswith: 'a*'", "f is 'a*'");
    item("f|endswith: '*c'", "f is '*c'");
    parts(r"f|startswith: 'a\*'", &[lit("a*"), Part::Run]);
    parts(r"f|endswith: '\*c'", &[Part::Run, lit("*c")]);
}

#[test]
fn l13_a_list_is_an_or() {
    item("f: [x, y]", "any of\n  f is 'x'\n  f is 'y'");
}

#[test]
fn l14_all_makes_it_an_and() {
    item("f|contains|all: [a, b]", "all of\n  f is '*a*'\n  f is '*b*'");
}

#[test]
fn l15_neq_negates_the_item() {
    item("f|neq: x", "not\n  f is 'x'");
    item("f|neq: [x, y]", "not\n  any of\n    f is 'x'\n    f is 'y'");
    item("f|contains|all|neq: [x, y]", "not\n  all of\n    f is '*x*'\n    f is '*y*'");
}

#[test]
fn l16_exists() {
    item("f|exists: true", "f is present");
    item("f|exists: false", "not\n  f is present");
}

#[test]
fn l17_base64() {
    item("f|base64: foo", "f is 'Zm9v'");
    item("f|base64|contains: foo", "f is '*Zm9v*'");
    item("f|base64|cased: foo", "f is exactly in case 'Zm9v'");
    wrong("f|base64: fo*", &["M002"]);
}

#[test]
fn l18_base64offset() {
    item("f|base64offset|contains: foo", "any of\n  f is '*Zm9v*'\n  f is '*Zvb*'\n  f is '*mb2*'");
    wrong("f|base64offset|contains: fo*", &["M002"]);
}

#[test]
fn l19_utf16() {
    item("f|wide|base64: a", "f is 'YQA='");
    item("f|utf16le|base64: a", "f is 'YQA='");
    item("f|utf16be|base64: a", "f is 'AGE='");
    item("f|utf16|base64: a", "f is '//5hAA=='");
    item(
        "f|wide|base64offset|contains: ab",
        "any of\n  f is '*YQBiA*'\n  f is '*EAYg*'\n  f is '*hAGIA*'",
    );
}

#[test]
fn l20_windash() {
    item(
        "f|windash|contains: ' -x'",
        "any of\n  f is '* -x*'\n  f is '* /x*'\n  f is '* –x*'\n  f is '* —x*'\n  f is '* ―x*'",
    );
    item(
        "f|windash: /x",
        "any of\n  f is '/x'\n  f is '-x'\n  f is '–x'\n  f is '—x'\n  f is '―x'",
    );
}

#[test]
fn l21_dash_within_a_word() {
    item("f|windash: 'a-b'", "f is 'a-b'");
    item("f|windash: 'a/b'", "f is 'a/b'");
}

#[test]
fn l22_regex_startswith() {
    item("f|re|startswith: b", r"f holds a match of /\A(?:b)/");
    item("f|re|startswith: b|c", r"f holds a match of /\A(?:b|c)/");
}

#[test]
fn l23_regex_endswith() {
    item("f|re|endswith: b", r"f holds a match of /(?:b)\z/");
    item("f|re|endswith: b|c", r"f holds a match of /(?:b|c)\z/");
}

#[test]
fn l24_regex_contains() {
    item("f|re|contains: b", "f holds a match of /b/");
    item("f|re: b", "f holds a match of /b/");
}

#[test]
fn l25_no_look_around_no_back_references() {
    for text in ["a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", r"(a)\1"] {
        wrong(&format!("f|re: '{text}'"), &["M003"]);
    }
}

#[test]
fn l26_maps_and_lists_of_maps() {
    shows("sel: {f: x, g: y}\ncondition: sel", "all of\n  f is 'x'\n  g is 'y'");
    shows("sel: [{f: x}, {g: y}]\ncondition: sel", "any of\n  f is 'x'\n  g is 'y'");
}

#[test]
fn l27_keywords() {
    let two = "\n  any text in the event is '*a*'\n  any text in the event is '*b*'";
    shows("sel: [a, b]\ncondition: sel", &format!("any of{two}"));
    item("'|all': [a, b]", &format!("all of{two}"));
}

#[test]
fn l28_a_list_of_conditions_is_an_or() {
    shows(&format!("{TWO}condition: [a, b]"), "any of\n  f is 'x'\n  g is 'y'");
}

#[test]
fn l29_one_of_a_pattern() {
    shows(&format!("{OF}condition: 1 of sel*"), "any of\n  f is 'x'\n  g is 'y'");
    shows(&format!("{OF}condition: any of sel*"), "any of\n  f is 'x'\n  g is 'y'");
}

#[test]
fn l30_all_of_a_pattern() {
    shows(&format!("{OF}condition: all of sel*"), "all of\n  f is 'x'\n  g is 'y'");
}

#[test]
fn l31_them() {
    shows(&format!("{TWO}condition: all of them"), "all of\n  f is 'x'\n  g is 'y'");
    shows(&format!("{TWO}condition: 1 of them"), "any of\n  f is 'x'\n  g is 'y'");
    shows(&format!("{HIDDEN}condition: all of them"), "f is 'x'");
}

#[test]
fn l32_patterns_skip_names_with_an_underscore() {
    shows(&format!("{HIDDEN}condition: 1 of *"), "f is 'x'");
    shows(&format!("{HIDDEN}condition: 1 of _*"), "g is 'y'");
}

#[test]
fn l33_precedence() {
    let three = format!("{TWO}c: {{h: z}}\n");
    shows(
        &format!("{three}condition: a or b and not c"),
        "any of\n  f is 'x'\n  all of\n    g is 'y'\n    not\n      h is 'z'",
    );
    shows(
        &format!("{three}condition: (a or b) and not c"),
        "all of\n  any of\n    f is 'x'\n    g is 'y'\n  not\n    h is 'z'",
    );
    shows(
        &format!("{OF}condition: not 1 of sel* and other"),
        "all of\n  not\n    any of\n      f is 'x'\n      g is 'y'\n  h is 'z'",
    );
}

#[test]
fn l34_null_in_a_list() {
    item("f: [x, null]", "any of\n  f is 'x'\n  f holds no value");
}

#[test]
fn l35_cased_through_encodings() {
    item("f|cased|base64: foo", "f is exactly in case 'Zm9v'");
    item("f|base64|cased: foo", "f is exactly in case 'Zm9v'");
    item("f|cased|wide|base64|contains: a", "f is exactly in case '*YQA=*'");
    item("f|cased|contains: 5", "f is exactly in case '*5*'");
}

#[test]
fn l36_no_modifier_is_lost() {
    wrong("f|contains|fieldref: g", &["M006"]);
    wrong("f|windash|cidr: 10.0.0.0/8", &["M006"]);
    wrong("f|base64|re: g", &["M006"]);
    item("f|cased|fieldref: g", "f equals the field g, in the same case");
}

#[test]
fn l37_placeholders_outside_of_texts() {
    wrong("f|re|expand: 'a%x%'", &["M006"]);
    wrong("f|fieldref|expand: '%x%'", &["M006"]);
}

#[test]
fn l38_several_events() {
    let ids = meaning("a: {f: x}\ntimeframe: 5m\ncondition: a").unwrap_err();
    assert_eq!(ids, ["C002"]);
    let ids = meaning("a: {f: x}\ncondition: a | count() > 5").unwrap_err();
    assert_eq!(ids, ["C002"]);
}

/// M65 as a rule spells it.
#[test]
fn comparisons_of_dates() {
    item("f|hour: 18", "f has an hour = 18");
    item("f|hour|gte: 18", "f has an hour >= 18");
}

#[test]
fn page_and_tests_are_in_step() {
    let page = include_str!("../../../docs/semantics.md");
    let tests = include_str!("semantics.rs");
    let mut count = 0;
    for line in page.lines() {
        let Some((id, _)) = line.strip_prefix("- **L").and_then(|it| it.split_once("**")) else {
            continue;
        };
        count += 1;
        assert_eq!(id, count.to_string(), "facts are numbered in order");
        assert!(tests.contains(&format!("\n#[test]\nfn l{count:02}_")), "no test for L{id}");
    }
    let of_a_fact = |it: &&str| {
        it.strip_prefix("fn l").is_some_and(|it| it.starts_with(|ch: char| ch.is_ascii_digit()))
    };
    assert_eq!(tests.lines().filter(of_a_fact).count(), count);
}
