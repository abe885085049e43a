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
