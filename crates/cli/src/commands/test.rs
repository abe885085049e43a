//! `rulec test`

use diagnostic::printable;
use serde_json::json;

use super::Ended;
use crate::args::{Test, TestFormat};
use crate::files;
use crate::shell::{Outcome, Shell};

pub fn test(args: &Test, shell: &mut Shell) -> Ended {
    let loaded = driver::load_with(files::rules(&args.paths)?, &files::config(&args.paths)?);
    let targets = driver::Targets::builtin();
    let carry = match &args.carry {
        Some(it) => Some(driver::Request::parse(it, &targets)?),
        None => None,
    };
    let (mut passed, mut failed, mut broken) = (0, 0, 0);
    for rule in &loaded.rules {
        let path = loaded.sources.get(rule.file).map_or("", |it| it.path());
        let Some(results) = driver::run_fixtures(rule) else {
            broken += 1;
            shell.err(&format!("broken: {} (see `rulec check`)", printable(path)));
            continue;
        };
        for result in results {
            let line = loaded
                .sources
                .get(rule.file)
                .map_or(1, |it| it.position(result.fixture.span.start as usize).line);
            if args.format == TestFormat::Json {
                let mut row = json!({
                    "path": path,
                    "line": line,
                    "name": result.fixture.name,
                    "expected": result.fixture.matches,
                    "matched": result.matched,
                    "passed": result.passed(),
                });
                if let Some(request) = &carry {
                    row["carried"] = request.carry(rule, &result.fixture.event, &targets).into();
                }
                shell.out(&row.to_string());
            }
            if result.passed() {
                passed += 1;
                continue;
            }
            failed += 1;
            if args.format == TestFormat::Human {
                let did = if result.matched {
                    "matched, and must not"
                } else {
                    "did not match, and must"
                };
                shell.out(&format!(
                    "FAIL {}:{line}: {}: {did}",
                    printable(path),
                    printable(&result.fixture.name)
                ));
                for (span, held) in result.why {
                    if let Some(file) = loaded.sources.get(span.file) {
                        let at = file.position(span.start as usize);
                        let text = file.text().get(span.range()).unwrap_or_default();
                        let held = if held { "held" } else { "failed" };
                        shell.out(&format!("     {held:<6} line {}: {}", at.line, printable(text)));
                    }
                }
            }
        }
    }
    shell.err(&format!("{passed} passed, {failed} failed, {broken} rules broken"));
    Ok(if failed + broken > 0 { Outcome::Findings } else { Outcome::Clean })
}
