//! Rules that others wrote; skipped where they are not there.

use rulec_prove::{Prover, Schema, Verdict};

fn files(dir: &std::path::Path, res: &mut Vec<std::path::PathBuf>) {
    for path in std::fs::read_dir(dir).into_iter().flatten().flatten().map(|it| it.path()) {
        if path.is_dir() {
            files(&path, res);
        } else if path.extension().is_some_and(|it| it == "yml") {
            res.push(path);
        }
    }
}

#[test]
fn every_rule_is_decided_and_nearly_all_can_match() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpus/sigmahq/rules");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    if paths.is_empty() {
        eprintln!("skipped: no rules at `{}`", root.display());
        return;
    }
    paths.sort();
    let schema = Schema::single();
    let mut prover = Prover::new(&schema);
    let (mut asked, mut never, mut unknown) = (0, Vec::new(), Vec::new());
    let start = std::time::Instant::now();
    let mut spent = std::time::Duration::ZERO;
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        for document in syntax::parse(&text, source::FileId::FIRST).documents {
            let syntax::Document::Rule(ast) = document else { continue };
            let Some(lowered) = lower::lower(&ast, &text, &mut Vec::new()) else { continue };
            let before = std::time::Instant::now();
            asked += 1;
            match prover.never_matches(&lowered.rule.expr) {
                Verdict::Differs(_) => {}
                Verdict::Proved(_) => never.push(path.display().to_string()),
                Verdict::Unknown(why) => unknown.push(format!("{}: {why}", path.display())),
            }
            spent += before.elapsed();
        }
    }
    eprintln!(
        "{asked} rules in {spent:?} of {:?}; never {never:?}; unknown {unknown:?}",
        start.elapsed()
    );
    assert!(never.len() * 200 <= asked && unknown.len() * 500 <= asked, "{never:?} {unknown:?}");
}
