//! Findings about rules that are read: everything but the errors of reading itself.

use std::collections::BTreeMap;

use diagnostic::{Diagnostic, Severity};
use lint::Subject;
use source::{FileId, Span};

use crate::builtin::Targets;
use crate::codes::{ALWAYS_MATCHES, NEVER_MATCHES, UNSAYABLE, UNUSED_SUPPRESSION};
use crate::config::CheckConfig;
use crate::convert::Request;
use crate::coverage::unreached;
use crate::load::{Loaded, LoadedRule};

/// What a target expects of rules beyond being sayable, and they do not hold to; and what it can't
/// say of them.
pub fn check_target(loaded: &Loaded, request: &Request, targets: &Targets) -> Vec<Diagnostic> {
    let Some(target) = targets.get(&request.target) else { return Vec::new() };
    let mut res = Vec::new();
    for it in loaded.correlations.iter().filter(|it| it.correlation.is_some()) {
        let refused = request.correlate(loaded, it, targets, false).result.err();
        res.extend(refused.into_iter().flatten());
    }
    for rule in &loaded.rules {
        let Some(lowered) = &rule.lowered else { continue };
        let meant = rule.meant().map_or(&lowered.rule, |it| &it.rule);
        let result = request.convert(rule, targets, false).result;
        let breaches = target.breaches(meant, &request.format, result.as_ref().ok());
        res.extend(result.err().into_iter().flatten());
        for it in breaches {
            let span = rule.ast.place(&it.at);
            res.push(
                Diagnostic::warning(&target::TARGET_CHECK, span, it.message, it.label)
                    .with_help(it.help),
            );
        }
    }
    res
}

/// The rules that no target can express, with any of its profiles. A rule that leaves a target out
/// itself is sayable, as far as is known.
pub fn unsayable(loaded: &Loaded, targets: &Targets) -> Vec<Diagnostic> {
    loaded.rules.iter().filter_map(|it| refused_by_all(it, targets)).collect()
}

fn refused_by_all(rule: &LoadedRule, targets: &Targets) -> Option<Diagnostic> {
    rule.lowered.as_ref()?;
    let mut first: Option<Diagnostic> = None;
    for target in targets.iter() {
        for (profile, _) in target.profiles() {
            let request = Request {
                target: target.manifest.name.clone(),
                profile: profile.to_owned(),
                format: target.manifest.formats.first()?.name.clone(),
            };
            let problems = request.convert(rule, targets, false).result.err()?;
            // A note is the author's own wish, `skip`.
            let problem = problems.into_iter().find(|it| it.severity > Severity::Info)?;
            first.get_or_insert(problem);
        }
    }
    let first = first?;
    let span = first.primary.span;
    let label = format!("the first reason: {}", first.message);
    let help = "use what a target has, or map the log source in a profile of your own";
    let message = "no target can express the rule";
    Some(Diagnostic::warning(&UNSAYABLE, span, message, label).with_help(help))
}

/// All findings about rules: those of reading them, of lints, and of the targets asked for, as the
/// configuration and the comments in the files want them; in order of the files.
///
/// # Errors
///
/// A sentence when the configuration names a lint that there is not.
pub fn check(
    loaded: &Loaded,
    config: &CheckConfig,
    extra: Vec<Diagnostic>,
) -> Result<Vec<Diagnostic>, String> {
    let lints = config.lints()?;
    let mut in_file: BTreeMap<FileId, usize> = BTreeMap::new();
    let files = loaded.rules.iter().map(|it| it.file);
    let others = loaded.correlations.iter().map(|it| it.file);
    for file in files.chain(others).chain(loaded.written_filters.iter().map(|it| it.0)) {
        *in_file.entry(file).or_default() += 1;
    }
    let subject = |id: FileId, ast, lowered| {
        let file = loaded.sources.get(id)?;
        let in_file = in_file.get(&id).copied().unwrap_or(1);
        Some(Subject { path: file.path(), text: file.text(), ast, lowered, in_file })
    };
    let of_rule = |it| {
        let it: &LoadedRule = it;
        subject(it.file, &*it.ast, it.lowered.as_ref())
    };
    let mut subjects: Vec<Subject<'_>> = loaded.rules.iter().filter_map(of_rule).collect();
    let mut res: Vec<Diagnostic> = loaded.all_problems().cloned().chain(extra).collect();
    for rules in subjects.chunk_by(|a, b| a.ast.span.file == b.ast.span.file) {
        res.extend(check_file(&lints, rules));
    }
    for it in &loaded.correlations {
        let Some(head) = subject(it.file, &it.ast.head, None) else { continue };
        res.extend(lint::check_correlation(&lints, &head, &it.ast));
        subjects.push(head);
    }
    let filters = loaded.written_filters.iter();
    subjects.extend(filters.filter_map(|(file, it)| subject(*file, &it.head, None)));
    res.extend(lint::check_set(&lints, &subjects));
    for rule in loaded.rules.iter().filter(|it| !it.ast.fixtures.is_empty()) {
        let Some(file) = loaded.sources.get(rule.file) else { continue };
        res.extend(unreached(rule, file.text()));
    }
    res.extend(loaded.rules.iter().filter_map(|it| decided(&it.lowered.as_ref()?.rule)));
    crate::proved::say_once(&mut res);
    res.retain(|it| !config.ignores(path_of(loaded, it), it.code));
    for it in &mut res {
        if let Some(severity) = config.severity(it.code)? {
            it.severity = severity;
        }
    }
    suppress(loaded, &mut res);
    res.sort_by_key(|it| (it.primary.span.file, it.primary.span.start));
    Ok(res)
}

/// A rule whose verdict is the same for every event, if that is proved.
fn decided(rule: &ir::Rule) -> Option<Diagnostic> {
    let seen = prove::glance(&rule.expr)?;
    // Most logs hold one value a field; a proof that needs this says so.
    let schema = prove::Schema::single();
    let span = rule.meta.title_span.unwrap_or(rule.span);
    let warning = |code, message: &str, grounds: &prove::Grounds, help: &str| {
        Diagnostic::warning(code, span, message, format!("proved, {grounds}")).with_help(help)
    };
    if !seen.can_match
        && let prove::Verdict::Proved(grounds) = prove::never_matches(&rule.expr, &schema)
    {
        let help =
            "look for tests that exclude each other: a missing `contains`, or `and` for `or`";
        return Some(warning(&NEVER_MATCHES, "the rule can match no event", &grounds, help));
    }
    if seen.can_miss {
        return None;
    }
    match prove::always_matches(&rule.expr, &schema) {
        prove::Verdict::Proved(grounds) => {
            let help = "look for `not` before `and` where `or` was meant";
            Some(warning(&ALWAYS_MATCHES, "the rule matches every event", &grounds, help))
        }
        _ => None,
    }
}

/// The findings of lints about the rules of one file.
///
/// Rules may share text, under `action`. What several rules find there is one finding, and a fix of
/// it is kept only where it is that of all of them: it would change the others too. Text of which
/// each rule needs another edit is left alone, since none of them could be made.
fn check_file(lints: &[&'static lint::Lint], rules: &[Subject<'_>]) -> Vec<Diagnostic> {
    let each: Vec<Vec<Diagnostic>> = rules.iter().map(|it| lint::check(lints, it)).collect();
    let mut lines = rules.first().map_or("", |it| it.text).lines();
    let action = |it: &str| it.trim_start_matches([' ', '{', '"', '\'']).starts_with("action");
    if rules.len() < 2 || !lines.any(action) {
        return each.into_iter().flatten().collect();
    }
    let mut res: Vec<Diagnostic> = Vec::new();
    for mut it in each.iter().flatten().cloned() {
        let same_place =
            |other: &&Diagnostic| other.code == it.code && other.primary.span == it.primary.span;
        let mut twins = each.iter().flatten().filter(same_place);
        if twins.any(|other| other.message != it.message && !one_has_both(&each, &it, other)) {
            continue;
        }
        let agreed = each.iter().all(|rule| rule.iter().any(|other| other.fix == it.fix));
        if !agreed {
            it.fix = None;
        }
        if !res.contains(&it) {
            res.push(it);
        }
    }
    res
}

/// Whether one rule reports both findings, so that they are not about different rules.
fn one_has_both(each: &[Vec<Diagnostic>], a: &Diagnostic, b: &Diagnostic) -> bool {
    each.iter().any(|rule| rule.contains(a) && rule.contains(b))
}

fn path_of<'a>(loaded: &'a Loaded, it: &Diagnostic) -> &'a str {
    loaded.sources.get(it.primary.span.file).map_or("", |it| it.path())
}

/// Takes out the findings that a comment turns off, and reports comments that turn off none.
///
/// `# rulec: ignore[L001, L002]` speaks of its own line, or of the next when it stands alone. Errors
/// can't be turned off: the rule does not work.
fn suppress(loaded: &Loaded, findings: &mut Vec<Diagnostic>) {
    const MARK: &str = "# rulec: ignore[";
    let mut unused = Vec::new();
    for (id, file) in loaded.sources.iter() {
        let text = file.text();
        for (at, _) in text.match_indices(MARK) {
            let line = file.position(at).line;
            let start = file.line_range(line).start;
            let alone = text[start..at].trim().is_empty();
            let target = if alone { line + 1 } else { line };
            let from = at + MARK.len();
            let list = text[from..].split(['\n', ']']).next().unwrap_or_default();
            let mut offset = from;
            for word in list.split(',') {
                let name = word.trim();
                let before = findings.len();
                findings.retain(|it| {
                    let here = it.primary.span.file == id
                        && file.position(it.primary.span.start as usize).line == target;
                    let same = it.code.id.eq_ignore_ascii_case(name) || it.code.name == name;
                    !(here && same && it.severity != Severity::Error)
                });
                if findings.len() == before {
                    let span = Span::new(id, offset, offset + word.len());
                    let message = format!("`{name}` is turned off, but nothing reports it");
                    let label = "the comment hides the next finding of this kind";
                    unused.push(
                        Diagnostic::warning(&UNUSED_SUPPRESSION, span, message, label)
                            .with_help("remove it from the comment"),
                    );
                }
                offset += word.len() + 1;
            }
        }
    }
    findings.extend(unused);
}
