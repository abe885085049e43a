//! Rules that the native matcher asks in the names of the Elastic Common Schema.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use matcher::engine::Unrouted;
use rulec_driver::{Request, Targets};
use target::Fidelity;

fn collect(dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for path in std::fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "yml") {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn examples_carried_into_the_schema_have_their_verdicts() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"), &mut files);
    files.sort();
    let loaded = rulec_driver::load(files);
    let targets = Targets::builtin();
    let detector =
        rulec_driver::detector(&loaded, &targets, Some("ecs"), Unrouted::Nothing).unwrap();
    let note = detector.inexact_note().unwrap();
    assert!(note.contains("narrower") && note.contains("wider"), "{note}");
    let request = Request::parse("rust/ecs", &targets).unwrap();
    let mut scanner = detector.set.scanner();
    let (mut matched, mut quiet) = (0, 0);
    for (number, place) in detector.places.iter().enumerate() {
        let rule = &loaded.rules[*place];
        let output = request.convert(rule, &targets, false).result.unwrap();
        for fixture in &rule.lowered.as_ref().unwrap().rule.fixtures {
            let sure = match output.fidelity {
                Fidelity::Exact => true,
                Fidelity::Wider => fixture.matches,
                Fidelity::Narrower => !fixture.matches,
                Fidelity::Both => false,
            };
            let Some(event) = request.carry(rule, &fixture.event, &targets).filter(|_| sure) else {
                continue;
            };
            let verdict = scanner.asks(number, &event);
            assert_eq!(verdict, fixture.matches, "{:?}, {}: {event}", rule.title, fixture.name);
            // Asked with all others, from its line.
            let line = event.to_string();
            let among = scanner.line(line.as_bytes()).unwrap().any(|it| it.index == number);
            assert_eq!(among, fixture.matches, "{:?}, {}: {line}", rule.title, fixture.name);
            *if fixture.matches { &mut matched } else { &mut quiet } += 1;
        }
    }
    assert!(matched >= 100 && quiet >= 150, "{matched} examples matched, {quiet} did not");
}
