//! One function per output format; each takes the same diagnostics.

mod concise;
mod github;
mod human;
mod json;
mod junit;
mod sarif;

pub use concise::concise;
pub use github::github;
pub use human::human;
pub use json::json;
pub use junit::{Case, Failure, Suite, findings_as_suites, junit};
pub use sarif::sarif;
