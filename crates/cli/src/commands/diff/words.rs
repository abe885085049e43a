//! What every form of the report says of a change, in words.

use diagnostic::{Diagnostic, printable};
use driver::{Change, Diff, MetaChange, OutputChange, Rendered};
use similar::TextDiff;
use source::Sources;

use crate::shell::count;

/// What became of a rule; the first that fits.
pub fn kind(it: &Change<'_>) -> &'static str {
    match (it.old, it.new) {
        _ if !it.broken.is_empty() => "broken",
        _ if !it.failing.is_empty() => "failing",
        (None, _) => "added",
        (_, None) => "removed",
        _ if it.moved.is_some() => "renamed",
        _ => "changed",
    }
}

/// Every kind, in the order of a reader's interest.
pub const KINDS: [&str; 6] = ["broken", "failing", "changed", "added", "removed", "renamed"];

/// `1 broken, 2 changed`, or that nothing differs.
pub fn summary(diff: &Diff<'_>) -> String {
    let count = |kind: &str| diff.changes.iter().filter(|it| self::kind(it) == kind).count();
    let parts: Vec<String> = KINDS
        .iter()
        .map(|kind| (count(kind), kind))
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    if parts.is_empty() { "no rule differs".to_owned() } else { parts.join(", ") }
}

/// The path a rule has, or had.
pub fn path<'a>(it: &Change<'a>) -> &'a str {
    it.subject().map_or("", |it| it.path())
}

/// How the events it matches changed, and how that is known.
pub fn relation(it: &Change<'_>, diff: &Diff<'_>) -> String {
    let seen = |gained: usize, lost: usize, what: &str| match (gained, lost) {
        (0, 0) => None,
        (gained, 0) => Some(format!("{gained} more {what}")),
        (0, lost) => Some(format!("{lost} fewer {what}")),
        (gained, lost) => Some(format!("{gained} more and {lost} fewer {what}")),
    };
    let evidence: Vec<String> = [
        seen(it.examples.0, it.examples.1, "of the examples"),
        seen(it.events.0, it.events.1, "of the events"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (it.old, it.new) {
        (_, Some(_)) if !it.broken.is_empty() => "can't be used".to_owned(),
        (Some(old), Some(_)) if !old.is_usable() => "was broken, and can be used now".to_owned(),
        (None, Some(new)) if diff.events > 0 && !new.is_correlation() => {
            format!("new; matches {} of {} events", it.events.0, diff.events)
        }
        (None, _) => "new".to_owned(),
        (Some(old), None) if diff.events > 0 && !old.is_correlation() => {
            format!("gone; matched {} of {} events", it.events.1, diff.events)
        }
        (_, None) => "gone".to_owned(),
        (Some(old), _) if old.is_correlation() => of_correlation(it, &evidence),
        _ => {
            let res = match (it.relation, it.proved) {
                (driver::Relation::Same, _) => {
                    return "same: it matches exactly the events that it did (proved)".to_owned();
                }
                (driver::Relation::Unknown, _) => {
                    return "unknown: it differs, but no proof, example or event shows how"
                        .to_owned();
                }
                (driver::Relation::Wider, true) => {
                    "wider: it matches all that it did, and more (proved)"
                }
                (driver::Relation::Narrower, true) => {
                    "narrower: it matches less than it did, and nothing new (proved)"
                }
                (driver::Relation::Wider, false) => "wider, as far as seen",
                (driver::Relation::Narrower, false) => "narrower, as far as seen",
                (driver::Relation::Changed, _) if it.witnesses.is_empty() => {
                    "changed: it is about the events of another log source"
                }
                (driver::Relation::Changed, _) => {
                    "changed: it matches events that it did not, and no longer some that it did"
                }
            };
            if evidence.is_empty() {
                return res.to_owned();
            }
            format!("{res}; it matches {}", evidence.join(", "))
        }
    }
}

/// The same of a correlation, of which the parts decide it.
fn of_correlation(it: &Change<'_>, evidence: &[String]) -> String {
    use driver::Relation::{Changed, Narrower, Same, Wider};
    let mut res = match (it.relation, it.proved) {
        (Same, _) => return "same: it matches whenever it did (proved)".to_owned(),
        (Wider, true) => "wider: it matches whenever it did, and maybe more often",
        (Narrower, true) => "narrower: it matches only when it did, and maybe less often",
        (Changed, _) => "changed: it matches where it did not, and no longer where it did",
        _ => "changed: whether it matches more or less can't be decided",
    }
    .to_owned();
    if !it.reasons.is_empty() {
        res.push_str(&format!(": {}", it.reasons.join("; ")));
    }
    if !evidence.is_empty() {
        res.push_str(&format!("; it matches {}", evidence.join(", ")));
    }
    res
}

/// What a reviewer should look at, most important first.
pub fn notes(it: &Change<'_>, diff: &Diff<'_>) -> Vec<String> {
    let mut res: Vec<String> =
        it.broken.iter().map(|problem| problem_line(problem, &diff.new.sources)).collect();
    for failing in &it.failing {
        let how =
            if failing.expected { "must match, and does not" } else { "must not match, and does" };
        res.push(format!("example \"{}\" {how}", failing.name));
    }
    if let Some(old) = &it.moved {
        res.push(format!("was `{old}`"));
    }
    if it.is_unmarked() {
        res.push("what it matches changed, but neither `modified` nor `version` did".to_owned());
    }
    let usable = it.new.filter(|it| it.is_usable());
    if it.old.is_none() && usable.is_some_and(|it| it.examples() == 0) {
        res.push("no examples of its own".to_owned());
    }
    match it.edited {
        (0, 0) => {}
        (added, 0) => res.push(format!("{} added", count(added, "example"))),
        (0, removed) => res.push(format!("{} removed", count(removed, "example"))),
        (added, removed) => {
            res.push(format!("{} added, {removed} removed", count(added, "example")));
        }
    }
    res.extend(it.meta.iter().map(meta));
    for output in &it.outputs {
        if let Some(line) = coverage(output) {
            res.push(line);
        }
    }
    let texts = it.outputs.iter().filter(|it| coverage(it).is_none()).map(|it| it.name.as_str());
    let texts: Vec<&str> = texts.map(|it| it.split('/').next().unwrap_or(it)).collect();
    if !texts.is_empty() && it.old.is_some() && it.new.is_some() && it.broken.is_empty() {
        res.push(format!("another query for {}", texts.join(", ")));
    }
    if res.is_empty() && it.relation == driver::Relation::Same {
        res.push("only its text differs".to_owned());
    }
    res
}

/// `level high → critical`.
pub fn meta(it: &MetaChange) -> String {
    let join = |all: &[String]| all.join(", ");
    let MetaChange { key, removed, added, is_list } = it;
    let short = |text: String| {
        let text = printable(&text).into_owned();
        match text.char_indices().nth(80) {
            Some((at, _)) => format!("{}...", &text[..at]),
            None => text,
        }
    };
    match (removed.as_slice(), added.as_slice()) {
        ([], []) => format!("{key} in another order"),
        (removed, []) if *is_list => format!("{key} without {}", short(join(removed))),
        ([], added) if *is_list => format!("{key} with {}", short(join(added))),
        (removed, []) => format!("{key} {} removed", short(join(removed))),
        ([], added) => format!("{key} {} added", short(join(added))),
        (removed, added) => format!("{key} {} → {}", short(join(removed)), short(join(added))),
    }
}

/// What a target can or can't say any more; `None` when only the words differ.
fn coverage(it: &OutputChange) -> Option<String> {
    let name = it.name.split('/').next().unwrap_or(&it.name);
    match (&it.old, &it.new) {
        (Rendered::Text(..), Rendered::Refused(why)) => {
            Some(format!("`{name}` can no longer say it: {why}"))
        }
        (Rendered::Refused(_), Rendered::Text(..)) => Some(format!("`{name}` can say it now")),
        (Rendered::Refused(_), Rendered::Refused(why)) => {
            Some(format!("`{name}` still can't say it: {why}"))
        }
        (Rendered::Nothing, Rendered::Refused(why)) => {
            Some(format!("`{name}` can't say it: {why}"))
        }
        (Rendered::Text(_, old), Rendered::Text(_, new)) if old != new => {
            Some(format!("`{name}`: {old} → {new}"))
        }
        _ => None,
    }
}

/// A finding in one line, with its place and what to do.
pub fn problem_line(it: &Diagnostic, sources: &Sources) -> String {
    let line = sources
        .get(it.primary.span.file)
        .map_or(1, |file| file.position(it.primary.span.start as usize).line);
    let help = it.help.as_ref().map_or_else(String::new, |it| format!("; {it}"));
    format!("line {line}: {} ({}){help}", it.message, it.code.id)
}

/// What an output says, or why it says nothing.
pub fn rendered(it: &Rendered) -> String {
    match it {
        Rendered::Nothing => String::new(),
        Rendered::Text(text, _) => text.clone(),
        Rendered::Refused(why) => format!("refused: {why}\n"),
    }
}

/// Why a rule gave its verdict: a test, whether the event passes it, and what the event says there.
fn reason(it: &driver::Reason) -> String {
    let held = if it.held { "passes" } else { "fails " };
    let within = if it.found.starts_with("the event") { "" } else { "in the event, " };
    format!("{held}  {}; {within}{}", it.test, it.found)
}

/// What an example that fails met: the tests that decided it, or what a correlation saw.
pub fn why(it: &driver::Failing<'_>) -> Vec<String> {
    let seen = it.seen.iter().map(|(rule, count)| format!("{count} events match {rule}"));
    it.reasons.iter().map(reason).chain(seen).collect()
}

/// What stands before an event that old and new tell apart.
pub fn apart(matched: bool) -> &'static str {
    if matched { "matches now, and did not" } else { "no longer matches, and did" }
}

/// Lines with `-` where they were and `+` where they are, and three around them; `...` stands for more.
pub fn unified(old: &str, new: &str) -> String {
    let ended = |it: &str| {
        if it.is_empty() || it.ends_with('\n') { it.to_owned() } else { format!("{it}\n") }
    };
    let (old, new) = (ended(old), ended(new));
    let text = TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).to_string();
    let mut res = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("@@ -") {
            Some(it) if it.starts_with("1,") || it.starts_with("1 ") || it.starts_with("0,") => {}
            Some(_) => res.push_str("...\n"),
            None => res.push_str(line),
        }
    }
    res
}
