//! `rulec match` with each type of correlation: small streams, what completes it, and that a saved state, a lateness and
//! a limit of memory change nothing that they should not.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::cases::{CASES, all, correlation, rules};

/// An event of `SECOND KINDS [FIELD=VALUE ..]`, in which `KINDS` are the rules that it matches: `ab` is one of two.
/// A second may have a fraction, and `-` is no time.
fn event(line: &str) -> String {
    let mut words = line.split_whitespace();
    let (second, kinds) = (words.next().unwrap(), words.next().unwrap());
    let mut event = Map::new();
    if second != "-" {
        event.insert("time".to_owned(), json!(format!("2024-01-01T00:00:{second:0>2}Z")));
    }
    let kinds: Vec<String> = kinds.chars().map(String::from).collect();
    event.insert("kind".to_owned(), json!(kinds));
    for word in words {
        let (name, value) = word.split_once('=').unwrap();
        let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        event.insert(name.to_owned(), value);
    }
    format!("{}\n", Value::Object(event))
}

fn folder(name: &str, correlations: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("correlations").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("rules.yml"), format!("{}\n{correlations}", rules())).unwrap();
    path
}

/// The lines of correlations, and messages.
fn run(folder: &Path, args: &[&str], events: &str) -> (Vec<Value>, String) {
    std::fs::write(folder.join("events.ndjson"), events).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rulec"))
        .args(["match", "-r", "rules.yml", "--profile", "none", "--threads", "1", "events.ndjson"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    let out = String::from_utf8(output.stdout).unwrap();
    let lines = out.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    // A rule that a correlation does not see is told as well.
    (lines.filter(|it| it.get("group").is_some()).collect(), err)
}

/// A match as `EVENT GROUP`.
fn short(line: &Value) -> String {
    let group = line["group"].as_object().unwrap();
    let group: Vec<&str> = group.values().map(|it| it.as_str().unwrap()).collect();
    format!("{} {}", line["event"], group.join(" "))
}

/// Runs a correlation over events, in one piece and in two with a saved state between them.
fn check(name: &str, body: &str, events: &[&str], expected: &[&str]) {
    let folder = folder(name, &correlation(name, body));
    let lines: Vec<String> = events.iter().map(|it| event(it)).collect();
    let (whole, err) = run(&folder, &[], &lines.concat());
    assert_eq!(whole.iter().map(short).collect::<Vec<_>>(), expected, "{name}\n{err}");
    for split in [1, lines.len() / 2, lines.len() - 1] {
        let state = format!("{split}.json");
        let args = ["--state", &state];
        let mut parts = run(&folder, &args, &lines[..split].concat()).0;
        parts.extend(run(&folder, &args, &lines[split..].concat()).0);
        assert_eq!(parts, whole, "{name}: in two after {split}");
    }
}

#[test]
fn each_type_of_correlation_is_told_also_from_a_saved_state() {
    for (name, body, events, expected) in CASES {
        check(name, body, events, expected);
    }
}

#[test]
fn a_chain_and_an_alias_are_told_also_from_a_saved_state() {
    let chain = "type: temporal_ordered
                 rules: [often, c]
                 aliases: { u: { often: who, c: u } }";
    let often = "---\ntitle: often\nname: often\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: [who]\n  timespan: 3s\n  condition: { gte: 2 }\n";
    let folder = folder("chain", &format!("{}{often}", correlation("chain", chain)));
    let events = ["0 a who=jo", "3 a who=jo", "9 c u=al", "13 c u=jo", "14 c u=jo"].map(event);
    let (whole, _) = run(&folder, &[], &events.concat());
    assert_eq!(
        whole,
        [json!({
            "event": 3, "rule": "chain", "title": "chain", "level": null, "group": { "u": "jo" },
            "from": "2024-01-01T00:00:03Z", "to": "2024-01-01T00:00:13Z",
        })]
    );
    for split in 1..events.len() {
        let state = format!("{split}.json");
        let args = ["--state", &state];
        let mut parts = run(&folder, &args, &events[..split].concat()).0;
        parts.extend(run(&folder, &args, &events[split..].concat()).0);
        assert_eq!(parts, whole, "in two after {split}");
    }
}

/// Each match as `TITLE TIME GROUP`, whatever the number of its event.
fn told(lines: &[Value]) -> BTreeSet<String> {
    lines.iter().map(|it| format!("{} {} {}", it["title"], it["to"], it["group"])).collect()
}

/// Events of all cases in one stream: a user for each case, in the order of time.
fn together() -> Vec<(f64, String)> {
    let mut res = Vec::new();
    for (name, _, events, _) in CASES {
        for (nth, it) in events.iter().enumerate() {
            let second: f64 = it.split_whitespace().next().unwrap().parse().unwrap();
            // No two at one time: their order would not be that of arrival any more.
            let second = second + nth as f64 / 1000.0;
            let rest = it.split_once(' ').unwrap().1.replace("u=jo", &format!("u={name}"));
            res.push((second, event(&format!("{second:06.3} {rest}"))));
        }
    }
    res.sort_by(|a, b| a.0.total_cmp(&b.0));
    res
}

#[test]
fn within_the_lateness_the_order_of_arrival_changes_nothing() {
    let folder = folder("lateness", &all());
    let ordered = together();
    let text = |it: &[(f64, String)]| it.iter().map(|it| it.1.as_str()).collect::<String>();
    let (expected, err) = run(&folder, &[], &text(&ordered));
    assert!(expected.len() > 20 && !err.contains("came later"), "{err}");
    // Every event comes up to four seconds later than it was.
    let mut late: Vec<(f64, (f64, String))> = ordered
        .iter()
        .enumerate()
        .map(|(nth, it)| (it.0 + (nth * 7 % 40) as f64 / 10.0, it.clone()))
        .collect();
    late.sort_by(|a, b| a.0.total_cmp(&b.0));
    let late: Vec<(f64, String)> = late.into_iter().map(|it| it.1).collect();
    assert_ne!(text(&late), text(&ordered));
    let (lines, err) = run(&folder, &["--lateness", "4s"], &text(&late));
    assert_eq!(told(&lines), told(&expected), "{err}");
    // What waits is in the state.
    let args = ["--lateness", "4s", "--state", "state.json"];
    let half = late.len() / 2;
    let mut parts = run(&folder, &args, &text(&late[..half])).0;
    assert!(parts.len() < lines.len());
    parts.extend(run(&folder, &args, &text(&late[half..])).0);
    // Without an end of the stream the last four seconds wait on.
    let end = event("59.999 a");
    parts.extend(run(&folder, &args, &end).0);
    assert_eq!(told(&parts), told(&expected));
    // Without a lateness they are left out, and it is said.
    let (lines, err) = run(&folder, &[], &text(&late));
    assert!(told(&lines) != told(&expected), "{err}");
    assert!(err.contains("events came later than allowed and were left out"), "{err}");
}

#[test]
fn at_the_limit_of_memory_matches_are_missed_and_none_is_invented() {
    let folder = folder("memory", &all());
    let mut text = String::new();
    let line = |kinds: &str, user: &str, second: f64, rest: &str| {
        event(&format!("{second:06.3} {kinds} u={user} f={rest} g={rest} n=7"))
    };
    for (nth, it) in ["a", "b", "a", "c"].iter().enumerate() {
        text.push_str(&line(it, "victim", nth as f64 / 10.0, "x"));
    }
    for nth in 0..3000 {
        text.push_str(&line("abc", &format!("flood-{nth}"), 1.0 + f64::from(nth) / 1000.0, "x"));
    }
    for (nth, it) in ["a", "b", "c", "b", "a"].iter().enumerate() {
        text.push_str(&line(it, "victim", 5.0 + nth as f64 / 10.0, "y"));
    }
    // When the window of what was forgotten is over, every answer is given again.
    for (nth, it) in ["a", "b", "c", "b", "a", "c"].iter().enumerate() {
        text.push_str(&line(it, "victim", 20.0 + nth as f64 / 10.0, "z"));
    }
    let (enough, err) = run(&folder, &[], &text);
    assert!(!err.contains("forgotten"), "{err}");
    let (little, err) = run(&folder, &["--memory", "1", "--stats"], &text);
    assert!(err.contains("groups were forgotten for want of memory"), "{err}");
    assert!(err.contains("matches were withheld"), "{err}");
    assert!(err.contains("of 1.0 MiB"), "{err}");
    let (enough, little) = (told(&enough), told(&little));
    assert!(little.is_subset(&enough), "{:?}", little.difference(&enough).collect::<Vec<_>>());
    assert!(little.len() < enough.len());
    let late = |all: &BTreeSet<String>| all.iter().filter(|it| it.contains("00:00:20")).count();
    assert_eq!(late(&little), late(&enough));
    assert!(late(&little) > 10);
}

#[test]
fn an_event_without_a_time_is_left_out_and_counted() {
    let body = CASES[0].1;
    let folder = folder("timeless", &correlation("timeless", body));
    let lines = ["0 a u=jo", "- a u=jo", "1 a u=jo", "2 a u=jo"].map(event).concat();
    let (told, err) = run(&folder, &[], &lines);
    assert_eq!(told.iter().map(short).collect::<Vec<_>>(), ["3 jo"]);
    assert!(err.contains("correlations: 1 events tell no time and were left out"), "{err}");
    // Another field may have it.
    let (told, err) =
        run(&folder, &["--time-field", "when"], &lines.replace("\"time\"", "\"when\""));
    assert_eq!(told.len(), 1, "{err}");
}
