//! Findings about rules that are read: everything but the errors of reading itself.

use std::collections::BTreeMap;

use diagnostic::Diagnostic;
use lint::Subject;
use source::FileId;

use crate::builtin::Targets;
use crate::convert::Request;
use crate::load::Loaded;

/// What a target expects of rules beyond being sayable, and they do not hold to; and what it can't
/// say of them.
pub fn check_target(loaded: &Loaded, request: &Request, targets: &Targets) -> Vec<Diagnostic> {
    let Some(target) = targets.get(&request.target) else { return Vec::new() };
    let mut res = Vec::new();
    for rule in &loaded.rules {
        let Some(lowered) = &rule.lowered else { continue };
        res.extend(request.convert(rule, targets, false).result.err().into_iter().flatten());
        for it in target.breaches(&lowered.rule) {
            let span = rule.ast.place(&it.at);
            res.push(
                Diagnostic::warning(&target::TARGET_CHECK, span, it.message, it.label)
                    .with_help(it.help),
            );
        }
    }
    res
}

/// What lints find in all rules of a run, in order of the files.
pub fn check(loaded: &Loaded) -> Vec<Diagnostic> {
    let mut in_file: BTreeMap<FileId, usize> = BTreeMap::new();
    for rule in &loaded.rules {
        *in_file.entry(rule.file).or_default() += 1;
    }
    let subjects: Vec<Subject<'_>> = loaded
        .rules
        .iter()
        .filter_map(|rule| {
            let file = loaded.sources.get(rule.file)?;
            Some(Subject {
                path: file.path(),
                text: file.text(),
                ast: &rule.ast,
                lowered: rule.lowered.as_ref(),
                in_file: in_file.get(&rule.file).copied().unwrap_or(1),
            })
        })
        .collect();
    let mut res: Vec<Diagnostic> = subjects.iter().flat_map(lint::check).collect();
    res.extend(lint::check_set(&subjects));
    res.sort_by_key(|it| (it.primary.span.file, it.primary.span.start));
    res
}
