//! The findings of this stage.

diagnostic::codes! {
    /// A modifier that does not exist.
    UNKNOWN_MODIFIER = "M001" "unknown-modifier";
    /// A modifier got a value it can't work on.
    MODIFIER_VALUE = "M002" "modifier-value";
    /// A regular expression that can't be used.
    BAD_REGEX = "M003" "bad-regex";
    /// A text that is no network.
    BAD_NETWORK = "M004" "bad-network";
    /// `windash` on a value with too many dashes.
    TOO_MANY_DASHES = "M005" "too-many-dashes";
    /// A modifier that can't stand where it stands.
    MODIFIER_ORDER = "M006" "modifier-order";
    /// A condition names a selection that is not there.
    UNDEFINED_SELECTION = "C003" "undefined-selection";
    /// A pattern of a condition that no selection fits.
    EMPTY_PATTERN = "C004" "empty-pattern";
    /// A word that its key does not know.
    UNKNOWN_WORD = "R007" "unknown-word";
}
