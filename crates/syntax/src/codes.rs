//! The findings of this stage.

diagnostic::codes! {
    /// The text is not YAML.
    YAML_ERROR = "Y001" "yaml-error";
    /// A file, a nesting or an alias is larger than any rule.
    TOO_LARGE = "Y002" "too-large";
    /// A mapping says one key twice.
    DUPLICATE_KEY = "Y003" "duplicate-key";
    /// Bytes that are not UTF-8.
    NOT_UTF8 = "Y004" "not-utf8";
    /// A document that is not a rule.
    NOT_A_RULE = "R001" "not-a-rule";
    /// A key that a rule needs is not there.
    MISSING_KEY = "R002" "missing-key";
    /// A value of a kind that its key can't take.
    WRONG_KIND = "R003" "wrong-kind";
    /// A key that looks like a slip of a known one.
    MISTYPED_KEY = "R004" "mistyped-key";
    /// A key that is not known where only known ones may stand.
    UNKNOWN_KEY = "R005" "unknown-key";
    /// An `action` that is not known, or has nothing to act on.
    BAD_ACTION = "R006" "bad-action";
    /// A condition that can't be read.
    BAD_CONDITION = "C001" "bad-condition";
    /// The old aggregation syntax after a pipe.
    OLD_AGGREGATION = "C002" "old-aggregation";
    /// A text that is no span of time.
    BAD_TIMESPAN = "K001" "bad-timespan";
    /// A type of correlation that does not exist.
    UNKNOWN_TYPE = "K002" "unknown-correlation-type";
    /// A condition that does not fit the type of its correlation.
    CORRELATION_CONDITION = "K003" "correlation-condition";
}
