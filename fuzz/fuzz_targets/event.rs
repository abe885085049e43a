//! Any lines of bytes, apart by a zero: the rule set takes one exactly when it is an object of JSON, and
//! gives the verdicts of the plain evaluator, whatever came before.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use rulec_matcher::Matcher;
use rulec_matcher::engine::{RuleSet, Unrouted};
use serde_json::Value;

const RULES: &str = include_str!("rules.yml");

fn rules() -> &'static (RuleSet, Vec<Matcher>) {
    static RULES_READY: OnceLock<(RuleSet, Vec<Matcher>)> = OnceLock::new();
    RULES_READY.get_or_init(|| {
        let loaded = rulec_driver::load([("rules.yml".to_owned(), RULES.as_bytes().to_vec())]);
        let targets = rulec_driver::Targets::builtin();
        let detector =
            rulec_driver::detector(&loaded, &targets, Some("none"), Unrouted::Nothing);
        let detector = detector.unwrap_or_else(|err| panic!("{err}"));
        let plain = detector.places.iter().filter_map(|it| loaded.rules.get(*it));
        let plain = plain.filter_map(|it| Matcher::new(&it.lowered.as_ref()?.rule.expr).ok());
        let plain = plain.collect();
        (detector.set, plain)
    })
}

fuzz_target!(|lines: &[u8]| {
    let (set, plain) = rules();
    let mut scanner = set.scanner();
    for line in lines.split(|it| *it == 0) {
        let event = serde_json::from_slice::<Value>(line).ok().filter(Value::is_object);
        let found = scanner.line(line).map(|hits| hits.map(|it| it.index).collect::<Vec<_>>());
        match (event, found) {
            (None, Err(_)) => {}
            (Some(event), Ok(found)) => {
                let wanted: Vec<usize> =
                    (0..plain.len()).filter(|it| plain[*it].matches(&event)).collect();
                assert_eq!(found, wanted);
            }
            (event, found) => panic!("{event:?} {found:?}"),
        }
    }
});
