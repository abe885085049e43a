//! The Elastic rule formats hold what Kibana's import and the detection-rules repository demand.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use rulec_driver::{Loaded, Request, Targets};
use serde_json::Value;

fn collect(dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "yml") {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn rules() -> Loaded {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"), &mut files);
    files.sort();
    rulec_driver::load(files)
}

fn outputs(format: &str) -> Vec<String> {
    let targets = Targets::builtin();
    let request = Request::parse(format, &targets).unwrap();
    let loaded = rules();
    let all = loaded.rules.iter();
    all.filter_map(|it| request.convert(it, &targets, false).result.ok())
        .map(|it| it.text)
        .collect()
}

/// A time span such as `5m`.
fn is_span(text: &str) -> bool {
    let (digits, unit) = text.split_at(text.len() - 1);
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()) && "smhd".contains(unit)
}

fn texts(value: &Value) -> bool {
    value.as_array().is_some_and(|it| it.iter().all(Value::is_string))
}

/// A tactic, technique or sub-technique: id, name, and a reference to its page.
fn is_part(value: &Value, folder: &str) -> bool {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let reference = format!("https://attack.mitre.org/{folder}/{}/", text("id").replace('.', "/"));
    !text("id").is_empty() && !text("name").is_empty() && text("reference") == reference
}

#[test]
fn ndjson_has_the_fields_of_kibanas_import() {
    let outputs = outputs("eql:ndjson");
    assert!(outputs.len() >= 30);
    for text in outputs {
        assert_eq!(text.lines().count(), 1, "one rule a line");
        let rule: Value = serde_json::from_str(&text).unwrap();
        let name = rule["name"].as_str().unwrap();
        let check = |good: bool, what: &str| assert!(good, "{name}: {what}: {rule}");
        check(!name.is_empty(), "name");
        check(!rule["description"].as_str().unwrap().is_empty(), "description");
        check(rule["query"].as_str().unwrap().contains(" where "), "query");
        check(rule["type"] == "eql" && rule["language"] == "eql", "type and language");
        check(rule["risk_score"].as_u64().is_some_and(|it| it <= 100), "risk_score");
        let severity = rule["severity"].as_str().unwrap();
        check(["low", "medium", "high", "critical"].contains(&severity), "severity");
        let id = rule["rule_id"].as_str().unwrap();
        check(id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12]), "rule_id");
        check(rule["enabled"] == false, "enabled");
        check(rule["version"].as_u64().is_some_and(|it| it >= 1), "version");
        check(rule["max_signals"].as_u64().is_some_and(|it| it >= 1), "max_signals");
        check(is_span(rule["interval"].as_str().unwrap()), "interval");
        let from = rule["from"].as_str().unwrap().strip_prefix("now-");
        check(from.is_some_and(is_span) && rule["to"] == "now", "from and to");
        for key in ["index", "tags", "author", "references", "false_positives"] {
            check(texts(&rule[key]), key);
        }
        check(!rule["index"].as_array().unwrap().is_empty(), "index is not empty");
        for key in ["exceptions_list", "actions", "risk_score_mapping", "severity_mapping"] {
            check(rule[key].is_array(), key);
        }
        for it in rule["required_fields"].as_array().unwrap() {
            check(
                it["name"].is_string() && it["type"].is_string() && it["ecs"].is_boolean(),
                "required_fields",
            );
        }
        for it in rule["related_integrations"].as_array().unwrap() {
            check(it["package"].is_string() && it["version"].is_string(), "related_integrations");
        }
        for it in rule["threat"].as_array().unwrap() {
            check(it["framework"] == "MITRE ATT&CK", "framework");
            check(is_part(&it["tactic"], "tactics"), "tactic");
            for top in it["technique"].as_array().unwrap() {
                check(is_part(top, "techniques"), "technique");
                for sub in top["subtechnique"].as_array().into_iter().flatten() {
                    check(is_part(sub, "techniques"), "subtechnique");
                }
            }
        }
    }
}

#[test]
fn toml_parses_back_to_the_same_query() {
    let plain = outputs("eql:query");
    let outputs = outputs("eql:toml");
    assert_eq!(outputs.len(), plain.len());
    for (text, query) in outputs.iter().zip(plain) {
        let rule: toml::Table = text.parse().unwrap();
        assert_eq!(rule["rule"]["query"].as_str().unwrap().trim(), query.trim());
        let date = rule["metadata"]["creation_date"].as_str().unwrap();
        assert!(date.split('/').map(str::len).eq([4, 2, 2]), "{date}");
    }
}

/// Every fact of the page that the first rule of this project was taken from, in its order.
#[test]
fn the_page_shows_every_fact_in_order() {
    let targets = Targets::builtin();
    let request = Request::parse("eql:page", &targets).unwrap();
    let loaded = rules();
    let title = "Netcat Listener Established Inside A Container";
    let rule = loaded.rules.iter().find(|it| it.title.as_deref() == Some(title)).unwrap();
    let page = request.convert(rule, &targets, false).result.unwrap().text;
    let facts = [
        title,
        "Rule type: eql",
        "Rule indices:",
        "logs-cloud_defend*",
        "Severity: high",
        "Risk score: 73",
        "Runs every: 5m",
        "Searches indices from: now-6m",
        "Date Math format",
        "Maximum alerts per execution: 100",
        "References: None",
        "Tags:",
        "Data Source: Elastic Defend for Containers",
        "Domain: Container",
        "OS: Linux",
        "Use Case: Threat Detection",
        "Tactic: Execution",
        "Version: 2",
        "Rule authors:",
        "Elastic",
        "Rule license: Elastic License v2",
        "Rule query",
        "process where",
        "event.type == \"start\"",
        "container.id",
        "event.action in (\"fork\", \"exec\")",
        "\"nc\", \"ncat\", \"netcat\", \"netcat.openbsd\", \"netcat.traditional\"",
        "process.args",
        "\"-*l*\", \"--listen\", \"-*p*\", \"--source-port\"",
        "Framework: MITRE ATT&CK",
        "Tactic:",
        "Name: Execution",
        "ID: TA0002",
        "https://attack.mitre.org/tactics/TA0002/",
        "Technique:",
        "Name: Command and Scripting Interpreter",
        "ID: T1059",
        "https://attack.mitre.org/techniques/T1059/",
        "Sub-technique:",
        "Name: Unix Shell",
        "ID: T1059.004",
        "https://attack.mitre.org/techniques/T1059/004/",
    ];
    let mut at = 0;
    for fact in facts {
        match page[at..].find(fact) {
            Some(found) => at += found + fact.len(),
            None => panic!("`{fact}` is not there, or out of order, in:\n{page}"),
        }
    }
}

#[test]
fn what_elastic_expects_is_checked() {
    let text = "title: x\nid: 0cb2d2ae-3bba-4b34-a3a1-9a3d3c2a1f00\nlevel: high\nrisk_score: 21\nschedule: {every: 10m, lookback: 6m}\nlogsource: {product: windows, category: process_creation}\ndetection:\n  a: {Image: b}\n  condition: a\n";
    let loaded = rulec_driver::load([("r.yml".to_owned(), text.as_bytes().to_vec())]);
    let targets = Targets::builtin();
    let request = Request::parse("eql", &targets).unwrap();
    let found = rulec_driver::check_target(&loaded, &request, &targets);
    let shown: Vec<String> =
        found.iter().map(|it| diagnostic::concise(it, &loaded.sources)).collect();
    assert_eq!(
        shown,
        [
            "r.yml:4:13: warning[T009] the risk score 21 is not in the band of `high`",
            "r.yml:5:34: warning[T009] the look-back is not longer than the interval",
            "r.yml:1:8: warning[T009] the rule has no tags",
            "r.yml:1:8: warning[T009] the rule has no `description`",
        ]
    );
}

#[test]
fn a_rule_names_the_fields_for_its_keywords() {
    let text = "title: Mentions Of A Tool\nlogsource: { product: linux }\ndetection:\n  keywords: [wormhole]\n  condition: keywords\ntargets: { eql: { keywords: [process.command_line, message] } }\n";
    let say = |text: &str| {
        let targets = Targets::builtin();
        let loaded = rulec_driver::load(vec![("rule.yml".to_owned(), text.as_bytes().to_vec())]);
        let request = Request::parse("eql", &targets).unwrap();
        request.convert(&loaded.rules[0], &targets, false).result.map(|it| it.text)
    };
    assert!(say(text).unwrap().contains("process.command_line : \"*wormhole*\""));
    let refused = say(&text[..text.find("targets").unwrap()]).unwrap_err();
    assert!(refused[0].message.contains("anywhere in an event"), "{refused:?}");
}
