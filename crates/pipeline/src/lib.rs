//! pySigma's processing pipelines: steps that change a rule between its written form and its meaning.
//!
//! Knows: how a pipeline is written, what each step does to the items of a rule, and what becomes
//! of a finished query.
//! Does not know: targets, field maps, files, processes, the network. What a step needs from outside
//! it asks of an [`Outside`].
//!
//! **Invariant:** a pipeline, however hostile, ends: texts, values, items, nesting and the work of
//! templates are limited, and beyond a limit there is an error at the step.

mod apply;
mod codes;
mod condition;
mod data;
mod extract;
mod fields;
mod finish;
mod hashes;
mod limits;
mod model;
mod outside;
mod path;
mod pattern;
mod placeholder;
mod python;
mod read;
mod read_condition;
mod read_step;
mod replace;
mod rule;
mod show;
mod simple;
mod table;
mod template;
mod values;

pub use apply::{Change, Runner, nothing_left};
pub use codes::{CODES, NOT_FOR_TARGET};
pub use data::data;
pub use finish::Queries;
pub use model::{Pipeline, Set};
pub use outside::{Closed, HttpRequest, Outside};
pub use read::read;
pub use rule::{Body, Subject};
pub use show::print;
