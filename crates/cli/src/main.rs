//! The `rulec` command: arguments, files, colours and exit codes.
//!
//! Knows: the command line and the file system.
//! Does not know: how rules are read, what targets there are.

mod commands;
mod event_log;
mod events;
mod files;
mod outside;
mod revisions;
mod shell;
mod stream;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use rulec_cli::args::{self, Args, Command};
use shell::{Outcome, Shell};

fn main() -> std::process::ExitCode {
    let args = Args::parse();
    let mut shell = Shell::new(args.color);
    let outcome = match &args.command {
        Command::Convert(it) => commands::convert(it, &mut shell),
        Command::Check(it) => commands::check(it, &mut shell),
        Command::Build(it) => commands::build(it, &mut shell),
        Command::Match(it) => commands::matching(it, &mut shell),
        Command::Test(it) => commands::test(it, &mut shell),
        Command::Diff(it) => commands::diff(it, &mut shell),
        Command::Import(it) => commands::import(it, &mut shell),
        Command::Explain(it) => commands::explain(it, &mut shell),
        Command::Targets(it) => commands::targets(it, &mut shell),
        Command::Pipeline(it) => commands::pipeline(it, &mut shell),
    };
    let outcome = outcome.unwrap_or_else(|message| {
        shell.err(&format!("error: {message}"));
        Outcome::Unusable
    });
    shell.finish(outcome).code()
}
