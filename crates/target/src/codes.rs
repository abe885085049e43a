//! The findings of this stage.

diagnostic::codes! {
    /// The target has nothing for the rule's log source.
    NO_SOURCE = "T001" "no-source";
    /// The profile has no column for a field.
    NO_COLUMN = "T002" "no-column";
    /// The target can't express a test.
    CANNOT_EXPRESS = "T003" "cannot-express";
    /// A placeholder without a value.
    UNRESOLVED_PLACEHOLDER = "T004" "unresolved-placeholder";
    /// The rule leaves this target out.
    SKIPPED = "T005" "skipped";
    /// An option that the target does not have.
    BAD_OPTION = "T006" "bad-option";
    /// An approximation where only exact output is wanted.
    NOT_EXACT = "T007" "not-exact";
    /// Text that the target has no spelling for.
    UNQUOTABLE = "T008" "unquotable";
    /// Something that rules for a target should hold to.
    TARGET_CHECK = "T009" "target-check";
}
