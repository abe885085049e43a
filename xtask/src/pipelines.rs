//! Pipelines beside the implementation that they were made for.
//!
//! Knows: how to install pySigma and to ask it.
//! Does not know: what a pipeline does.
//!
//! Its newest version answers the cases of the tests; the version that the packages of pipelines
//! want prints these as YAML. Then every public rule goes through them here and there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use driver::{Config, load_with, read_pipelines, subject};
use pipeline::{Closed, Runner};
use serde_json::Value;

use crate::say;

/// The pipelines of the packages.
const NAMES: [&str; 3] = ["sysmon", "windows-logsources", "windows-audit"];
/// The public rules.
const CORPUS: &str = "../shared/corpus/sigmahq";
const SCRIPTS: &str = "xtask/src/pipelines";

/// Compares cases and public rules; what can't be installed is skipped with a notice.
pub fn compare(root: &Path) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let work = target.join("pipelines");
    let Some(newest) = python(root, &work, "requirements.txt") else { return Ok(()) };
    let mut wrong = cases(root, &newest)?;
    if let Some(exporter) = python(root, &work, "exported.txt") {
        for name in NAMES {
            wrong += corpus(root, &work, &newest, &exporter, name)?;
        }
    }
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} differences that no one has explained")) }
}

/// A Python with the packages of a list, or a notice.
fn python(root: &Path, work: &Path, list: &str) -> Option<PathBuf> {
    let venv = work.join(list.trim_end_matches(".txt"));
    let python = venv.join(if cfg!(windows) { "Scripts" } else { "bin" }).join("python");
    let made = || -> Result<(), String> {
        if !python.exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        }
        let list = root.join(SCRIPTS).join(list);
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        run(pip.arg(list)).map(drop)
    };
    match made() {
        Ok(()) => Some(python),
        Err(message) => {
            say(&format!("notice: can't install {list} ({message}); it is skipped"));
            None
        }
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|err| format!("`{program}` can't run: {err}"))?;
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|err| err.to_string()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

fn reference(root: &Path, python: &Path, args: &[&Path]) -> Result<String, String> {
    run(Command::new(python).arg(root.join(SCRIPTS).join("reference.py")).args(args))
}

/// Whether the cases of the tests still say what the reference implementation gives.
fn cases(root: &Path, python: &Path) -> Result<usize, String> {
    let path = root.join("crates/pipeline/tests/cases.yml");
    let text = std::fs::read_to_string(&path).map_err(|err| err.to_string())?;
    let known: Vec<Value> = serde_yaml::from_str(&text).map_err(|err| err.to_string())?;
    let answers = reference(root, python, &["cases".as_ref(), &path])?;
    let mut wrong = 0;
    let mut count = 0;
    for (case, answer) in known.iter().zip(answers.lines()) {
        let mut answer: Value = serde_json::from_str(answer).map_err(|err| err.to_string())?;
        let name = answer["name"].as_str().unwrap_or_default().to_owned();
        answer.as_object_mut().and_then(|it| it.remove("name"));
        let wanted = case["reference"].as_str().unwrap_or_default();
        let wanted: Value = serde_json::from_str(wanted).map_err(|err| err.to_string())?;
        count += 1;
        if wanted != answer {
            wrong += 1;
            say(&format!("{name}: the case says {wanted}, the reference implementation {answer}"));
        }
    }
    say(&format!("cases: {count} asked, {wrong} not as written down"));
    if count == known.len() { Ok(wrong) } else { Err("cases without an answer".to_owned()) }
}

/// Whether a pipeline makes the same of every public rule here and there.
fn corpus(
    root: &Path,
    work: &Path,
    newest: &Path,
    exporter: &Path,
    name: &str,
) -> Result<usize, String> {
    let rules = root.join(CORPUS);
    if !rules.is_dir() {
        say(&format!("notice: no public rules at {CORPUS}; they are skipped"));
        return Ok(0);
    }
    let yaml = reference(root, exporter, &["export".as_ref(), name.as_ref()])?;
    let path = work.join(format!("{name}.yml"));
    std::fs::write(&path, &yaml).map_err(|err| err.to_string())?;
    let answers = reference(root, newest, &["corpus".as_ref(), &path, &rules])?;
    let mut files = Vec::new();
    let mut theirs: BTreeMap<String, Value> = BTreeMap::new();
    for line in answers.lines() {
        let answer: Value = serde_json::from_str(line).map_err(|err| err.to_string())?;
        let path = answer["path"].as_str().unwrap_or_default().to_owned();
        files.push((path.clone(), std::fs::read(&path).map_err(|err| err.to_string())?));
        theirs.insert(path, answer["rules"].clone());
    }
    let mut loaded = load_with(files, &Config::default());
    let (set, problems) =
        read_pipelines(&mut loaded.sources, vec![(path.display().to_string(), yaml.into_bytes())]);
    if let Some(it) = problems.first() {
        return Err(format!("{name}: {}", diagnostic::concise(it, &loaded.sources)));
    }
    let runner = Runner::new(&set, &Closed);
    let mut ours: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for rule in &loaded.rules {
        let path = loaded.sources.get(rule.file).map_or("", |it| it.path()).to_owned();
        let answer = match subject(rule, &loaded) {
            Some(mut it) => match runner.apply(&mut it) {
                Ok(()) => pipeline::data(&it),
                Err(problem) => serde_json::json!({ "error": problem.code.id }),
            },
            None => serde_json::json!({ "error": "unreadable" }),
        };
        ours.entry(path).or_default().push(answer);
    }
    let mut counts = Counts::default();
    for (path, theirs) in &theirs {
        let ours = ours.remove(path).unwrap_or_default();
        let theirs = theirs.as_array().cloned().unwrap_or_default();
        counts.rules += theirs.len();
        if ours.len() != theirs.len() {
            counts.differ(&format!("{path}: {} rules here, {} there", ours.len(), theirs.len()));
            continue;
        }
        for (ours, theirs) in ours.iter().zip(&theirs) {
            counts.one(path, ours, theirs);
        }
    }
    let Counts { rules, same, changed, refused, unreadable, differ } = counts;
    say(&format!(
        "{name}: {rules} rules, {same} the same ({changed} with a condition added, {refused} refused by both), {unreadable} unreadable here or there, {differ} different"
    ));
    Ok(differ)
}

#[derive(Default)]
struct Counts {
    rules: usize,
    same: usize,
    changed: usize,
    refused: usize,
    unreadable: usize,
    differ: usize,
}

impl Counts {
    fn one(&mut self, path: &str, ours: &Value, theirs: &Value) {
        let refusal = "SigmaTransformationError";
        let (a, b) = (ours["error"].as_str(), theirs["error"].as_str());
        match (a, b) {
            (Some("P005"), Some(it)) if it == refusal => {
                self.refused += 1;
                self.same += 1;
            }
            // What one can't read at all says nothing about pipelines.
            (Some("unreadable"), _) => self.unreadable += 1,
            (_, Some(it)) if it != refusal => self.unreadable += 1,
            (None, None) if compared(ours) == compared(theirs) => {
                self.same += 1;
                self.changed += usize::from(ours["also"] != serde_json::json!([]));
            }
            _ => self.differ(&format!("{path}:\n  here  {ours}\n  there {theirs}")),
        }
    }

    fn differ(&mut self, text: &str) {
        self.differ += 1;
        if self.differ <= 5 {
            say(text);
        }
    }
}

/// What is compared: log source, fields and conditions. Values are compared by the cases: how a rule
/// spells them is read here and there with known differences.
fn compared(it: &Value) -> Value {
    let mut res = it.clone();
    if let Some(map) = res.as_object_mut() {
        map.remove("custom");
        if let Some(selections) = map.get_mut("selections") {
            without_values(selections);
        }
    }
    res
}

fn without_values(it: &mut Value) {
    match it {
        Value::Object(map) => {
            map.remove("values");
            map.remove("every");
            map.values_mut().for_each(without_values);
        }
        Value::Array(items) => items.iter_mut().for_each(without_values),
        _ => {}
    }
}
