//! A rule: what it means, and what is said about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use source::{Span, Spanned};

use crate::Expr;

/// A rule ready for mapping, matching and rendering.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What is said about it.
    pub meta: Meta,
    /// Which events it is about.
    pub logsource: LogSource,
    /// When it matches, in normal form.
    pub expr: Expr,
    /// Names of fields that are a target's own already, and are not mapped again.
    pub native: BTreeSet<Arc<str>>,
    /// Its own examples.
    pub fixtures: Vec<Fixture>,
    /// The values under `targets.<name>`, as JSON, by name.
    pub targets: Vec<(Spanned<String>, Options)>,
    /// The whole document.
    pub span: Span,
}

/// Keys and values under one `targets.<name>`; the place is the value's.
pub type Options = Vec<(Spanned<String>, serde_json::Value)>;

/// What is said about a rule.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    /// The title.
    pub title: String,
    /// Where the title was written, for messages about the whole rule.
    pub title_span: Option<Span>,
    /// The id, usually a UUID.
    pub id: Option<String>,
    /// The unique name.
    pub name: Option<String>,
    /// The vocabulary of its field names; `sigma` when not given.
    pub taxonomy: Option<String>,
    /// How mature it is.
    pub status: Option<Status>,
    /// What it detects.
    pub description: Option<String>,
    /// SPDX id of its licence.
    pub license: Option<String>,
    /// Who wrote it, comma separated.
    pub author: Option<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// When it was written, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// When it was last changed.
    pub modified: Option<String>,
    /// Fields worth showing.
    pub fields: Vec<String>,
    /// What else it may match.
    pub falsepositives: Vec<String>,
    /// How bad it is when it matches.
    pub level: Option<Level>,
    /// Tags, `namespace.name`.
    pub tags: Vec<String>,
    /// 0-100.
    pub risk_score: Option<u8>,
    /// Version, from 1.
    pub version: Option<u32>,
    /// When it runs.
    pub schedule: Option<Schedule>,
}

/// When a rule runs, and over what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Minutes between runs.
    pub every: Option<String>,
    /// How far back each run looks.
    pub lookback: Option<String>,
    /// The most alerts of one run.
    pub max_alerts: Option<u32>,
}

/// Which events a rule is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LogSource {
    /// `process_creation`, `webserver`, ...
    pub category: Option<Arc<str>>,
    /// `windows`, `linux`, ...
    pub product: Option<Arc<str>>,
    /// `security`, `sshd`, ...
    pub service: Option<Arc<str>>,
    /// Where it was written.
    pub span: Option<Span>,
}

impl LogSource {
    /// Whether every attribute that `self` sets is the same in `other`.
    pub fn covers(&self, other: &LogSource) -> bool {
        let same = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| a.is_none() || a == b;
        same(&self.category, &other.category)
            && same(&self.product, &other.product)
            && same(&self.service, &other.service)
    }

    /// `product/category/service`, `*` for what is not set.
    pub fn key(&self) -> String {
        let part = |it: &Option<Arc<str>>| it.as_deref().unwrap_or("*").to_owned();
        [part(&self.product), part(&self.category), part(&self.service)].join("/")
    }
}

/// One of a rule's own examples.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// A short sentence.
    pub name: String,
    /// Whether the rule must match the event.
    pub matches: bool,
    /// The event, in the rule's own field names.
    pub event: serde_json::Value,
    /// Where it was written.
    pub span: Span,
}

/// How bad a match is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Level {
    /// Worth recording.
    Informational,
    /// Worth a look some day.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look soon.
    High,
    /// Worth a call at night.
    Critical,
}

/// How mature a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Can't be used as it stands.
    Unsupported,
    /// Replaced by another.
    Deprecated,
    /// May be noisy.
    Experimental,
    /// Mostly stable.
    Test,
    /// For production.
    Stable,
}

impl Level {
    /// All levels, in order.
    pub const ALL: [Level; 5] =
        [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

    /// Sigma's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }

    /// The risk score of a rule that gives none: the top of Elastic's band for the severity,
    /// but for `critical`, where 99 is customary.
    pub fn risk_score(self) -> u8 {
        match self {
            Level::Informational => 1,
            Level::Low => 21,
            Level::Medium => 47,
            Level::High => 73,
            Level::Critical => 99,
        }
    }
}

impl Status {
    /// All, from the least mature.
    pub const ALL: [Status; 5] = [
        Status::Unsupported,
        Status::Deprecated,
        Status::Experimental,
        Status::Test,
        Status::Stable,
    ];

    /// Sigma's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Status::Unsupported => "unsupported",
            Status::Deprecated => "deprecated",
            Status::Experimental => "experimental",
            Status::Test => "test",
            Status::Stable => "stable",
        }
    }
}
