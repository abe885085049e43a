//! The command line of `rulec` as a value, for what is generated from it.
//!
//! Knows: the arguments.
//! Does not know: what the commands do.

pub mod args;

/// The command with all of its subcommands, as completions and man pages describe it.
pub fn command() -> clap::Command {
    <args::Args as clap::CommandFactory>::command()
}
