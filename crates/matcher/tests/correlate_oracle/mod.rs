//! The meaning of correlations word by word, slowly: every window is looked at anew from all
//! events. Random streams are judged by it and by the engine.

use std::collections::{BTreeMap, BTreeSet};

use ir::{BoundOp, Bounds, Correlation, Formula, Number, Question, Referent};
use proptest::prelude::*;
use rulec_matcher::correlate::{Correlator, Limits};
use serde_json::{Map, Value, json};

use super::{bound, correlation};

/// A hit of something: an event, as seen under a group's values.
#[derive(Debug, Clone)]
struct Seen {
    at: i64,
    event: usize,
    /// What it is a hit of.
    of: BTreeSet<Referent>,
    fields: Map<String, Value>,
}

type Answer = BTreeSet<(usize, usize, Vec<String>)>;

fn texts(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    let one = |it: &Value| match it {
        Value::String(it) if !it.is_empty() => Some(it.clone()),
        Value::Number(it) => Some(it.to_string()),
        _ => None,
    };
    match fields.get(name) {
        Some(Value::Array(all)) => all.iter().filter_map(one).collect(),
        Some(it) => one(it).into_iter().collect(),
        None => Vec::new(),
    }
}

fn product(lists: &[Vec<String>]) -> Vec<Vec<String>> {
    lists.iter().fold(vec![Vec::new()], |res, list| {
        res.iter()
            .flat_map(|it| {
                list.iter().map(|value| [it.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect()
    })
}

/// All hits of all correlations: place, event, group.
fn slow(all: &[Correlation], events: &[(i64, Vec<usize>, Value)]) -> Answer {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|it| events[*it].0);
    let fields = |it: usize| events[it].2.as_object().cloned().unwrap_or_default();
    let mut hits: Vec<Seen> = Vec::new();
    for event in order {
        let (at, rules, _) = &events[event];
        for rule in rules {
            let of = BTreeSet::from([Referent::Rule(*rule)]);
            hits.push(Seen { at: *at, event, of, fields: fields(event) });
        }
    }
    let mut res = Answer::new();
    // Those that see others stand after them here.
    for (place, it) in all.iter().enumerate() {
        for (event, at, group, fields) in answers(it, &hits) {
            res.insert((place, event, group));
            let of = BTreeSet::from([Referent::Correlation(place)]);
            hits.push(Seen { at, event, of, fields });
        }
        let place_of: BTreeMap<usize, usize> = {
            let mut order: Vec<usize> = (0..events.len()).collect();
            order.sort_by_key(|it| events[*it].0);
            order.into_iter().enumerate().map(|(nth, event)| (event, nth)).collect()
        };
        hits.sort_by_key(|it| place_of[&it.event]);
    }
    res
}

/// One event in one group.
struct InGroup {
    at: i64,
    event: usize,
    members: BTreeSet<usize>,
    values: Vec<Vec<String>>,
    fields: Map<String, Value>,
}

/// The event that completes it, its time, the group, and what a correlation above sees.
type Complete = (usize, i64, Vec<String>, Map<String, Value>);

fn answers(it: &Correlation, hits: &[Seen]) -> Vec<Complete> {
    let groups = it.group_by.len();
    let mut in_groups: BTreeMap<Vec<String>, Vec<InGroup>> = BTreeMap::new();
    for (nth, member) in it.members.iter().enumerate() {
        for hit in hits.iter().filter(|hit| hit.of.contains(&member.to)) {
            let list = |name: &std::sync::Arc<str>| texts(&hit.fields, name);
            let keys = product(&member.fields[..groups].iter().map(list).collect::<Vec<_>>());
            let mut values = Vec::new();
            if member.fields.len() > groups {
                values = product(&member.fields[groups..].iter().map(list).collect::<Vec<_>>());
                if matches!(
                    it.question,
                    Question::Sum(_) | Question::Average(_) | Question::Percentile(..)
                ) {
                    values.retain(|it| Number::parse(&it[0]).is_some());
                }
                if values.is_empty() {
                    continue;
                }
            }
            for key in keys.into_iter().collect::<BTreeSet<_>>() {
                let all = in_groups.entry(key).or_default();
                match all.iter_mut().find(|other| other.event == hit.event) {
                    Some(other) => {
                        other.members.insert(nth);
                    }
                    None => all.push(InGroup {
                        at: hit.at,
                        event: hit.event,
                        members: BTreeSet::from([nth]),
                        values: values.clone(),
                        fields: hit.fields.clone(),
                    }),
                }
            }
        }
    }
    let order: Vec<usize> = hits.iter().map(|it| it.event).collect();
    let mut res = Vec::new();
    for (key, mut all) in in_groups {
        all.sort_by_key(|it| order.iter().position(|other| *other == it.event));
        for at in 0..all.len() {
            let start = all[at].at - i64::try_from(it.seconds.value).unwrap_or(0) * 1_000_000;
            let window: Vec<&InGroup> = all[..=at].iter().filter(|it| it.at >= start).collect();
            if holds(it, &window) {
                let mut fields = all[at].fields.clone();
                for (name, value) in it.group_by.iter().zip(&key) {
                    fields.insert(name.value.to_string(), json!(value));
                }
                res.push((all[at].event, all[at].at, key.clone(), fields));
            }
        }
    }
    res
}

fn count(bounds: &Bounds, it: usize) -> bool {
    bounds.hold(Number::Int(it as i128))
}

/// Numbers of the streams are quarters, so floats hold all sums of them.
fn float(it: &str) -> f64 {
    it.parse().unwrap_or(f64::NAN)
}

fn compare(bounds: &Bounds, it: f64) -> bool {
    bounds.0.iter().all(|(op, bound)| {
        let bound = match bound {
            Number::Int(it) => *it as f64,
            Number::Float(it) => *it,
        };
        it.partial_cmp(&bound).is_some_and(|it| op.holds(it))
    })
}

fn holds(it: &Correlation, window: &[&InGroup]) -> bool {
    let values: Vec<&Vec<String>> = window.iter().flat_map(|it| &it.values).collect();
    let numbers: Vec<f64> =
        values.iter().map(|it| it.first().map_or(0.0, |it| float(it))).collect();
    let has = |member: usize| window.iter().any(|it| it.members.contains(&member));
    let Some(newest) = window.last() else { return false };
    match &it.question {
        Question::Events(bounds) => count(bounds, window.len()),
        Question::Distinct(_, bounds) => {
            count(bounds, values.iter().collect::<BTreeSet<_>>().len())
        }
        Question::Sum(bounds) => compare(bounds, numbers.iter().sum()),
        Question::Average(bounds) => {
            // Compared as sums, which are exact.
            let sum: f64 = numbers.iter().sum();
            bounds.0.iter().all(|(op, bound)| {
                let Number::Int(bound) = bound else { return false };
                sum.partial_cmp(&(*bound as f64 * numbers.len() as f64))
                    .is_some_and(|it| op.holds(it))
            })
        }
        Question::Percentile(percentile, bounds) => {
            let mut sorted = numbers;
            sorted.sort_by(f64::total_cmp);
            let Number::Int(percentile) = percentile else { return false };
            let enough = |nth: usize| (nth as i128 + 1) * 100 >= percentile * sorted.len() as i128;
            let found = (0..sorted.len()).find(|it| enough(*it));
            found.is_some_and(|it| compare(bounds, sorted[it]))
        }
        Question::Share(bounds) => newest.values.iter().any(|value| {
            let same = values.iter().filter(|it| **it == value).count();
            bounds.0.iter().all(|(op, bound)| {
                let Number::Int(bound) = bound else { return false };
                op.holds((same as i128 * 100).cmp(&(bound * values.len() as i128)))
            })
        }),
        Question::Together(bounds) => {
            count(bounds, (0..it.members.len()).filter(|it| has(*it)).count())
        }
        Question::Formula(formula) => formula.holds(&has),
        Question::Ordered(bounds) => count(bounds, longest(window, it.members.len())),
        Question::OrderedFormula(yes, no) => chain(window, yes) && !no.iter().any(|it| has(*it)),
    }
}

/// Whether such a chain ends in the last event, by trying all.
fn chain(window: &[&InGroup], members: &[usize]) -> bool {
    let Some((last, before)) = window.split_last() else { return false };
    let Some((member, rest)) = members.split_last() else { return false };
    last.members.contains(member)
        && (rest.is_empty() || (0..before.len()).any(|end| chain(&before[..=end], rest)))
}

/// The longest part of the list that is a chain which ends in the last event, by trying all.
fn longest(window: &[&InGroup], members: usize) -> usize {
    (1..1_usize << members)
        .filter(|set| {
            let chosen: Vec<usize> = (0..members).filter(|it| set >> it & 1 == 1).collect();
            chain(window, &chosen)
        })
        .map(|it| it.count_ones() as usize)
        .max()
        .unwrap_or(0)
}

/// A field's value: seldom none, sometimes several.
fn any_value(values: Vec<Value>) -> impl Strategy<Value = Value> + Clone {
    let one = proptest::sample::select(values);
    prop_oneof![
        8 => one.clone(),
        1 => proptest::collection::vec(one, 0..3).prop_map(Value::Array),
        1 => Just(json!(null)),
        1 => Just(json!("")),
    ]
}

fn any_event() -> impl Strategy<Value = (i64, Vec<usize>, Value)> {
    let users = any_value(vec![json!("a"), json!("b")]);
    let values = any_value(vec![json!("x"), json!(1), json!("2.5"), json!(-0.75), json!(40)]);
    let rules = proptest::sample::subsequence(vec![0, 1, 2], 0..3);
    // Halves of seconds: times are equal, or at the very border of a window.
    (0..50_i64, rules, users, values.clone(), values)
        .prop_map(|(at, rules, u, f, g)| (at * 500_000, rules, json!({ "u": u, "f": f, "g": g })))
}

fn any_bounds(most: i128) -> impl Strategy<Value = Bounds> {
    use BoundOp::{Eq, Gt, Gte, Lt, Lte, Neq};
    let one = (proptest::sample::select(vec![Gt, Gte, Lt, Lte, Eq, Neq]), 0..=most);
    let one = one.prop_map(|(op, it)| (op, Number::Int(it)));
    proptest::collection::vec(one, 1..3).prop_map(Bounds)
}

fn any_formula() -> impl Strategy<Value = Formula> {
    let leaf = (0..3_usize).prop_map(Formula::Member);
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..3).prop_map(Formula::All),
            proptest::collection::vec(inner.clone(), 1..3).prop_map(Formula::Any),
            inner.prop_map(|it| Formula::Not(Box::new(it))),
        ]
    })
}

fn any_question() -> impl Strategy<Value = Question> {
    prop_oneof![
        any_bounds(5).prop_map(Question::Events),
        (1..3_usize, any_bounds(4)).prop_map(|(fields, it)| Question::Distinct(fields, it)),
        any_bounds(60).prop_map(Question::Sum),
        any_bounds(30).prop_map(Question::Average),
        (0..=100_i128, any_bounds(40))
            .prop_map(|(rank, it)| Question::Percentile(Number::Int(rank), it)),
        any_bounds(100).prop_map(Question::Share),
        any_bounds(3).prop_map(Question::Together),
        any_bounds(3).prop_map(Question::Ordered),
        any_formula().prop_map(Question::Formula),
        proptest::sample::subsequence(vec![0, 1, 2], 1..4).prop_flat_map(|all| {
            (1..=all.len()).prop_map(move |cut| {
                Question::OrderedFormula(all[..cut].to_vec(), all[cut..].to_vec())
            })
        }),
    ]
}

fn any_correlation() -> impl Strategy<Value = Correlation> {
    (any_question(), 1..8_u64, any::<bool>()).prop_map(|(question, seconds, grouped)| {
        let groups: &[&str] = if grouped { &["u"] } else { &[] };
        let fields: Vec<&str> = [groups, &["f", "g"][..question.fields()]].concat();
        let rules = [Referent::Rule(0), Referent::Rule(1), Referent::Rule(2)];
        let members: Vec<_> = rules.iter().map(|it| (*it, fields.as_slice())).collect();
        correlation(question, seconds, groups, &members)
    })
}

fn fast(all: &[Correlation], events: &[(i64, Vec<usize>, Value)], saves: bool) -> Answer {
    let refs: Vec<_> = all.iter().map(Some).collect();
    let limits = Limits { lateness: 100_000_000, ..Limits::default() };
    let mut correlator = Correlator::new(&refs, limits);
    let mut hits = Vec::new();
    for (nth, (at, rules, event)) in events.iter().enumerate() {
        if saves && nth % 7 == 3 {
            let mut next = Correlator::new(&refs, limits);
            assert_eq!(next.restore(&correlator.save()), Ok(all.len()));
            assert_eq!(next.save(), correlator.save());
            correlator = next;
        }
        hits.extend(correlator.observe(*at, rules, event));
        // Without waiting for the end, most is judged with the last event.
        if nth % 16 == 0 {
            hits.extend(correlator.expire(0));
        }
    }
    hits.extend(correlator.finish());
    let count = hits.len();
    let res: Answer = hits
        .into_iter()
        .map(|it| {
            let group = it.group.iter().map(|it| it.to_string()).collect();
            (it.correlation, usize::try_from(it.event).unwrap_or(0), group)
        })
        .collect();
    assert_eq!(res.len(), count, "a match was told twice");
    res
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn streams_give_what_the_meaning_gives(
        it in any_correlation(),
        events in proptest::collection::vec(any_event(), 0..40),
        saves in any::<bool>(),
    ) {
        let all = [it];
        prop_assert_eq!(fast(&all, &events, saves), slow(&all, &events));
    }

    #[test]
    fn chains_give_what_the_meaning_gives(
        lower in any_correlation(),
        question in any_question(),
        seconds in 1..8_u64,
        other_group in any::<bool>(),
        events in proptest::collection::vec(any_event(), 0..40),
        saves in any::<bool>(),
    ) {
        let group = if other_group { "g" } else { "u" };
        let fields: Vec<&str> = [&[group], &["u", "f"][..question.fields()]].concat();
        let members = [
            (Referent::Correlation(0), fields.as_slice()),
            (Referent::Rule(1), fields.as_slice()),
            (Referent::Rule(2), fields.as_slice()),
        ];
        let upper = correlation(question, seconds, &[group], &members);
        let all = [lower, upper];
        prop_assert_eq!(fast(&all, &events, saves), slow(&all, &events));
    }

    /// State that is not kept between events is kept nowhere: the same stream in pieces of one
    /// order, sorted, without waiting.
    #[test]
    fn sorted_streams_need_no_waiting(
        it in any_correlation(),
        mut events in proptest::collection::vec(any_event(), 0..40),
    ) {
        events.sort_by_key(|it| it.0);
        let all = [it];
        let refs = [Some(&all[0])];
        let mut correlator = Correlator::new(&refs, Limits::default());
        let mut res = Answer::new();
        for (at, rules, event) in &events {
            for it in correlator.observe(*at, rules, event) {
                let group = it.group.iter().map(|it| it.to_string()).collect();
                res.insert((0, usize::try_from(it.event).unwrap_or(0), group));
            }
        }
        prop_assert_eq!(res, slow(&all, &events));
    }
}

#[test]
fn the_slow_meaning_finds_something() {
    let it = correlation(
        Question::Events(bound(BoundOp::Gte, 2)),
        1,
        &["u"],
        &[(Referent::Rule(0), &["u"])],
    );
    let event = || json!({ "u": "a" });
    let events =
        [(0, vec![0], event()), (1_000_000, vec![0], event()), (9_000_000, vec![0], event())];
    assert_eq!(slow(&[it], &events), BTreeSet::from([(0, 1, vec!["a".to_owned()])]));
}
