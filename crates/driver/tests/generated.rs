//! The functions of the target `rust` and the crate of `rulec build` compile, and give the verdicts of the rules' examples.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rulec_driver::{Request, Targets};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

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

fn driver_rules() -> rulec_driver::Loaded {
    let mut files = Vec::new();
    collect(&Path::new(ROOT).join("rules"), &mut files);
    files.sort();
    rulec_driver::load(files)
}

/// The source of a program that checks every example, and how many there are.
fn program() -> (String, usize) {
    let loaded = driver_rules();
    assert!(loaded.rules.len() >= 21);
    let targets = Targets::builtin();
    let request = Request::parse("rust", &targets).unwrap();
    let (mut functions, mut checks, mut count) = (String::new(), String::new(), 0);
    for (at, rule) in loaded.rules.iter().enumerate() {
        let output = request
            .convert(rule, &targets, true)
            .result
            .unwrap_or_else(|err| panic!("{:?}: {err:?}", rule.title));
        writeln!(functions, "mod rule_{at} {{\n{}\n}}\n", output.text).unwrap();
        for it in &rule.lowered.as_ref().unwrap().rule.fixtures {
            let name = format!("{}: {}", rule.title.as_deref().unwrap_or_default(), it.name);
            let event = it.event.to_string();
            writeln!(
                checks,
                "    wrong += check(rule_{at}::matches, {name:?}, {event:?}, {});",
                it.matches
            )
            .unwrap();
            count += 1;
        }
    }
    let source = format!(
        "{functions}
fn check(rule: fn(&rulec_matcher::native::Event<'_>) -> bool, name: &str, event: &str, expected: bool) -> usize {{
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    let wrong = rule(&rulec_matcher::native::Event::new(&event)) != expected;
    if wrong {{
        eprintln!(\"{{name}}: expected {{expected}} of {{event}}\");
    }}
    usize::from(wrong)
}}

fn main() {{
    let mut wrong = 0;
{checks}    println!(\"{count}\");
    std::process::exit(i32::from(wrong > 0));
}}
"
    );
    (source, count)
}

#[test]
fn generated_functions_give_the_verdicts_of_the_examples() {
    let (source, count) = program();
    assert!(count >= 84);
    let temp = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = temp.join("generated");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let matcher = Path::new(ROOT).join("crates/matcher").canonicalize().unwrap();
    let manifest = format!(
        "[package]\nname = \"generated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         rulec-matcher = {{ path = {:?} }}\n\
         serde_json = {{ version = \"1\", features = [\"preserve_order\"] }}\n\n[workspace]\n",
        matcher.display().to_string()
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/main.rs"), source).unwrap();
    // The versions that the workspace has are those that are at hand without a network.
    std::fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", temp.join("generated-target"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\nin {}", folder.display());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), count.to_string());
}

#[test]
fn the_built_crate_passes_its_tests_and_matches_as_the_rule_set_does() {
    let temp = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = temp.join("built");
    let _ = std::fs::remove_dir_all(&folder);
    let loaded = driver_rules();
    let targets = Targets::builtin();
    let crate_of_ours = Path::new(ROOT).join("crates/matcher").canonicalize().unwrap();
    let runtime = rulec_driver::Runtime::Path(crate_of_ours.display().to_string());
    let unrouted = matcher::engine::Unrouted::Nothing;
    let project =
        rulec_driver::build(&loaded, &targets, Some("none"), unrouted, "built", &runtime).unwrap();
    assert!(project.rules >= 50 && project.left_out.is_empty(), "{:?}", project.left_out);
    for (path, bytes) in &project.files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).current_dir(&folder);
        command.env("CARGO_TARGET_DIR", temp.join("generated-target"));
        command.env("RUSTFLAGS", "-D warnings");
        command
    };
    let tests = cargo(&["test", "--offline", "--quiet"]).output().unwrap();
    let told = String::from_utf8_lossy(&tests.stdout) + String::from_utf8_lossy(&tests.stderr);
    assert!(tests.status.success(), "{told}\nin {}", folder.display());
    // Its program says of the examples what the rule set says.
    let fixtures = loaded.rules.iter().filter_map(|it| it.lowered.as_ref());
    let fixtures = fixtures.flat_map(|it| &it.rule.fixtures);
    let lines: String = fixtures.map(|it| format!("{}\n", it.event)).collect();
    std::fs::write(folder.join("events.ndjson"), &lines).unwrap();
    let found = cargo(&["run", "--offline", "--quiet", "--", "events.ndjson"]).output().unwrap();
    let mut wanted = String::new();
    let detector = rulec_driver::detector(&loaded, &targets, Some("none"), unrouted).unwrap();
    let mut scanner = detector.set.scanner();
    for (event, line) in lines.lines().enumerate() {
        for hit in scanner.line(line.as_bytes()).unwrap() {
            let rule = hit.rule;
            let level = rule.level.map(|it| it.word());
            wanted.push_str(&format!(
                "{{\"event\":{event},\"rule\":{},\"title\":{},\"level\":{}}}\n",
                serde_json::json!(rule.id),
                serde_json::json!(rule.title),
                serde_json::json!(level)
            ));
        }
    }
    assert!(wanted.lines().count() > 50);
    assert_eq!(String::from_utf8_lossy(&found.stdout), wanted);
}
