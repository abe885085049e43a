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
}
