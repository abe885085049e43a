//! The order of the stages: texts in, findings and outputs out.
//!
//! Knows: which stage follows which, and the targets that are built in.
//! Does not know: standard output, arguments, exit codes.

mod build;
mod builtin;
mod check;
mod codes;
mod config;
mod convert;
mod coverage;
mod diff;
mod fix;
mod fixtures;
mod import;
mod load;
mod pipelines;
mod propose;
mod proved;
mod reasons;
mod relation;
mod rule_set;
mod schema;
mod series;
mod through;
mod verify;

pub use build::{Project, Runtime, build, is_package_name};
pub use builtin::Targets;
pub use check::{check, check_target, unsayable};
pub use codes::FAILING_EXAMPLE;
pub use config::{CheckConfig, Config, ConvertConfig};
pub use convert::{Conversion, Request};
pub use diff::{Change, Diff, Failing, MetaChange, OutputChange, Rendered, Subject, Witness, diff};
pub use fix::{Fixed, fix};
pub use fixtures::{FixtureResult, run_fixtures, why};
pub use import::{ImportRequest, Imported, ImportedRule};
pub use load::{Loaded, LoadedCorrelation, LoadedRule, load, load_with};
pub use pipelines::{
    Piped, apply_pipelines, correlation_subject, not_for_target, read_pipelines, subject,
};
pub use propose::{Example, Proposal, Written, flow, propose, snippet, written};
pub use proved::{Part, PartKind, Parts, inclusions, proved, without};
pub use reasons::{Reason, reasons};
pub use relation::{Judge, Judgement, NormalForms, Proof, Relation};
pub use rule_set::{Detector, detector};
pub use schema::schema;
pub use series::{SeriesResult, run_series};
pub use syntax::seconds;
pub use through::Through;
pub use verify::Verified;

use diagnostic::Code;

/// Every kind of finding that any stage reports.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let stages = [
        syntax::CODES,
        lower::CODES,
        pipeline::CODES,
        target::CODES,
        ::import::CODES,
        codes::CODES,
    ];
    stages.into_iter().flatten().copied().chain(lint::codes())
}
