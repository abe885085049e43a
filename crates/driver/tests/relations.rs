//! One test for each fact K and F of `docs/semantics.md`, of the same number.

#![allow(clippy::unwrap_used, clippy::panic)]

use ir::{Question, Referent, print_question};
use rulec_driver::{Loaded, LoadedRule, load, run_series, why};
use serde_json::{Value, json};

/// Reads files of these texts.
fn files(texts: &[&str]) -> Loaded {
    let named = texts.iter().enumerate();
    load(named.map(|(nth, it)| (format!("{nth}.yml"), it.as_bytes().to_vec())))
}

fn codes(loaded: &Loaded) -> Vec<&'static str> {
    loaded.all_problems().map(|it| it.code.id).collect()
}

/// What a finding points at.
fn places(loaded: &Loaded) -> Vec<(&'static str, String)> {
    let text = |it: source::Span| {
        loaded.sources.get(it.file).map_or("", |file| &file.text()[it.range()]).to_owned()
    };
    loaded.all_problems().map(|it| (it.code.id, text(it.primary.span))).collect()
}

/// A rule of this name on `f: <name>`.
fn rule(name: &str) -> String {
    format!(
        "title: {name}\nname: {name}\nid: id-{name}\nlogsource: {{ product: windows, category: process_creation }}\ndetection:\n  sel: {{ f: {name} }}\n  condition: sel\n"
    )
}

fn correlation(body: &str) -> String {
    format!("title: c\nname: c\ncorrelation:\n  timespan: 10s\n{body}")
}

/// The question of the correlation of this body, over the rules `a`, `b` and `c`... or what is
/// wrong.
fn asks(body: &str) -> Result<(String, Question), Vec<&'static str>> {
    let loaded = files(&[&correlation(body), &rule("a"), &rule("b"), &rule("d")]);
    let found = codes(&loaded);
    match &loaded.correlations[0].correlation {
        Some(it) if found.is_empty() => Ok((print_question(it), it.question.clone())),
        _ => Err(found),
    }
}

#[track_caller]
fn means(body: &str, wanted: &str) {
    assert_eq!(asks(body).map(|it| it.0), Ok(wanted.to_owned()), "{body}");
}

#[test]
fn k01_rules_are_named_by_id_or_name_over_all_files() {
    for name in ["a", "id-a", "ID-A"] {
        let text = correlation(&format!(
            "  type: event_count\n  rules: [{name}]\n  condition: {{ gte: 2 }}\n"
        ));
        let loaded = files(&[&text, &rule("b"), &rule("a")]);
        assert_eq!(codes(&loaded), [""; 0], "{name}");
        let it = loaded.correlations[0].correlation.as_ref().unwrap();
        assert_eq!(it.members[0].to, Referent::Rule(1));
    }
}

#[test]
fn k02_names_must_be_of_one_usable_rule() {
    let text = correlation("  type: event_count\n  rules: [a]\n  condition: { gte: 2 }\n");
    let pair = |code, at: &str| (code, at.to_owned());
    assert_eq!(places(&files(&[&text])), [pair("K004", "a")]);
    assert_eq!(places(&files(&[&text, &rule("a"), &rule("a")])), [pair("K005", "a")]);
    let broken = rule("a").replace("f: a", "f|no: a");
    assert_eq!(codes(&files(&[&text, &broken])), ["M001", "K006"]);
    let twice = text.replace("[a]", "[a, id-a]");
    assert_eq!(places(&files(&[&twice, &rule("a")])), [pair("K008", "id-a")]);
    // What is wrong with one does not stop the others.
    let other = text.replace("name: c", "name: d").replace("[a]", "[b]");
    let loaded = files(&[&text, &other, &rule("b")]);
    assert!(loaded.correlations[0].correlation.is_none());
    assert!(loaded.correlations[1].correlation.is_some());
}

#[test]
fn k03_circles_are_errors() {
    let of = |own: &str, other: &str| {
        format!(
            "title: {own}\nname: {own}\ncorrelation:\n  type: event_count\n  rules: [{other}]\n  timespan: 1m\n  condition: {{ gte: 2 }}\n"
        )
    };
    assert_eq!(codes(&files(&[&of("x", "x")])), ["K007"]);
    assert_eq!(codes(&files(&[&of("x", "y"), &of("y", "x")])), ["K007", "K007"]);
    // One that only leads to a circle can't be used either.
    assert_eq!(codes(&files(&[&of("z", "x"), &of("x", "y"), &of("y", "x")])).len(), 3);
    assert_eq!(codes(&files(&[&of("x", "y"), &of("y", "a"), &rule("a")])), [""; 0]);
}

#[test]
fn k04_without_a_condition_all_rules_must_match() {
    means("  type: temporal\n  rules: [a, b]\n", "the number of rules that match is >= 2");
    means(
        "  type: temporal_ordered\n  rules: [a, b]\n",
        "the number of rules that match in this order is >= 2",
    );
}

#[test]
fn k05_comparisons_make_a_range() {
    means(
        "  type: event_count\n  rules: [a]\n  condition: { gt: 1, lte: 2 }\n",
        "the number of events is > 1 and <= 2",
    );
    means(
        "  type: event_count\n  rules: [a]\n  condition: { neq: 5 }\n",
        "the number of events is not 5",
    );
}

#[test]
fn k06_a_text_is_a_formula() {
    means(
        "  type: temporal\n  condition: a and not (b or d)\n",
        "these match: (a and not (b or d))",
    );
    means(
        "  type: temporal\n  rules: [a, b, d]\n  condition: 1 of them and not b\n",
        "these match: ((a or b or d) and not b)",
    );
    means(
        "  type: temporal_ordered\n  rules: [a, d, b]\n  condition: a and b and not d\n",
        "these match in this order: a, b; and none of these: d",
    );
    let wrong = |body: &str| asks(body).unwrap_err();
    assert_eq!(wrong("  type: temporal\n  rules: [a]\n  condition: a and b\n"), ["K004"]);
    assert_eq!(wrong("  type: temporal\n  condition: a and nosuch\n"), ["K004"]);
    assert_eq!(wrong("  type: temporal\n  rules: [a]\n  condition: 1 of x*\n"), ["K004"]);
    assert_eq!(wrong("  type: temporal_ordered\n  condition: a or b\n"), ["K012"]);
}

#[test]
fn k07_a_percentile_has_a_key_of_its_own() {
    means(
        "  type: value_percentile\n  rules: [a]\n  condition: { field: f, percentile: 95, gt: 5 }\n",
        "percentile 95 of f is > 5",
    );
    means(
        "  type: value_percentile\n  rules: [a]\n  condition: { field: f, lte: 1 }\n",
        "the newest value of f has a share in percent <= 1",
    );
    means(
        "  type: value_median\n  rules: [a]\n  condition: { field: f, gt: 5 }\n",
        "percentile 50 of f is > 5",
    );
}

#[test]
fn k08_aliases_name_a_field_for_each_rule() {
    let with = |aliases: &str| {
        correlation(&format!(
            "  type: temporal\n  rules: [a, b]\n  group-by: [ip]\n  aliases: {aliases}\n"
        ))
    };
    let loaded = files(&[&with("{ ip: { a: src, id-b: dst } }"), &rule("a"), &rule("b")]);
    assert_eq!(codes(&loaded), [""; 0]);
    let it = loaded.correlations[0].correlation.as_ref().unwrap();
    let fields: Vec<&str> = it.members.iter().map(|it| it.fields[0].as_ref()).collect();
    assert_eq!(fields, ["src", "dst"]);
    let found = |aliases: &str| places(&files(&[&with(aliases), &rule("a"), &rule("b")]));
    let pair = |code, at: &str| (code, at.to_owned());
    assert_eq!(found("{ ip: { a: src } }"), [pair("K009", "ip")]);
    assert_eq!(found("{ ip: { a: src, b: dst, x: y } }"), [pair("K009", "x")]);
    assert_eq!(found("{ ip: { a: src, b: dst }, host: { a: h } }"), [pair("K010", "host")]);
    let upper = "title: u\ncorrelation:\n  type: temporal\n  rules: [c, d]\n  group-by: [ip]\n  aliases: { ip: { d: src } }\n  timespan: 1m\n";
    let lower = with("{ ip: { a: src, b: dst } }");
    assert_eq!(codes(&files(&[upper, &lower, &rule("a"), &rule("b"), &rule("d")])), [""; 0]);
}

#[test]
fn k09_conditions_that_nothing_satisfies_are_errors() {
    for body in [
        "  type: temporal\n  rules: [a, b]\n  condition: { gte: 3 }\n",
        "  type: event_count\n  rules: [a]\n  condition: { lt: 1 }\n",
        "  type: event_count\n  rules: [a]\n  condition: { gt: 5, lt: 6 }\n",
        "  type: value_sum\n  rules: [a]\n  condition: { field: f, gt: 5, lt: 4 }\n",
        "  type: value_percentile\n  rules: [a]\n  condition: { field: f, gt: 100 }\n",
        "  type: temporal\n  condition: not a\n",
        "  type: temporal_ordered\n  condition: a and not a\n",
    ] {
        assert_eq!(asks(body).unwrap_err(), ["K011"], "{body}");
    }
    for body in [
        "  type: event_count\n  rules: [a]\n  condition: { gt: 5, lt: 7 }\n",
        "  type: value_sum\n  rules: [a]\n  condition: { field: f, gt: 5, lt: 6 }\n",
        "  type: value_sum\n  rules: [a]\n  condition: { field: f, lt: 0 }\n",
        "  type: value_percentile\n  rules: [a]\n  condition: { field: f, lt: 0.5 }\n",
        "  type: temporal\n  rules: [a, b]\n  condition: { eq: 1 }\n",
    ] {
        assert!(asks(body).is_ok(), "{body}");
    }
}

#[test]
fn k10_parts_are_written_alone_only_with_generate() {
    let parts = |text: &str| {
        let loaded = files(&[text, &rule("a"), &rule("b")]);
        loaded.rules.iter().map(|it| it.is_part).collect::<Vec<_>>()
    };
    let text = correlation("  type: event_count\n  rules: [a]\n  condition: { gte: 2 }\n");
    assert_eq!(parts(&text), [true, false]);
    assert_eq!(parts(&format!("{text}  generate: true\n")), [false, false]);
    assert_eq!(parts(&format!("{text}generate: true\n")), [false, false]);
}

#[test]
fn k11_examples_have_times() {
    let text = correlation(
        "  type: event_count\n  rules: [a]\n  condition: { gte: 4 }\ntests:\n  - match: true\n    events:\n      - { at: 5s, repeat: 3, every: 2s, event: { f: a } }\n      - { event: { f: a } }\n  - match: false\n    events:\n      - { at: 20s, event: { f: a } }\n      - { at: 5s, repeat: 3, every: 2s, event: { f: a } }\n",
    );
    let loaded = files(&[&text, &rule("a")]);
    let it = &loaded.correlations[0];
    let results = run_series(&loaded, it).unwrap();
    assert!(results.iter().all(|it| it.passed()), "{results:?}");
    assert_eq!(results[0].hits, [(4, vec![])]);
    let times: Vec<i64> = results[1].series.events.iter().map(|it| it.0).collect();
    assert_eq!(times, [5000, 7000, 9000, 20_000]);
}

fn filter(rules: &str, body: &str) -> String {
    format!(
        "title: flt\nlogsource: {{ product: windows }}\nfilter:\n  rules: {rules}\n  sel: {{ {body} }}\n  condition: not sel\n"
    )
}

fn matches(rule: &LoadedRule, event: &Value) -> bool {
    why(rule.lowered.as_ref().unwrap(), event).unwrap().0
}

#[test]
fn f01_a_filter_is_joined_with_and() {
    let loaded = files(&[&rule("a"), &filter("[a]", "g: y")]);
    assert_eq!(codes(&loaded), [""; 0]);
    let it = &loaded.rules[0];
    assert!(matches(it, &json!({ "f": "a" })));
    assert!(!matches(it, &json!({ "f": "a", "g": "y" })));
    assert!(!matches(it, &json!({})));
    assert_eq!(it.filters, [0]);
    // A rule of several conditions is joined as a whole.
    let two = rule("a").replace("condition: sel", "condition: [sel, not sel]");
    let loaded = files(&[&two, &filter("[a]", "g: y")]);
    assert!(!matches(&loaded.rules[0], &json!({ "g": "y" })));
}

#[test]
fn f02_a_filter_without_not_keeps_and_is_warned_of() {
    let text = filter("any", "g: y").replace("not sel", "sel");
    let loaded = files(&[&rule("a"), &text]);
    assert_eq!(places(&loaded), [("F002", "sel".to_owned())]);
    assert!(matches(&loaded.rules[0], &json!({ "f": "a", "g": "y" })));
    assert!(!matches(&loaded.rules[0], &json!({ "f": "a" })));
    // `neq` says it too.
    assert_eq!(codes(&files(&[&text.replace("g: y", "g|neq: y")])), [""; 0]);
}

#[test]
fn f03_a_filter_is_for_the_rules_it_names() {
    let applied = |rules: &str| {
        let loaded = files(&[&rule("a"), &filter(rules, "g: y")]);
        (loaded.rules[0].filters.len(), places(&loaded))
    };
    for rules in ["any", "[a]", "[id-a]", "a", "[ID-A, a]"] {
        assert_eq!(applied(rules), (1, Vec::new()), "{rules}");
    }
    assert_eq!(applied("[b]"), (0, vec![("F001", "b".to_owned())]));
}

#[test]
fn f04_the_log_source_must_cover_the_rules() {
    let applied = |logsource: &str, rules: &str| {
        let text = filter(rules, "g: y").replace("product: windows", logsource);
        let loaded = files(&[&rule("a"), &text]);
        (loaded.rules[0].filters.len(), codes(&loaded))
    };
    assert_eq!(applied("category: process_creation", "any"), (1, vec![]));
    assert_eq!(applied("product: linux", "any"), (0, vec![]));
    assert_eq!(applied("product: linux", "[a]"), (0, vec!["F003"]));
    assert_eq!(applied("product: windows, service: security", "[a]"), (0, vec!["F003"]));
}

#[test]
fn f05_a_correlation_sees_filtered_rules() {
    let text = correlation(
        "  type: event_count\n  rules: [a]\n  condition: { gte: 1 }\ntests:\n  - match: true\n    events: [ { event: { f: a } } ]\n  - match: false\n    events: [ { event: { f: a, g: y } } ]\n",
    );
    let loaded = files(&[&text, &rule("a"), &filter("[a]", "g: y")]);
    let results = run_series(&loaded, &loaded.correlations[0]).unwrap();
    assert!(results.iter().all(|it| it.passed()), "{results:?}");
    let loaded = files(&[&text, &rule("a"), &filter("[c]", "g: y")]);
    assert_eq!(places(&loaded), [("F003", "c".to_owned())]);
}

#[test]
fn f06_filters_do_not_know_each_other() {
    let loaded = files(&[&rule("a"), &filter("any", "g: y"), &filter("[a]", "h: z")]);
    let it = &loaded.rules[0];
    assert!(matches(it, &json!({ "f": "a" })));
    assert!(!matches(it, &json!({ "f": "a", "g": "y" })));
    assert!(!matches(it, &json!({ "f": "a", "h": "z" })));
}

#[test]
fn f07_vocabularies_do_not_mix() {
    let ecs = format!("taxonomy: ecs\n{}", filter("any", "g: y"));
    assert_eq!(files(&[&rule("a"), &ecs]).rules[0].filters, [0; 0]);
    let named = ecs.replace("any", "[a]");
    assert_eq!(codes(&files(&[&rule("a"), &named])), ["F003"]);
    let both = format!("taxonomy: ecs\n{}", rule("a"));
    assert_eq!(files(&[&both, &ecs]).rules[0].filters, [0]);
}

#[test]
fn f08_a_rule_with_a_broken_filter_is_not_used() {
    let loaded = files(&[&rule("a"), &rule("b"), &filter("[a]", "g|no: y")]);
    let mut found = codes(&loaded);
    found.sort_unstable();
    assert_eq!(found, ["F004", "M001"]);
    assert!(loaded.rules[0].lowered.is_none());
    assert!(loaded.rules[1].lowered.is_some());
}
