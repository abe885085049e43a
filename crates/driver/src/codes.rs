//! The findings of this stage.

diagnostic::codes! {
    /// A correlation or filter, which is not converted yet.
    NOT_CONVERTED = "D001" "not-converted";
}
