//! The samples of the specification's correlations and filters give the verdicts that it states.
//!
//! They are read from beside the project; without them these tests say so and pass. The rules that a
//! sample names and leaves out are given here.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::PathBuf;

use matcher::correlate::{Correlator, Limits};
use rulec_driver::{Loaded, load, why};
use serde_json::{Value, json};

fn sample(path: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/correlation");
    let res = std::fs::read_to_string(root.join("spec").join(path)).ok();
    if res.is_none() {
        eprintln!("skipped: there is no `{path}` in ../shared/corpus/correlation");
    }
    res
}

/// A rule of this id or name that matches events with `kind: <kind>`.
fn rule(called: &str, kind: &str) -> String {
    format!(
        "title: {kind}\nid: {called}\nname: {called}\nlogsource: {{ product: windows, category: process_creation }}\ndetection:\n  sel: {{ kind: {kind} }}\n  condition: sel\n"
    )
}

fn read(texts: &[String]) -> Loaded {
    let named = texts.iter().enumerate();
    let res = load(named.map(|(nth, it)| (format!("{nth}.yml"), it.clone().into_bytes())));
    let problems: Vec<_> = res.all_problems().map(|it| (it.code.id, &it.message)).collect();
    assert!(problems.is_empty(), "{problems:?}");
    res
}

/// The numbers of the events, from 1, that complete the first correlation; times are in seconds.
fn completes(loaded: &Loaded, events: &[(i64, Value)]) -> Vec<u64> {
    let usable = loaded.usable_correlations();
    let mut correlator = Correlator::new(&usable, Limits::default());
    let mut res = Vec::new();
    for (at, event) in events {
        let rules: Vec<usize> = (0..loaded.rules.len())
            .filter(|it| why(loaded.rules[*it].lowered.as_ref().unwrap(), event).unwrap().0)
            .collect();
        let hits = correlator.observe(at * 1_000_000, &rules, event);
        res.extend(hits.iter().filter(|it| it.correlation == 0).map(|it| it.event + 1));
    }
    res
}

const ID: &str = "5638f7c0-ac70-491d-8465-2a65075e0d86";

#[test]
fn a_hundred_failed_logons_of_one_host_in_an_hour() {
    for (path, field) in [
        ("correlation/event_count.yml", "ComputerName"),
        ("correlation/event_count_ecs.yml", "dns.question.name"),
    ] {
        let Some(text) = sample(path) else { return };
        let loaded = read(&[text, rule(ID, "x")]);
        let event = |host: &str| json!({ "kind": "x", field: host });
        let same: Vec<_> = (0..101).map(|it| (it * 36, event("h"))).collect();
        assert_eq!(completes(&loaded, &same), [100, 101]);
        // Over more than an hour, or of two hosts, it is not the case.
        let slow: Vec<_> = (0..101).map(|it| (it * 37, event("h"))).collect();
        assert_eq!(completes(&loaded, &slow), [0; 0]);
        let two: Vec<_> = (0..198).map(|it| (it, event(["h", "i"][it as usize % 2]))).collect();
        assert_eq!(completes(&loaded, &two), [0; 0]);
    }
}

#[test]
fn a_hundred_users_of_one_source_and_destination_in_a_day() {
    let Some(text) = sample("correlation/value_count.yml") else { return };
    let loaded = read(&[text, rule(ID, "x")]);
    let event = |user: i64, station: &str| json!({ "kind": "x", "ComputerName": "h", "WorkstationName": station, "User": format!("u{user}") });
    let all: Vec<_> = (0..100).map(|it| (it * 800, event(it, "w"))).collect();
    assert_eq!(completes(&loaded, &all), [100]);
    let again: Vec<_> = (0..200).map(|it| (it, event(it % 99, "w"))).collect();
    assert_eq!(completes(&loaded, &again), [0; 0]);
    let other: Vec<_> = (0..198).map(|it| (it, event(it, ["w", "v"][it as usize % 2]))).collect();
    assert_eq!(completes(&loaded, &other), [0; 0]);
}

#[test]
fn three_commands_of_one_user_on_one_host_in_five_minutes() {
    for (path, ordered) in
        [("correlation/temporal.yml", false), ("correlation/temporal_ordered.yml", true)]
    {
        let Some(text) = sample(path) else { return };
        let rules = ["a", "b", "c"].map(|it| rule(&format!("recon_cmd_{it}"), it));
        let loaded = read(&[vec![text], rules.to_vec()].concat());
        let event =
            |kind: &str, user: &str| json!({ "kind": kind, "ComputerName": "h", "User": user });
        let in_order = [(0, event("a", "u")), (100, event("b", "u")), (300, event("c", "u"))];
        assert_eq!(completes(&loaded, &in_order), [3]);
        let other = [(0, event("c", "u")), (100, event("a", "u")), (300, event("b", "u"))];
        assert_eq!(completes(&loaded, &other).is_empty(), ordered);
        let users = [(0, event("a", "u")), (100, event("b", "v")), (300, event("c", "u"))];
        assert_eq!(completes(&loaded, &users), [0; 0]);
        let slow = [(0, event("a", "u")), (100, event("b", "u")), (301, event("c", "u"))];
        assert_eq!(completes(&loaded, &slow), [0; 0]);
    }
}

#[test]
fn sums_and_averages_of_one_source_and_user() {
    let Some(text) = sample("correlation/value_sum.yml") else { return };
    let loaded = read(&[text, rule("website_access", "x")]);
    let event = |bytes: i64| json!({ "kind": "x", "SourceIP": "s", "User": "u", "bytes_sent": bytes, "BytesOut": bytes });
    assert_eq!(completes(&loaded, &[(0, event(600_000)), (1, event(400_000)), (2, event(1))]), [3]);
    assert_eq!(completes(&loaded, &[(0, event(600_000)), (3601, event(600_000))]), [0; 0]);
    let Some(text) = sample("correlation/value_avg.yml") else { return };
    let loaded = read(&[text, rule("rule_a_id", "x")]);
    assert_eq!(completes(&loaded, &[(0, event(500)), (1, event(500)), (2, event(501))]), [3]);
}

#[test]
fn a_process_that_is_one_in_a_hundred() {
    let Some(text) = sample("correlation/value_percentile.yml") else { return };
    let loaded = read(&[text, rule("process_creation", "x")]);
    let event = |image: &str| json!({ "kind": "x", "ComputerName": "h", "Image": image });
    let mut events: Vec<_> = (0..99).map(|it| (it, event("common"))).collect();
    events.push((99, event("rare")));
    assert_eq!(completes(&loaded, &events), [100]);
    events.remove(0);
    assert_eq!(completes(&loaded, &events), [0; 0]);
}

/// The chained example, in our own words: failed logons, then a successful one.
#[test]
fn failed_logons_and_then_a_successful_one() {
    let text = "
title: Guessed password
correlation: { type: temporal_ordered, rules: [guessing, success], group-by: [User], timespan: 10m }
---
title: Guessing
name: guessing
correlation: { type: event_count, rules: [failure], group-by: [User], timespan: 10m, condition: { gte: 10 } }
---
title: Failure
name: failure
logsource: { product: windows, service: security }
detection: { sel: { EventID: [529, 4625] }, condition: sel }
---
title: Success
name: success
logsource: { product: windows, service: security }
detection: { sel: { EventID: [528, 4624] }, condition: sel }
";
    let loaded = read(&[text.to_owned()]);
    let event = |id: i64, user: &str| json!({ "EventID": id, "User": user });
    let events = |count: i64, user: &str, last: i64| {
        let mut res: Vec<_> = (0..count).map(|it| (it, event(4625, "u"))).collect();
        res.push((last, event(4624, user)));
        res
    };
    assert_eq!(completes(&loaded, &events(10, "u", 600)), [11]);
    assert_eq!(completes(&loaded, &events(9, "u", 600)), [0; 0]);
    assert_eq!(completes(&loaded, &events(10, "v", 600)), [0; 0]);
    assert_eq!(completes(&loaded, &events(10, "u", 610)), [0; 0]);
}

/// The example of aliases, in our own words.
#[test]
fn an_address_that_is_source_here_and_destination_there() {
    let text = "
title: Error and connection
correlation:
  type: temporal
  rules: [fault, link]
  group-by: [inside, outside]
  timespan: 10s
  aliases:
    inside: { fault: destination.ip, link: source.ip }
    outside: { fault: source.ip, link: destination.ip }
---
title: Fault
name: fault
logsource: { category: webserver }
detection: { sel: { http.response.status_code: 500 }, condition: sel }
---
title: Link
name: link
logsource: { category: firewall }
detection: { sel: { event.category: network }, condition: sel }
";
    let loaded = read(&[text.to_owned()]);
    let fault = json!({ "http": { "response": { "status_code": 500 } }, "source.ip": "9.9.9.9", "destination.ip": "10.0.0.1" });
    let link = |source: &str, destination: &str| json!({ "event.category": "network", "source": { "ip": source }, "destination": { "ip": destination } });
    let events = |it: Value| [(0, fault.clone()), (10, it)];
    assert_eq!(completes(&loaded, &events(link("10.0.0.1", "9.9.9.9"))), [2]);
    assert_eq!(completes(&loaded, &events(link("9.9.9.9", "10.0.0.1"))), [0; 0]);
}

#[test]
fn filters_of_the_specification() {
    let cases = [
        ("filter/filter_1.yml", "product: windows, category: process_creation", "User", "adm_", ""),
        (
            "filter/filter_ecs.yml",
            "category: network, service: dns",
            "dns.question.name",
            "www.google.",
            "taxonomy: ecs\n",
        ),
    ];
    for (path, logsource, field, text, taxonomy) in cases {
        let Some(filter) = sample(path) else { return };
        let rule = rule("6f3e2987-db24-4c78-a860-b4f4095a7095", "x")
            .replace("product: windows, category: process_creation", logsource);
        let texts = [format!("{taxonomy}{rule}"), filter];
        let named = texts.iter().enumerate();
        let loaded = load(named.map(|(nth, it)| (format!("{nth}.yml"), it.clone().into_bytes())));
        // It names a rule that is not here, and its condition has no `not`.
        let mut codes: Vec<_> = loaded.all_problems().map(|it| it.code.id).collect();
        codes.sort_unstable();
        assert_eq!(codes, ["F001", "F002"]);
        let matches =
            |event: Value| why(loaded.rules[0].lowered.as_ref().unwrap(), &event).unwrap().0;
        assert!(matches(json!({ "kind": "x", field: format!("{text}1") })));
        assert!(!matches(json!({ "kind": "x", field: "other" })));
        assert!(!matches(json!({ "kind": "y", field: format!("{text}1") })));
    }
}
