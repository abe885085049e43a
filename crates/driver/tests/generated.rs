//! The functions of the target `rust` compile, and give the verdicts of the rules' examples.

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
