//! `rulec diff` where documents refer to others: what differs is told though its own file is the same.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

const RULE: &str = "\
title: Failure
id: 11111111-1111-4111-8111-111111111111
name: failure
logsource: { product: windows, service: security }
detection:
  selection: { EventID: 4625 }
  condition: selection
";

const CORRELATION: &str = "\
title: Failures
id: 22222222-2222-4222-8222-222222222222
correlation:
  type: event_count
  rules: [failure]
  group-by: [TargetUserName]
  timespan: 10m
  condition: { gte: 10 }
tests:
  - name: ten
    match: true
    events: [{ at: 0s, repeat: 10, every: 1s, event: { EventID: 4625, TargetUserName: jo } }]
";

const FILTER: &str = "\
title: Services
logsource: { product: windows, service: security }
filter:
  rules: any
  selection: { TargetUserName|startswith: svc- }
  condition: not selection
";

/// The states of these files before and after.
fn states(name: &str, files: &[(&str, &str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff_correlations").join(name);
    let _ = std::fs::remove_dir_all(&root);
    for folder in ["before", "after"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    for (path, before, after) in files {
        std::fs::write(root.join("before").join(path), before).unwrap();
        std::fs::write(root.join("after").join(path), after).unwrap();
    }
    root
}

/// The exit code, and what is printed.
fn diff(root: &Path, format: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rulec"))
        .args(["diff", "before", "after", "-t", "kql/sentinel", "-t", "falco", "--format", format])
        .current_dir(root)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn rules(root: &Path) -> (i32, Vec<Value>) {
    let (code, text) = diff(root, "json");
    let whole: Value = serde_json::from_str(&text).unwrap();
    (code, whole["rules"].as_array().unwrap().clone())
}

#[test]
fn every_part_of_a_correlation_is_told_in_every_format() {
    let edited = CORRELATION
        .replace("timespan: 10m", "timespan: 15m")
        .replace("gte: 10", "gte: 11")
        .replace("[TargetUserName]", "[TargetUserName, IpAddress]");
    let root =
        states("formats", &[("rule.yml", RULE, RULE), ("correlation.yml", CORRELATION, &edited)]);
    let (code, rules) = rules(&root);
    assert_eq!((code, rules.len()), (1, 1), "{rules:?}");
    let it = &rules[0];
    assert_eq!(
        (&it["kind"], &it["title"], &it["correlation"], &it["relation"], &it["proved"]),
        (&json!("failing"), &json!("Failures"), &json!(true), &json!("unknown"), &json!(false))
    );
    let reasons = [
        "each group is a part of an old one, and an event needs one more field",
        "a longer window sees more",
        "its condition is harder to meet",
    ];
    assert_eq!(it["reasons"], json!(reasons));
    assert_eq!(
        it["meta"],
        json!([
            { "key": "group-by", "removed": [], "added": ["IpAddress"] },
            { "key": "timespan", "removed": ["10m"], "added": ["15m"] },
            { "key": "condition", "removed": ["gte 10"], "added": ["gte 11"] },
        ])
    );
    assert_eq!(it["failing"][0]["seen"], json!([{ "rule": "Failure", "events": 10 }]));
    assert_eq!(it["examples"], json!({ "gained": 0, "lost": 1 }));
    // What no target says stays unsaid, and is no news.
    let outputs: Vec<&Value> =
        it["outputs"].as_array().unwrap().iter().map(|it| &it["target"]).collect();
    assert_eq!(outputs, [&json!("kql/sentinel:query")]);
    for format in ["human", "markdown"] {
        let (_, text) = diff(&root, format);
        for part in [
            "changed: whether it matches more or less can't be decided: each group is a part",
            "timespan 10m → 15m",
            "condition gte 10 → gte 11",
            "group-by with IpAddress",
            "10 events match Failure",
            "-the number of events is >= 10",
        ] {
            assert!(text.contains(part), "{format}: {part}\n{text}");
        }
    }
}

#[test]
fn a_correlation_is_told_when_a_rule_of_another_file_changes() {
    let more = RULE.replace("EventID: 4625", "EventID: [529, 4625]");
    let root = states("rule", &[("rule.yml", RULE, &more), ("x.yml", CORRELATION, CORRELATION)]);
    let (code, rules) = rules(&root);
    let found: Vec<_> =
        rules.iter().map(|it| (it["title"].as_str(), it["relation"].as_str())).collect();
    assert_eq!(found, [(Some("Failure"), Some("wider")), (Some("Failures"), Some("wider"))]);
    assert_eq!((code, &rules[1]["unmarked"]), (0, &json!(false)));
    assert_eq!(rules[1]["reasons"], json!(["`failure` matches more than it did"]));
    // The same in other words is none.
    let same = RULE.replace("EventID: 4625", "EventID: [4625]");
    let root = states("same", &[("rule.yml", RULE, &same), ("x.yml", CORRELATION, CORRELATION)]);
    let (_, rules) = self::rules(&root);
    let found: Vec<_> =
        rules.iter().map(|it| (it["title"].as_str(), it["relation"].as_str())).collect();
    assert_eq!(found, [(Some("Failure"), Some("same"))]);
}

#[test]
fn a_rule_is_told_when_its_filter_changes() {
    let less = FILTER.replace("svc-", "svc-web");
    let root = states(
        "filter",
        &[
            ("rule.yml", RULE, RULE),
            ("filter.yml", FILTER, &less),
            ("x.yml", CORRELATION, CORRELATION),
        ],
    );
    let (_, rules) = rules(&root);
    let found: Vec<_> =
        rules.iter().map(|it| (it["title"].as_str(), it["relation"].as_str())).collect();
    assert_eq!(found, [(Some("Failure"), Some("wider")), (Some("Failures"), Some("wider"))]);
}

#[test]
fn correlations_come_go_and_break() {
    let root = states("added", &[("x.yml", RULE, &format!("{RULE}---\n{CORRELATION}"))]);
    let (code, rules) = rules(&root);
    assert_eq!((code, rules.len()), (0, 1), "{rules:?}");
    assert_eq!((&rules[0]["kind"], &rules[0]["title"]), (&json!("added"), &json!("Failures")));
    let broken = CORRELATION.replace("[failure]", "[gone]");
    let root = states("broken", &[("rule.yml", RULE, RULE), ("x.yml", CORRELATION, &broken)]);
    let (code, rules) = self::rules(&root);
    assert_eq!((code, rules.len(), &rules[0]["kind"]), (1, 1, &json!("broken")));
    // Its rule is gone, in another file.
    let root = states("gone", &[("rule.yml", RULE, ""), ("x.yml", CORRELATION, CORRELATION)]);
    let (code, rules) = self::rules(&root);
    let kinds: Vec<&str> = rules.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!((code, kinds), (1, vec!["removed", "broken"]));
}
