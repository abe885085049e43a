//! A rule as it was written.

use source::{Span, Spanned};

use crate::detection::DetectionAst;
use crate::yaml::Node;

/// Every attribute of a rule, with places.
#[derive(Debug, Clone)]
pub struct RuleAst {
    /// The whole document.
    pub span: Span,
    /// `title`
    pub title: Option<Spanned<String>>,
    /// `id`
    pub id: Option<Spanned<String>>,
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `related`
    pub related: Vec<Related>,
    /// `taxonomy`
    pub taxonomy: Option<Spanned<String>>,
    /// `status`
    pub status: Option<Spanned<String>>,
    /// `description`
    pub description: Option<Spanned<String>>,
    /// `license`
    pub license: Option<Spanned<String>>,
    /// `author`
    pub author: Option<Spanned<String>>,
    /// `references`
    pub references: Vec<Spanned<String>>,
    /// `date`
    pub date: Option<Spanned<String>>,
    /// `modified`
    pub modified: Option<Spanned<String>>,
    /// `logsource`
    pub logsource: LogSourceAst,
    /// `detection`
    pub detection: DetectionAst,
    /// `fields`
    pub fields: Vec<Spanned<String>>,
    /// `falsepositives`
    pub falsepositives: Vec<Spanned<String>>,
    /// `level`
    pub level: Option<Spanned<String>>,
    /// `tags`
    pub tags: Vec<Spanned<String>>,
    /// `scope`
    pub scope: Vec<Spanned<String>>,
    /// `risk_score`
    pub risk_score: Option<Spanned<u8>>,
    /// `version`
    pub version: Option<Spanned<u32>>,
    /// `schedule`
    pub schedule: Option<ScheduleAst>,
    /// `tests`
    pub fixtures: Vec<FixtureAst>,
    /// `targets`: name and options.
    pub targets: Vec<(Spanned<String>, Node)>,
    /// Keys that are the user's own.
    pub custom: Vec<(Spanned<String>, Node)>,
}

impl RuleAst {
    /// Where the value of a key stands, for a message about it: the first of a list; the title where
    /// the key is not written.
    pub fn place(&self, key: &str) -> Span {
        let one = |it: &Option<Spanned<String>>| it.as_ref().map(|it| it.span);
        let first = |it: &[Spanned<String>]| it.first().map(|it| it.span);
        let schedule = self.schedule.as_ref();
        let found = match key {
            "id" => one(&self.id),
            "status" => one(&self.status),
            "description" => one(&self.description),
            "license" => one(&self.license),
            "author" => one(&self.author),
            "date" => one(&self.date),
            "modified" => one(&self.modified),
            "level" => one(&self.level),
            "tags" => first(&self.tags),
            "references" => first(&self.references),
            "falsepositives" => first(&self.falsepositives),
            "risk_score" => self.risk_score.as_ref().map(|it| it.span),
            "version" => self.version.as_ref().map(|it| it.span),
            "logsource" => self.logsource.span,
            "detection" => self.detection.span,
            "targets" => self.targets.first().map(|(it, _)| it.span),
            "schedule.every" => schedule.and_then(|it| one(&it.every)),
            "schedule.lookback" => schedule.and_then(|it| one(&it.lookback)),
            "schedule.max_alerts" => {
                schedule.and_then(|it| it.max_alerts.as_ref()).map(|it| it.span)
            }
            _ => None,
        };
        found.or(one(&self.title)).unwrap_or(self.span)
    }
}

/// A relation to another rule.
#[derive(Debug, Clone)]
pub struct Related {
    /// The other rule's id.
    pub id: Spanned<String>,
    /// `derived`, `obsolete`, ...
    pub kind: Spanned<String>,
}

/// `logsource`.
#[derive(Debug, Clone, Default)]
pub struct LogSourceAst {
    /// Where it stands.
    pub span: Option<Span>,
    /// `category`
    pub category: Option<Spanned<String>>,
    /// `product`
    pub product: Option<Spanned<String>>,
    /// `service`
    pub service: Option<Spanned<String>>,
    /// `definition` and keys of the user's own.
    pub custom: Vec<(Spanned<String>, Node)>,
}

/// `schedule`.
#[derive(Debug, Clone, Default)]
pub struct ScheduleAst {
    /// `every`
    pub every: Option<Spanned<String>>,
    /// `lookback`
    pub lookback: Option<Spanned<String>>,
    /// `max_alerts`
    pub max_alerts: Option<Spanned<u32>>,
}

/// One entry of `tests`.
#[derive(Debug, Clone)]
pub struct FixtureAst {
    /// Where it stands.
    pub span: Span,
    /// `name`
    pub name: String,
    /// `match`
    pub matches: bool,
    /// `event`
    pub event: serde_json::Value,
}
