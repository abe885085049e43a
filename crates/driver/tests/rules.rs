//! The rules of the repository do what their own examples say.

#![allow(clippy::unwrap_used)]

fn collect(dir: &std::path::Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "yml") {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn every_example_gives_its_verdict() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
    let mut files = Vec::new();
    collect(root.as_ref(), &mut files);
    let loaded = rulec_driver::load(files);
    assert!(loaded.rules.len() >= 21);
    for rule in &loaded.rules {
        let results = rulec_driver::run_fixtures(rule).expect("the rule can be matched");
        // The examples of a correlation are those of its parts too.
        assert!(rule.is_part || results.len() >= 4, "{:?} has too few examples", rule.title);
        for it in results {
            assert!(it.passed(), "{:?}: {}", rule.title, it.fixture.name);
        }
    }
    assert!(loaded.correlations.len() >= 3);
    for it in &loaded.correlations {
        let results = rulec_driver::run_series(&loaded, it).expect("it can be matched");
        assert!(it.is_part || results.len() >= 2, "{:?} has too few examples", it.title);
        for result in results {
            assert!(result.passed(), "{:?}: {}", it.title, result.series.name);
        }
    }
}
