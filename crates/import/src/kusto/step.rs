//! Steps of a query that are not filters.

use diagnostic::Diagnostic;
use source::Span;

use crate::place::unsayable;

/// Why a step of a query can't be part of a rule.
pub fn unsaid(word: &str, span: Span) -> Diagnostic {
    let (does, help) = match word {
        "summarize" | "count" | "distinct" | "make-series" | "top-nested" | "partition"
        | "scan" => (
            "joins the matches to groups",
            "import the filters before it alone, and count or relate by a correlation",
        ),
        "take" | "limit" | "top" | "sample" | "sample-distinct" | "top-hitters" => (
            "limits how many matches there are",
            "leave it out to import the query; `schedule.max_alerts` of a rule limits alerts",
        ),
        "join" | "lookup" | "union" => (
            "adds rows of another table",
            "import the filters of each table as a query of their own, and relate the rules by a correlation",
        ),
        "mv-expand" | "mv-apply" => (
            "makes a row of each element of a list",
            "ask for a value of the list itself, as in `where Column has \"x\"`",
        ),
        _ => ("makes other rows of the table's", "import the filters before it alone"),
    };
    unsayable(
        span,
        format!("`{word}` {does}, and a rule is about single events"),
        "what stands before it can be read",
    )
    .with_help(help)
}
