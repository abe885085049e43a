//! Diagnostics: what is wrong, why it matters, and what to do about it.
//!
//! Knows: codes, labels, fixes, and how each output format shows them.
//! Does not know: rules, terminals, exit codes.

mod code;
mod emit;
mod nearest;
mod printable;

use source::{Edit, Span};

pub use code::Code;
pub use emit::{
    Case, Failure, Suite, concise, findings_as_suites, github, human, json, junit, sarif,
};
pub use nearest::{nearest, nearest_within};
pub use printable::printable;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// Probably not what the author meant.
    Warning,
    /// The rule can't be used as it stands.
    Error,
}

impl Severity {
    /// The word printed for it, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding it is.
    pub code: &'static Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, as one sentence without its full stop.
    pub message: String,
    /// The place, and why it matters there.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// An edit that does it.
    pub fix: Option<Fix>,
}

/// A place in a file and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The text; may be empty.
    pub text: String,
}

/// An edit that answers a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the edit does, as an imperative: "remove the selection".
    pub title: String,
    /// The edits, none overlapping.
    pub edits: Vec<Edit>,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
}

/// Whether a fix may be applied without a person looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// Changes neither the meaning of the rule nor its metadata's.
    Safe,
    /// May change what the rule matches; applied only with `--unsafe-fixes`.
    Unsafe,
}

impl Diagnostic {
    /// An error at a place, with the reason it matters there.
    pub fn error(
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label { span, text: label.into() },
            secondary: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Like [`Diagnostic::error`], as a warning.
    pub fn warning(
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message, label) }
    }

    /// Like [`Diagnostic::error`], as an information.
    pub fn info(
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { severity: Severity::Info, ..Diagnostic::error(code, span, message, label) }
    }

    /// Says what to do.
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Points at one more place.
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Offers an edit.
    pub fn with_fix(
        mut self,
        title: impl Into<String>,
        applicability: Applicability,
        edits: Vec<Edit>,
    ) -> Diagnostic {
        self.fix = Some(Fix { title: title.into(), edits, applicability });
        self
    }
}
