//! Rule formats of built-in targets: what they say, which profiles they are for, and their limits.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use rulec_driver::{Loaded, Request, Targets};
use serde_json::Value;

const RULE: &str = "\
title: A tool
id: 045ab413-1d09-419d-a69a-ef88e2762de9
description: It runs.
level: critical
tags: [attack.execution, attack.t1059.001]
SCHEDULE
logsource: { product: windows, category: process_creation }
detection:
  sel:
    CommandLine|contains: VALUES
  condition: sel
";

fn rule(schedule: &str, values: &str) -> String {
    RULE.replace("SCHEDULE\n", schedule).replace("VALUES", values)
}

fn loaded(text: &str) -> Loaded {
    rulec_driver::load([("rule.yml".to_owned(), text.as_bytes().to_vec())])
}

/// The text in a format, or the findings, one a line.
fn convert(request: &str, text: &str) -> Result<String, String> {
    let targets = Targets::builtin();
    let request = Request::parse(request, &targets).unwrap();
    let loaded = loaded(text);
    match request.convert(&loaded.rules[0], &targets, false).result {
        Ok(it) => Ok(it.text),
        Err(all) => {
            let all = all.iter().map(|it| diagnostic::concise(it, &loaded.sources));
            Err(all.collect::<Vec<_>>().join("\n"))
        }
    }
}

#[track_caller]
fn refused(request: &str, text: &str, at: &str, why: &str) {
    let found = convert(request, text).unwrap_err();
    assert!(found.contains(at) && found.contains(why), "{found}");
}

#[test]
fn a_few_rules_in_every_format() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    for path in [
        "windows/process_creation/credential_store_read_from_shadow_copy.yml",
        "kubernetes/kubernetes_anonymous_request_answered.yml",
    ] {
        let text = std::fs::read_to_string(root.join("rules").join(path)).unwrap();
        for request in ["kql/sentinel", "kql:sentinel", "kql:arm", "kql:defender"] {
            let found = convert(request, &text).unwrap_or_else(|it| format!("refused\n{it}\n"));
            let mut settings = insta::Settings::clone_current();
            settings
                .set_snapshot_path(root.join("snapshots/formats").join(request.replace(':', "-")));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            let name = Path::new(path).file_stem().unwrap().to_str().unwrap().to_owned();
            settings.bind(|| insta::assert_snapshot!(name, found));
        }
    }
}

#[test]
fn a_format_is_for_some_profiles() {
    let targets = Targets::builtin();
    assert_eq!(Request::parse("kql:sentinel", &targets).unwrap().profile, "sentinel");
    assert_eq!(Request::parse("kql:defender", &targets).unwrap().profile, "defender");
    for wrong in ["kql/none:arm", "kql/defender:sentinel", "kql/sentinel:defender"] {
        let why = Request::parse(wrong, &targets).unwrap_err();
        assert!(why.contains("is for") && why.contains("which has query"), "{why}");
    }
}

#[test]
fn a_critical_rule_is_high_and_its_techniques_have_their_tactic() {
    let text = rule("schedule: { every: 10m, lookback: 1d }\n", "x");
    let arm: Value = serde_json::from_str(&convert("kql:arm", &text).unwrap()).unwrap();
    let found = &arm["resources"][0]["properties"];
    assert_eq!(found["severity"], "High");
    assert_eq!(found["tactics"], serde_json::json!(["Execution"]));
    assert_eq!(found["techniques"], serde_json::json!(["T1059"]));
    assert_eq!((&found["queryFrequency"], &found["queryPeriod"]), (&"PT10M".into(), &"P1D".into()));
    assert!(found["query"].as_str().unwrap().starts_with("imProcessCreate\n| where "));
}

#[test]
fn a_title_in_brackets_is_no_expression_of_the_template() {
    let text = rule("", "x").replace("A tool", "'[A] tool [b]'");
    let arm: Value = serde_json::from_str(&convert("kql:arm", &text).unwrap()).unwrap();
    assert_eq!(arm["resources"][0]["properties"]["displayName"], "[[A] tool [b]");
}

#[test]
fn a_long_query_is_refused_where_the_detection_stands() {
    let values: Vec<String> = (0..600).map(|it| format!("a rather long value {it}")).collect();
    let text = rule("", &format!("[{}]", values.join(", ")));
    for format in ["kql:sentinel", "kql:arm"] {
        refused(format, &text, "rule.yml:8:", "10,000");
    }
    let loaded = loaded(&text);
    let targets = Targets::builtin();
    // No limit of custom detections is documented.
    for request in ["kql/sentinel", "kql:defender"] {
        let request = Request::parse(request, &targets).unwrap();
        let found = rulec_driver::check_target(&loaded, &request, &targets);
        assert!(found.iter().any(|it| it.message.contains("10,000")), "{found:?}");
    }
}

#[test]
fn schedules_are_those_that_the_service_has() {
    let with = |it: &str| rule(&format!("schedule: {{ {it} }}\n"), "x");
    refused("kql:sentinel", &with("every: 1m"), "rule.yml:6:", "every 1m");
    refused("kql:sentinel", &with("every: 90s"), "rule.yml:6:", "every 90s");
    refused("kql:sentinel", &with("every: 2h, lookback: 1h"), "rule.yml:6:", "shorter");
    refused("kql:sentinel", &with("every: 30m, lookback: 2d"), "rule.yml:6:", "once an hour");
    refused("kql:sentinel", &with("every: 15d, lookback: 15d"), "rule.yml:6:", "15d");
    assert!(convert("kql:sentinel", &with("every: 1h, lookback: 14d")).is_ok());
    refused("kql:defender", &with("every: 5m"), "rule.yml:6:", "every 5m");
    let chosen = format!("{}targets: {{ kql: {{ period: 3H }} }}\n", with("every: 5m"));
    let found: Value = serde_json::from_str(&convert("kql:defender", &chosen).unwrap()).unwrap();
    assert_eq!(found["schedule"], serde_json::json!({ "frequency": "PT3H" }));
}

#[test]
fn a_continuous_rule_reads_a_table_that_may_be_read_so() {
    let warned = |logsource: &str, field: &str| {
        let text = format!("{}targets: {{ kql: {{ period: '0' }} }}\n", rule("", "x"));
        let text = text
            .replace("{ product: windows, category: process_creation }", logsource)
            .replace("CommandLine", field);
        let (loaded, targets) = (loaded(&text), Targets::builtin());
        let request = Request::parse("kql:defender", &targets).unwrap();
        let found = rulec_driver::check_target(&loaded, &request, &targets);
        found.iter().any(|it| it.message.contains("continuous"))
    };
    assert!(warned("{ product: azure, service: signinlogs }", "userAgent"));
    assert!(!warned("{ product: zeek, service: http }", "user_agent"));
}

#[test]
fn a_custom_detection_has_each_tactic_once_with_its_techniques() {
    let tags = "tags: [attack.stealth, attack.defense-impairment, attack.t1070.004, attack.t1070, attack.execution, attack.t1059.001]";
    let text = rule("", "x").replace("tags: [attack.execution, attack.t1059.001]", tags);
    let found: Value = serde_json::from_str(&convert("kql:defender", &text).unwrap()).unwrap();
    let tactics = &found["detectionAction"]["alertTemplate"]["tactics"];
    let names: Vec<&str> =
        tactics.as_array().unwrap().iter().map(|it| it["tactic"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|it| **it == "DefenseEvasion").count(), 1, "{tactics:#}");
    let execution = tactics.as_array().unwrap().iter().find(|it| it["tactic"] == "Execution");
    assert_eq!(
        execution.unwrap()["techniques"],
        serde_json::json!([{ "technique": "T1059", "subTechniques": ["T1059.001"] }])
    );
    refused("kql:defender", &text.replace("id: 045", "x-id: 045"), "rule.yml:1:", "no `id`");
}

#[test]
fn names_ids_and_descriptions_have_their_limits() {
    let text = rule("", "x");
    refused("kql:sentinel", &text.replace("A tool", &"t".repeat(257)), "rule.yml:1:", "257");
    refused("kql:sentinel", &text.replace("It runs.", &"d".repeat(5001)), "rule.yml:3:", "5001");
    let wrong = text
        .replace("045ab413-1d09-419d-a69a-ef88e2762de9", "045ab413-1d09-419d-a69a-ef88e2762d')");
    refused("kql:arm", &wrong, "rule.yml:2:", "no UUID");
}

#[test]
fn entities_can_be_chosen_and_are_checked() {
    let with = |it: &str| format!("{}targets: {{ kql: {{ entities: [{it}] }} }}\n", rule("", "x"));
    let host = "{ type: Host, columns: { HostName: DvcHostname } }";
    let found = convert("kql:sentinel", &with(host)).unwrap();
    assert!(found.contains("DvcHostname") && !found.contains("TargetUsername"), "{found}");
    refused("kql:sentinel", &with(&[host; 11].join(", ")), "rule.yml:11:", "takes 10");
    refused(
        "kql:sentinel",
        &with("{ type: Hosts, columns: { A: B } }"),
        "rule.yml:11:",
        "does not know",
    );
    let four = "{ type: Host, columns: { A: B, C: D, E: F, G: H } }";
    refused("kql:sentinel", &with(four), "rule.yml:11:", "three");
}
