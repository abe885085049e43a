//! Any text as a file of rules: it is read, checked, converted and matched without a panic.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use rulec_driver::{Request, Targets};
use rulec_matcher::engine::Unrouted;
use serde_json::json;

fn targets() -> &'static Targets {
    static TARGETS: OnceLock<Targets> = OnceLock::new();
    TARGETS.get_or_init(Targets::builtin)
}

fuzz_target!(|text: &[u8]| {
    let loaded = rulec_driver::load([("rules.yml".to_owned(), text.to_vec())]);
    for name in targets().names() {
        let Ok(request) = Request::parse(name, targets()) else { continue };
        for rule in &loaded.rules {
            let _ = request.convert(rule, targets(), false);
        }
    }
    if let Ok(detector) =
        rulec_driver::detector(&loaded, targets(), Some("none"), Unrouted::Nothing)
    {
        let mut scanner = detector.set.scanner();
        let event = json!({"Image": "C:\\a.exe", "a": ["x", 5, null], "b": {"c": "x"}});
        let _ = scanner.value(&event).count();
    }
});
