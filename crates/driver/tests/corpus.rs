//! The public rules, where they are at hand: every one is read, and converted or refused at a
//! place; the events that go with them give their verdicts.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use matcher::engine::Unrouted;
use rulec_driver::{Request, Targets};

/// The corpus, or `None` with a notice: it is not part of the repository.
fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/sigmahq");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no corpus of public rules at {}", path.display());
    None
}

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

/// The rules of the corpus.
fn public_rules(root: &Path) -> rulec_driver::Loaded {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name.starts_with("rules") {
            collect(&path, &mut files);
        }
    }
    rulec_driver::load(files)
}

/// A check whose expression fails counts as broken, so a fault in one would be laid at the rule's door.
#[test]
fn every_check_of_every_format_can_be_asked_of_public_rules() {
    let Some(root) = corpus() else { return };
    let loaded = public_rules(&root);
    let targets = Targets::builtin();
    for target in targets.iter() {
        if target.manifest.checks.is_empty() {
            continue;
        }
        let (name, formats) = (&target.manifest.name, &target.manifest.formats);
        let requests =
            formats.iter().map(|it| Request::parse(&format!("{name}:{}", it.name), &targets));
        for request in requests.map(Result::unwrap) {
            for rule in &loaded.rules {
                let Some(lowered) = &rule.lowered else { continue };
                let rule = &lowered.rule;
                let output = target.convert(rule, &request.profile, &request.format).ok();
                let output = output.as_ref();
                let mut all = target.breaches(rule, &request.format, output);
                all.extend(output.map(|it| it.refused.clone()).unwrap_or_default());
                let fault = all.iter().find_map(|it| it.unasked.as_ref());
                assert_eq!(fault, None, "{name}:{}: {:?}", request.format, rule.meta.title);
            }
        }
    }
}

#[test]
fn every_public_rule_is_read_and_converted_or_refused_at_a_place() {
    let Some(root) = corpus() else { return };
    let loaded = public_rules(&root);
    assert!(loaded.rules.len() >= 3_000);
    let broken: Vec<_> = loaded.rules.iter().filter(|it| it.lowered.is_none()).collect();
    assert!(broken.is_empty(), "{:?}", broken.iter().map(|it| &it.problems).collect::<Vec<_>>());
    let targets = Targets::builtin();
    for target in targets.iter() {
        let request = Request::parse(&target.manifest.name, &targets).unwrap();
        for rule in &loaded.rules {
            if let Err(problems) = request.convert(rule, &targets, false).result {
                assert!(!problems.is_empty(), "{:?}: refused without a word", rule.title);
                for it in &problems {
                    assert!(loaded.sources.get(it.primary.span.file).is_some());
                    assert!(it.primary.span.end > it.primary.span.start, "{it:?}");
                }
            }
        }
    }
}

#[test]
fn deprecated_and_unsupported_rules_are_read_or_refused_at_a_place() {
    let Some(root) = corpus() else { return };
    let mut files = Vec::new();
    collect(&root.join("deprecated"), &mut files);
    collect(&root.join("unsupported"), &mut files);
    let loaded = rulec_driver::load(files);
    for rule in loaded.rules.iter().filter(|it| it.lowered.is_none()) {
        assert!(!rule.problems.is_empty(), "{:?}", rule.title);
    }
}

#[test]
fn events_of_public_rules_give_their_verdicts() {
    let Some(root) = corpus() else { return };
    let text = std::fs::read_to_string(root.join("ground_truth.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> =
        text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let mut rules: BTreeMap<String, Vec<&serde_json::Value>> = BTreeMap::new();
    for row in &rows {
        rules.entry(row["rule_path"].as_str().unwrap().to_owned()).or_default().push(row);
    }
    let targets = Targets::builtin();
    let mut wrong = Vec::new();
    for (path, rows) in &rules {
        let bytes = std::fs::read(root.join(path)).unwrap();
        let loaded = rulec_driver::load([(path.clone(), bytes)]);
        // Whatever the log source: the rows say only what a rule makes of an event.
        let none = Unrouted::Nothing;
        let detector = rulec_driver::detector(&loaded, &targets, Some("none"), none).unwrap();
        let mut scanner = detector.set.scanner();
        for row in rows {
            let rule = loaded.rules.iter().find(|it| it.id.as_deref() == row["rule_id"].as_str());
            let lowered = rule.and_then(|it| it.lowered.as_ref()).unwrap();
            let (matched, _) = rulec_driver::why(lowered, &row["event"]).unwrap();
            let line = row["event"].to_string();
            let mut hits = scanner.line(line.as_bytes()).unwrap();
            let fast = hits.any(|it| it.rule.id.as_deref() == row["rule_id"].as_str());
            if [matched, fast].map(Some) != [row["expected"].as_bool(); 2] {
                wrong.push(path.as_str());
            }
        }
    }
    println!("{} events", rows.len());
    assert!(wrong.is_empty(), "{} of {} wrong: {wrong:?}", wrong.len(), rows.len());
}
