//! House rules: what is allowed but probably not meant.
//!
//! Knows: one file a lint, its page beside it.
//! Does not know: targets, files, terminals.
//!
//! A lint is `rules/<name>.rs` with a `LINT`, and `rules/<name>.md`, the page that `rulec explain`
//! prints and whose examples are its tests. `rules.rs` lists them; `cargo xtask codegen` writes it.

pub mod fields;
mod lines;
mod rules;

use diagnostic::{Code, Diagnostic};
use lower::Lowered;
use syntax::{CorrelationAst, RuleAst};

pub use lines::line_of;
pub use rules::LINTS;

/// A rule as lints see it; of a correlation or filter, what it has in common with one.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The path of its file, as given.
    pub path: &'a str,
    /// The text of its file.
    pub text: &'a str,
    /// As it was written.
    pub ast: &'a RuleAst,
    /// What it means; `None` when something in it is wrong.
    pub lowered: Option<&'a Lowered>,
    /// How many rules its file holds.
    pub in_file: usize,
}

/// A lint.
#[derive(Debug)]
pub struct Lint {
    /// What it reports.
    pub code: Code,
    /// Whether it runs when nothing else is said: not for one house's customs.
    pub by_default: bool,
    /// How it looks.
    pub check: Check,
}

/// What a lint looks at.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// One rule.
    Rule(fn(&'static Code, &Subject<'_>, &mut Vec<Diagnostic>)),
    /// What is said about one rule or correlation: its title, tags, dates and the like.
    Head(fn(&'static Code, &Subject<'_>, &mut Vec<Diagnostic>)),
    /// One correlation.
    Correlation(fn(&'static Code, &Subject<'_>, &CorrelationAst, &mut Vec<Diagnostic>)),
    /// All documents of a run, for what only shows between them.
    Set(fn(&'static Code, &[Subject<'_>], &mut Vec<Diagnostic>)),
}

/// Every code of this crate.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    LINTS.iter().map(|it| &it.code)
}

/// Runs the lints that look at one rule.
pub fn check(lints: &[&'static Lint], subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut res = Vec::new();
    for lint in lints {
        if let Check::Rule(check) | Check::Head(check) = lint.check {
            check(&lint.code, subject, &mut res);
        }
    }
    res
}

/// Runs the lints that look at one correlation; `subject` is its head.
pub fn check_correlation(
    lints: &[&'static Lint],
    subject: &Subject<'_>,
    correlation: &CorrelationAst,
) -> Vec<Diagnostic> {
    let mut res = Vec::new();
    for lint in lints {
        match lint.check {
            Check::Head(check) => check(&lint.code, subject, &mut res),
            Check::Correlation(check) => check(&lint.code, subject, correlation, &mut res),
            Check::Rule(_) | Check::Set(_) => {}
        }
    }
    res
}

/// Runs the lints that look at all documents together.
pub fn check_set(lints: &[&'static Lint], subjects: &[Subject<'_>]) -> Vec<Diagnostic> {
    let mut res = Vec::new();
    for lint in lints {
        if let Check::Set(check) = lint.check {
            check(&lint.code, subjects, &mut res);
        }
    }
    res
}
