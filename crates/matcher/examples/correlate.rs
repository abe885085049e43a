//! What correlations cost: a million events through fifty of them, and a hostile stream within the limit of memory.
//! Run by `cargo xtask bench correlate`.

#![allow(clippy::print_stdout)]

use std::sync::Arc;

use ir::{BoundOp, Bounds, Correlation, Formula, Member, Meta, Number, Question, Referent};
use rulec_matcher::correlate::{Correlator, Limits};
use serde_json::{Value, json};
use source::{FileId, Span, Spanned};

/// Events of the ordinary stream.
const EVENTS: usize = 1_000_000;
/// Events of the hostile one.
const HOSTILE: usize = 2_000_000;
/// Rules that correlations see.
const RULES: usize = 20;
/// Correlations.
const CORRELATIONS: usize = 50;
/// Kernel ticks of `/proc` a second, the same on every Linux.
const TICKS: f64 = 100.0;

fn main() {
    let all = correlations();
    let refs: Vec<_> = all.iter().map(Some).collect();
    let events: Vec<(i64, Vec<usize>, Value)> = ordinary();

    let mut correlator = Correlator::new(&refs, Limits::default());
    let before = cpu();
    let mut hits = 0;
    for (at, rules, event) in &events {
        hits += correlator.observe(*at, rules, event).len();
    }
    let spent = cpu() - before;
    let stats = correlator.stats();
    println!(
        "ordinary: {EVENTS} events, {CORRELATIONS} correlations, {hits} matches, {spent:.2} CPU s, {:.0} events a CPU second",
        EVENTS as f64 / spent
    );
    println!(
        "  groups {:.1} MiB at most, {} groups now, process {:.1} MiB at most, {stats:?}",
        mib(stats.most_memory),
        correlator.groups(),
        peak()
    );

    drop(events);
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    let mut correlator = Correlator::new(&refs, limits);
    let before = cpu();
    for nth in 0..HOSTILE {
        let text = format!("{nth:032}");
        let event = json!({ "user": text, "host": text, "ip": text, "bytes": nth });
        // A thousand events a second: no window ends before the memory does.
        let rules = [nth % RULES];
        correlator.observe(nth as i64 * 1000, &rules, &event);
    }
    let spent = cpu() - before;
    let stats = correlator.stats();
    println!(
        "hostile: {HOSTILE} events, a new group in each, {spent:.2} CPU s, {:.0} events a CPU second",
        HOSTILE as f64 / spent
    );
    println!(
        "  limit {:.1} MiB, groups {:.1} MiB at most, process {:.1} MiB at most, {stats:?}",
        mib(limits.memory),
        mib(stats.most_memory),
        peak()
    );
    assert!(correlator.memory() <= limits.memory, "the limit was not kept");
}

/// Every kind of question, over users, hosts and addresses, in windows from one minute to an hour.
fn correlations() -> Vec<Correlation> {
    let least = |it| Bounds(vec![(BoundOp::Gte, Number::Int(it))]);
    let make = |nth: usize| {
        let question = match nth % 10 {
            0..=2 => Question::Events(least(50)),
            3 => Question::Distinct(1, least(20)),
            4 => Question::Sum(least(1_000_000_000)),
            5 => Question::Average(least(100_000)),
            6 => Question::Percentile(Number::Int(95), least(100_000)),
            7 => Question::Together(least(3)),
            8 => Question::Ordered(least(3)),
            _ => Question::Formula(Formula::All(vec![
                Formula::Member(0),
                Formula::Not(Box::new(Formula::Member(1))),
            ])),
        };
        let group = ["user", "host", "ip"][nth % 3];
        let field: Option<&str> = match &question {
            Question::Distinct(..) => Some("host"),
            it if it.fields() > 0 => Some("bytes"),
            _ => None,
        };
        let fields: Vec<Arc<str>> = [group].into_iter().chain(field).map(Arc::from).collect();
        let members = (0..3).map(|it| Member {
            to: Referent::Rule((nth * 3 + it) % RULES),
            name: spanned(format!("rule {it}")),
            fields: fields.clone(),
        });
        Correlation {
            meta: Meta::default(),
            question,
            members: members.collect(),
            group_by: vec![spanned(Arc::from(group))],
            seconds: spanned([60, 300, 3600][nth % 3]),
            generate: false,
            fixtures: Vec::new(),
            targets: Vec::new(),
            span: Span::new(FileId::FIRST, 0, 1),
        }
    };
    (0..CORRELATIONS).map(make).collect()
}

/// A hundred events a second, each of one rule, from a few thousand users and hosts.
fn ordinary() -> Vec<(i64, Vec<usize>, Value)> {
    let mut state = 1_u64;
    let mut next = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..EVENTS)
        .map(|nth| {
            let event = json!({
                "user": format!("user{}", next(5000)),
                "host": format!("host{}.example.com", next(2000)),
                "ip": format!("10.0.{}.{}", next(16), next(256)),
                "bytes": next(200_000),
            });
            let rule = usize::try_from(next(RULES as u64)).unwrap_or(0);
            (nth as i64 * 10_000, vec![rule], event)
        })
        .collect()
}

fn spanned<T>(it: T) -> Spanned<T> {
    Spanned::new(it, Span::new(FileId::FIRST, 0, 1))
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// Seconds of the processor that this process has used; 0 where the system does not tell.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    // The state is no number; then user and system time are the 11th and 12th.
    (fields.get(10).unwrap_or(&0.0) + fields.get(11).unwrap_or(&0.0)) / TICKS
}

/// The most memory that this process has had, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
