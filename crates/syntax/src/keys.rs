//! The keys that are known, and where.

/// Keys of a Sigma rule.
pub const RULE_KEYS: &[&str] = &[
    "title",
    "id",
    "name",
    "related",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
];

/// Keys that are ours.
pub const OUR_KEYS: &[&str] = &["risk_score", "version", "schedule", "tests", "targets"];

/// Keys of `schedule`.
pub const SCHEDULE_KEYS: &[&str] = &["every", "lookback", "max_alerts"];

/// Keys of one entry of `tests`.
pub const FIXTURE_KEYS: &[&str] = &["name", "match", "event"];

/// Keys of `correlation`.
pub const CORRELATION_KEYS: &[&str] =
    &["type", "rules", "group-by", "timespan", "aliases", "condition", "generate"];

/// Keys of one entry of a correlation's `tests`.
pub const SERIES_KEYS: &[&str] = &["name", "match", "events"];

/// Keys of one entry of `events`.
pub const STEP_KEYS: &[&str] = &["at", "repeat", "every", "event"];
