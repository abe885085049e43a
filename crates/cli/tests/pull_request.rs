//! A pull request as a reviewer sees it: the comment, the annotations, the SARIF log, the exit codes.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const WHOAMI: &str = "\
title: Whoami Of A Service
id: 11111111-1111-4111-8111-111111111111
status: test
description: A service account asks who it is, which people do and services do not.
author: Jane Doe
date: 2025-01-15
tags: [attack.discovery, attack.t1033]
logsource: { product: windows, category: process_creation }
detection:
    selection:
        Image|endswith: '\\whoami.exe'
    filter_main_admins:
        User|startswith: 'adm-'
    condition: selection and not filter_main_admins
level: medium
tests:
    - name: a service
      match: true
      event: { Image: 'C:\\Windows\\System32\\whoami.exe', User: svc-web }
    - name: an administrator
      match: false
      event: { Image: 'C:\\Windows\\System32\\whoami.exe', User: adm-jane }
";

const CERTUTIL: &str = "\
title: Download With Certutil
id: 22222222-2222-4222-8222-222222222222
status: test
description: Certutil is asked to fetch a file from the network, which it seldom has to.
author: Jane Doe
date: 2025-01-15
tags: [attack.command-and-control, attack.t1105]
logsource: { product: windows, category: process_creation }
detection:
    selection:
        Image|endswith: '\\certutil.exe'
        CommandLine|contains: urlcache
    condition: selection
level: high
";

const NET: &str = "\
title: Users Listed With Net
id: 33333333-3333-4333-8333-333333333333
status: test
description: The users of a domain are listed with the command that comes with Windows.
author: Jane Doe
date: 2025-01-15
tags: [attack.discovery, attack.t1087.002]
logsource: { product: windows, category: process_creation }
detection:
    selection:
        Image|endswith: '\\net.exe'
        CommandLine|contains: ' user /domain'
    condition: selection
level: low
";

const ADDED: &str = "\
title: Shell Of A Web Server
id: 44444444-4444-4444-8444-444444444444
status: experimental
description: A web server starts a shell, which a web shell has it do.
author: Jane Doe
date: 2025-02-01
tags: [attack.persistence, attack.t1505.003]
logsource: { product: windows, category: process_creation }
detection:
    selection:
        ParentImage|endswith: '\\w3wp.exe'
        Image|endswith: '\\cmd.exe'
    condition: selection
level: high
";

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|err| panic!("{command:?}: {err}"))
}

fn git(root: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(args).current_dir(root).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Jane").env(format!("GIT_{who}_EMAIL"), "jane@x");
    }
    let output = run(&mut command);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn rulec(root: &Path, args: &[&str]) -> (i32, String, String) {
    let output = run(Command::new(env!("CARGO_BIN_EXE_rulec")).args(args).current_dir(root));
    let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A repository with a branch `main` and, checked out, one with the change.
fn repository(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join("rules")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(root.join(path), text).unwrap();
    git(&root, &["init", "-q", "-b", "main"]);
    write("rules/whoami.yml", WHOAMI);
    write("rules/certutil.yml", CERTUTIL);
    write("rules/net.yml", NET);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-q", "-m", "rules"]);
    git(&root, &["checkout", "-q", "-b", "change"]);
    let narrowed = WHOAMI
        .replace("'adm-'", "['adm-', 'svc-']")
        .replace("level: medium", "level: low")
        .replace(
            "    - name: a service\n      match: true",
            "    - name: a service\n      match: false",
        );
    write("rules/whoami.yml", &narrowed);
    write("rules/certutil.yml", &CERTUTIL.replace("Image|endswith", "Image|endwith"));
    write("rules/webshell.yml", ADDED);
    git(&root, &["mv", "rules/net.yml", "rules/net_user.yml"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-q", "-m", "change"]);
    root
}

#[test]
fn the_comment_says_what_the_change_does() {
    let root = repository("comment");
    let args = ["diff", "--format", "markdown", "-t", "eql", "-t", "kql"];
    let (code, comment, err) = rulec(&root, &[&args[..], &["main...HEAD"]].concat());
    assert_eq!(code, 1, "a rule is broken\n{err}");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("comment", comment));
    // The same from the range of two points, two revisions, and the folders themselves.
    let again = |more: &[&str]| rulec(&root, &[&args[..], more].concat()).1;
    assert_eq!(again(&["main..HEAD"]), comment);
    assert_eq!(again(&["main", "HEAD"]), comment);
    assert_eq!(again(&["main"]), comment);
    assert_eq!(again(&["main", "--", "rules"]), comment);
    assert!(!again(&["main", "--", "rules/net_user.yml"]).contains("Whoami"));
}

#[test]
fn a_change_without_findings_is_clean() {
    let root = repository("clean");
    let (code, out, err) = rulec(&root, &["diff", "main", "--", "rules/whoami.yml"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("narrower") && out.contains("found by proof"), "{out}");
    assert!(!out.contains("as far as seen"), "{out}");
    let (code, out, err) = rulec(&root, &["diff", "HEAD", "HEAD"]);
    assert_eq!((code, &*out, &*err), (0, "", "no rule differs\n"));
    for wrong in [&["diff", "no-such"][..], &["diff", "rules", "HEAD"], &["diff", "rules"]] {
        let (code, out, err) = rulec(&root, wrong);
        assert_eq!((code, &*out), (2, ""), "{wrong:?}");
        assert!(err.starts_with("error: "), "{err}");
    }
}

#[test]
fn events_show_how_a_rule_changed() {
    let root = repository("events");
    let events =
        "{\"Image\":\"a\\\\whoami.exe\",\"User\":\"svc-x\"}\n\n{\"Image\":\"a\\\\whoami.exe\"}\n";
    std::fs::write(root.join("events.ndjson"), events).unwrap();
    let args =
        ["diff", "main...HEAD", "--format", "json", "--events", "events.ndjson", "-t", "eql"];
    let (_, out, err) = rulec(&root, &args);
    let all: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert_eq!(all["events"], 2);
    let rules = all["rules"].as_array().unwrap();
    let whoami = rules.iter().find(|it| it["path"] == "rules/whoami.yml").unwrap();
    assert_eq!(whoami["events"], serde_json::json!({ "gained": 0, "lost": 1 }));
    assert_eq!((&whoami["relation"], &whoami["proved"]), (&"narrower".into(), &true.into()));
    let origins: Vec<&str> = whoami["witnesses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["origin"].as_str().unwrap())
        .collect();
    assert_eq!((origins[0], origins[2]), ("found by proof", "event events.ndjson:1"));
    std::fs::write(root.join("events.ndjson"), "{}\nx\n").unwrap();
    let (code, _, err) = rulec(&root, &args);
    assert_eq!(code, 2);
    assert!(err.contains("events.ndjson:2:1"), "{err}");
}

#[test]
fn the_script_of_the_action_writes_all_of_it() {
    let root = repository("action");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/pull-request");
    let output = run(Command::new("bash")
        .arg(script)
        .arg("rules")
        .current_dir(&root)
        .env("RULEC", env!("CARGO_BIN_EXE_rulec"))
        .env("BASE", "main")
        .env("TARGETS", "eql kql")
        .env("GITHUB_STEP_SUMMARY", root.join("summary.md"))
        .env("GITHUB_OUTPUT", root.join("output")));
    let annotations = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{annotations}");
    let first = annotations.lines().next().unwrap();
    assert!(
        first.starts_with(
            "::error file=rules/certutil.yml,line=11,col=15,endLine=11,endColumn=22,title=M001"
        ),
        "{annotations}"
    );
    assert_eq!(annotations.lines().count(), 1, "{annotations}");
    let summary = std::fs::read_to_string(root.join("summary.md")).unwrap();
    assert!(summary.contains("### Detection rules: 1 broken"), "{summary}");
    let outputs = std::fs::read_to_string(root.join("output")).unwrap();
    assert_eq!(outputs, "sarif=rulec.sarif\nreport=rulec-diff.md\njunit=rulec-test.xml\n");
    let log = std::fs::read_to_string(root.join("rulec.sarif")).unwrap();
    sarif(&serde_json::from_str(&log).unwrap());
    let junit = std::fs::read_to_string(root.join("rulec-test.xml")).unwrap();
    assert!(junit.contains("type=\"M001\"") && junit.ends_with("</testsuites>\n"), "{junit}");
}

/// What the published schema requires of a log, and what code scanners require beyond it.
#[track_caller]
fn sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-schema-2.1.0"));
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "rulec");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        for text in [&rule["id"], &rule["name"], &rule["help"]["text"], &rule["help"]["markdown"]] {
            assert!(!text.as_str().unwrap().is_empty());
        }
        assert!(!rule["shortDescription"]["text"].as_str().unwrap().is_empty());
        level(&rule["defaultConfiguration"]["level"]);
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().any(|it| it["ruleId"] == "M001"));
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        level(&result["level"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        for place in result["locations"].as_array().unwrap() {
            artifact(&place["physicalLocation"]["artifactLocation"], run);
            region(&place["physicalLocation"]["region"]);
        }
        for fix in result["fixes"].as_array().into_iter().flatten() {
            for change in fix["artifactChanges"].as_array().unwrap() {
                artifact(&change["artifactLocation"], run);
                let replacements = change["replacements"].as_array().unwrap();
                assert!(!replacements.is_empty());
                for it in replacements {
                    region(&it["deletedRegion"]);
                    assert!(it["insertedContent"]["text"].is_string());
                }
            }
        }
    }
    let typo = results.iter().find(|it| it["ruleId"] == "M001").unwrap();
    let edit = &typo["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(edit["insertedContent"]["text"], "endswith");
    assert_eq!(edit["deletedRegion"]["startColumn"], 15);
}

fn level(it: &Value) {
    assert!(["none", "note", "warning", "error"].contains(&it.as_str().unwrap()), "{it}");
}

fn artifact(it: &Value, run: &Value) {
    let uri = it["uri"].as_str().unwrap();
    assert!(uri.starts_with("rules/") && !uri.contains(['\\', ' ']), "{uri}");
    let base = it["uriBaseId"].as_str().unwrap();
    assert!(run["originalUriBaseIds"][base].is_object());
}

fn region(it: &Value) {
    let number = |key: &str| it[key].as_u64().unwrap();
    assert!(number("startLine") >= 1 && number("startColumn") >= 1);
    let end = (number("endLine"), number("endColumn"));
    assert!(end >= (number("startLine"), number("startColumn")), "{it}");
}
