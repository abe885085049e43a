//! A technique without the tactics it serves.

use attack::State;
use diagnostic::{Applicability, Code, Diagnostic, Severity};
use source::{Edit, Span, Spanned};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L023",
        name: "technique-without-tactic",
        page: include_str!("technique_without_tactic.md"),
    },
    by_default: false,
    check: Check::Head(check),
};

/// The tactic that release 19 parted in two, `stealth` and `defense-impairment`.
const PARTED: &str = "defense-evasion";

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let tags = &subject.ast.tags;
    let named = named(tags);
    let has = |short: &str| named.contains(&short);
    // What was reported already: one technique speaks for all that lack the same tactic.
    let mut reported: Vec<&str> = Vec::new();
    for tag in tags {
        let word = tag.value.strip_prefix("attack.");
        let Some(technique) = word.and_then(attack::technique) else { continue };
        let served = &technique.tactics;
        let some = served.iter().any(|it| has(it));
        // One that is no longer used has a lint of its own.
        if technique.state != State::Active
            || (!some && served.iter().any(|it| reported.contains(it)))
        {
            continue;
        }
        // Which techniques went from `defense-evasion` into neither of its parts is not known.
        let wanted = |it: &&str| !(has(it) || reported.contains(it) || some && *it == PARTED);
        let missing: Vec<&str> = served.iter().copied().filter(wanted).collect();
        if missing.is_empty() {
            continue;
        }
        let list = missing.join("`, `attack.");
        let id = technique.id;
        let (severity, message, help) = if some {
            let message = format!("{id} serves `attack.{list}` too");
            (Severity::Info, message, format!("add `attack.{list}` if the rule is about it"))
        } else if missing.len() == 1 {
            let message = format!("{id} stands without its tactic `attack.{list}`");
            (Severity::Warning, message, format!("add `attack.{list}`"))
        } else {
            let help = format!("add what the rule is about of `attack.{list}`");
            (Severity::Warning, format!("{id} stands without a tactic"), help)
        };
        let span = syntax::place_inside(subject.text, tag.span, &tag.value, 7, tag.value.len());
        let label = "the rule is missing where rules are listed by that tactic";
        let mut problem = Diagnostic::warning(code, span, message, label).with_help(help);
        problem.severity = severity;
        if let Some(edit) = insertion(subject.text, tag.span, &missing) {
            let title = format!("add `attack.{list}`");
            problem = problem.with_fix(title, Applicability::Unsafe, vec![edit]);
        }
        problems.push(problem);
        reported.extend(missing);
    }
}

/// The short names of the tactics that the tags name.
fn named(tags: &[Spanned<String>]) -> Vec<&'static str> {
    let mut res = Vec::new();
    for word in tags.iter().filter_map(|it| it.value.strip_prefix("attack.")) {
        let parted = matches!(word, "stealth" | "defense-impairment").then_some(PARTED);
        let short = parted.or_else(|| attack::tactic(word).map(|it| it.short));
        res.extend(short.filter(|it| !res.contains(it)));
    }
    res
}

/// Entries of their own before the tag's line, when the tag is alone in it.
fn insertion(text: &str, tag: Span, tactics: &[&str]) -> Option<Edit> {
    let start = text.get(..tag.start as usize)?.rfind('\n')? + 1;
    let indent = text.get(start..tag.start as usize)?;
    if indent.trim() != "-" {
        return None;
    }
    let replacement = tactics.iter().map(|it| format!("{indent}attack.{it}\n")).collect();
    Some(Edit { span: Span::new(tag.file, start, start), replacement })
}
