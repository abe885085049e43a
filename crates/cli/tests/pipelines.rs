//! Pipelines on the command line.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

const RULE: &str = "\
title: Tools
id: 6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1
level: high
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\psexec.exe'
  condition: selection
";

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn rulec(dir: &Path, args: &[&str]) -> Ran {
    let output =
        Command::new(env!("CARGO_BIN_EXE_rulec")).args(args).current_dir(dir).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder with a rule and these files.
fn folder(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pipelines").join(test);
    let _ = std::fs::remove_dir_all(&root);
    for (path, text) in files.iter().chain([&("rules/tools.yml", RULE)]) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

const MAP: &str = "transformations:\n  - id: names\n    type: field_name_mapping\n    mapping: { Image: my.image }\n";

#[test]
fn mapped_names_are_the_targets_own() {
    let dir = folder("mapped", &[("map.yml", MAP)]);
    let plain = rulec(&dir, &["convert", "-t", "eql:query", "rules"]);
    assert!(plain.out.contains("process.executable"), "{}", plain.out);
    let ran = rulec(&dir, &["convert", "-t", "eql:query", "-p", "map.yml", "rules"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("my.image"), "{}", ran.out);
    assert!(!ran.out.contains("process.executable"), "{}", ran.out);
}

#[test]
fn pipelines_are_found_by_name_and_applied_by_priority() {
    let late = "priority: 20\ntransformations: [{type: field_name_suffix, suffix: .late}]\n";
    let early =
        "priority: 10\ntransformations: [{type: field_name_mapping, mapping: {Image: early}}]\n";
    let dir = folder(
        "named",
        &[("pipelines/late.yml", late), ("pipelines/early.yaml", early), ("rulec.yml", "")],
    );
    let args = ["convert", "-t", "eql:query", "-p", "late", "-p", "early", "rules"];
    let ran = rulec(&dir, &args);
    assert!(ran.out.contains("early.late"), "{}{}", ran.out, ran.err);
    // Beside the configuration of the rules, wherever the command is run.
    let other = folder("elsewhere", &[]);
    let rules = dir.join("rules");
    let rules = rules.to_str().unwrap();
    let ran = rulec(&other, &["convert", "-t", "eql:query", "-p", "early", rules]);
    assert!(ran.out.contains("early"), "{}{}", ran.out, ran.err);
    let ran = rulec(&dir, &["convert", "-t", "eql:query", "-p", "erly", "rules"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `early`?"), "{}", ran.err);
}

#[test]
fn queries_are_finished() {
    let text = "postprocessing:\n  - { type: simple_template, template: '{rule.title}: {query}' }\nfinalizers:\n  - { type: concat, prefix: '[', suffix: ']' }\n";
    let dir = folder("finished", &[("p.yml", text)]);
    let ran = rulec(&dir, &["convert", "-t", "eql:query", "-p", "p.yml", "rules"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("[Tools: process where"), "{}", ran.out);
    assert!(ran.out.trim_end().ends_with(']'), "{}", ran.out);
    let ran = rulec(&dir, &["convert", "-t", "eql:query", "-p", "p.yml", "-o", "out", "rules"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let written: Vec<_> =
        walk(&dir.join("out")).into_iter().map(|it| it.file_name().unwrap().to_owned()).collect();
    assert_eq!(written, ["queries.eql"]);
    let ran = rulec(&dir, &["convert", "-t", "eql:query", "-p", "p.yml", "--jsonl", "rules"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("finalizers"), "{}", ran.err);
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut res = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { res.extend(walk(&path)) } else { res.push(path) }
    }
    res
}

#[test]
fn broken_pipelines_and_other_targets_are_refused() {
    let dir = folder(
        "broken",
        &[
            ("broken.yml", "transformations: [{type: casee}]\n"),
            ("other.yml", "allowed_backends: [splunk]\ntransformations: []\n"),
            ("ours.yml", "allowed_backends: [elasticsearch]\ntransformations: []\n"),
        ],
    );
    let ran = rulec(&dir, &["convert", "-t", "eql", "-p", "broken.yml", "rules"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("P002") && ran.err.contains("broken.yml:1:26"), "{}", ran.err);
    let ran = rulec(&dir, &["convert", "-t", "eql", "-p", "other.yml", "rules"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("P011") && ran.err.contains("elasticsearch"), "{}", ran.err);
    assert_eq!(rulec(&dir, &["convert", "-t", "eql", "-p", "ours.yml", "rules"]).code, 0);
    let ran = rulec(&dir, &["pipeline", "check", "broken.yml", "ours.yml", "--format", "concise"]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1), "{}", ran.out);
    assert_eq!(rulec(&dir, &["pipeline", "check", "ours.yml"]).code, 0);
}

#[test]
fn steps_are_shown() {
    let text = format!(
        "{MAP}  - {{ id: linux, type: case, rule_conditions: [{{ type: logsource, product: linux }}] }}\n  - {{ id: ls, type: change_logsource, service: sysmon }}\n"
    );
    let dir = folder("shown", &[("p.yml", &text)]);
    let ran = rulec(&dir, &["pipeline", "show", "rules/tools.yml", "-p", "p.yml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let wanted = "\
rules/tools.yml: Tools
  names (field_name_mapping)
     selection:
    -  Image is '*\\psexec.exe'
    +  my.image is '*\\psexec.exe'
  ls (change_logsource)
    -log source windows/process_creation/*
    +log source */*/sysmon
     selection:
  1 of 3 steps are not for this rule
";
    assert_eq!(without_all_of(&ran.out), without_all_of(wanted));
    let ran = rulec(&dir, &["pipeline", "show", "rules/tools.yml", "-p", "p.yml", "--all"]);
    assert!(ran.out.contains("linux (case): is not for this rule"), "{}", ran.out);
}

/// The lines without those that only say how items are joined.
fn without_all_of(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|it| it.trim() != "all of");
    lines.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn refusals_point_at_the_rule_and_the_step() {
    let text = "transformations:\n  - type: detection_item_failure\n    message: no such field here\n    field_name_conditions: [{ type: include_fields, fields: [Image] }]\n";
    let dir = folder("refused", &[("p.yml", text)]);
    let ran = rulec(&dir, &["convert", "-t", "eql", "-t", "kql", "-p", "p.yml", "rules"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("rules/tools.yml:9:5") && ran.err.contains("p.yml:2"), "{}", ran.err);
    assert_eq!(ran.err.matches("no such field here").count(), 1, "{}", ran.err);
    let ran = rulec(&dir, &["check", "-p", "p.yml", "-t", "eql", "--format", "concise", "rules"]);
    assert_eq!(ran.out.matches("no such field here").count(), 1, "{}", ran.out);
    let ran = rulec(&dir, &["explain", "rules/tools.yml", "-p", "p.yml"]);
    assert_eq!(ran.code, 1);
    let map = folder("explained", &[("map.yml", MAP)]);
    let ran = rulec(&map, &["explain", "rules/tools.yml", "-p", "map.yml"]);
    assert!(ran.out.contains("my.image is"), "{}", ran.out);
}

#[test]
fn what_is_outside_needs_permission() {
    let rule = RULE.replace("Image|endswith: '\\psexec.exe'", "User|expand: '%users%'");
    let step = |it: &str| format!("transformations: [{{{it}}}]\n");
    let above = "root\n";
    let dir = folder(
        "outside",
        &[
            ("in/users.txt", above),
            ("above.txt", above),
            ("in/rule.yml", &rule),
            ("in/file.yml", &step("type: file_placeholders, path: users.txt")),
            ("in/above.yml", &step("type: file_placeholders, path: ../above.txt")),
            ("in/command.yml", &step("type: command_placeholders, cmd: 'echo root'")),
            ("in/slow.yml", &step("type: command_placeholders, cmd: 'sleep 60', timeout: 1")),
            ("in/long.yml", &step("type: command_placeholders, cmd: [yes], max_stdout: 100")),
            ("in/http.yml", &step("type: http_placeholders, url: 'http://127.0.0.1:9/x'")),
        ],
    );
    let dir = dir.join("in");
    let run = |pipeline: &str, external: bool| {
        let mut args = vec!["convert", "-t", "eql:query", "-p", pipeline, "rule.yml"];
        args.extend(external.then_some("--pipeline-external"));
        rulec(&dir, &args)
    };
    assert!(run("file.yml", false).out.contains("\"root\""));
    for pipeline in ["above.yml", "command.yml", "http.yml"] {
        let ran = run(pipeline, false);
        assert_eq!(ran.code, 1, "{pipeline}");
        assert!(ran.err.contains("P007") && ran.err.contains("--pipeline-external"), "{}", ran.err);
    }
    assert!(run("above.yml", true).out.contains("\"root\""));
    assert!(run("command.yml", true).out.contains("\"root\""));
    let ran = run("slow.yml", true);
    assert!(ran.err.contains("longer than 1 seconds"), "{}", ran.err);
    let ran = run("long.yml", true);
    assert!(ran.err.contains("more than 100 bytes"), "{}", ran.err);
    // No server is there.
    assert_eq!(run("http.yml", true).code, 1);
}
