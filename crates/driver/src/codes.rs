//! The findings of this stage.

diagnostic::codes! {
    /// A comment that turns off a finding that is not there.
    UNUSED_SUPPRESSION = "D002" "unused-suppression";
    /// An example that its rule fails.
    FAILING_EXAMPLE = "D003" "failing-example";
    /// A rule that is proved to match no event.
    NEVER_MATCHES = "D004" "never-matches";
    /// A rule that is proved to match every event.
    ALWAYS_MATCHES = "D005" "always-matches";
    /// A rule that the native matcher can't run.
    NOT_MATCHABLE = "D008" "not-matchable";
    /// A selection that none of the rule's own examples reaches.
    UNREACHED = "D006" "unreached-selection";
    /// A part of a rule that is proved to make no difference.
    IDLE_PART = "D010" "idle-part";
    /// A rule that is proved to match the same events as another.
    SAME_MEANING = "D011" "same-meaning";
    /// A rule that is proved to match nothing that another does not.
    RULE_WITHIN_RULE = "D012" "rule-within-rule";
    /// A rule that no target can express.
    UNSAYABLE = "D007" "unsayable-rule";
}
