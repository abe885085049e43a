//! The keys that are known, where, and what each is for.
//!
//! The reader asks these tables which keys there are; the schema for editors is written from them.

/// A key of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What it is for, as a sentence or two.
    pub about: &'static str,
}

/// What the value of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text; a number or a boolean is taken as it is spelled.
    Text,
    /// A list of texts; one alone is a list of one.
    Texts,
    /// A whole number from 0 to this.
    Whole(u32),
    /// `true` or `false`.
    Flag,
    /// A span of time such as `5m`, in one of [`SCHEDULE_UNITS`].
    Span,
    /// A span of time in one of [`TIME_UNITS`].
    LongSpan,
    /// One of a rule's levels.
    Level,
    /// One of a rule's states.
    Status,
    /// `related`
    Related,
    /// `logsource`
    LogSource,
    /// `detection`, and the section `filter` without its `rules`.
    Detection,
    /// `schedule`
    Schedule,
    /// `tests`
    Fixtures,
    /// `targets`
    Targets,
    /// `type` of a correlation.
    CorrelationType,
    /// `condition` of a correlation.
    CorrelationCondition,
    /// `aliases` of a correlation.
    Aliases,
    /// An event: any mapping.
    Event,
    /// `events` of a correlation's example.
    Steps,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about }
}

/// Keys of a Sigma rule.
pub const RULE_KEYS: &[Key] = &[
    key("title", Kind::Text, "What the rule finds, in a few words."),
    key("id", Kind::Text, "A random UUID that stays the same for the life of the rule."),
    key(
        "name",
        Kind::Text,
        "A short name by which correlations and filters can refer to the rule.",
    ),
    key("related", Kind::Related, "Other rules, and how this one came from or replaces them."),
    key(
        "taxonomy",
        Kind::Text,
        "Whose field names the rule uses: `sigma`, which is the default, or `ecs`.",
    ),
    key("status", Kind::Status, "How far the rule can be relied on."),
    key(
        "description",
        Kind::Text,
        "What the rule finds and why that matters, for whoever gets the alert.",
    ),
    key("license", Kind::Text, "The licence of the rule, as an SPDX identifier."),
    key("author", Kind::Text, "Who wrote it; several are separated by commas."),
    key(
        "references",
        Kind::Texts,
        "Where the rule comes from: links to reports and documentation.",
    ),
    key("date", Kind::Text, "The day it was written, as YYYY-MM-DD."),
    key("modified", Kind::Text, "The day of the last change of what it matches, as YYYY-MM-DD."),
    key("logsource", Kind::LogSource, "Which events the rule is about."),
    key(
        "detection",
        Kind::Detection,
        "What the rule matches: selections by name, and a condition that joins them.",
    ),
    key("fields", Kind::Texts, "Fields that help whoever gets the alert."),
    key("falsepositives", Kind::Texts, "Harmless causes of an alert."),
    key("level", Kind::Level, "How bad a match is."),
    key(
        "tags",
        Kind::Texts,
        "Tags with a namespace, such as `attack.t1059.001` or `cve.2021-44228`.",
    ),
    key("scope", Kind::Texts, "What kind of systems the rule is meant for."),
];

/// Keys that are ours.
pub const OUR_KEYS: &[Key] = &[
    key(
        "risk_score",
        Kind::Whole(100),
        "The risk from 0 to 100; without it, it follows from `level`.",
    ),
    key(
        "version",
        Kind::Whole(u32::MAX),
        "The version of the rule; raise it when what it matches changes.",
    ),
    key("schedule", Kind::Schedule, "How often the rule runs where rules run by the clock."),
    key(
        "tests",
        Kind::Fixtures,
        "Examples of its own: events that it must match, and events that it must not.",
    ),
    key("targets", Kind::Targets, "Options for single targets, by the name of the target."),
];

/// Keys of one entry of `related`.
pub const RELATED_KEYS: &[Key] = &[
    key("id", Kind::Text, "The id of the other rule."),
    key(
        "type",
        Kind::Text,
        "How they relate: `derived`, `obsolete`, `merged`, `renamed`, `similar` or `correlation`.",
    ),
];

/// Keys of `logsource`; others are the user's own.
pub const LOGSOURCE_KEYS: &[Key] = &[
    key("category", Kind::Text, "A kind of event whatever reports it, such as `process_creation`."),
    key("product", Kind::Text, "The system or product that reports it, such as `windows`."),
    key("service", Kind::Text, "The log of the product, such as `security`."),
];

/// Keys of `schedule`.
pub const SCHEDULE_KEYS: &[Key] = &[
    key("every", Kind::Span, "The time between two runs, such as `5m`."),
    key(
        "lookback",
        Kind::Span,
        "How far back each run looks; longer than `every`, so that late events are seen.",
    ),
    key("max_alerts", Kind::Whole(u32::MAX), "The most alerts of one run."),
];

/// What an example is called, of a rule and of a correlation.
const EXAMPLE_NAME: Key = key("name", Kind::Text, "What the example shows.");

/// Keys of one entry of `tests`.
pub const FIXTURE_KEYS: &[Key] = &[
    EXAMPLE_NAME,
    key("match", Kind::Flag, "Whether the rule must match the event."),
    key("event", Kind::Event, "The event as a log would hold it, nested or with dots in its keys."),
];

/// Keys of `correlation`.
pub const CORRELATION_KEYS: &[Key] = &[
    key("type", Kind::CorrelationType, "What is counted, or which rules must match together."),
    key("rules", Kind::Texts, "The rules whose matches it sees, by id or name."),
    key("group-by", Kind::Texts, "Fields; events belong together when all of these are equal."),
    key("timespan", Kind::LongSpan, "How far apart the events may lie, such as `90m`."),
    key(
        "aliases",
        Kind::Aliases,
        "Names for fields that differ from rule to rule, for `group-by`.",
    ),
    key(
        "condition",
        Kind::CorrelationCondition,
        "When it matches: `gte: 10` and the like, or for temporal types rules joined by `and`, `or` and `not`.",
    ),
    key("generate", Kind::Flag, "Whether the rules it refers to also alert on their own."),
];

/// Keys of a correlation's document that rules do not have; [`RULE_KEYS`] and [`OUR_KEYS`] go with
/// them.
pub const CORRELATION_DOCUMENT_KEYS: &[&str] = &["correlation", "generate"];

/// Keys of `filter` besides those of a detection.
pub const FILTER_KEYS: &[Key] = &[key(
    "rules",
    Kind::Texts,
    "The rules it is for, by id or name, or `any` for all that its log source covers.",
)];

/// Keys of one entry of a correlation's `tests`.
pub const SERIES_KEYS: &[Key] = &[
    EXAMPLE_NAME,
    key("match", Kind::Flag, "Whether the correlation must match."),
    key("events", Kind::Steps, "The events, in the order of their times."),
];

/// Keys of one entry of `events`.
pub const STEP_KEYS: &[Key] = &[
    key("at", Kind::LongSpan, "When it is seen, from the start; without it, with the one before."),
    key("repeat", Kind::Whole(100_000), "How often it is seen."),
    key("every", Kind::LongSpan, "The time from one to the next, where it is repeated."),
    key("event", Kind::Event, "The event as a log would hold it."),
];

/// The units of a span of time in `schedule`.
pub const SCHEDULE_UNITS: &str = "smhd";

/// The units of a span of time elsewhere, in seconds. A month and a year are those of the Gregorian
/// calendar on average.
pub const TIME_UNITS: &[(char, u64)] = &[
    ('s', 1),
    ('m', 60),
    ('h', 3600),
    ('d', 86_400),
    ('w', 604_800),
    ('M', 2_629_746),
    ('y', 31_556_952),
];

/// Whether one of the keys has that name.
pub fn is_key(keys: &[Key], name: &str) -> bool {
    keys.iter().any(|it| it.name == name)
}

/// The names of keys.
pub fn names(keys: &'static [Key]) -> impl Iterator<Item = &'static str> + Clone {
    keys.iter().map(|it| it.name)
}
