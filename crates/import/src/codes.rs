//! The findings of this crate.

diagnostic::codes! {
    /// The text is not of the language.
    UNREADABLE = "I001" "unreadable-query";
    /// A part of a query that no rule can say.
    UNSAYABLE = "I002" "unsayable-query";
    /// A part of a query that is left aside, because the rule says it elsewhere or needs it not.
    LEFT_ASIDE = "I003" "left-aside";
    /// What stands around a query can't be read.
    BAD_ENVELOPE = "I004" "bad-envelope";
    /// A query that was read, and that no rule of ours can hold.
    NOT_IMPORTED = "I005" "not-imported";
}
