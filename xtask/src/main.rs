//! `cargo xtask`: work on the repository itself.
//!
//! Knows: the repository's folders and rules.
//! Does not know: what the program does.

mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => match tidy::tidy(&tidy::root()) {
            problems if problems.is_empty() => ExitCode::SUCCESS,
            problems => {
                say(&problems.join("\n"));
                ExitCode::FAILURE
            }
        },
        _ => {
            say("usage: cargo xtask tidy");
            ExitCode::from(2)
        }
    }
}

#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}
