//! A tag that names nothing of ATT&CK.

use std::sync::OnceLock;

use diagnostic::{Applicability, Code, Diagnostic, nearest};
use source::{Edit, Span, Spanned};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L021",
        name: "unknown-attack-tag",
        page: include_str!("unknown_attack_tag.md"),
    },
    by_default: true,
    check: Check::Head(check),
};

/// How many numbers past the last known technique are taken for ones of a later release.
const LATER_TECHNIQUES: u32 = 100;

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for tag in &subject.ast.tags {
        let Some(word) = tag.value.strip_prefix("attack.") else { continue };
        if attack::technique(word).is_some() || other(word) {
            continue;
        }
        let span = syntax::place_inside(subject.text, tag.span, &tag.value, 7, tag.value.len());
        let exact = subject.text.get(span.range()) == Some(word);
        let fix = |problem: Diagnostic, wanted: &str, applicability: Applicability| {
            let problem = problem.with_help(format!("write `{wanted}`"));
            let edits = vec![Edit { span, replacement: wanted.to_owned() }];
            if exact {
                problem.with_fix(format!("write `{wanted}`"), applicability, edits)
            } else {
                problem
            }
        };
        if let Some(tactic) = attack::tactic(word) {
            if tactic.short != word {
                let message = format!("Sigma writes this tactic `{}`", tactic.short);
                let label = "a search for the tactic's tag misses this rule";
                let problem = Diagnostic::warning(code, span, message, label);
                problems.push(fix(problem, tactic.short, Applicability::Safe));
            }
        } else if let Some(problem) = unknown(code, tag, word, span) {
            let names = attack::tactics().iter().map(|it| it.short);
            problems.push(match nearest(word, names) {
                Some(near) => fix(problem, near, Applicability::Unsafe),
                None => problem.with_help(
                    "look the technique up at https://attack.mitre.org/techniques/enterprise/",
                ),
            });
        }
    }
}

/// What to say of a word that is no tactic and no known technique; `None` when a later release
/// than the one built in may well know it.
fn unknown(
    code: &'static Code,
    tag: &Spanned<String>,
    word: &str,
    span: Span,
) -> Option<Diagnostic> {
    if let Some(number) = technique_number(word)
        && (last() + 1..=last() + LATER_TECHNIQUES).contains(&number)
    {
        return None;
    }
    let message = format!("`{}` names nothing of ATT&CK", tag.value);
    let label = format!("release {} has no such tactic or technique", attack::VERSION);
    Some(Diagnostic::warning(code, span, message, label))
}

/// Whether the word has the form of what is not looked up: groups, software, data sources,
/// mitigations, assets.
fn other(word: &str) -> bool {
    let rest = word.strip_prefix("ds").or_else(|| word.strip_prefix(['g', 's', 'm', 'a']));
    rest.is_some_and(|it| it.len() == 4 && it.bytes().all(|it| it.is_ascii_digit()))
}

/// The number of a well-formed technique.
fn technique_number(word: &str) -> Option<u32> {
    let word = word.strip_prefix(['t', 'T'])?;
    let (top, sub) = word.split_once('.').map_or((word, None), |(top, sub)| (top, Some(sub)));
    let digits = |it: &str, len: usize| it.len() == len && it.bytes().all(|it| it.is_ascii_digit());
    let good = digits(top, 4) && sub.is_none_or(|it| digits(it, 3));
    good.then(|| top.parse().ok()).flatten()
}

/// The highest number of a technique that is built in. Numbers are given in order.
fn last() -> u32 {
    static LAST: OnceLock<u32> = OnceLock::new();
    *LAST.get_or_init(|| {
        let known = |it: &u32| attack::technique(&format!("T{it:04}")).is_some();
        (0..10_000).rev().find(known).unwrap_or_default()
    })
}
