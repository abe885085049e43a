//! What is said of an edit of a correlation: what is certain, and that it is true of streams made at random.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use rulec_driver::{Loaded, Proof, Relation, Targets, diff, load, run_series};

const RULES: &str = "
title: a
name: a
logsource: { product: test }
detection:
  s: { a: y }
  condition: s
---
title: b
name: b
logsource: { product: test }
detection:
  s: { b: y }
  condition: s
---
title: c
name: c
logsource: { product: test }
detection:
  s: { c: y }
  condition: s
";

/// A state with a correlation of this body, in flow style; `rules` replaces a text of the rules.
fn state(body: &str, rules: (&str, &str), tests: &str) -> Loaded {
    let rules = RULES.replace(rules.0, rules.1);
    let text = format!("title: x\nid: x\ncorrelation: {{ {body} }}\n{tests}---{rules}");
    let loaded = load([("x.yml".to_owned(), text.into_bytes())]);
    let problems: Vec<&str> = loaded.all_problems().map(|it| it.message.as_str()).collect();
    assert!(loaded.correlations[0].correlation.is_some(), "{body}: {problems:?}");
    loaded
}

fn related(old: &Loaded, new: &Loaded) -> (Relation, Vec<String>) {
    let diff = diff(old, new, &[], &Targets::default(), &Proof);
    let found = diff.changes.iter().find(|it| it.subject().is_some_and(|it| it.is_correlation()));
    found.map_or((Relation::Same, Vec::new()), |it| (it.relation, it.reasons.clone()))
}

const NONE: (&str, &str) = ("title: a\n", "title: a\n");

#[track_caller]
fn check(old: &str, new: &str, relation: Relation, reason: &str) {
    let back = match relation {
        Relation::Wider => Relation::Narrower,
        Relation::Narrower => Relation::Wider,
        it => it,
    };
    let (old_state, new_state) = (state(old, NONE, ""), state(new, NONE, ""));
    let (found, reasons) = related(&old_state, &new_state);
    assert_eq!(found, relation, "{old} -> {new}: {reasons:?}");
    assert!(reasons.join("; ").contains(reason), "{old} -> {new}: {reasons:?}");
    assert_eq!(related(&new_state, &old_state).0, back, "{new} -> {old}");
}

/// A count over `u` with this condition.
fn events(condition: &str) -> String {
    format!(
        "type: event_count, rules: [a], group-by: [u], timespan: 1m, condition: {{ {condition} }}"
    )
}

#[test]
fn a_threshold_is_compared() {
    let check = |old: &str, new: &str, relation, reason: &str| {
        check(&events(old), &events(new), relation, reason);
    };
    check("gte: 5", "gte: 3", Relation::Wider, "easier to meet");
    check("gte: 3", "gte: 5", Relation::Narrower, "harder to meet");
    check("gte: 5", "gt: 4", Relation::Same, "");
    check("gte: 5", "gte: 5, lte: 9", Relation::Narrower, "harder to meet");
    check("eq: 5", "gte: 5", Relation::Wider, "easier to meet");
    check("lt: 5", "lt: 6", Relation::Wider, "easier to meet");
    check("lt: 5", "gt: 5", Relation::Changed, "no longer holds where it did");
    check("gte: 5, lte: 9", "gte: 6, lte: 10", Relation::Changed, "holds where it did not");
    check("neq: 5", "gte: 1", Relation::Wider, "easier to meet");
    check("lt: 1000000", "neq: 1000001", Relation::Wider, "");
}

#[test]
fn amounts_are_compared_with_fractions_too() {
    let check = |old: &str, new: &str, relation| {
        let body = |it: &str| {
            format!(
                "type: value_avg, rules: [a], group-by: [u], timespan: 1m, condition: {{ field: n, {it} }}"
            )
        };
        check(&body(old), &body(new), relation, "");
    };
    check("gt: 5", "gte: 5", Relation::Wider);
    check("gt: 4", "gte: 5", Relation::Narrower);
    check("gte: 0.1, lt: 0.2", "gte: 0.15", Relation::Changed);
    let percentile = |rank: u32, it: &str| {
        format!(
            "type: value_percentile, rules: [a], timespan: 1m, condition: {{ field: n, percentile: {rank}, {it} }}"
        )
    };
    self::check(&percentile(90, "gt: 5"), &percentile(90, "gt: 4"), Relation::Wider, "easier");
    self::check(&percentile(90, "gt: 5"), &percentile(95, "gt: 5"), Relation::Unknown, "another");
}

#[test]
fn a_window_is_compared_where_its_length_has_one_effect() {
    let of = |kind: &str, span: &str, condition: &str| {
        format!(
            "type: {kind}, rules: [a, b], group-by: [u], timespan: {span}, condition: {condition}"
        )
    };
    let check = |kind: &str, condition: &str, relation, reason: &str| {
        check(&of(kind, "1m", condition), &of(kind, "90s", condition), relation, reason);
    };
    check("event_count", "{ gte: 5 }", Relation::Wider, "a longer window sees more");
    check("event_count", "{ lt: 5 }", Relation::Narrower, "of which there must be few");
    check("event_count", "{ eq: 5 }", Relation::Unknown, "may begin matches and end them");
    check("value_count", "{ field: f, gt: 1 }", Relation::Wider, "a longer window");
    check("value_sum", "{ field: n, gt: 1 }", Relation::Unknown, "a longer window");
    check("temporal", "{ gte: 2 }", Relation::Wider, "a longer window");
    check("temporal_ordered", "{ gte: 2 }", Relation::Wider, "a longer window");
    check("temporal", "a or b", Relation::Wider, "a longer window");
    check("temporal", "a and not b", Relation::Unknown, "a longer window");
}

#[test]
fn steps_that_lead_the_same_way_are_joined_and_others_leave_it_open() {
    let of = |span: &str, group: &str, least: u32| {
        format!(
            "type: event_count, rules: [a], group-by: [{group}], timespan: {span}, condition: {{ gte: {least} }}"
        )
    };
    check(
        &of("1m", "u", 5),
        &of("2m", "u", 3),
        Relation::Wider,
        "window sees more; its condition is easier",
    );
    check(
        &of("1m", "u", 5),
        &of("2m", "u", 9),
        Relation::Unknown,
        "window sees more; its condition is harder",
    );
    check(&of("1m", "u", 5), &of("1m", "u, h", 5), Relation::Narrower, "a part of an old one");
    check(&of("1m", "u", 5), &of("1m", "h, u", 6), Relation::Narrower, "harder to meet");
    check(&of("1m", "u, h", 5), &of("1m", "h, u", 5), Relation::Same, "");
    check(&of("1m", "u", 5), &of("1m", "h", 5), Relation::Unknown, "grouped otherwise");
    check(&of("1m", "u", 5), &of("1m", "u", 5).replace("gte", "lte"), Relation::Changed, "");
}

#[test]
fn rules_come_and_go() {
    let of = |kind: &str, rules: &str, condition: &str| {
        format!(
            "type: {kind}, rules: [{rules}], group-by: [u], timespan: 1m, condition: {condition}"
        )
    };
    let few = "{ lt: 3 }";
    check(
        &of("event_count", "a", "{ gte: 3 }"),
        &of("event_count", "b, a", "{ gte: 3 }"),
        Relation::Wider,
        "more rules",
    );
    check(
        &of("event_count", "a", "{ gte: 3 }"),
        &of("event_count", "b, a", "{ gte: 4 }"),
        Relation::Unknown,
        "more rules, and",
    );
    check(
        &of("event_count", "a", few),
        &of("event_count", "b, a", few),
        Relation::Unknown,
        "other rules",
    );
    check(
        &of("event_count", "a", "{ gte: 3 }"),
        &of("event_count", "b", "{ gte: 3 }"),
        Relation::Unknown,
        "other rules",
    );
    check(
        &of("event_count", "a, b", "{ gte: 3 }"),
        &of("event_count", "b, a", "{ gte: 3 }"),
        Relation::Same,
        "",
    );
    check(
        &of("temporal", "a, b", "a or b"),
        &of("temporal", "a, b, c", "a or b or c"),
        Relation::Wider,
        "more rules",
    );
    // It is also completed by events of `c`, which were not looked at before.
    check(
        &of("temporal", "a, b", "a and b"),
        &of("temporal", "a, b, c", "a and b and c"),
        Relation::Unknown,
        "other rules",
    );
    check(
        &of("temporal", "a, b", "a and b"),
        &of("temporal", "a, b", "a or b"),
        Relation::Wider,
        "easier",
    );
    check(
        &of("temporal", "a, b", "a and b"),
        &of("temporal", "a, b", "{ gte: 2 }"),
        Relation::Same,
        "",
    );
    check(
        &of("temporal", "a, b", "a and not b"),
        &of("temporal", "a, b", "b and not a"),
        Relation::Changed,
        "",
    );
}

#[test]
fn an_order_is_compared() {
    let of = |kind: &str, rules: &str, condition: &str| {
        format!("type: {kind}, rules: [{rules}], timespan: 1m, condition: {condition}")
    };
    check(
        &of("temporal", "a, b", "{ gte: 2 }"),
        &of("temporal_ordered", "a, b", "{ gte: 2 }"),
        Relation::Narrower,
        "in their order",
    );
    check(
        &of("temporal_ordered", "a, b, c", "{ gte: 3 }"),
        &of("temporal_ordered", "a, b, c", "{ gte: 2 }"),
        Relation::Wider,
        "easier",
    );
    check(
        &of("temporal_ordered", "a, b", "{ gte: 2 }"),
        &of("temporal_ordered", "b, a", "{ gte: 2 }"),
        Relation::Unknown,
        "another order",
    );
    check(
        &of("temporal_ordered", "a, b", "a and b"),
        &of("temporal_ordered", "a, b, c", "a and b and not c"),
        Relation::Narrower,
        "harder",
    );
    check(
        &of("temporal_ordered", "a, b", "{ gte: 2 }"),
        &of("event_count", "a, b", "{ gte: 2 }"),
        Relation::Unknown,
        "another question",
    );
}

#[test]
fn what_its_rules_match_counts_too() {
    let wider = ("{ a: y }", "{ a: [y, z] }");
    let other = ("{ a: y }", "{ a: z }");
    let related = |condition: &str, edit| {
        let body = events(condition);
        related(&state(&body, NONE, ""), &state(&body, edit, ""))
    };
    let (found, reasons) = related("gte: 3", wider);
    assert_eq!(
        (found, reasons),
        (Relation::Wider, vec!["`a` matches more than it did".to_owned()])
    );
    assert_eq!(related("lt: 3", wider).0, Relation::Unknown);
    assert_eq!(related("gte: 3", other).0, Relation::Unknown);
    // The same in other words.
    assert_eq!(related("gte: 3", ("{ a: y }", "{ a: Y }")).0, Relation::Same);
}

#[test]
fn a_chain_is_followed_down() {
    let below = |least: u32| {
        format!(
            "tests: []\n---\ntitle: below\nname: below\ncorrelation: {{ type: event_count, rules: [b], group-by: [u], timespan: 1m, condition: {{ gte: {least} }} }}\n"
        )
    };
    let body = "type: temporal_ordered, rules: [below, a], group-by: [u], timespan: 1m";
    let (old, new) = (state(body, NONE, &below(3)), state(body, NONE, &below(2)));
    let targets = Targets::builtin();
    let diff = diff(&old, &new, &[], &targets, &Proof);
    let found: Vec<_> = diff.changes.iter().map(|it| (it.title(), it.relation)).collect();
    assert_eq!(found, [("x", Relation::Wider), ("below", Relation::Wider)]);
}

#[test]
fn its_examples_are_asked_of_both_sides() {
    let tests = "tests:\n  - name: four\n    match: true\n    events: [{ at: 0s, repeat: 4, every: 1s, event: { a: y, u: j } }]\n";
    let old = state(&events("eq: 4"), NONE, tests);
    let other = events("eq: 4").replace("group-by: [u]", "group-by: [h]");
    let new = state(&other, NONE, tests);
    let targets = Targets::builtin();
    let mut diff = diff(&old, &new, &[], &targets, &Proof);
    diff.settle();
    let change = &diff.changes[0];
    assert_eq!(
        (change.relation, change.proved, change.examples),
        (Relation::Unknown, false, (0, 1))
    );
    assert_eq!(change.failing[0].name, "four");
    assert_eq!(change.failing[0].seen, [("a".to_owned(), 4)]);
    let event = serde_json::json!({ "a": "y", "u": "j" });
    let steps = serde_json::json!([{ "at": "0s", "repeat": 4, "every": "1s", "event": event }]);
    assert_eq!(change.witnesses[0].event, steps);
    assert!(change.is_unmarked());
    assert!(diff.has_findings());
}

/// Numbers that only look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// What a correlation of a kind asks, a window and groups.
fn parts(kind: usize, chance: &mut Chance) -> [String; 3] {
    let count = |chance: &mut Chance| {
        let words = [
            "gte: 1",
            "gte: 2",
            "gte: 3",
            "gt: 2",
            "lt: 3",
            "lte: 1",
            "eq: 2",
            "neq: 2",
            "gte: 2, lte: 3",
        ];
        words[chance.below(words.len())]
    };
    let condition = match kind {
        0 => format!(
            "type: event_count, rules: [{}], condition: {{ {} }}",
            chance.of(&["a", "a, b", "b, a"]),
            count(chance)
        ),
        1 => format!(
            "type: value_count, rules: [{}], condition: {{ field: f, {} }}",
            chance.of(&["a", "a, b"]),
            count(chance)
        ),
        2 => format!("type: value_sum, rules: [a], condition: {{ field: n, {} }}", count(chance)),
        3 => {
            format!("type: value_median, rules: [a], condition: {{ field: n, {} }}", count(chance))
        }
        4 => {
            let formula = chance.of(&[
                "a and b",
                "a or b",
                "a and not b",
                "not a or b",
                "a and (b or c)",
                "a and b and c",
                "a or b or c",
            ]);
            format!("type: temporal, condition: {formula}")
        }
        5 => {
            format!("type: temporal_ordered, rules: [{}]", chance.of(&["a, b", "b, a", "a, b, c"]))
        }
        6 => format!("type: temporal, rules: [{}]", chance.of(&["a, b", "b, a", "a, b, c"])),
        7 => format!(
            "type: temporal_ordered, condition: {}",
            chance.of(&["a and b", "a and b and not c", "a and c and not b"])
        ),
        _ => format!(
            "type: temporal_ordered, rules: [a, b, c], condition: {{ gte: {} }}",
            1 + chance.below(3)
        ),
    };
    let span = chance.of(&["4s", "8s"]).to_owned();
    [condition, span, chance.of(&["u", "u, h", "h"]).to_owned()]
}

fn body([condition, span, group]: &[String; 3]) -> String {
    format!("{condition}, timespan: {span}, group-by: [{group}]")
}

fn streams(chance: &mut Chance) -> String {
    let mut res = "tests:\n".to_owned();
    for nth in 0..8 {
        let mut at = 0;
        let mut events = String::new();
        for _ in 0..12 {
            at += chance.below(4);
            let [a, b, c] = [(); 3].map(|()| chance.of(&["y", "z", "n"]));
            let (u, h) = (chance.of(&["1", "1", "2", "~"]), chance.of(&["1", "2", "~"]));
            let (f, n) = (chance.of(&["p", "q", "~"]), chance.of(&["1", "2", "3", "-2", "~"]));
            events.push_str(&format!(
                "      - {{ at: {at}s, event: {{ a: {a}, b: {b}, c: {c}, u: {u}, h: {h}, f: {f}, n: {n} }} }}\n"
            ));
        }
        res.push_str(&format!("  - name: '{nth}'\n    match: true\n    events:\n{events}"));
    }
    res
}

/// The events that complete the correlation, by example.
fn hits(loaded: &Loaded) -> BTreeSet<(usize, u64)> {
    let all = run_series(loaded, &loaded.correlations[0]).unwrap();
    let each =
        all.iter().enumerate().flat_map(|(nth, it)| it.hits.iter().map(move |hit| (nth, hit.0)));
    each.collect()
}

#[test]
fn what_is_certain_is_true_of_streams() {
    let mut chance = Chance(5);
    let mut counts = [0_usize; 5];
    for nth in 0..360 {
        let kind = nth % 9;
        let other = if chance.below(8) == 0 { chance.below(9) } else { kind };
        let before = parts(kind, &mut chance);
        let mut after = before.clone();
        for (part, now) in after.iter_mut().zip(parts(other, &mut chance)) {
            if chance.below(5) < 2 {
                *part = now;
            }
        }
        let (before, after) = (body(&before), body(&after));
        let edit = match chance.below(8) {
            0 => ("{ a: y }", "{ a: [y, z] }"),
            1 => ("{ b: y }", "{ b: y, a: y }"),
            _ => NONE,
        };
        let tests = streams(&mut chance);
        let (old, new) = (state(&before, NONE, &tests), state(&after, edit, &tests));
        let (relation, reasons) = related(&old, &new);
        let (was, is) = (hits(&old), hits(&new));
        let told = format!("{before}\n{after}\n{edit:?}\n{relation:?} {reasons:?}");
        match relation {
            Relation::Same => assert_eq!(was, is, "{told}"),
            Relation::Wider => assert!(was.is_subset(&is), "{told}"),
            Relation::Narrower => assert!(is.is_subset(&was), "{told}"),
            Relation::Changed | Relation::Unknown => {}
        }
        let place = match relation {
            Relation::Same => 0,
            Relation::Wider => 1,
            Relation::Narrower => 2,
            Relation::Changed => 3,
            Relation::Unknown => 4,
        };
        counts[place] += 1;
    }
    assert!(counts.iter().all(|it| *it > 3), "{counts:?}");
}
