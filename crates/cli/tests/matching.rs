//! `rulec match` and `rulec build`: what goes in, what comes out, and what happens to bad input.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const RULES: &str = "\
title: Whoami
id: 6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1
level: high
logsource: { product: windows, category: process_creation }
detection:
  selection: { Image|endswith: '\\whoami.exe' }
  condition: selection
---
title: Log Cleared
id: 0f0e4a53-6b8c-4c0e-9f0d-6a2d27c3f6a2
logsource: { product: windows, service: security }
detection:
  selection: { EventID: 1102 }
  condition: selection
";

const SYSMON: &str = r#""Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1"#;

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matching").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("rules.yml"), RULES).unwrap();
    path
}

fn start(folder: &Path, args: &[&str]) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_rulec"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Exit code, the objects printed, and messages.
fn matched(folder: &Path, args: &[&str], stdin: &[u8]) -> (i32, Vec<Value>, String) {
    let all: Vec<&str> = ["match", "-r", "rules.yml"].iter().chain(args).copied().collect();
    let mut child = start(folder, &all);
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let lines = out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
}

fn events() -> String {
    format!(
        "{{{SYSMON},\"Image\":\"C:\\\\a.exe\"}}\n\n\
         {{{SYSMON},\"Image\":\"C:\\\\WHOAMI.exe\"}}\n\
         {{\"Channel\":\"Security\",\"EventID\":\"1102\"}}\n\
         {{\"Channel\":\"Security\",\"EventID\":4688,\"NewProcessName\":\"C:\\\\whoami.exe\"}}\n"
    )
}

#[test]
fn each_match_is_a_line_in_the_order_of_the_events() {
    let folder = folder("order");
    for threads in ["1", "2"] {
        let (code, lines, err) = matched(&folder, &["--threads", threads], events().as_bytes());
        assert_eq!(code, 0, "{err}");
        assert_eq!(err, "");
        let whoami = "6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1";
        let cleared = "0f0e4a53-6b8c-4c0e-9f0d-6a2d27c3f6a2";
        assert_eq!(
            lines,
            [
                json!({"event": 1, "rule": whoami, "title": "Whoami", "level": "high"}),
                json!({"event": 2, "rule": cleared, "title": "Log Cleared", "level": null}),
                json!({"event": 3, "rule": whoami, "title": "Whoami", "level": "high"}),
            ]
        );
    }
}

#[test]
fn events_are_counted_over_all_inputs_and_compression_is_undone() {
    let folder = folder("inputs");
    std::fs::write(folder.join("a.ndjson"), events()).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(events().trim_end().as_bytes()).unwrap();
    std::fs::write(folder.join("b.ndjson.gz"), encoder.finish().unwrap()).unwrap();
    let zst = ruzstd::encoding::compress_to_vec(
        events().as_bytes(),
        ruzstd::encoding::CompressionLevel::Uncompressed,
    );
    std::fs::write(folder.join("c.ndjson.zst"), zst).unwrap();
    let (code, lines, err) = matched(&folder, &["a.ndjson", "b.ndjson.gz", "c.ndjson.zst"], b"");
    assert_eq!(code, 0, "{err}");
    let numbers: Vec<u64> = lines.iter().map(|it| it["event"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 5, 6, 7, 9, 10, 11]);
}

#[test]
fn a_malformed_line_is_reported_and_passed_over() {
    let folder = folder("malformed");
    let text = format!("{}{{\"a\":\n[1]\n\u{1}\n{}", events(), events());
    let (code, lines, err) = matched(&folder, &[], text.as_bytes());
    assert_eq!(code, 0, "{err}");
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[3]["event"], 8);
    for line in [6, 7, 8] {
        assert!(err.contains(&format!("-:{line}: skipped: ")), "{err}");
    }
    let (code, lines, err) = matched(&folder, &["--strict"], text.as_bytes());
    assert_eq!(code, 2, "{err}");
    assert_eq!(lines.len(), 3);
    let (code, _, err) = matched(&folder, &["none.ndjson"], b"");
    assert_eq!(code, 2);
    assert!(err.contains("can't read `none.ndjson`"), "{err}");
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let folder = folder("long");
    let mut text = events().into_bytes();
    text.extend(format!("{{\"a\":\"{}\"}}\n", "x".repeat(20 << 20)).into_bytes());
    text.extend(events().into_bytes());
    std::fs::write(folder.join("long.ndjson"), &text).unwrap();
    let (code, lines, err) = matched(&folder, &["long.ndjson"], b"");
    assert_eq!(code, 0, "{err}");
    let numbers: Vec<u64> = lines.iter().map(|it| it["event"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 6, 7, 8]);
    assert!(err.contains("long.ndjson:6: skipped: a line of more than 16 MiB"), "{err}");
}

#[test]
fn lines_and_events_are_counted_over_pieces_and_inputs() {
    let folder = folder("pieces");
    // Some megabytes, so that several threads take several pieces of each input.
    let filler = format!("{{\"filler\":\"{}\"}}\n", "x".repeat(999));
    let text = format!("{}no event\n{}{}", filler.repeat(3000), filler.repeat(2000), events());
    let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(20 << 20));
    std::fs::write(folder.join("a.ndjson"), &text).unwrap();
    std::fs::write(folder.join("b.ndjson"), format!("{text}{long}{text}")).unwrap();
    for threads in ["1", "2", "5"] {
        let (code, lines, err) =
            matched(&folder, &["--threads", threads, "a.ndjson", "b.ndjson"], b"");
        assert_eq!(code, 0, "{err}");
        let found: Vec<u64> = lines.iter().map(|it| it["event"].as_u64().unwrap()).collect();
        // Of the lines of `events`, one is blank: no event, but a line.
        let starts = [5001, 5005 + 5001, 2 * 5005 + 1 + 5001];
        let want: Vec<u64> =
            starts.iter().flat_map(|it| [1, 2, 3].map(|event| it + event)).collect();
        assert_eq!(found, want, "{threads} threads");
        let reported: Vec<&str> =
            err.split(": skipped").filter_map(|it| it.lines().last()).collect();
        let long = "b.ndjson:5007";
        let want = ["a.ndjson:3001", "b.ndjson:3001", long, "b.ndjson:8008"];
        assert_eq!(&reported[..4], want, "{err}");
    }
}

#[test]
fn an_event_of_no_known_source_meets_rules_only_when_asked() {
    let folder = folder("unrouted");
    let event = b"{\"Image\":\"C:\\\\whoami.exe\"}\n";
    let (code, lines, err) = matched(&folder, &[], event);
    assert_eq!((code, lines.len()), (0, 0));
    assert!(err.contains("1 of 1 events don't tell their log source"), "{err}");
    for args in [["--all-rules"].as_slice(), &["--profile", "none"]] {
        let (code, lines, err) = matched(&folder, args, event);
        assert_eq!((code, lines.len(), err.as_str()), (0, 1, ""), "{args:?}");
    }
    let labelled =
        b"{\"product\":\"windows\",\"category\":\"process_creation\",\"Image\":\"\\\\whoami.exe\"}";
    let (code, lines, _) = matched(&folder, &["--profile", "labelled"], labelled);
    assert_eq!((code, lines.len()), (0, 1));
    // Under ECS a rule asks for its log source itself: the category, the kind and the system.
    let process = r#"{"event":{"category":["process"],"type":["start"]},"host":{"os":{"type":"windows"}},"process":{"executable":"C:\\Windows\\whoami.exe"}}"#;
    let ended = process.replace("start", "end");
    let ecs = format!("{process}\n{ended}\n");
    let (code, lines, err) = matched(&folder, &["--profile", "ecs"], ecs.as_bytes());
    assert_eq!((code, lines.len()), (0, 1), "{err}");
    assert_eq!(lines[0]["event"], 0);
    assert!(!err.contains("exactly"), "{err}");
    // What its names can't say is told: the domain of an account and its name are two fields there.
    let user = RULES.replace("{ Image", "{ User: 'AUTHORITY\\SYSTEM', Image");
    std::fs::write(folder.join("rules.yml"), user).unwrap();
    let (code, _, err) = matched(&folder, &["--profile", "ecs"], b"");
    assert!(code == 0 && err.contains("what it means under this profile: 1 narrower;"), "{err}");
    let (code, _, err) = matched(&folder, &["--profile", "x"], b"");
    assert_eq!(code, 2);
    assert!(err.contains("no profile `x`; there are "), "{err}");
}

#[test]
fn a_match_is_explained_and_counted() {
    let folder = folder("explain");
    let (_, lines, err) = matched(&folder, &["--explain", "--stats"], events().as_bytes());
    let why = &lines[0]["why"][0];
    assert_eq!(why["path"], "rules.yml");
    assert_eq!(why["line"], 6);
    assert_eq!(why["held"], true);
    assert!(why["found"].as_str().unwrap().contains("WHOAMI.exe"), "{why}");
    // Security's names are those that the rule asks for.
    let found = lines[2]["why"][0]["found"].as_str().unwrap();
    assert!(found.contains("Image is"), "{found}");
    assert!(err.contains("         2  6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1  Whoami"), "{err}");
    assert!(err.contains("3 matches of 2 rules in 4 events"), "{err}");
}

#[test]
fn a_bad_rule_does_not_stop_the_others() {
    let folder = folder("bad");
    let bad = "---\ntitle: Bad\nlogsource: { product: windows }\ndetection:\n  s: { a|re: '(' }\n  condition: s\n";
    std::fs::write(folder.join("rules.yml"), format!("{RULES}{bad}")).unwrap();
    let (code, lines, err) = matched(&folder, &[], events().as_bytes());
    assert_eq!((code, lines.len()), (1, 3), "{err}");
    assert!(err.contains("rules.yml:19"), "{err}");
}

const OFTEN: &str = "---
title: Often
id: 0f0e4a53-6b8c-4c0e-9f0d-6a2d27c3f6a9
level: critical
correlation:
  type: event_count
  rules: [6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1]
  group-by: [User]
  timespan: 10s
  condition: { gte: 2 }
";

/// Whoami by a user at so many seconds.
fn whoami(user: &str, second: u32) -> String {
    format!(
        "{{{SYSMON},\"Image\":\"\\\\whoami.exe\",\"User\":\"{user}\",\"SystemTime\":\"2024-01-01T00:00:{second:02}Z\"}}\n"
    )
}

fn correlated(name: &str) -> PathBuf {
    let folder = folder(name);
    std::fs::write(folder.join("rules.yml"), format!("{RULES}{OFTEN}")).unwrap();
    folder
}

#[test]
fn a_correlation_is_told_and_its_parts_are_not() {
    let folder = correlated("correlation");
    let mut text = [whoami("a", 1), whoami("b", 2), whoami("a", 11), whoami("a", 22)].concat();
    text.push_str(&events());
    for threads in ["1", "2"] {
        let (code, lines, err) =
            matched(&folder, &["--stats", "--threads", threads], text.as_bytes());
        assert_eq!(code, 0, "{err}");
        assert_eq!(
            lines[0],
            json!({"event": 2, "rule": "0f0e4a53-6b8c-4c0e-9f0d-6a2d27c3f6a9", "title": "Often",
                "level": "critical", "group": {"User": "a"},
                "from": "2024-01-01T00:00:01Z", "to": "2024-01-01T00:00:11Z"})
        );
        assert_eq!((lines.len(), &lines[1]["title"]), (2, &json!("Log Cleared")));
        assert!(err.contains("2 events tell no time"), "{err}");
        assert!(err.contains("1 correlations: ") && err.contains("of 256.0 MiB"), "{err}");
    }
}

#[test]
fn correlations_go_on_from_a_saved_state() {
    let folder = correlated("state");
    let all = [whoami("a", 1), whoami("b", 5), whoami("a", 3), whoami("b", 6), whoami("a", 9)];
    let args = ["--lateness", "4s", "--state"];
    let run = |state: &str, part: &[String]| {
        let args = [args.as_slice(), &[state]].concat();
        let (code, lines, err) = matched(&folder, &args, part.concat().as_bytes());
        assert_eq!((code, err.as_str()), (0, ""));
        lines
    };
    let whole = run("whole.json", &all);
    assert_eq!(whole.len(), 1);
    for split in 0..=all.len() {
        let state = format!("{split}.json");
        let parts = [run(&state, &all[..split]), run(&state, &all[split..])].concat();
        assert_eq!(parts, whole, "{split}");
    }
    std::fs::write(folder.join("bad.json"), "{").unwrap();
    let (code, _, err) = matched(&folder, &["--state", "bad.json"], b"");
    assert_eq!(code, 2);
    assert!(err.contains("`bad.json`: this is no saved state"), "{err}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = folder("head");
    std::fs::write(folder.join("many.ndjson"), events().repeat(100_000)).unwrap();
    let mut child = start(&folder, &["match", "-r", "rules.yml", "many.ndjson"]);
    drop(child.stdin.take());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"event\":1,"));
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn what_trickles_in_is_answered_at_once() {
    let folder = folder("trickle");
    let mut child = start(&folder, &["match", "-r", "rules.yml"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for event in [0, 1] {
        writeln!(stdin, "{{\"Channel\":\"Security\",\"EventID\":1102}}").unwrap();
        stdin.flush().unwrap();
        let line = lines.next().unwrap().unwrap();
        assert!(line.starts_with(&format!("{{\"event\":{event},")), "{line}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_crate_is_written_and_written_again() {
    let folder = folder("build");
    let hostile = "---\ntitle: \"*/ \\\" } panic!(); \\u202e //\"\nid: \"x\\\"; mod y\"\nlogsource: { product: windows }\ndetection:\n  s: { 'a\"b': 'c\"\\\\; {}' }\n  condition: s\n";
    std::fs::write(folder.join("rules.yml"), format!("{RULES}{hostile}")).unwrap();
    let build = |args: &[&str]| {
        let child = start(&folder, args);
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = build(&["build", "rules.yml", "-o", "detector"]);
    assert_eq!((code, err.as_str()), (0, "3 rules built into `detector`\n"));
    let out = folder.join("detector");
    let read = |it: &str| std::fs::read_to_string(out.join(it)).unwrap();
    assert!(read("Cargo.toml").contains("rulec-matcher = \"0.1.0\""));
    assert_eq!(read("src/rules/mod.rs").matches("pub mod ").count(), 3);
    let module = read("src/rules/rules_3.rs");
    assert!(module.starts_with("//! */ \" } panic!();  //\n"), "{module}");
    assert!(module.contains(r#"ID: Option<&str> = Some("x\"; mod y")"#), "{module}");
    assert!(out.join("src/tables.bin").is_file());
    // A rule that is gone leaves nothing behind.
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    assert_eq!(build(&["build", "rules.yml", "-o", "detector"]).0, 0);
    assert!(!out.join("src/rules/rules_3.rs").exists());
    // What somebody else wrote is not touched.
    std::fs::create_dir(folder.join("mine")).unwrap();
    std::fs::write(folder.join("mine/file"), "").unwrap();
    let (code, err) = build(&["build", "rules.yml", "-o", "mine"]);
    assert_eq!(code, 2);
    assert!(err.contains("`mine` is not empty"), "{err}");
    let (code, err) = build(&["build", "rules.yml", "-o", "1x"]);
    assert_eq!(code, 2);
    assert!(err.contains("can't be a package's name"), "{err}");
}
