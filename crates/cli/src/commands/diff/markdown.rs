//! For a comment on a pull request: a table that says all in one look, and the details folded.

use diagnostic::printable;
use driver::{Change, Diff};

use super::words;
use crate::shell::count;

/// A comment holds 65,536 characters; the details stop before that.
const MOST: usize = 60_000;

/// The most rules in the table.
const MOST_ROWS: usize = 200;

pub fn render(diff: &Diff<'_>) -> String {
    let mut res = format!("<!-- rulec diff -->\n### Detection rules: {}\n", words::summary(diff));
    for problem in &diff.problems {
        let line = diagnostic::concise(problem, &diff.new.sources);
        res.push_str(&format!("\n- {}", prose(&line)));
    }
    if !diff.problems.is_empty() {
        res.push('\n');
    }
    if diff.changes.is_empty() {
        return res;
    }
    let mut sorted: Vec<&Change<'_>> = diff.changes.iter().collect();
    sorted.sort_by_key(|it| words::KINDS.iter().position(|kind| *kind == words::kind(it)));
    res.push_str("\n| | rule | what it matches | to look at |\n|---|---|---|---|\n");
    for it in sorted.iter().take(MOST_ROWS) {
        let notes: Vec<String> = words::notes(it, diff).iter().map(|it| prose(it)).collect();
        let kind = words::kind(it);
        let kind = if matches!(kind, "broken" | "failing") {
            format!("**{kind}**")
        } else {
            kind.to_owned()
        };
        res.push_str(&format!(
            "| {kind} | {}<br>{} | {} | {} |\n",
            inline(it.title()),
            code(words::path(it)),
            inline(&words::relation(it, diff)),
            notes.join("<br>")
        ));
    }
    if sorted.len() > MOST_ROWS {
        res.push_str(&format!("\nand {}\n", count(sorted.len() - MOST_ROWS, "more rule")));
    }
    let mut left_out = 0;
    for it in &sorted {
        let Some(details) = details(it) else { continue };
        if res.len() + details.len() > MOST {
            left_out += 1;
        } else {
            res.push_str(&details);
        }
    }
    if left_out > 0 {
        res.push_str(&format!(
            "\nThe details of {} are left out for length; `rulec diff` shows them.\n",
            count(left_out, "rule")
        ));
    }
    res.trim_end().to_owned()
}

fn details(it: &Change<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for failing in &it.failing {
        let mut text = String::new();
        for line in words::why(failing) {
            text.push_str(&format!("{line}\n"));
        }
        let how = if failing.expected { "does not match" } else { "matches" };
        let name = inline(failing.name);
        let what = if failing.seen.is_empty() { "rule" } else { "correlation" };
        parts.push(format!(
            "Why the {what} {how} the example \"{name}\":\n{}",
            fence("text", &text)
        ));
    }
    for witness in &it.witnesses {
        let apart = words::apart(witness.matched);
        let now = format!("{}{}", apart[..1].to_uppercase(), &apart[1..]);
        let event = serde_json::to_string_pretty(&witness.event).unwrap_or_default();
        parts.push(format!("{now} ({})\n{}", inline(&witness.origin), fence("json", &event)));
    }
    if it.broken.is_empty() {
        let (old, new) = it.meanings();
        let same = it.relation == driver::Relation::Same;
        if !old.is_empty() && !new.is_empty() && old != new && !same {
            parts.push(format!(
                "What it asks, before and now\n{}",
                fence("diff", &words::unified(&old, &new))
            ));
        } else if old.is_empty() && !new.is_empty() {
            parts.push(format!("What it asks\n{}", fence("text", &new)));
        }
        for output in it.outputs.iter().filter(|_| it.new.is_some()) {
            let (old, new) = (words::rendered(&output.old), words::rendered(&output.new));
            let body = if old.is_empty() {
                fence("text", &new)
            } else {
                fence("diff", &words::unified(&old, &new))
            };
            parts.push(format!("{}\n{body}", code(&output.name)));
        }
    }
    if parts.is_empty() {
        return None;
    }
    let title = inline(it.title());
    Some(format!("\n<details><summary>{title}</summary>\n\n{}\n\n</details>\n", parts.join("\n\n")))
}

/// A sentence of ours, in which what stands in backticks is code.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return inline(text);
    }
    let shown = |(at, it): (usize, &&str)| if at % 2 == 1 { code(it) } else { inline(it) };
    parts.iter().enumerate().map(shown).collect()
}

/// Text of a rule that Markdown and HTML leave alone, in one line.
fn inline(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    let mut last = ' ';
    for ch in printable(text).chars() {
        match ch {
            // Links would leave the page, and mentions call people.
            '/' if last == ':' => res.push_str("&#47;"),
            '&' => res.push_str("&amp;"),
            '<' => res.push_str("&lt;"),
            '>' => res.push_str("&gt;"),
            '@' => res.push_str("&#64;"),
            '#' => res.push_str("&#35;"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '`' => {
                res.push('\\');
                res.push(ch);
            }
            _ => res.push(ch),
        }
        last = ch;
    }
    res
}

/// Text as code within a line or a cell.
fn code(text: &str) -> String {
    format!("<code>{}</code>", inline(text))
}

/// Text as a block that it can't close.
fn fence(language: &str, text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for ch in text.chars() {
        run = if ch == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let marks = "`".repeat((longest + 1).max(3));
    let lines: Vec<String> = text.lines().map(|it| printable(it).into_owned()).collect();
    format!("{marks}{language}\n{}\n{marks}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_rule_stays_text() {
        assert_eq!(inline("a|b @x <i>\n"), r"a\|b &#64;x &lt;i&gt;\\n");
        assert_eq!(fence("text", "```\n"), "````text\n```\n````");
    }
}
