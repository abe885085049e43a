//! One JSON object a finding.

use serde_json::{Value, json as object};
use source::{Sources, Span};

use crate::{Applicability, Diagnostic};

/// Renders a finding as data: code, severity, message, place, labels, help and fix.
///
/// Lines and columns count from 1, columns in characters, end positions are exclusive.
pub fn json(it: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<Value> = it
        .secondary
        .iter()
        .map(|label| object!({ "place": place(label.span, sources), "text": label.text }))
        .collect();
    let fix = it.fix.as_ref().map(|fix| {
        let edits: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| object!({ "place": place(edit.span, sources), "replacement": edit.replacement }))
            .collect();
        let safe = fix.applicability == Applicability::Safe;
        object!({ "title": fix.title, "safe": safe, "edits": edits })
    });
    object!({
        "code": it.code.id,
        "name": it.code.name,
        "severity": it.severity.word(),
        "message": it.message,
        "place": place(it.primary.span, sources),
        "label": it.primary.text,
        "labels": labels,
        "help": it.help,
        "fix": fix,
    })
}

fn place(span: Span, sources: &Sources) -> Value {
    let Some(file) = sources.get(span.file) else { return Value::Null };
    let start = file.position(span.start as usize);
    let end = file.position(span.end as usize);
    object!({
        "path": file.path(),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}
