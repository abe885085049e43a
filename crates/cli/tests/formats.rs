//! Every output format: the exit code does not depend on it, and it is what its readers require.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const RULE: &str = "\
title: Whoami Of A Service
id: 11111111-1111-4111-8111-111111111111
logsource: { product: windows, category: process_creation }
detection:
    selection: { Image|endswith: '\\whoami.exe' }
    condition: selection
level: low
tests:
    - { name: 'a <b> & \"c\"', match: true, event: { Image: 'C:\\whoami.exe' } }
";

/// An example that fails.
fn failing() -> String {
    RULE.replace("match: true", "match: false")
}

fn broken() -> String {
    RULE.replace("endswith", "endwith")
}

fn temp(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    root
}

fn rulec(root: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulec"));
    let output = command.args(args).current_dir(root).output().unwrap();
    let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let root = temp("codes");
    for (name, text) in [("clean", RULE.to_owned()), ("failing", failing()), ("broken", broken())] {
        std::fs::write(root.join(format!("{name}.yml")), text).unwrap();
    }
    let check = ["human", "concise", "json", "github", "sarif", "junit"];
    let test = ["human", "json", "junit", "github"];
    let diff = ["human", "markdown", "json"];
    for (command, formats) in [("check", &check[..]), ("test", &test), ("diff", &diff)] {
        for format in formats {
            let code =
                |paths: &[&str]| rulec(&root, &[&[command, "--format", format], paths].concat()).0;
            let (clean, finding, unusable) = match command {
                "check" => (code(&["clean.yml"]), code(&["broken.yml"]), code(&["no.yml"])),
                "test" => (code(&["clean.yml"]), code(&["failing.yml"]), code(&["no.yml"])),
                _ => (
                    code(&["clean.yml", "clean.yml"]),
                    code(&["clean.yml", "failing.yml"]),
                    code(&["clean.yml", "no.yml"]),
                ),
            };
            assert_eq!((clean, finding, unusable), (0, 1, 2), "{command} --format {format}");
        }
    }
}

#[test]
fn a_failing_example_is_told_in_every_format() {
    let root = temp("failing");
    std::fs::write(root.join("rule.yml"), failing()).unwrap();
    let run = |format: &str| rulec(&root, &["test", "--format", format, "rule.yml"]);
    let (_, out, err) = run("human");
    assert!(out.contains("FAIL quiet  a <b> & \"c\""), "{out}");
    assert!(out.contains("rule.yml:9: matched, and must not"), "{out}");
    assert!(
        out.contains("line 5 held: Image is '*\\whoami.exe'; Image is 'C:\\whoami.exe'"),
        "{out}"
    );
    assert_eq!(err, "0 passed, 1 failed, 0 rules broken\n");
    let (_, out, _) = run("json");
    let row: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(
        (&row["passed"], &row["matched"], &row["line"]),
        (&false.into(), &true.into(), &9.into())
    );
    assert_eq!(row["reasons"][0]["held"], true);
    let (_, out, _) = run("github");
    assert!(out.starts_with("::error file=rule.yml,line=9,col="), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
    let (_, out, _) = run("junit");
    let all = elements(&out);
    let case = all.iter().find(|it| it.name == "testcase").unwrap();
    assert_eq!(case.get("name"), "a <b> & \"c\"");
    let failure = all.iter().find(|it| it.name == "failure").unwrap();
    assert_eq!((failure.get("message"), failure.get("type")), ("matched, and must not", "D003"));
}

/// An element of XML, with its depth.
struct Element {
    name: String,
    depth: usize,
    attributes: Vec<(String, String)>,
}

impl Element {
    #[track_caller]
    fn get(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(it, _)| it == name);
        found.map(|(_, it)| it.as_str()).unwrap_or_else(|| panic!("{} has no {name}", self.name))
    }

    #[track_caller]
    fn number(&self, name: &str) -> usize {
        self.get(name).parse().unwrap()
    }
}

/// Every element in order; panics where the text is not well formed.
#[track_caller]
fn elements(text: &str) -> Vec<Element> {
    let plain = |it: &str| {
        assert!(!it.contains('<') && !it.contains('"'), "{it}");
        it.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&")
    };
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut open, mut res): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'));
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |it| (it, true));
        let (name, mut list) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((key, more)) = list.split_once("=\"") {
            let (value, more) = more.split_once('"').unwrap();
            attributes.push((key.trim().to_owned(), plain(value)));
            list = more;
        }
        res.push(Element { name: name.to_owned(), depth: open.len(), attributes });
        if !closed {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    res
}

/// What the schema that build servers share requires: which element stands in which, required
/// attributes, and counts that agree. `file` and `line` of a case are beyond it; readers that show
/// the place need them, and others pass over them.
#[track_caller]
fn junit(text: &str) {
    let all = elements(text);
    let root = &all[0];
    assert_eq!((root.name.as_str(), root.depth), ("testsuites", 0));
    let (mut tests, mut failures) = (0, 0);
    let starts: Vec<usize> =
        (0..all.len()).filter(|at| all[*at].name == "testsuite").chain([all.len()]).collect();
    assert_eq!(starts[0], 1);
    for pair in starts.windows(2) {
        let suite = &all[pair[0]];
        assert_eq!(suite.depth, 1);
        assert!(!suite.get("name").is_empty());
        let inside = &all[pair[0] + 1..pair[1]];
        let count = |name: &str| inside.iter().filter(|it| it.name == name).count();
        assert_eq!(suite.number("tests"), count("testcase"));
        assert_eq!(suite.number("failures"), count("failure"));
        assert_eq!((suite.number("errors"), suite.number("skipped")), (0, 0));
        for it in inside {
            match it.name.as_str() {
                "testcase" => {
                    assert_eq!(it.depth, 2);
                    assert!(!it.get("name").is_empty() && !it.get("classname").is_empty());
                    assert!(it.number("line") >= 1);
                }
                "failure" => {
                    assert_eq!(it.depth, 3);
                    assert!(!it.get("message").is_empty() && !it.get("type").is_empty());
                }
                "system-out" => assert_eq!(it.depth, 3),
                other => panic!("no element `{other}` there"),
            }
        }
        tests += count("testcase");
        failures += count("failure");
    }
    assert_eq!((root.number("tests"), root.number("failures")), (tests, failures));
}

#[test]
fn junit_is_what_build_servers_read() {
    let root = temp("junit");
    for (name, text) in [("clean", RULE.to_owned()), ("failing", failing()), ("broken", broken())] {
        std::fs::write(root.join(format!("{name}.yml")), text).unwrap();
    }
    junit(&rulec(&root, &["check", "--format", "junit", "."]).1);
    junit(&rulec(&root, &["check", "--format", "junit", "--fail-level", "never", "."]).1);
    junit(&rulec(&root, &["test", "--format", "junit", "."]).1);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    junit(&rulec(&rules, &["test", "--format", "junit", "."]).1);
    junit(&rulec(&rules, &["check", "--format", "junit", "."]).1);
}

#[test]
fn compressed_events_are_read_as_plain_ones() {
    let root = temp("compressed");
    std::fs::write(root.join("old.yml"), RULE).unwrap();
    std::fs::write(root.join("new.yml"), RULE.replace("whoami.exe' }\n", "net.exe' }\n")).unwrap();
    let events = b"{\"Image\":\"a\\\\whoami.exe\"}\n{\"Image\":\"a\\\\net.exe\"}\n";
    std::fs::write(root.join("e.ndjson"), events).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(events).unwrap();
    std::fs::write(root.join("e.ndjson.gz"), gzip.finish().unwrap()).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(&events[..], level);
    std::fs::write(root.join("e.ndjson.zst"), zstd).unwrap();
    let run = |name: &str| {
        let args = ["diff", "old.yml", "new.yml", "--format", "json", "--events", name];
        let (_, out, err) = rulec(&root, &args);
        let all: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{name}: {err}"));
        (all["events"].clone(), all["rules"][0]["events"].clone())
    };
    let plain = run("e.ndjson");
    assert_eq!(plain, (2.into(), serde_json::json!({ "gained": 1, "lost": 1 })));
    assert_eq!(run("e.ndjson.gz"), plain);
    assert_eq!(run("e.ndjson.zst"), plain);
    for name in ["e.ndjson.gz", "e.ndjson.zst"] {
        std::fs::write(root.join(name), b"{}\n").unwrap();
        let (code, _, err) = rulec(&root, &["diff", "old.yml", "new.yml", "--events", name]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(name), "{err}");
    }
}

/// What a rule matches changed; `modified` and `version` say so, or do not.
#[test]
fn a_change_that_no_key_tells_of_is_told() {
    let root = temp("unmarked");
    let marked = RULE.replace("level: low", "level: low\nversion: 2\nmodified: 2025-01-15");
    std::fs::write(root.join("old.yml"), &marked).unwrap();
    let changed = marked.replace("whoami.exe' }\n    condition", "who*.exe' }\n    condition");
    let note = "what it matches changed, but neither";
    for (text, told) in [
        (changed.clone(), true),
        (changed.replace("version: 2", "version: 3"), false),
        (changed.replace("2025-01-15", "2025-02-15"), false),
        (marked.replace("level: low", "level: high"), false),
    ] {
        std::fs::write(root.join("new.yml"), text).unwrap();
        let run = |format: &str| {
            let (code, out, err) =
                rulec(&root, &["diff", "old.yml", "new.yml", "--format", format]);
            assert_eq!(code, 0, "a note is no finding: {err}");
            out
        };
        assert_eq!(run("human").contains(note), told);
        assert_eq!(run("markdown").contains(note), told);
        let json: Value = serde_json::from_str(&run("json")).unwrap();
        assert_eq!(json["rules"][0]["unmarked"], told);
    }
}

#[test]
fn one_is_singular() {
    let root = temp("plural");
    std::fs::write(root.join("a.yml"), RULE.replace("tests:", "date: 2024/01/02\ntests:")).unwrap();
    let (_, _, err) = rulec(&root, &["check", "."]);
    assert!(err.ends_with("1 rule: 0 errors, 0 warnings, 1 note\n"), "{err}");
    let (_, _, err) = rulec(&root, &["check", "--fix", "."]);
    assert!(err.starts_with("1 fix in 1 file\n"), "{err}");
    std::fs::write(root.join("b.yml"), broken()).unwrap();
    let (_, _, err) = rulec(&root, &["test", "."]);
    assert!(err.ends_with("1 passed, 0 failed, 1 rule broken\n"), "{err}");
}

#[test]
fn watching_checks_again_after_a_change() {
    let root = temp("watch");
    let path = root.join("a.yml");
    std::fs::write(&path, RULE).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rulec"))
        .args(["check", "--watch", "."])
        .current_dir(&root)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until_waiting = || {
        let mut res = Vec::new();
        for line in lines.by_ref() {
            if line.starts_with("waiting") {
                break;
            }
            res.push(line);
        }
        res
    };
    let first = until_waiting();
    std::fs::write(&path, broken()).unwrap();
    let second = until_waiting();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(root.join("b.yml"), RULE).unwrap();
    let third = until_waiting();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(first, ["1 rule: 0 errors, 0 warnings, 0 notes"]);
    assert_eq!(second, ["1 rule: 1 error, 0 warnings, 0 notes"]);
    assert_eq!(third, ["1 rule: 0 errors, 0 warnings, 0 notes"]);
}
