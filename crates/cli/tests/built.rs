//! The crate of `rulec build` compiles, passes its tests, and says of events what `rulec match` says, byte for byte.

#![allow(clippy::unwrap_used)]

mod cases;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::cases::{CASES, all, rules};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// How many events the stream has.
const EVENTS: usize = 4000;

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

/// The events of all examples of our rules.
fn examples() -> String {
    let mut files = Vec::new();
    collect(&Path::new(ROOT).join("rules"), &mut files);
    files.sort();
    let loaded = driver::load(files);
    let fixtures = loaded.rules.iter().filter_map(|it| it.lowered.as_ref());
    fixtures.flat_map(|it| &it.rule.fixtures).map(|it| format!("{}\n", it.event)).collect()
}

/// Numbers that only look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of(&mut self, all: &[Value]) -> Value {
        all[self.below(all.len())].clone()
    }
}

/// A stream for the correlations of the cases: with equal times, steps of just a window, late events, events of several
/// rules and of several groups, and such without a time or a group.
fn stream() -> String {
    let mut chance = Chance(7);
    let mut res = String::new();
    // After all times of the examples.
    let mut now = 1_900_000_000_usize;
    for _ in 0..EVENTS {
        now += [0, 0, 0, 0, 1, 1, 2, 5, 10, 11][chance.below(10)];
        let at = match chance.below(40) {
            0 => json!(null),
            1 => json!(now - 1 - chance.below(12)),
            2 => json!(format!("{now}")),
            3 => json!(now * 1000),
            _ => json!(now),
        };
        let kinds: Vec<&str> =
            ["a", "b", "c"].into_iter().filter(|_| chance.below(5) < 2).collect();
        let event = json!({
            "time": at,
            "kind": kinds,
            "u": chance.of(&[json!("jo"), json!("jo"), json!("Jo"), json!(5), json!("5"), json!(["jo", "al"]), json!(""), json!(null)]),
            "f": chance.of(&[json!("x"), json!("x"), json!("y"), json!(["x", "z"]), json!(""), json!(null)]),
            "g": chance.of(&[json!(1), json!(2), json!(true)]),
            "n": chance.of(&[json!(1), json!(2), json!(10), json!("4.5"), json!(-4), json!([1, 20]), json!("x"), json!(null)]),
        });
        res.push_str(&format!("{event}\n"));
    }
    res
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_built_crate_passes_its_tests_and_says_what_match_says() {
    let temp = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = temp.join("built");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    // Without `generate`, a correlation hides its rules; the last lets them be told too.
    let generate = "---\ntitle: told\ncorrelation:\n  type: event_count\n  rules: [a, b]\n  timespan: 1m\n  generate: true\n  condition: { gte: 10 }\n";
    let chain = "---\ntitle: chain\ncorrelation:\n  type: temporal_ordered\n  rules: [told_by_name, c]\n  group-by: [u]\n  timespan: 1m\n---\ntitle: below\nname: told_by_name\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: [u]\n  timespan: 5s\n  condition: { gte: 2 }\n";
    std::fs::write(
        folder.join("correlations.yml"),
        format!("{}\n{}{generate}{chain}", rules(), all()),
    )
    .unwrap();
    std::fs::write(folder.join("events.ndjson"), examples() + &stream()).unwrap();
    let ours = Path::new(ROOT).join("rules").canonicalize().unwrap();
    let ours = ours.to_str().unwrap();
    let matcher = Path::new(ROOT).join("crates/matcher").canonicalize().unwrap();
    let rulec = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_rulec")).args(args).current_dir(&folder).output().unwrap()
    };
    let built = rulec(&[
        "build",
        ours,
        "correlations.yml",
        "-o",
        "crate",
        "--name",
        "built",
        "--profile",
        "none",
        "--matcher",
        matcher.to_str().unwrap(),
    ]);
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && told.lines().count() == 1, "{told}");
    std::fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.join("crate/Cargo.lock")).unwrap();
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).current_dir(folder.join("crate"));
        command.env("CARGO_TARGET_DIR", temp.join("generated-target"));
        command.env("RUSTFLAGS", "-D warnings");
        command.output().unwrap()
    };
    let tests = cargo(&["test", "--offline", "--quiet"]);
    let told = String::from_utf8_lossy(&tests.stdout) + String::from_utf8_lossy(&tests.stderr);
    assert!(tests.status.success(), "{told}\nin {}", folder.display());
    let found = text(&cargo(&["run", "--offline", "--quiet", "--", "../events.ndjson"]));
    for threads in ["1", "2"] {
        let args =
            ["-r", ours, "-r", "correlations.yml", "--profile", "none", "--threads", threads];
        let wanted = text(&rulec(&[&["match"][..], &args, &["events.ndjson"]].concat()));
        assert!(found == wanted, "the crate and `rulec match` differ, in {}", folder.display());
    }
    let lines: Vec<Value> = found.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let of = |title: &str| lines.iter().filter(|it| it["title"] == title).count();
    for title in CASES.iter().map(|it| it.0).chain(["told", "chain"]) {
        assert!(of(title) > 5, "{title} matches {} times", of(title));
    }
    assert!(of("a") > 0 && of("below") == 0);
    let rules = lines.iter().filter(|it| it.get("group").is_none());
    assert!(rules.count() > 50 + of("a") + of("b"));
}
