//! What a user relies on: proofs that hold, and events that show differences.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use ir::{Case, Cmp, Expr, Field, Net, Number, Part, Pattern, Predicate, Regex, Test};
use proptest::prelude::*;
use rulec_prove::{self as prove, Prover, Relation, Schema, Verdict};
use serde_json::{Value, json};
use source::{FileId, Span};

fn test_of(field: &str, predicate: Predicate) -> Expr {
    Expr::Test(Test {
        field: Field::Named(field.into()),
        predicate,
        span: Span::new(FileId::FIRST, 0, 0),
    })
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|ch| match ch {
        '*' => Part::Run,
        '?' => Part::One,
        it => Part::Literal(it.to_string()),
    }))
}

fn text(field: &str, glob: &str) -> Expr {
    test_of(field, Predicate::Text(pattern(glob), Case::Insensitive))
}

fn cased(field: &str, glob: &str) -> Expr {
    test_of(field, Predicate::Text(pattern(glob), Case::Sensitive))
}

fn regex(field: &str, it: &str) -> Expr {
    test_of(field, Predicate::Regex(Arc::new(Regex::new(it, false, false, false).unwrap())))
}

fn number(field: &str, cmp: Cmp, it: i128) -> Expr {
    test_of(field, Predicate::Number(cmp, Number::Int(it)))
}

fn net(field: &str, it: &str) -> Expr {
    test_of(field, Predicate::Net(Net::parse(it).unwrap()))
}

fn keyword(glob: &str) -> Expr {
    Expr::Test(Test {
        field: Field::Anywhere,
        predicate: Predicate::Text(pattern(glob), Case::Insensitive),
        span: Span::new(FileId::FIRST, 0, 0),
    })
}

fn and(parts: &[Expr]) -> Expr {
    Expr::All(parts.to_vec())
}

fn or(parts: &[Expr]) -> Expr {
    Expr::Any(parts.to_vec())
}

#[track_caller]
fn never(expr: &Expr) {
    let verdict = prove::never_matches(expr, &Schema::single());
    assert!(verdict.is_proved(), "{verdict:?}");
}

#[track_caller]
fn event(expr: &Expr) -> Value {
    let verdict = prove::never_matches(expr, &Schema::single());
    let event = verdict.witness().unwrap_or_else(|| panic!("{verdict:?}")).event.clone();
    assert!(matcher::Matcher::new(expr).unwrap().matches(&event), "{event}");
    event
}

#[test]
fn texts_that_go_together_and_that_do_not() {
    assert_eq!(event(&text("f", "abc")), json!({ "f": "abc" }));
    assert_eq!(event(&text("Image", r"*\cmd.exe")), json!({ "Image": r"C:\Temp\cmd.exe" }));
    never(&and(&[text("f", "a*"), text("f", "b*")]));
    never(&and(&[text("f", "*abc*"), text("f", "*b*").not()]));
    event(&and(&[text("f", "*b*"), text("f", "*abc*").not()]));
    never(&and(&[text("f", "???"), text("f", "??*").not()]));
    event(&and(&[cased("f", "aB"), text("f", "ab")]));
    never(&and(&[cased("f", "aB"), cased("f", "ab")]));
}

#[test]
fn a_list_of_values_may_hold_what_one_value_can_not() {
    let rule = and(&[text("f", "a*"), text("f", "b*")]);
    let verdict = prove::never_matches(&rule, &Schema::many());
    assert!(verdict.witness().is_some(), "{verdict:?}");
    let Verdict::Proved(grounds) = prove::never_matches(&rule, &Schema::single()) else { panic!() };
    assert_eq!(grounds.single, ["f".into()]);
    // True for any event: nothing is taken for granted.
    let rule = and(&[text("f", "abc*"), text("f", "a*").not()]);
    let Verdict::Proved(grounds) = prove::never_matches(&rule, &Schema::many()) else { panic!() };
    assert!(grounds.single.is_empty());
}

#[test]
fn absence_is_told_apart_from_values() {
    let null = || test_of("f", Predicate::Null);
    let exists = || test_of("f", Predicate::Exists);
    never(&and(&[null(), text("f", "*")]));
    assert_eq!(event(&and(&[null(), exists()])), json!({ "f": null }));
    assert_eq!(event(&exists().not()), json!({}));
    never(&and(&[exists().not(), null().not()]));
    assert!(prove::equivalent(&null(), &text("f", "*").not(), &Schema::single()).is_proved());
    assert!(!prove::equivalent(&null(), &text("f", "*").not(), &Schema::many()).is_proved());
}

#[test]
fn numbers_are_compared_as_numbers() {
    assert_eq!(event(&number("f", Cmp::Eq, 5)), json!({ "f": 5 }));
    never(&and(&[number("f", Cmp::Eq, 5), number("f", Cmp::Eq, 6)]));
    never(&and(&[number("f", Cmp::Lt, 5), number("f", Cmp::Lt, 9).not()]));
    assert_eq!(event(&and(&[number("f", Cmp::Gt, 5), number("f", Cmp::Lt, 7)])), json!({ "f": 6 }));
    // The text `5` is one spelling of the number, and not the only one.
    never(&and(&[text("f", "5"), number("f", Cmp::Eq, 5).not()]));
    event(&and(&[number("f", Cmp::Eq, 5), text("f", "5").not()]));
    never(&and(&[number("f", Cmp::Gt, 5), text("f", "x*")]));
}

#[test]
fn networks_are_ranges_of_addresses() {
    event(&net("f", "10.0.0.0/8"));
    never(&and(&[net("f", "10.1.0.0/16"), net("f", "10.0.0.0/8").not()]));
    never(&and(&[net("f", "10.0.0.0/8"), net("f", "192.168.0.0/16")]));
    never(&and(&[
        net("f", "10.0.0.0/8"),
        net("f", "10.0.0.0/9").not(),
        net("f", "10.128.0.0/9").not(),
    ]));
    never(&and(&[net("f", "10.0.0.0/8"), text("f", "192.*")]));
    // An IPv6 address maps the IPv4 one, and does not begin with `10.`.
    event(&and(&[net("f", "10.0.0.0/8"), text("f", "10.*").not()]));
}

#[test]
fn regular_expressions_are_followed_exactly() {
    never(&and(&[regex("f", "^[a-z]+$"), regex("f", "[0-9]")]));
    never(&and(&[text("f", "RunWizard"), regex("f", r"\{[0-9]{4}\}")]));
    event(&and(&[regex("f", "a"), regex("f", "^a").not(), text("f", "*z")]));
    let once = prove::compare(
        &regex("f", "^ab?c$"),
        &or(&[cased("f", "abc"), cased("f", "ac")]),
        &Schema::single(),
    );
    assert!(matches!(once, Relation::Same(_)), "{once:?}");
}

#[test]
fn keywords_are_seen_in_every_string() {
    never(&and(&[text("f", "*bad*"), keyword("*bad*").not()]));
    event(&and(&[keyword("*a*"), keyword("*b*"), text("f", "c")]));
    // A number is no string, so a keyword does not see it.
    assert_eq!(event(&and(&[number("f", Cmp::Eq, 5), keyword("*5*").not()])), json!({ "f": 5 }));
}

#[test]
fn fields_are_compared_or_it_is_not_known() {
    let like = || test_of("f", Predicate::Field("g".into(), ir::Anchor::Whole, Case::Insensitive));
    event(&and(&[like(), text("f", "a*")]));
    event(&and(&[like().not(), text("f", "a*"), text("g", "a*")]));
    never(&and(&[like(), test_of("g", Predicate::Null)]));
    let apart = and(&[like(), text("f", "a*"), text("g", "b*")]);
    assert!(matches!(prove::never_matches(&apart, &Schema::single()), Verdict::Unknown(_)));
}

#[test]
fn what_a_change_does_is_told_with_events() {
    let old = or(&[text("f", "a"), text("f", "b")]);
    let schema = Schema::single();
    let Relation::Narrower(it) = prove::compare(&old, &text("f", "a"), &schema) else { panic!() };
    assert_eq!(it.event, json!({ "f": "b" }));
    let Relation::Wider(_) = prove::compare(&text("f", "a"), &old, &schema) else { panic!() };
    let Relation::Changed { .. } = prove::compare(&old, &text("f", "b*"), &schema) else {
        panic!()
    };
}

#[test]
fn parts_that_make_no_difference_are_found() {
    let spanned = |glob: &str, at: usize| {
        Expr::Test(Test {
            field: Field::Named("f".into()),
            predicate: Predicate::Text(pattern(glob), Case::Insensitive),
            span: Span::new(FileId::FIRST, at, at + 1),
        })
    };
    let rule = or(&[spanned("*ab*", 1), spanned("*b*", 2), spanned("*B", 3), spanned("c", 4)]);
    let schema = Schema::single();
    let found = Prover::new(&schema).idle(&rule, &|span| vec![span.start]);
    let idle: Vec<u32> = found.idle.iter().map(|it| it.part).collect();
    assert_eq!((idle, found.instead, found.unknown), (vec![1, 3], vec![], vec![]));
    // Without its idle prefix, the first alternative is the second.
    let rule = or(&[and(&[spanned("a*", 1), spanned("a", 2)]), spanned("a", 3)]);
    let found = Prover::new(&schema).idle(&rule, &|span| vec![span.start]);
    let idle: Vec<u32> = found.idle.iter().map(|it| it.part).collect();
    assert_eq!(idle, [1, 3]);
}

#[test]
fn two_texts_exclude_each_other_and_neither_itself() {
    // Of `B` and the empty text each is possible, so that the first alternative needs all of it.
    let (null, text) = (test_of("g", Predicate::Null), |it| text("f", it));
    let rule = or(&[and(&[null, text("B").not()]), and(&[text("??"), text("")])]);
    let rule = placed(rule, &mut 0);
    let schema = Schema::single();
    let found = Prover::new(&schema).searching().idle(&rule, &|it| vec![it.start]);
    assert_eq!((found.idle, found.unknown), (vec![], vec![]));
}

#[test]
fn inclusions_of_a_set_are_found() {
    let rules = [text("f", "a*"), text("f", "ab*"), text("g", "x")];
    let all: Vec<&Expr> = rules.iter().collect();
    let schema = Schema::single();
    let found = Prover::new(&schema).inclusions(&all, &|_, _| true);
    let pairs: Vec<_> = found.found.iter().map(|it| (it.narrow, it.wide)).collect();
    assert_eq!(pairs, [(1, 0)]);
    let found = Prover::new(&schema).inclusions(&all, &|_, wide| wide != 0);
    assert!(found.found.is_empty());
}

#[test]
fn one_search_in_two_spellings_is_one() {
    let (plain, spelled) = ("(a|b).{1,64}-(c).{1,64}d", r"(?:a|b)[^\n]{1,64}-c[^\n]{1,64}d");
    let spelled = Regex::new(spelled, false, false, true).unwrap();
    let spelled = test_of("f", Predicate::Regex(Arc::new(spelled)));
    let verdict = prove::equivalent(&regex("f", plain), &spelled, &Schema::many());
    assert!(verdict.is_proved(), "{verdict:?}");
}

fn leaf() -> impl Strategy<Value = Expr> {
    let field = prop_oneof![Just("f"), Just("g")];
    let glob = || proptest::string::string_regex("[aB5*?]{0,4}").unwrap();
    let kinds = prop_oneof![
        (glob(), any::<bool>()).prop_map(|(it, cased)| {
            let case = if cased { Case::Sensitive } else { Case::Insensitive };
            Predicate::Text(pattern(&it), case)
        }),
        proptest::sample::select(vec!["a", "^B", "5$", "^[a-z]?$", "b|5"]).prop_map(|it| {
            Predicate::Regex(Arc::new(Regex::new(it, false, false, false).unwrap()))
        }),
        (proptest::sample::select(vec![Cmp::Eq, Cmp::Lt, Cmp::Gte]), 4..7i128)
            .prop_map(|(cmp, it)| Predicate::Number(cmp, Number::Int(it))),
        Just(Predicate::Null),
        Just(Predicate::Exists),
        Just(Predicate::Field("g".into(), ir::Anchor::Start, Case::Insensitive)),
    ];
    prop_oneof![
        8 => (field, kinds).prop_map(|(field, it)| test_of(field, it)),
        1 => glob().prop_map(|it| keyword(&format!("*{it}*"))),
    ]
}

fn rule() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            inner.prop_map(Expr::not),
        ]
    })
}

fn value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        (4..7i64).prop_map(|it| Some(json!(it))),
        Just(Some(json!("5.0"))),
        proptest::string::string_regex("[abB5]{0,4}").unwrap().prop_map(|it| Some(json!(it))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_event_contradicts_a_proof(
        a in rule(),
        b in rule(),
        events in proptest::collection::vec((value(), value(), value()), 60),
    ) {
        let schema = Schema::single();
        let verdict = Prover::new(&schema).includes(&b, &a);
        let (one, other) = (matcher::Matcher::new(&a).unwrap(), matcher::Matcher::new(&b).unwrap());
        match verdict {
            Verdict::Proved(_) => {
                for (f, g, message) in events {
                    let mut event = serde_json::Map::new();
                    for (name, held) in [("f", f), ("g", g), ("m", message)] {
                        event.extend(held.map(|it| (name.to_owned(), it)));
                    }
                    let event = Value::Object(event);
                    prop_assert!(!one.matches(&event) || other.matches(&event), "{}", event);
                }
            }
            Verdict::Differs(it) => {
                prop_assert!(one.matches(&it.event) && !other.matches(&it.event), "{}", it.event);
            }
            Verdict::Unknown(_) => {}
        }
    }

    #[test]
    fn what_is_seen_at_a_glance_is_so(it in rule()) {
        let seen = prove::glance(&it).unwrap();
        let schema = Schema::single();
        if seen.can_match {
            prop_assert!(!matches!(prove::never_matches(&it, &schema), Verdict::Proved(_)));
        }
        let matcher = matcher::Matcher::new(&it).unwrap();
        prop_assert_eq!(seen.can_miss, !matcher.matches(&serde_json::json!({})));
    }
}

/// The expression with a place of its own for each test.
fn placed(expr: Expr, next: &mut usize) -> Expr {
    let mut all =
        |parts: Vec<Expr>| parts.into_iter().map(|it| placed(it, next)).collect::<Vec<_>>();
    match expr {
        Expr::All(parts) => Expr::All(all(parts)),
        Expr::Any(parts) => Expr::Any(all(parts)),
        Expr::Not(part) => Expr::Not(Box::new(placed(*part, next))),
        Expr::Test(test) => {
            *next += 1;
            Expr::Test(Test { span: Span::new(FileId::FIRST, *next, *next + 1), ..test })
        }
        it => it,
    }
}

/// Each test is a part, and so are three in a row.
fn threes(span: Span) -> Vec<(&'static str, u32)> {
    vec![("one", span.start), ("three", span.start / 3)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_seen_is_what_a_search_finds(a in rule(), b in rule(), many in any::<bool>()) {
        let schema = if many { Schema::many() } else { Schema::single() };
        let (mut quick, mut slow) = (Prover::new(&schema), Prover::new(&schema).searching());
        for wanted in [true, false] {
            let (seen, found) = (quick.ask(&[(&a, wanted)]), slow.ask(&[(&a, wanted)]));
            prop_assert_eq!(seen.is_proved(), found.is_proved());
            prop_assert!(seen.witness().is_some() || found.witness().is_none());
            if let Some(it) = seen.witness() {
                let matcher = matcher::Matcher::new(&a).unwrap();
                prop_assert_eq!(matcher.matches(&it.event), wanted, "{}", it.event);
            }
        }
        let rules = [&a, &b];
        let within = |prover: &mut Prover<'_>| {
            let found = prover.inclusions(&rules, &|_, _| true).found;
            found.iter().map(|it| (it.narrow, it.wide)).collect::<Vec<_>>()
        };
        prop_assert_eq!(within(&mut quick), within(&mut slow));
    }

    #[test]
    fn parts_that_are_seen_to_matter_do(it in rule(), many in any::<bool>()) {
        let it = placed(it, &mut 0);
        let schema = if many { Schema::many() } else { Schema::single() };
        let seen = Prover::new(&schema).idle(&it, &threes);
        let found = Prover::new(&schema).searching().idle(&it, &threes);
        prop_assert_eq!(seen.asked, found.asked);
        // What compares two fields may be left open by either.
        let open = |part| seen.unknown.iter().chain(&found.unknown).any(|it| it.0 == part);
        let alone = |it: &prove::IdleParts<(&'static str, u32)>| {
            let all = it.idle.iter().map(|it| it.part).chain(it.instead.iter().copied());
            all.filter(|it| !open(*it)).collect::<std::collections::BTreeSet<_>>()
        };
        prop_assert_eq!(alone(&seen), alone(&found));
    }
}

#[test]
fn most_rules_are_seen_through_at_a_glance() {
    let filter = or(&[text("f", "*x"), regex("g", "^a+$")]);
    let rule = and(&[text("f", "a*"), text("f", "*b"), text("m", "*c*d*"), filter.not()]);
    let seen = prove::glance(&rule).unwrap();
    assert!(seen.can_match && seen.can_miss);
    let seen = |it: &str| prove::glance(&regex("f", it)).unwrap().can_match;
    assert!(seen(r"^(\w+|x)\.(exe|dll)$") && seen(r"[^a-z]{2}\d") && seen("a|b$"));
    // What is not simple is left to the proof.
    assert!(!seen(r"\bx") && !seen("a^b") && !seen("a$b") && !seen("(a$)+b"));
    assert!(!prove::glance(&text("f", "a").not()).unwrap().can_miss);
}

#[test]
fn a_loose_bound_does_not_hide_what_another_excludes() {
    let a = and(&[text("f", "5").not(), number("f", Cmp::Eq, 5).not()]);
    let b = and(&[or(&[text("f", "?*").not(), number("f", Cmp::Eq, 4)]), text("g", "")]);
    let schema = Schema::single();
    for mut prover in [Prover::new(&schema), Prover::new(&schema).searching()] {
        assert!(prover.includes(&a, &b).is_proved());
    }
}
