//! The order of the stages: texts in, findings and outputs out.
//!
//! Knows: which stage follows which, and the targets that are built in.
//! Does not know: standard output, arguments, exit codes.

mod builtin;
mod check;
mod codes;
mod config;
mod convert;
mod diff;
mod fix;
mod fixtures;
mod load;
mod reasons;
mod relation;
mod series;
mod through;

pub use builtin::Targets;
pub use check::{check, check_target};
pub use codes::FAILING_EXAMPLE;
pub use config::{CheckConfig, Config, ConvertConfig};
pub use convert::{Conversion, Request};
pub use diff::{Change, Diff, Failing, MetaChange, OutputChange, Rendered, Witness, diff};
pub use fix::{Fixed, fix};
pub use fixtures::{FixtureResult, run_fixtures, why};
pub use load::{Loaded, LoadedCorrelation, LoadedRule, load, load_with};
pub use reasons::{Reason, reasons};
pub use relation::{Judge, Judgement, NormalForms, Proof, Relation};
pub use series::{SeriesResult, run_series};
pub use through::Through;

use diagnostic::Code;

/// Every kind of finding that any stage reports.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let stages = [syntax::CODES, lower::CODES, target::CODES, codes::CODES];
    stages.into_iter().flatten().copied().chain(lint::codes())
}
