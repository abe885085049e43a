//! The findings of lints.

diagnostic::codes! {
    /// A selection that no condition uses.
    UNUSED_SELECTION = "L001" "unused-selection";
    /// A part of the condition that makes no difference.
    NO_DIFFERENCE = "L002" "no-difference";
}
