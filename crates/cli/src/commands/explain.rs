//! `rulec explain`

use std::path::PathBuf;

use diagnostic::{Severity, nearest, printable};
use driver::{Loaded, LoadedRule};
use ir::{Correlation, Referent};
use pipeline::Runner;

use super::Ended;
use crate::args::Explain;
use crate::files;
use crate::outside::Disk;
use crate::shell::{Outcome, Shell};

pub fn explain(args: &Explain, shell: &mut Shell) -> Ended {
    let subject = args.subject.as_str();
    if let Some(code) =
        driver::codes().find(|it| it.id.eq_ignore_ascii_case(subject) || it.name == subject)
    {
        shell.out(code.page.trim_end());
        return Ok(Outcome::Clean);
    }
    if subject != "-" && !std::path::Path::new(subject).exists() {
        let known: Vec<&str> = driver::codes().flat_map(|it| [it.id, it.name]).collect();
        let hint =
            nearest(subject, known).map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        return Err(format!("`{subject}` is neither a code nor a file{hint}"));
    }
    let event = match &args.event {
        Some(path) => Some(read_event(path)?),
        None => None,
    };
    let paths = [PathBuf::from(subject)];
    let config = files::config(&paths)?;
    let mut loaded = driver::load_with(files::rules(&paths)?, &config);
    let set = super::pipeline::usable(&args.pipelines, &paths, &[], &mut loaded, shell)?;
    let outside = Disk::new(args.pipelines.pipeline_external);
    if !set.is_empty() {
        driver::apply_pipelines(&mut loaded, &Runner::new(&set, &outside), &config);
    }
    let mut outcome = Outcome::Clean;
    let piped = loaded.rules.iter().flat_map(|it| &it.piped).flat_map(|it| &it.problems);
    for problem in loaded.all_problems().chain(piped) {
        if problem.severity == Severity::Error {
            outcome = Outcome::Findings;
            shell.err(&diagnostic::human(problem, &loaded.sources, shell.colour()));
        }
    }
    for rule in &loaded.rules {
        let Some(lowered) = rule.meant() else { continue };
        shell.out(&printable(&lowered.rule.meta.title));
        shell.out(&format!("log source {}", printable(&lowered.rule.logsource.key())));
        filters(&loaded, rule, shell);
        shell.out("matches an event when");
        for line in ir::print(&lowered.rule.expr).lines() {
            shell.out(&format!("  {}", printable(line)));
        }
        if let Some(event) = &event {
            let (matched, tests) = driver::why(lowered, event)
                .ok_or("this rule can't be matched: a placeholder has no value")?;
            shell.out(if matched { "the event matches:" } else { "the event does not match:" });
            for (span, held) in tests {
                let Some(file) = loaded.sources.get(span.file) else { continue };
                let held = if held { "held" } else { "failed" };
                let text = file.text().get(span.range()).unwrap_or_default();
                shell.out(&format!(
                    "  {held:<6} line {}: {}",
                    file.position(span.start as usize).line,
                    printable(text)
                ));
            }
        }
    }
    for it in &loaded.correlations {
        if let Some(it) = &it.correlation {
            correlation(it, shell);
        }
    }
    Ok(outcome)
}

/// The filters of a rule, and what each adds.
fn filters(loaded: &Loaded, rule: &LoadedRule, shell: &mut Shell) {
    for filter in rule.filters.iter().filter_map(|at| loaded.filters.get(*at)) {
        let path = loaded.sources.get(filter.span.file).map_or("", |it| it.path());
        let title = printable(&filter.meta.title);
        shell.out(&format!("with the filter {title} of {}, which adds", printable(path)));
        let Some(expr) = &filter.expr else { continue };
        for line in ir::print(expr).lines() {
            shell.out(&format!("  {}", printable(line)));
        }
    }
}

fn correlation(it: &Correlation, shell: &mut Shell) {
    shell.out(&printable(&it.meta.title));
    let fields: Vec<&str> = it.group_by.iter().map(|it| it.value.as_ref()).collect();
    let groups = match fields.as_slice() {
        [] => "all events together".to_owned(),
        some => format!("events with the same {}", some.join(" and ")),
    };
    shell.out(&format!("a correlation of {}, over {} s", printable(&groups), it.seconds.value));
    for member in &it.members {
        let names = it.group_by.iter().map(|it| &it.value);
        let aliases: Vec<String> = names
            .zip(&member.fields)
            .filter(|(name, field)| name != field)
            .map(|(name, field)| format!("{name} is {field}"))
            .collect();
        let aliases = match aliases.as_slice() {
            [] => String::new(),
            some => format!(", where {}", some.join(" and ")),
        };
        let kind = match member.to {
            Referent::Rule(_) => "events of the rule",
            Referent::Correlation(_) => "matches of the correlation",
        };
        shell.out(&printable(&format!("  sees {kind} {}{aliases}", member.name.value)));
    }
    shell.out("matches when an event comes in and, up to it,");
    shell.out(&format!("  {}", printable(&ir::print_question(it))));
}

fn read_event(path: &std::path::Path) -> Result<serde_json::Value, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|err| format!("can't read `{}`: {err}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|err| format!("`{}` is not one JSON event: {err}", path.display()))
}
