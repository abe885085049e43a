//! `cargo xtask`: work on the repository itself.
//!
//! Knows: the repository's folders and rules.
//! Does not know: what the program does.

mod bench;
mod codegen;
mod conformance;
mod falco;
mod files;
mod kusto;
mod new_target;
mod pipelines;
mod prove;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask tidy
       cargo xtask codegen [--check]
       cargo xtask new target NAME
       cargo xtask bench convert|match|correlate|prove
       cargo xtask conformance [TARGET]
       cargo xtask prove [answers|mutants|languages]
       cargo xtask attack
       cargo xtask pipelines";

fn main() -> ExitCode {
    let root = tidy::root();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["tidy"] => match tidy::tidy(&root) {
            problems if problems.is_empty() => Ok(()),
            problems => Err(problems.join("\n")),
        },
        ["codegen"] => codegen::write(&root).map(|it| {
            it.iter().for_each(|it| say(&format!("updated {it}")));
        }),
        ["codegen", "--check"] => codegen::check(&root).and_then(|stale| match stale {
            stale if stale.is_empty() => Ok(()),
            stale => Err(format!(
                "not as generated:\n  {}\nrun `cargo xtask codegen`",
                stale.join("\n  ")
            )),
        }),
        ["new", "target", name] => new_target::create(&root, name).map(|it| {
            it.iter().for_each(|it| say(&format!("wrote {it}")));
        }),
        ["attack"] => conformance::attack(),
        ["pipelines"] => pipelines::compare(&root),
        ["conformance"] => conformance::conformance(None),
        ["conformance", target] => conformance::conformance(Some(target)),
        ["prove"] => prove::judge(&root, None, &say),
        ["prove", judge] => prove::judge(&root, Some(judge), &say),
        ["bench", "prove"] => bench::proving(&root, &say),
        ["bench", "convert"] => bench::convert(&root, &say),
        ["bench", "match"] => bench::matching(&root, &say),
        ["bench", "correlate"] => bench::correlate(&root),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&message);
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}
