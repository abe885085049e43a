//! docs/checks.md: every validator of the other tool is in the table, and every code in it exists.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

/// How many validators pySigma and its package for SigmaHQ have.
const VALIDATORS: [usize; 2] = [31, 49];

#[test]
fn the_table_of_validators_is_whole_and_true() {
    let page = include_str!("../../../docs/checks.md");
    let codes: BTreeSet<&str> = rulec_driver::codes().map(|it| it.id).collect();
    let mut names = BTreeSet::new();
    for row in page.lines().filter(|it| it.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, name, here, reason, _] = cells.as_slice() else { panic!("{row}") };
        assert!(names.insert(name.trim_matches('`')), "{name} stands twice");
        if *here == "–" {
            assert!(!reason.is_empty(), "{name}: left out without a reason");
            continue;
        }
        for code in here.split(", ") {
            assert!(codes.contains(code), "{name}: no finding has the code {code}");
        }
    }
    let (theirs, core): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|it| it.starts_with("sigmahq_"));
    assert_eq!([core.len(), theirs.len()], VALIDATORS);
}

/// The blocks of a page whose info string is `yaml KIND`.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let start = format!("```yaml {kind}\n");
    let blocks = page.split(&start).skip(1);
    blocks.map(|it| it.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn examples_of_the_pages_are_true() {
    let targets = rulec_driver::Targets::builtin();
    for id in ["D004", "D005", "D006", "D007", "D010", "D011", "D012"] {
        let page = rulec_driver::codes().find(|it| it.id == id).unwrap().page;
        let (bad, good) = (blocks(page, "bad"), blocks(page, "good"));
        assert!(!bad.is_empty() && !good.is_empty(), "{id}: a page shows bad and good");
        for (text, wanted) in
            bad.iter().map(|it| (it, true)).chain(good.iter().map(|it| (it, false)))
        {
            let loaded = rulec_driver::load([("r.yml".to_owned(), text.as_bytes().to_vec())]);
            let mut extra = rulec_driver::unsayable(&loaded, &targets);
            extra.extend(rulec_driver::proved(&loaded));
            let config = rulec_driver::CheckConfig::default();
            let found = rulec_driver::check(&loaded, &config, extra).unwrap();
            assert_eq!(found.iter().any(|it| it.code.id == id), wanted, "{id}: {found:#?}\n{text}");
        }
    }
}

#[test]
fn an_entry_that_no_example_reaches_is_named() {
    let text = "\
title: x
logsource: { product: x }
detection:
    a:
        - { Image: a }
        - { Image: b }
    b: { User|expand: '%Admins%' }
    c: { Image: c }
    condition: a or b
tests: [{ match: true, event: { Image: b } }]
";
    let loaded = rulec_driver::load([("r.yml".to_owned(), text.as_bytes().to_vec())]);
    let found =
        rulec_driver::check(&loaded, &rulec_driver::CheckConfig::default(), vec![]).unwrap();
    let found: Vec<&str> =
        found.iter().filter(|it| it.code.id == "D006").map(|it| it.message.as_str()).collect();
    // Of `b` nothing can be said, and `c` is unused.
    assert_eq!(found, ["no example reaches entry 1 of `a`"]);
}

/// `all of selection*` is one selection in each rule, but another one.
#[test]
fn advice_that_differs_between_rules_of_shared_text_is_not_given() {
    let text = "\
action: global
title: x
detection:
    condition: all of selection*
---
logsource: { product: windows }
detection:
    selection1: { Image: a }
---
logsource: { product: linux }
detection:
    SECOND: { Image: a }
";
    let found = |text: &str| {
        let loaded = rulec_driver::load([("r.yml".to_owned(), text.as_bytes().to_vec())]);
        let config = rulec_driver::CheckConfig::default();
        let found = rulec_driver::check(&loaded, &config, Vec::new()).unwrap();
        found.iter().filter(|it| it.code.id == "L045").count()
    };
    assert_eq!(found(&text.replace("SECOND", "selection2")), 0);
    assert_eq!(found(&text.replace("SECOND", "selection1")), 1);
}

/// A list of which no entry is reached is told once, and hides nothing of the selections after it.
#[test]
fn every_selection_that_no_example_reaches_is_told() {
    let text = "title: A\nlogsource: { category: x }\ndetection:\n  a: [{ f: 1 }, { f: 2 }]\n  b: { g: 1 }\n  c: { h: 1 }\n  \
                condition: 1 of them\ntests:\n  - { match: true, event: { h: 1 } }\n";
    let loaded = rulec_driver::load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
    let all = rulec_driver::check(&loaded, &Default::default(), Vec::new()).unwrap();
    let found: Vec<&str> =
        all.iter().filter(|it| it.code.id == "D006").map(|it| it.message.as_str()).collect();
    assert_eq!(
        found,
        ["no example reaches the selection `a`", "no example reaches the selection `b`"]
    );
}
