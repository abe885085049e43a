//! For programs.

use driver::{Change, Diff, Rendered};
use serde_json::{Value, json};

use super::words;

pub fn render(diff: &Diff<'_>) -> Value {
    let problems: Vec<Value> =
        diff.problems.iter().map(|it| diagnostic::json(it, &diff.new.sources)).collect();
    let rules: Vec<Value> = diff.changes.iter().map(|it| rule(it, diff)).collect();
    let count = |kind: &str| diff.changes.iter().filter(|it| words::kind(it) == kind).count();
    let counts: serde_json::Map<String, Value> =
        words::KINDS.iter().map(|it| ((*it).to_owned(), count(it).into())).collect();
    json!({
        "findings": diff.has_findings(),
        "counts": counts,
        "events": diff.events,
        "problems": problems,
        "rules": rules,
    })
}

fn rule(it: &Change<'_>, diff: &Diff<'_>) -> Value {
    let both = it.old.is_some() && it.new.is_some() && it.broken.is_empty();
    let meta: Vec<Value> = it
        .meta
        .iter()
        .map(|it| json!({ "key": it.key, "removed": it.removed, "added": it.added }))
        .collect();
    let rendered = |it: &Rendered| match it {
        Rendered::Nothing => Value::Null,
        Rendered::Text(text, fidelity) => json!({ "text": text, "fidelity": fidelity }),
        Rendered::Refused(why) => json!({ "refused": why }),
    };
    let outputs: Vec<Value> = it
        .outputs
        .iter()
        .map(|it| json!({ "target": it.name, "old": rendered(&it.old), "new": rendered(&it.new) }))
        .collect();
    let failing: Vec<Value> = it
        .failing
        .iter()
        .map(|it| {
            let reasons: Vec<Value> = it
                .reasons
                .iter()
                .map(|it| json!({ "test": it.test, "held": it.held, "found": it.found }))
                .collect();
            let seen: Vec<Value> = it
                .seen
                .iter()
                .map(|(rule, count)| json!({ "rule": rule, "events": count }))
                .collect();
            json!({ "name": it.name, "expected": it.expected, "reasons": reasons, "seen": seen })
        })
        .collect();
    let witnesses: Vec<Value> = it
        .witnesses
        .iter()
        .map(|it| json!({ "origin": it.origin, "matches": it.matched, "event": it.event }))
        .collect();
    let broken: Vec<Value> =
        it.broken.iter().map(|it| diagnostic::json(it, &diff.new.sources)).collect();
    json!({
        "kind": words::kind(it),
        "correlation": it.subject().is_some_and(|it| it.is_correlation()),
        "id": it.subject().and_then(|it| it.id()),
        "title": it.title(),
        "path": words::path(it),
        "old_path": it.moved,
        "relation": both.then(|| it.relation.word()),
        "proved": both.then_some(it.proved),
        "reasons": it.reasons,
        "unmarked": it.is_unmarked(),
        "examples": { "gained": it.examples.0, "lost": it.examples.1 },
        "events": { "gained": it.events.0, "lost": it.events.1 },
        "meta": meta,
        "witnesses": witnesses,
        "failing": failing,
        "broken": broken,
        "outputs": outputs,
    })
}
