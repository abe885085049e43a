//! The examples of every lint's page are its tests: a `yaml bad` block is reported by the lint, a
//! `yaml good` block is not.
//!
//! A block may be a part of a rule: what is missing of `title`, `logsource` and `detection` is
//! added. A block with `# file: NAME` in its first line has that path; with `# files: NAME NAME`
//! each rule has its own. Several rules in one block
//! are separated by `---`.
#![allow(clippy::unwrap_used, clippy::panic)]

use rulec_lint::{Check, LINTS, Lint, Subject};
use source::FileId;
use syntax::{CorrelationAst, Document, RuleAst};

/// The blocks of a page whose info string is `yaml KIND`.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let mut res: Vec<String> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if open && line.starts_with("```") {
            open = false;
        } else if open {
            let last = res.last_mut().unwrap();
            last.push_str(line);
            last.push('\n');
        } else if line == format!("```yaml {kind}") {
            open = true;
            res.push(String::new());
        }
    }
    res
}

fn complete(part: &str) -> String {
    let has = |key: &str| part.lines().any(|it| it.starts_with(&format!("{key}:")));
    let is_rule = !has("correlation");
    let mut res = part.to_owned();
    for (key, value) in [
        ("title", " An Example Of A Rule"),
        ("logsource", "\n    product: windows\n    category: process_creation"),
        ("detection", "\n    selection:\n        Image: a\n    condition: selection"),
    ] {
        if !has(key) && (is_rule || key == "title") {
            res.push_str(&format!("\n{key}:{value}\n"));
        }
    }
    res
}

/// How much one lint reports for a block.
fn reported(lint: &'static Lint, block: &str) -> usize {
    let named = block.lines().next().and_then(|it| it.strip_prefix("# file: "));
    let each: Vec<&str> = block
        .lines()
        .next()
        .and_then(|it| it.strip_prefix("# files: "))
        .map_or_else(Vec::new, |it| it.split(' ').collect());
    let parts: Vec<String> = block.split("\n---\n").map(complete).collect();
    let text = parts.join("\n---\n");
    let parsed = syntax::parse(&text, FileId::FIRST);
    let mut correlations: Vec<CorrelationAst> = Vec::new();
    let rules: Vec<RuleAst> = parsed
        .documents
        .into_iter()
        .filter_map(|it| match it {
            Document::Rule(it) => Some(*it),
            Document::Correlation(it) => {
                correlations.push(*it);
                None
            }
            Document::Filter(_) => None,
        })
        .collect();
    let lowered: Vec<_> = rules.iter().map(|it| lower::lower(it, &text, &mut Vec::new())).collect();
    let subjects: Vec<Subject<'_>> = rules
        .iter()
        .zip(&lowered)
        .enumerate()
        .map(|(idx, (ast, lowered))| Subject {
            path: each.get(idx).copied().or(named).unwrap_or("an_example_rule.yml"),
            text: &text,
            ast,
            lowered: lowered.as_ref(),
            in_file: rules.len(),
        })
        .collect();
    let mut problems = Vec::new();
    match lint.check {
        Check::Rule(check) | Check::Head(check) => {
            subjects.iter().for_each(|it| check(&lint.code, it, &mut problems))
        }
        Check::Correlation(check) => correlations.iter().for_each(|it| {
            let path = named.unwrap_or("an_example_rule.yml");
            let in_file = rules.len() + correlations.len();
            let head = Subject { path, text: &text, ast: &it.head, lowered: None, in_file };
            check(&lint.code, &head, it, &mut problems);
        }),
        Check::Set(check) => check(&lint.code, &subjects, &mut problems),
    }
    for it in &problems {
        assert!(text.get(it.primary.span.range()).is_some(), "{it:?}");
        if let Some(fix) = &it.fix {
            source::apply(&text, &fix.edits).unwrap();
        }
    }
    problems.len()
}

#[test]
fn pages_are_true() {
    for lint in LINTS {
        let page = lint.code.page;
        let id = lint.code.id;
        assert!(page.starts_with(&format!("# {} ({id})\n", lint.code.name)), "{id}: the heading");
        let (bad, good) = (blocks(page, "bad"), blocks(page, "good"));
        assert!(!bad.is_empty() && !good.is_empty(), "{id}: a page shows bad and good");
        for block in bad {
            assert!(reported(lint, &block) > 0, "{id}: not reported:\n{block}");
        }
        for block in good {
            assert_eq!(reported(lint, &block), 0, "{id}: reported:\n{block}");
        }
    }
}

#[test]
fn ids_and_names_are_unique() {
    let mut ids: Vec<_> = LINTS.iter().flat_map(|it| [it.code.id, it.code.name]).collect();
    let len = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), len);
}
