//! `rulec pipeline`

use std::path::PathBuf;

use diagnostic::{Diagnostic, printable};
use driver::{Loaded, Request, Targets};
use pipeline::{Change, Runner, Set};
use serde_json::json;

use super::Ended;
use crate::args::{self, Pipelines};
use crate::files;
use crate::outside::Disk;
use crate::shell::{Outcome, Shell};

pub fn pipeline(args: &args::Pipeline, shell: &mut Shell) -> Ended {
    match args {
        args::Pipeline::Check(it) => check(it, shell),
        args::Pipeline::Show(it) => show(it, shell),
    }
}

/// Reads the pipelines of the command line, or of the configuration; and what is wrong with them.
pub fn read(
    args: &Pipelines,
    paths: &[PathBuf],
    default: &[String],
    loaded: &mut Loaded,
) -> Result<(Set, Vec<Diagnostic>), String> {
    let wanted = if args.pipeline.is_empty() { default } else { &args.pipeline };
    let files = files::pipelines(wanted, paths)?;
    Ok(driver::read_pipelines(&mut loaded.sources, files))
}

/// The same; pipelines that can't be used end the command.
pub fn usable(
    args: &Pipelines,
    paths: &[PathBuf],
    default: &[String],
    loaded: &mut Loaded,
    shell: &mut Shell,
) -> Result<Set, String> {
    let (set, problems) = read(args, paths, default, loaded)?;
    match tell(&problems, loaded, shell) {
        0 => Ok(set),
        _ => Err("the pipelines can't be used".to_owned()),
    }
}

/// Ends the command when a pipeline says itself that it is not for a target.
pub fn refuse_targets(
    set: &Set,
    requests: &[Request],
    targets: &Targets,
    loaded: &Loaded,
    shell: &mut Shell,
) -> Result<(), String> {
    let problems: Vec<Diagnostic> =
        requests.iter().flat_map(|it| driver::not_for_target(set, it, targets)).collect();
    match tell(&problems, loaded, shell) {
        0 => Ok(()),
        _ => Err("the pipelines are not for this target".to_owned()),
    }
}

fn tell(problems: &[Diagnostic], loaded: &Loaded, shell: &mut Shell) -> usize {
    for it in problems {
        let text = diagnostic::human(it, &loaded.sources, shell.colour());
        shell.err(&format!("{text}\n"));
    }
    problems.len()
}

fn check(args: &args::PipelineCheck, shell: &mut Shell) -> Ended {
    let files = files::pipelines(&args.pipelines, &[])?;
    let count = files.len();
    let mut sources = source::Sources::default();
    let (set, problems) = driver::read_pipelines(&mut sources, files);
    let findings: Vec<&Diagnostic> = problems.iter().collect();
    super::check::show(&findings, &sources, args.format, &|_| true, shell);
    if args.format == args::Format::Human {
        let steps = set.len();
        shell.err(&format!("{count} pipelines: {} errors, {steps} steps", problems.len()));
    }
    Ok(if problems.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn show(args: &args::PipelineShow, shell: &mut Shell) -> Ended {
    let config = files::config(&args.paths)?;
    let mut loaded = driver::load_with(files::rules(&args.paths)?, &config);
    let default = &config.convert.pipelines;
    let set = usable(&args.pipelines, &args.paths, default, &mut loaded, shell)?;
    if set.is_empty() {
        return Err("no pipeline: give one with `-p`".to_owned());
    }
    let outside = Disk::new(args.pipelines.pipeline_external);
    let runner = Runner::new(&set, &outside);
    let mut failed = false;
    let rules = loaded.rules.iter().map(|it| {
        let subject = driver::subject(it, &loaded);
        (it.file, &it.id, &it.title, &it.problems, subject)
    });
    let correlations = loaded.correlations.iter().map(|it| {
        let subject = driver::correlation_subject(it, &loaded);
        (it.file, &it.id, &it.title, &it.problems, subject)
    });
    for (file, id, title, problems, subject) in rules.chain(correlations) {
        let Some(mut subject) = subject else {
            failed |= tell(problems, &loaded, shell) > 0;
            continue;
        };
        let (changes, problem) = runner.trace(&mut subject);
        let path = loaded.sources.get(file).map_or("", |it| it.path());
        if args.json {
            for it in &changes {
                let row = json!({
                    "path": path, "id": id, "step": &*it.id, "type": it.kind.value,
                    "applied": it.applied, "before": it.before, "after": it.after,
                });
                shell.out(&row.to_string());
            }
        } else {
            let title = title.as_deref().unwrap_or_default();
            shell.out(&format!("{}: {}", printable(path), printable(title)));
            changes.iter().for_each(|it| step(it, args.all, shell));
            let idle = changes.iter().filter(|it| !it.applied).count();
            if idle > 0 && !args.all {
                shell.out(&format!("  {idle} of {} steps are not for this rule", changes.len()));
            }
        }
        if let Some(problem) = problem {
            failed |= tell(&[*problem], &loaded, shell) > 0;
        }
    }
    failed |= tell(&loaded.problems, &loaded, shell) > 0;
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

fn step(it: &Change, all: bool, shell: &mut Shell) {
    let name = format!("{} ({})", printable(&it.id), it.kind.value);
    if !it.applied || it.before == it.after {
        if all {
            let why = if it.applied { "changes nothing" } else { "is not for this rule" };
            shell.out(&format!("  {name}: {why}"));
        }
        return;
    }
    shell.out(&format!("  {name}"));
    let diff = similar::TextDiff::from_lines(&it.before, &it.after);
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|it| diff.iter_changes(it)) {
            let line = change.to_string();
            let sign = match change.tag() {
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Equal => ' ',
            };
            shell.out(&format!("    {sign}{}", printable(line.trim_end_matches('\n'))));
        }
    }
}
