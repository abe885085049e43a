//! The findings of this stage.

diagnostic::codes! {
    /// A key that a pipeline or one of its steps does not have.
    UNKNOWN_KEY = "P001" "unknown-pipeline-key";
    /// A type of step, condition or finalizer that there is not.
    UNKNOWN_TYPE = "P002" "unknown-pipeline-type";
    /// A value of a pipeline that can't be used.
    BAD_VALUE = "P003" "bad-pipeline-value";
    /// A key that is needed and not there.
    MISSING_KEY = "P004" "missing-pipeline-key";
    /// A step that refuses the rule.
    REFUSED = "P005" "pipeline-refusal";
    /// A placeholder for which the pipeline has no value.
    NO_VALUE = "P006" "pipeline-without-value";
    /// A step that asks for what is outside, which was not allowed.
    OUTSIDE = "P007" "pipeline-outside";
    /// A step that passes a limit.
    LIMIT = "P008" "pipeline-limit";
    /// A step that leaves nothing of a rule or an item.
    NOTHING_LEFT = "P009" "pipeline-nothing-left";
    /// A template that can't be filled.
    TEMPLATE = "P010" "pipeline-template";
    /// A pipeline that is not for the target.
    NOT_FOR_TARGET = "P011" "pipeline-not-for-target";
    /// A step that can't work on a value.
    CANNOT_CHANGE = "P012" "pipeline-cannot-change";
}
