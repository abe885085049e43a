//! Any bytes as the tables of a built matcher: an error, or rules that can be asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulec_matcher::engine::RuleSet;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    let mut all = b"rulec\0\0\x01".to_vec();
    all.extend_from_slice(bytes);
    if let Ok(set) = RuleSet::from_bytes(&all) {
        let mut scanner = set.scanner();
        let _ = scanner.value(&json!({"a": ["x", 5], "b": {"c": "x"}})).count();
    }
});
