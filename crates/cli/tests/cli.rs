//! The built program: its arguments, its exit codes, and what it prints where.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const RULE: &str = "\
title: Tools
id: 6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1
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

fn rulec(args: &[&str], stdin: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rulec"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that fails early does not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn temp(test: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    root
}

fn toy(root: &Path) {
    let dir = root.join("toy");
    std::fs::create_dir_all(dir.join("profiles")).unwrap();
    let manifest = r#"
name: toy
about: A toy
precedence: [not, and, or]
and: and
or: or
not: { before: 'not ' }
constants: { 'true': 'yes', 'false': 'no' }
name_quoting: name
default_profile: none
quoting:
  str: { open: '"', close: '"', escapes: { '"': '\"', '\': '\\' } }
  name: { plain: { first: A-Za-z, rest: A-Za-z } }
ops:
  text:
    ends_with: '{{ field }} ends {{ value | str }}'
    contains:
      template: '{{ field }} has {{ value | str }}'
      effect: wider
      reason: has looks at words
formats:
  - { name: query, about: the query, file: query.jinja, extension: toy }
"#;
    let profile = "about: As is\ndefault_kind: any\nany_source: true\nunmapped: '{field}'\n";
    std::fs::write(dir.join("target.yml"), manifest).unwrap();
    std::fs::write(dir.join("query.jinja"), "{{ query }}\n").unwrap();
    std::fs::write(dir.join("profiles/none.yml"), profile).unwrap();
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const FIELDS: [&str; 9] =
    ["path", "id", "title", "target", "format", "query", "fidelity", "notes", "error"];

#[test]
fn a_folder_of_templates_is_a_target() {
    let root = temp("templates");
    toy(&root);
    let dir = root.to_str().unwrap();
    let ran = rulec(&["convert", "-t", "toy", "--templates", dir, "-"], RULE);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert_eq!(ran.out.trim_end().lines().last(), Some(r#"Image ends "\\psexec.exe""#));
    let ran = rulec(&["targets", "--templates", dir], "");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("toy: A toy\n"), "{}", ran.out);
    let ran = rulec(&["convert", "-t", "toy", "-"], RULE);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn a_wrong_template_names_its_file() {
    let root = temp("wrong-template");
    toy(&root);
    std::fs::write(root.join("toy/target.yml"), "name: toy\nabuot: x\n").unwrap();
    let dir = root.to_str().unwrap();
    let ran = rulec(&["convert", "-t", "toy", "--templates", dir, "-"], RULE);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(ran.err.contains("toy/target.yml"), "{}", ran.err);
}

#[test]
fn a_json_line_has_the_documented_fields() {
    let root = temp("jsonl");
    toy(&root);
    let dir = root.to_str().unwrap();
    let rules = format!(
        "{RULE}---\n{}---\n{}",
        RULE.replace("endswith", "contains"),
        RULE.replace("endswith", "startswith")
    );
    let args = ["convert", "-t", "toy", "--jsonl", "--templates", dir, "-"];
    let ran = rulec(&args, &rules);
    assert_eq!((ran.code, &*ran.err), (1, ""));
    let all = lines(&ran.out);
    assert_eq!(all.len(), 3);
    for it in &all {
        assert_eq!(keys(it), FIELDS);
        assert_eq!(it["path"], "<stdin>");
        assert_eq!(it["id"], "6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1");
        assert_eq!(it["title"], "Tools");
        assert_eq!(it["target"], "toy");
        assert_eq!(it["format"], "query");
    }
    let [exact, wider, refused] = &all[..] else { panic!("{all:?}") };
    assert_eq!(exact["query"].as_str().unwrap().trim_end(), r#"Image ends "\\psexec.exe""#);
    assert_eq!(exact["fidelity"], "exact");
    assert_eq!(exact["notes"], serde_json::json!([]));
    assert_eq!(exact["error"], Value::Null);

    assert_eq!(wider["fidelity"], "wider");
    assert_eq!(keys(&wider["notes"][0]), ["reason", "line", "column"]);
    assert_eq!(wider["notes"][0]["reason"], "has looks at words");
    assert_eq!(wider["notes"][0]["line"], 18);

    assert_eq!((&refused["query"], &refused["fidelity"]), (&Value::Null, &Value::Null));
    assert_eq!(refused["notes"], serde_json::json!([]));
    assert_eq!(keys(&refused["error"]), ["code", "message", "line", "column"]);
    assert_eq!(refused["error"]["line"], 28);

    let ran = rulec(&[&args[..], &["--strict"]].concat(), &rules);
    let all = lines(&ran.out);
    assert_eq!(all[1]["query"], Value::Null);
    assert_eq!(keys(&all[1]["error"]), ["code", "message", "line", "column"]);
}

#[test]
fn exit_codes_tell_findings_from_wrong_use() {
    let unknown = RULE.replace("endswith", "endswit");
    for (args, stdin, code) in [
        (&["convert", "-t", "kql", "-"][..], RULE, 0),
        (&["check", "-"], RULE, 0),
        (&["convert", "-t", "kql", "-"], &unknown, 1),
        (&["convert", "-t", "kql", "--jsonl", "-"], &unknown, 1),
        (&["check", "-"], &unknown, 1),
        (&["convert", "-t", "kql", "no/such/file.yml"], "", 2),
        (&["convert", "-"], RULE, 2),
        (&["convert", "-t", "kql:no-such-format", "-"], RULE, 2),
        (&["convert", "-t", "kql/no-such-profile", "-"], RULE, 2),
        (&["convert", "-t", "kql", "--templates", "no/such/dir", "-"], RULE, 2),
        (&["no-such-command"], "", 2),
    ] {
        let ran = rulec(args, stdin);
        assert_eq!(ran.code, code, "{args:?}\n{}\n{}", ran.out, ran.err);
    }
}

#[test]
fn an_unknown_target_has_a_suggestion() {
    let ran = rulec(&["convert", "-t", "kqll", "-"], RULE);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert_eq!(ran.err, "error: there is no target `kqll`; did you mean `kql`?\n");
}

#[test]
fn an_unknown_modifier_is_shown_where_it_stands() {
    let ran = rulec(&["convert", "-t", "kql", "-"], &RULE.replace("endswith", "endswit"));
    assert_eq!((ran.code, &*ran.out), (1, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines[0], "error[M001]: unknown modifier `endswit`");
    assert!(lines[1].ends_with("<stdin>:8:11"), "{}", ran.err);
    let source = lines.iter().position(|it| it.contains("Image|endswit:")).unwrap();
    let at = lines[source].find("endswit").unwrap();
    assert_eq!(lines[source + 1].find("^^^^^^^"), Some(at), "{}", ran.err);
    assert!(ran.err.contains("did you mean `endswith`?"), "{}", ran.err);
    assert!(!ran.err.contains('\u{1b}'), "no colours where there is no terminal");
}

#[test]
fn files_are_written_beside_a_summary() {
    let root = temp("output");
    let out = root.join("out");
    let rule = root.join("tools.yml");
    std::fs::write(&rule, RULE).unwrap();
    let args = ["convert", "-t", "eql", "-o", out.to_str().unwrap(), rule.to_str().unwrap()];
    let ran = rulec(&args, "");
    assert_eq!((ran.code, &*ran.out), (0, ""));
    assert!(ran.err.contains("1 exact"), "{}", ran.err);
}

#[test]
fn the_library_describes_the_program() {
    let command = rulec_cli::command();
    for it in command.get_subcommands() {
        let about = it.get_about().map(ToString::to_string).unwrap_or_default();
        let ran = rulec(&[it.get_name(), "--help"], "");
        assert_eq!(ran.code, 0);
        assert!(!about.is_empty() && ran.out.starts_with(&about), "{}", ran.out);
    }
}

/// The first command of the README: every rule is said by every target, or says why it is not.
#[test]
fn the_rules_of_the_repository_convert_without_findings() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let out = temp("readme");
    let mut args = vec!["convert"];
    args.extend(["eql", "kql", "falco", "rust"].iter().flat_map(|it| ["-t", it]));
    args.extend([rules.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    let ran = rulec(&args, "");
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn pipelines_change_filters_and_correlations_with_their_rules() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("piped");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let filter = "---\ntitle: Not Here\nlogsource:\n  product: windows\n  category: process_creation\nfilter:\n  rules: [6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1]\n  selection:\n    User: me\n  condition: not 1 of them\n";
    let correlation = "---\ntitle: Often\ncorrelation:\n  type: event_count\n  rules: [6b8c1c0e-0f0e-4a53-9f0d-6a2d27c3f6a1]\n  group-by: [User]\n  timespan: 5m\n  condition: { gte: 5 }\n";
    let pipeline = "name: p\npriority: 1\ntransformations:\n  - type: field_name_mapping\n    mapping: { Image: process_path, User: user_name }\n    rule_conditions: [{ type: logsource, category: process_creation }]\npostprocessing:\n  - { type: embed, prefix: '// ours\\n' }\n";
    let path = |it: &str| folder.join(it).display().to_string();
    std::fs::write(path("p.yml"), pipeline).unwrap();
    let converted = |name: &str, more: &str| {
        let rule = path(name);
        std::fs::write(&rule, format!("{RULE}{more}")).unwrap();
        let ran = rulec(&["convert", "-t", "kql/none", "-p", &path("p.yml"), &rule], "");
        assert_eq!(ran.code, 0, "{name}: {} {}", ran.out, ran.err);
        assert!(ran.out.contains("// ours"), "{name}: {}", ran.out);
        assert!(ran.out.contains("process_path"), "{name}: {}", ran.out);
        assert!(!ran.out.contains("User") && !ran.out.contains("Image"), "{name}: {}", ran.out);
        ran.out
    };
    let out = converted("filter.yml", filter);
    assert!(out.contains("not(user_name =~ 'me')") || out.contains("user_name !~ 'me'"), "{out}");
    let out = converted("correlation.yml", correlation);
    assert!(out.contains("user_name"), "{out}");
    let both = format!("{filter}{correlation}");
    let out = converted("both.yml", &both);
    assert!(out.contains("'me'") && out.contains("count"), "{out}");
    let ran = rulec(&["pipeline", "show", "-p", &path("p.yml"), &path("both.yml")], "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("of a filter") && ran.out.contains("group-by: user_name"),
        "{}",
        ran.out
    );
}

/// Examples are proposed on standard output, or added to the file; then there are none to propose.
#[test]
fn examples_are_proposed_and_written() {
    let root = temp("generate");
    let path = root.join("rule.yml");
    let rule = "title: A\nlogsource: { category: process_creation, product: windows }\ndetection:\n  sel:\n    \
                Image|endswith: '\\whoami.exe' # the program\n  condition: sel\n";
    std::fs::write(&path, rule).unwrap();
    let path = path.to_str().unwrap();
    let ran = rulec(&["test", "--generate", path], "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("event: { Image: C:\\Windows\\System32\\whoami.exe }"), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(path).unwrap(), rule);
    let ran = rulec(&["test", "--generate", "--write", path], "");
    assert!(ran.err.contains("2 examples written into 1 file"), "{}", ran.err);
    assert!(std::fs::read_to_string(path).unwrap().starts_with(rule));
    assert_eq!(rulec(&["test", path], "").code, 0);
    let ran = rulec(&["test", "--generate", path], "");
    assert!(ran.out.is_empty() && ran.err.contains("0 examples"), "{}{}", ran.out, ran.err);
}
