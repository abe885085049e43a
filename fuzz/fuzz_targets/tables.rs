//! Any bytes as the tables of a built matcher: an error, or rules that can be asked.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rulec_matcher::engine::RuleSet;
use serde_json::json;

/// What all tables of this version begin with.
static MAGIC: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let empty = RuleSet::builder().build().to_bytes();
    empty.ok().and_then(|it| it.get(..8).map(Into::into)).unwrap_or_default()
});

fuzz_target!(|bytes: &[u8]| {
    let mut all = MAGIC.clone();
    all.extend_from_slice(bytes);
    if let Ok(set) = RuleSet::from_bytes(&all) {
        let mut scanner = set.scanner();
        let _ = scanner.value(&json!({"a": ["x", 5], "b": {"c": "x"}})).count();
    }
});
