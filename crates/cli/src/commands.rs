//! One function per command.

mod build;
mod check;
mod convert;
mod diff;
mod explain;
mod generate;
mod import;
mod matching;
mod pipeline;
mod targets;
mod test;

pub use build::build;
pub use check::check;
pub use convert::convert;
pub use diff::diff;
pub use explain::explain;
pub use import::import;
pub use matching::matching;
pub use pipeline::pipeline;
pub use targets::targets;
pub use test::test;

use crate::shell::Outcome;

/// What a command ends with; the error is a sentence for standard error.
type Ended = Result<Outcome, String>;
