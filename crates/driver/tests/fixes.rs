//! Safe fixes on real rules: nothing they touch changes its meaning, and once is enough.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::Path;

use rulec_driver::{CheckConfig, Judge, Loaded, Proof, Relation, fix, load};

fn corpus() -> Option<Vec<(String, Vec<u8>)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/sigmahq");
    if !root.is_dir() {
        eprintln!("skipped: {} is not there", root.display());
        return None;
    }
    let (mut folders, mut res) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yml") {
                let bytes = std::fs::read(&path).unwrap();
                res.push((path.to_string_lossy().into_owned(), bytes));
            }
        }
    }
    res.sort();
    Some(res)
}

fn all_but(ignore: &[&str]) -> CheckConfig {
    CheckConfig {
        select: vec!["all".to_owned()],
        ignore: ignore.iter().map(|it| (*it).to_owned()).collect(),
        ..CheckConfig::default()
    }
}

/// The files after their fixes, all of them or those that changed.
fn fixed(loaded: &Loaded, config: &CheckConfig) -> Vec<(String, String, String)> {
    let changed = fix(loaded, config, false, false).unwrap();
    changed.into_iter().map(|it| (it.path, it.before, it.after)).collect()
}

fn meaning(text: &str) -> Vec<Option<String>> {
    let loaded = load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
    let print = |it: &rulec_driver::LoadedRule| Some(ir::print(&it.lowered.as_ref()?.rule.expr));
    loaded.rules.iter().map(print).collect()
}

/// The normal forms are equal, or, where a value that another covers is gone or a regular
/// expression became text, the meanings are proved to be.
#[test]
fn safe_fixes_keep_the_meaning() {
    let Some(files) = corpus() else { return };
    let (mut equal, mut proved) = (0, 0);
    for (path, before, after) in fixed(&load(files), &all_but(&[])) {
        if meaning(&before) == meaning(&after) {
            equal += 1;
            continue;
        }
        let rules = |text: &str| load([("rule.yml".to_owned(), text.as_bytes().to_vec())]).rules;
        let (old, new) = (rules(&before), rules(&after));
        assert_eq!(old.len(), new.len(), "{path}");
        for (old, new) in old.iter().zip(&new) {
            let (Some(old), Some(new)) = (&old.lowered, &new.lowered) else { panic!("{path}") };
            let judged = Proof.judge(&old.rule, &new.rule);
            assert_eq!(judged.relation, Relation::Same, "{path}: {:?}", judged.witnesses);
        }
        proved += 1;
    }
    eprintln!("{equal} files with the same normal form, {proved} proved to mean the same");
    assert!(equal > 0 && proved > 50, "{equal} {proved}");
}

#[test]
fn a_second_run_changes_nothing() {
    let Some(files) = corpus() else { return };
    let config = all_but(&[]);
    let changed = fixed(&load(files), &config);
    assert!(!changed.is_empty(), "no fix was made at all");
    for (path, before, after) in &changed {
        let rules = |text: &str| meaning(text).iter().map(Option::is_some).collect::<Vec<_>>();
        assert_eq!(rules(before), rules(after), "{path}: what could be read still can");
    }
    let again = load(changed.into_iter().map(|(path, _, after)| (path, after.into_bytes())));
    assert_eq!(fixed(&again, &config), []);
}

/// `1 of selection*` means one selection in the first rule and two in the second.
#[test]
fn shared_text_is_fixed_for_all_its_rules_or_not_at_all() {
    let text = "\
action: global
title: x
date: 2024/01/02
detection:
    condition: 1 of selection*
---
logsource: { product: windows }
detection:
    selection1: { Image: a }
---
logsource: { product: linux }
detection:
    selection1: { Image: a }
    selection2: { User: b }
";
    let loaded = load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
    let changed = fixed(&loaded, &all_but(&[]));
    let [(_, _, after)] = changed.as_slice() else { panic!("{changed:?}") };
    assert_eq!(*after, text.replace("2024/01/02", "2024-01-02"));
}
