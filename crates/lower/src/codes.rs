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
    /// A correlation or filter names a rule that was not read.
    UNRESOLVED_REFERENCE = "K004" "unresolved-reference";
    /// A name that several rules have.
    AMBIGUOUS_REFERENCE = "K005" "ambiguous-reference";
    /// A correlation names a rule that can't be used.
    BROKEN_REFERENCE = "K006" "broken-reference";
    /// A correlation that depends on itself.
    REFERENCE_CYCLE = "K007" "reference-cycle";
    /// A correlation names one rule twice.
    REPEATED_REFERENCE = "K008" "repeated-reference";
    /// An alias that lacks a field, or has one for a rule that is not seen.
    BAD_ALIAS = "K009" "bad-alias";
    /// An alias that nothing uses.
    UNUSED_ALIAS = "K010" "unused-alias";
    /// A condition of a correlation that can never hold.
    IMPOSSIBLE_CORRELATION = "K011" "impossible-correlation";
    /// A condition of `temporal_ordered` that has no order.
    UNORDERED_FORMULA = "K012" "unordered-formula";
    /// A filter names a rule that was not read.
    FILTER_REFERENCE = "F001" "filter-reference";
    /// A filter that keeps events instead of leaving them out.
    FILTER_KEEPS = "F002" "filter-keeps";
    /// A filter names a rule that it can't be applied to.
    FILTER_MISMATCH = "F003" "filter-mismatch";
    /// A filter that is wrong in itself, and a rule that waits for it.
    BROKEN_FILTER = "F004" "broken-filter";
}
