//! What every rule of the repository becomes in every target, refusals included.
//!
//! The snapshots lie under `snapshots/<target>/<path of the rule>.snap`, so that a pull request
//! shows what an edit changes and where coverage is gained or lost.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use rulec_driver::{Request, Targets};

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "yml") {
            files.push(path);
        }
    }
}

#[test]
fn every_rule_in_every_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files);
    files.sort();
    let targets = Targets::builtin();
    for path in files {
        let shown = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let loaded = rulec_driver::load([(shown.clone(), std::fs::read(&path).unwrap())]);
        for target in targets.iter() {
            let name = &target.manifest.name;
            let request = Request::parse(name, &targets).unwrap();
            let mut text = String::new();
            let rules = loaded.rules.iter().filter(|it| !it.is_part);
            let rules = rules.map(|it| request.convert(it, &targets, false).result);
            let correlations = loaded.correlations.iter().filter(|it| !it.is_part);
            let correlations =
                correlations.map(|it| request.correlate(&loaded, it, &targets, false).result);
            for result in rules.chain(correlations) {
                match result {
                    Ok(output) => {
                        text.push_str(&format!("{}\n", output.fidelity.word()));
                        for note in &output.notes {
                            let file = loaded.sources.get(note.span.file).unwrap();
                            let line = file.position(note.span.start as usize).line;
                            text.push_str(&format!("  line {line}: {}\n", note.reason));
                        }
                        text.push_str(&format!("\n{}", output.text));
                    }
                    Err(problems) => {
                        text.push_str("refused\n");
                        for it in &problems {
                            text.push_str(&diagnostic::concise(it, &loaded.sources));
                            text.push('\n');
                        }
                    }
                }
            }
            let inside = Path::new(&shown).strip_prefix("rules").unwrap().with_extension("");
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(
                root.join("snapshots").join(name).join(inside.parent().unwrap()),
            );
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.set_input_file(&path);
            settings.bind(|| {
                insta::assert_snapshot!(inside.file_name().unwrap().to_str().unwrap(), text);
            });
        }
    }
}
