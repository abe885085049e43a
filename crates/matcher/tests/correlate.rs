//! One test for each fact C of `docs/semantics.md`, of the same number; and what a stream does to
//! the state.

#![allow(clippy::unwrap_used, clippy::panic)]

mod correlate_oracle;

use std::sync::Arc;

use ir::{BoundOp, Bounds, Correlation, Formula, Member, Meta, Number, Question, Referent};
use rulec_matcher::correlate::{Correlator, Hit, Limits, MOST_COMBINATIONS};
use serde_json::{Value, json};
use source::{FileId, Span, Spanned};

fn spanned<T>(it: T) -> Spanned<T> {
    Spanned::new(it, Span::new(FileId::FIRST, 0, 1))
}

/// A correlation of members with these fields each: those of the group, then of the question.
fn correlation(
    question: Question,
    seconds: u64,
    group_by: &[&str],
    members: &[(Referent, &[&str])],
) -> Correlation {
    let member = |(to, fields): &(Referent, &[&str])| Member {
        to: *to,
        name: spanned(format!("{to:?}")),
        fields: fields.iter().map(|it| Arc::from(*it)).collect(),
    };
    Correlation {
        meta: Meta::default(),
        question,
        members: members.iter().map(member).collect(),
        group_by: group_by.iter().map(|it| spanned(Arc::from(*it))).collect(),
        seconds: spanned(seconds),
        generate: false,
        fixtures: Vec::new(),
        targets: Vec::new(),
        span: Span::new(FileId::FIRST, 0, 1),
    }
}

fn bound(op: BoundOp, it: i128) -> Bounds {
    Bounds(vec![(op, Number::Int(it))])
}

fn at_least(it: i128) -> Bounds {
    bound(BoundOp::Gte, it)
}

const R: [Referent; 3] = [Referent::Rule(0), Referent::Rule(1), Referent::Rule(2)];

/// Correlations over `u` in ten seconds.
fn over_u(question: Question, rules: usize, fields: &[&str]) -> Correlation {
    let all: Vec<&str> = ["u"].into_iter().chain(fields.iter().copied()).collect();
    let members: Vec<_> = R[..rules].iter().map(|it| (*it, all.as_slice())).collect();
    correlation(question, 10, &["u"], &members)
}

/// An event: its second, the rules that it matches, and its fields.
type Given = (i64, &'static [usize], Value);

/// All hits, with a lateness of so many seconds.
fn late_hits(all: &[&Correlation], lateness: i64, events: &[Given]) -> Vec<Hit> {
    let all: Vec<_> = all.iter().map(|it| Some(*it)).collect();
    let limits = Limits { lateness: lateness * 1_000_000, ..Limits::default() };
    let mut correlator = Correlator::new(&all, limits);
    let mut res = Vec::new();
    for (at, rules, event) in events {
        res.extend(correlator.observe(at * 1_000_000, rules, event));
    }
    res.extend(correlator.finish());
    res
}

/// The numbers of the events that complete the correlation.
fn completes(it: &Correlation, events: &[Given]) -> Vec<u64> {
    late_hits(&[it], 0, events).iter().map(|it| it.event).collect()
}

fn a() -> Value {
    json!({ "u": "a" })
}

fn value(it: impl Into<Value>) -> Value {
    json!({ "u": "a", "f": it.into() })
}

#[test]
fn c01_the_window_reaches_back_from_each_event_and_both_ends_count() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (10, &[0], a())]), [1]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (11, &[0], a())]), [0; 0]);
    // There are no borders at full minutes or the like.
    assert_eq!(completes(&it, &[(59, &[0], a()), (61, &[0], a())]), [1]);
}

#[test]
fn c02_every_event_is_judged_anew() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let events = [(0, &[0][..], a()), (1, &[0], a()), (2, &[0], a())];
    assert_eq!(completes(&it, &events), [1, 2]);
}

#[test]
fn c03_events_that_no_rule_of_it_matches_are_not_seen() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (1, &[1], a()), (2, &[], a())]), [0; 0]);
}

#[test]
fn c04_time_orders_events_then_arrival() {
    let it = over_u(Question::Ordered(at_least(2)), 2, &[]);
    // At one time the order is that of arrival.
    assert_eq!(completes(&it, &[(0, &[0], a()), (0, &[1], a())]), [1]);
    assert_eq!(completes(&it, &[(0, &[1], a()), (0, &[0], a())]), [0; 0]);
    let hits = late_hits(&[&it], 5, &[(3, &[1], a()), (2, &[0], a())]);
    assert_eq!((hits[0].event, hits[0].at), (0, 3_000_000));
}

#[test]
fn c05_what_is_later_than_the_lateness_is_left_out() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let events = [(3, &[0][..], a()), (2, &[0], a())];
    assert_eq!(late_hits(&[&it], 0, &events).len(), 0);
    assert_eq!(late_hits(&[&it], 1, &events).len(), 1);
}

#[test]
fn c06_groups_are_apart() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let b = || json!({ "u": "b" });
    let events = [(0, &[0][..], a()), (1, &[0], b()), (2, &[0], b())];
    let hits = late_hits(&[&it], 0, &events);
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].group, [Arc::from("b")]);
}

#[test]
fn c07_without_group_by_all_events_are_one_group() {
    let it = correlation(Question::Events(at_least(2)), 10, &[], &[(R[0], &[])]);
    assert_eq!(completes(&it, &[(0, &[0], json!({})), (1, &[0], a())]), [1]);
}

#[test]
fn c08_an_event_without_a_value_of_the_group_is_left_out() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    for none in [json!({}), json!({ "u": null }), json!({ "u": [] }), json!({ "u": { "v": 1 } })] {
        assert_eq!(completes(&it, &[(0, &[0], none.clone()), (1, &[0], none)]), [0; 0]);
    }
}

#[test]
fn c09_an_empty_text_is_no_value() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let empty = || json!({ "u": "" });
    assert_eq!(completes(&it, &[(0, &[0], empty()), (1, &[0], empty())]), [0; 0]);
    let it = over_u(Question::Distinct(1, at_least(2)), 1, &["f"]);
    assert_eq!(completes(&it, &[(0, &[0], value("")), (1, &[0], value("x"))]), [0; 0]);
}

#[test]
fn c10_values_are_the_same_when_their_texts_are_and_case_counts() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let hits = |a: Value, b: Value| {
        completes(&it, &[(0, &[0], json!({ "u": a })), (1, &[0], json!({ "u": b }))]).len()
    };
    assert_eq!(hits(json!(5), json!("5")), 1);
    assert_eq!(hits(json!(5), json!(5.0)), 1);
    assert_eq!(hits(json!(true), json!("true")), 1);
    assert_eq!(hits(json!("a"), json!("A")), 0);
}

#[test]
fn c11_an_array_puts_an_event_in_several_groups() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let both = || json!({ "u": ["a", "b", "a"] });
    let events = [(0, &[0][..], both()), (1, &[0], a()), (2, &[0], both())];
    let hits: Vec<_> = late_hits(&[&it], 0, &events)
        .into_iter()
        .map(|it| (it.event, it.group[0].to_string()))
        .collect();
    let pair = |event, group: &str| (event, group.to_owned());
    assert_eq!(hits, [pair(1, "a"), pair(2, "a"), pair(2, "b")]);
}

#[test]
fn c12_an_event_in_too_many_groups_is_left_out() {
    let it = over_u(Question::Events(at_least(1)), 1, &[]);
    let many = |count: usize| json!({ "u": (0..count).collect::<Vec<_>>() });
    assert_eq!(completes(&it, &[(0, &[0], many(MOST_COMBINATIONS))]).len(), MOST_COMBINATIONS);
    assert_eq!(completes(&it, &[(0, &[0], many(MOST_COMBINATIONS + 1))]), [0; 0]);
}

#[test]
fn c13_an_event_that_several_rules_match_is_one_event() {
    let it = over_u(Question::Events(at_least(2)), 2, &[]);
    assert_eq!(completes(&it, &[(0, &[0, 1], a())]), [0; 0]);
    let it = over_u(Question::Sum(at_least(10)), 2, &["f"]);
    assert_eq!(completes(&it, &[(0, &[0, 1], value(5))]), [0; 0]);
}

#[test]
fn c14_all_bounds_must_hold() {
    let range = Bounds(vec![(BoundOp::Gt, Number::Int(1)), (BoundOp::Lte, Number::Int(2))]);
    let it = over_u(Question::Events(range), 1, &[]);
    let events = [(0, &[0][..], a()), (1, &[0], a()), (2, &[0], a())];
    assert_eq!(completes(&it, &events), [1]);
}

#[test]
fn c15_value_count_counts_different_values() {
    let it = over_u(Question::Distinct(1, at_least(2)), 1, &["f"]);
    assert_eq!(completes(&it, &[(0, &[0], value("x")), (1, &[0], value("x"))]), [0; 0]);
    assert_eq!(completes(&it, &[(0, &[0], value("x")), (1, &[0], value("X"))]), [1]);
    assert_eq!(completes(&it, &[(0, &[0], value(json!(["x", "y"])))]), [0]);
    // A value that was seen again counts from its last time on.
    let events = [(0, &[0][..], value("x")), (8, &[0], value("x")), (18, &[0], value("y"))];
    assert_eq!(completes(&it, &events), [2]);
}

#[test]
fn c16_of_several_fields_sets_of_values_are_counted() {
    let it = over_u(Question::Distinct(2, at_least(2)), 1, &["f", "g"]);
    let pair = |f: &str, g: &str| json!({ "u": "a", "f": f, "g": g });
    assert_eq!(completes(&it, &[(0, &[0], pair("x", "y")), (1, &[0], pair("x", "z"))]), [1]);
    assert_eq!(completes(&it, &[(0, &[0], pair("x", "y")), (1, &[0], pair("x", "y"))]), [0; 0]);
    assert_eq!(completes(&it, &[(0, &[0], pair("ab", "c")), (1, &[0], pair("a", "bc"))]), [1]);
    assert_eq!(completes(&it, &[(0, &[0], value("x")), (1, &[0], pair("x", "z"))]), [0; 0]);
}

#[test]
fn c17_an_event_without_a_value_of_the_field_is_left_out() {
    let most = |it| over_u(Question::Distinct(1, bound(BoundOp::Lte, it)), 1, &["f"]);
    assert_eq!(completes(&most(1), &[(0, &[0], a()), (1, &[0], value("x"))]), [1]);
    let sum = over_u(Question::Sum(bound(BoundOp::Lt, 10)), 1, &["f"]);
    assert_eq!(completes(&sum, &[(0, &[0], value("x")), (1, &[0], value("5"))]), [1]);
}

#[test]
fn c18_sums_and_averages_are_exact() {
    let it = over_u(Question::Sum(bound(BoundOp::Gt, 10)), 1, &["f"]);
    assert_eq!(
        completes(&it, &[(0, &[0], value(4)), (1, &[0], value("6")), (2, &[0], value(1))]),
        [2]
    );
    assert_eq!(completes(&it, &[(0, &[0], value(json!([4, 4, 4])))]), [0]);
    let it = over_u(Question::Sum(bound(BoundOp::Eq, 1)), 1, &["f"]);
    assert_eq!(completes(&it, &[(0, &[0], value(0.25)), (1, &[0], value(0.75))]), [1]);
    // The numbers of a window that is over leave nothing behind.
    let it = over_u(Question::Sum(bound(BoundOp::Lt, 1)), 1, &["f"]);
    assert_eq!(completes(&it, &[(0, &[0], value(1e18)), (20, &[0], value(0.5))]), [1]);
    let it = over_u(Question::Average(bound(BoundOp::Gt, 5)), 1, &["f"]);
    assert_eq!(
        completes(&it, &[(0, &[0], value(4)), (1, &[0], value(6)), (2, &[0], value(6))]),
        [2]
    );
}

#[test]
fn c19_percentiles_are_by_nearest_rank() {
    let over = |rank, it| over_u(Question::Percentile(Number::Int(rank), it), 1, &["f"]);
    let events: Vec<Given> = (1..=4).map(|it| (it, &[0][..], value(it))).collect();
    // Of 1 to 4, the half is 2: the first with half of all at or before it.
    assert_eq!(completes(&over(50, bound(BoundOp::Eq, 2)), &events), [2, 3]);
    assert_eq!(completes(&over(100, bound(BoundOp::Eq, 4)), &events), [3]);
    assert_eq!(completes(&over(0, bound(BoundOp::Eq, 1)), &events), [0, 1, 2, 3]);
}

#[test]
fn c20_without_a_percentile_the_share_of_the_newest_value_is_meant() {
    let it = over_u(Question::Share(bound(BoundOp::Lte, 25)), 1, &["f"]);
    let events: Vec<Given> = ["x", "x", "x", "y"]
        .into_iter()
        .zip(0..)
        .map(|(it, at)| (at, &[0][..], value(it)))
        .collect();
    assert_eq!(completes(&it, &events), [3]);
}

#[test]
fn c21_temporal_counts_rules_that_match_in_any_order() {
    let it = over_u(Question::Together(at_least(2)), 2, &[]);
    assert_eq!(completes(&it, &[(0, &[1], a()), (1, &[0], a()), (2, &[0], a())]), [1, 2]);
    assert_eq!(completes(&it, &[(0, &[1], a()), (11, &[0], a())]), [0; 0]);
    // One event may be that of several rules.
    assert_eq!(completes(&it, &[(0, &[0, 1], a())]), [0]);
}

#[test]
fn c22_temporal_ordered_needs_different_events_in_the_order_of_the_list() {
    let it = over_u(Question::Ordered(at_least(2)), 2, &[]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (1, &[1], a())]), [1]);
    assert_eq!(completes(&it, &[(0, &[1], a()), (1, &[0], a())]), [0; 0]);
    assert_eq!(completes(&it, &[(0, &[0, 1], a())]), [0; 0]);
    assert_eq!(completes(&it, &[(0, &[0, 1], a()), (1, &[0, 1], a())]), [1]);
    let three = over_u(Question::Ordered(at_least(3)), 3, &[]);
    assert_eq!(completes(&three, &[(0, &[0], a()), (1, &[1], a()), (2, &[2], a())]), [2]);
    assert_eq!(completes(&three, &[(0, &[0], a()), (1, &[1, 2], a())]), [0; 0]);
}

#[test]
fn c23_it_is_completed_by_the_last_of_the_order_alone() {
    let it = over_u(Question::Ordered(at_least(2)), 2, &[]);
    let events = [(0, &[0][..], a()), (1, &[1], a()), (2, &[0], a()), (3, &[1], a())];
    assert_eq!(completes(&it, &events), [1, 3]);
    // The newest start counts, so a chain is found whenever there is one.
    assert_eq!(completes(&it, &[(0, &[0], a()), (9, &[0], a()), (15, &[1], a())]), [2]);
}

#[test]
fn c24_with_a_number_the_longest_chain_counts() {
    let it = over_u(Question::Ordered(at_least(2)), 3, &[]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (1, &[2], a()), (2, &[1], a())]), [1, 2]);
    assert_eq!(completes(&it, &[(0, &[2], a()), (1, &[1], a()), (2, &[0], a())]), [0; 0]);
}

#[test]
fn c25_a_formula_asks_which_rules_match() {
    use Formula::{All, Any, Member, Not};
    let formula = All(vec![Member(0), Not(Box::new(Any(vec![Member(1), Member(2)])))]);
    let it = over_u(Question::Formula(formula), 3, &[]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (1, &[1], a()), (2, &[0], a())]), [0]);
    // What comes later is not known yet, and what is too old counts no more.
    assert_eq!(completes(&it, &[(0, &[1], a()), (11, &[0], a()), (12, &[2], a())]), [1]);
}

#[test]
fn c26_an_ordered_formula_may_exclude_rules() {
    let it = over_u(Question::OrderedFormula(vec![0, 2], vec![1]), 3, &[]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (1, &[2], a())]), [1]);
    assert_eq!(completes(&it, &[(0, &[0], a()), (1, &[1], a()), (2, &[2], a())]), [0; 0]);
    assert_eq!(completes(&it, &[(0, &[1], a()), (11, &[0], a()), (12, &[2], a())]), [2]);
}

#[test]
fn c27_a_correlation_may_see_matches_of_another() {
    let many = over_u(Question::Events(at_least(2)), 1, &[]);
    let then = correlation(
        Question::Ordered(at_least(2)),
        10,
        &["u"],
        &[(Referent::Correlation(0), &["u"]), (R[1], &["u"])],
    );
    let events = [(0, &[0][..], a()), (1, &[0], a()), (2, &[1], a())];
    let hits = late_hits(&[&many, &then], 0, &events);
    assert_eq!(
        hits.iter().map(|it| (it.correlation, it.event)).collect::<Vec<_>>(),
        [(0, 1), (1, 2)]
    );
    // The order in which they are listed makes no difference.
    let then = correlation(
        Question::Ordered(at_least(2)),
        10,
        &["u"],
        &[(Referent::Correlation(1), &["u"]), (R[1], &["u"])],
    );
    assert_eq!(late_hits(&[&then, &many], 0, &events).len(), 2);
}

fn a_of_h() -> Value {
    json!({ "u": "a", "host": "h" })
}

#[test]
fn c28_a_match_is_its_last_event_with_the_values_of_its_group() {
    let many = over_u(Question::Events(at_least(2)), 1, &[]);
    let upper = correlation(
        Question::Distinct(1, at_least(2)),
        10,
        &["host"],
        &[(Referent::Correlation(0), &["host", "u"])],
    );
    // `u` of a match is its group's value, though the event has two; `host` is that of the event.
    let both = || json!({ "u": ["a", "b"], "host": "h" });
    let events =
        [(0, &[0][..], both()), (1, &[0], a()), (2, &[0], json!({ "u": "a", "host": "h" }))];
    let hits = late_hits(&[&many, &upper], 0, &events);
    assert!(hits.iter().all(|it| it.correlation == 0), "{hits:?}");
    // One event that completes two groups is still one event (C13).
    let events = [(0, &[0][..], both()), (1, &[0], both())];
    let hits = late_hits(&[&many, &upper], 0, &events);
    assert_eq!(hits.iter().map(|it| it.correlation).collect::<Vec<_>>(), [0, 0]);
    let b = || json!({ "u": "b", "host": "h" });
    let events = [(0, &[0][..], a_of_h()), (1, &[0], a_of_h()), (2, &[0], b()), (3, &[0], b())];
    let hits = late_hits(&[&many, &upper], 0, &events);
    assert_eq!(
        hits.iter().filter(|it| it.correlation == 1).map(|it| it.event).collect::<Vec<_>>(),
        [3]
    );
}

#[test]
fn c29_aliases_give_each_rule_a_field_of_its_own() {
    let it = correlation(
        Question::Together(at_least(2)),
        10,
        &["ip"],
        &[(R[0], &["dst"]), (R[1], &["src"])],
    );
    let event = |src: &str, dst: &str| json!({ "src": src, "dst": dst });
    let events = [(0, &[0][..], event("1", "2")), (1, &[1], event("2", "1"))];
    assert_eq!(completes(&it, &events), [1]);
    assert_eq!(completes(&it, &[(0, &[0], event("1", "2")), (1, &[1], event("1", "2"))]), [0; 0]);
}

#[test]
fn state_of_groups_expires() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let mut correlator = Correlator::new(&[Some(&it)], Limits::default());
    for at in 0..100_000_i64 {
        let event = json!({ "u": at });
        correlator.observe(at * 1_000_000, &[0], &event);
        assert!(correlator.groups() <= 11);
    }
    correlator.expire(200_000_000_000);
    assert_eq!((correlator.groups(), correlator.memory()), (0, 0));
}

#[test]
fn memory_stays_within_its_limit_and_no_match_is_invented() {
    let most = over_u(Question::Events(bound(BoundOp::Lte, 1)), 1, &[]);
    let least = over_u(Question::Events(at_least(2)), 1, &[]);
    let limits = Limits { memory: 100_000, ..Limits::default() };
    let mut correlator = Correlator::new(&[Some(&most), Some(&least)], limits);
    let mut hits = Vec::new();
    hits.extend(correlator.observe(0, &[0], &json!({ "u": "victim" })));
    for nth in 0..20_000 {
        correlator.observe(1_000 + nth, &[0], &json!({ "u": format!("flood {nth}") }));
        assert!(correlator.memory() <= limits.memory);
    }
    let before = correlator.stats();
    assert!(before.forgotten > 10_000, "{before:?}");
    let again = correlator.observe(1_000_000, &[0], &json!({ "u": "victim" }));
    // It is the second event, but that is no longer known: neither answer is given.
    assert_eq!(again, []);
    assert!(correlator.stats().withheld > before.withheld);
    // A group that was begun since is counted again.
    let hits = correlator.observe(1_000_001, &[0], &json!({ "u": "victim" }));
    assert_eq!(hits.iter().map(|it| it.correlation).collect::<Vec<_>>(), [1]);
}

#[test]
fn waiting_events_are_limited() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let limits = Limits { lateness: 1_000_000_000, waiting: 10, ..Limits::default() };
    let mut correlator = Correlator::new(&[Some(&it)], limits);
    let hits: usize = (0..100).map(|at| correlator.observe(at, &[0], &a()).len()).sum();
    assert_eq!((hits, correlator.stats().hurried), (89, 90));
    // What comes before an event that was judged early is late.
    correlator.observe(0, &[0], &a());
    assert_eq!(correlator.stats().late, 1);
}

#[test]
fn what_is_no_state_is_refused() {
    let it = over_u(Question::Events(at_least(2)), 1, &[]);
    let mut correlator = Correlator::new(&[Some(&it)], Limits::default());
    correlator.observe(0, &[0], &a());
    for text in ["", "{}", "[]", "{\"version\": 9}"] {
        assert!(correlator.restore(text).is_err(), "{text}");
    }
    let mut saved: Value = serde_json::from_str(&correlator.save()).unwrap();
    saved["correlations"][0]["groups"][0]["key"] = json!([]);
    let err = correlator.restore(&saved.to_string()).unwrap_err();
    assert!(err.to_string().contains("does not fit"), "{err}");
    assert_eq!(correlator.observe(1, &[0], &a()).len(), 1);
}

#[test]
fn a_changed_correlation_begins_anew() {
    let old = over_u(Question::Events(at_least(2)), 1, &[]);
    let mut correlator = Correlator::new(&[Some(&old)], Limits::default());
    correlator.observe(0, &[0], &a());
    let new = over_u(Question::Events(at_least(3)), 1, &[]);
    let mut changed = Correlator::new(&[Some(&new)], Limits::default());
    assert_eq!(changed.restore(&correlator.save()), Ok(0));
    assert_eq!(changed.groups(), 0);
}
