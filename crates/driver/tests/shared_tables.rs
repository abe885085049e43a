//! A table that several operating systems share gives a rule events of the others, unless it asks
//! what only its own system has.
#![allow(clippy::unwrap_used)]

use rulec_driver::{Request, Targets};
use target::Fidelity;

/// The fidelity of a rule for Windows over Defender's table of processes, and its notes.
fn said(product: &str, selection: &str, condition: &str) -> (Fidelity, usize) {
    let text = format!(
        "title: x\nlogsource: {{ product: {product}, category: process_creation }}\ndetection:\n  sel: {selection}\n  condition: {condition}\n"
    );
    let targets = Targets::builtin();
    let request = Request::parse("kql/defender", &targets).unwrap();
    let loaded = rulec_driver::load([("rule.yml".to_owned(), text.into_bytes())]);
    let output = request.convert(&loaded.rules[0], &targets, false).result.unwrap();
    (output.fidelity, output.notes.len())
}

#[test]
fn what_only_windows_has_tells_its_events_from_the_others() {
    assert_eq!(said("windows", r"{ Image|endswith: '\cmd.exe' }", "sel"), (Fidelity::Exact, 0));
    let either = r"[{ Image|endswith: '\a.exe' }, { ParentImage|endswith: '\b.exe' }]";
    assert_eq!(said("windows", either, "sel"), (Fidelity::Exact, 0));
}

#[test]
fn what_any_system_can_have_does_not() {
    assert_eq!(said("windows", "{ CommandLine|contains: whoami }", "sel").0, Fidelity::Wider);
    let either = r"[{ Image|endswith: '\a.exe' }, { CommandLine|contains: b }]";
    assert_eq!(said("windows", either, "sel").0, Fidelity::Wider);
    // An absent path is as good as any other here.
    assert_eq!(said("windows", r"{ Image|endswith: '\cmd.exe' }", "not sel").0, Fidelity::Wider);
    assert_eq!(said("linux", "{ Image|endswith: /nc }", "sel").0, Fidelity::Wider);
}
