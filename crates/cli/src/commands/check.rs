//! `rulec check`

use std::path::Path;

use diagnostic::{Diagnostic, Severity};
use driver::Fixed;
use pipeline::Runner;
use source::Sources;

use super::Ended;
use crate::args::{Check, FailLevel, Format};
use crate::files;
use crate::outside::Disk;
use crate::shell::{Outcome, Shell, count};

pub fn check(args: &Check, shell: &mut Shell) -> Ended {
    if !args.watch {
        return once(args, shell);
    }
    loop {
        let seen = files::stamps(&args.paths);
        if let Err(message) = once(args, shell) {
            shell.err(&format!("error: {message}"));
        }
        shell.err("waiting for changes; interrupt to end");
        wait(&args.paths, seen);
    }
}

/// How often files are looked at.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);

/// Returns when files have changed and then stood still for one look, so that a save of many files
/// is one change.
fn wait(paths: &[std::path::PathBuf], seen: files::Stamps) {
    let mut last = files::stamps(paths);
    loop {
        std::thread::sleep(PAUSE);
        let now = files::stamps(paths);
        if now == last && now != seen {
            return;
        }
        last = now;
    }
}

fn once(args: &Check, shell: &mut Shell) -> Ended {
    let config = files::config(&args.paths)?;
    let mut loaded = driver::load_with(files::rules(&args.paths)?, &config);
    if args.fix || args.diff {
        let fixed = driver::fix(&loaded, &config.check, args.unsafe_fixes, args.prove)?;
        if args.diff {
            fixed.iter().for_each(|it| shell.out(&diff(it)));
            return Ok(if fixed.is_empty() { Outcome::Clean } else { Outcome::Findings });
        }
        let stdin = fixed.iter().find(|it| it.path == "<stdin>");
        if let Some(it) = stdin {
            shell.out(it.after.trim_end_matches('\n'));
            return Ok(Outcome::Clean);
        }
        for it in &fixed {
            files::write(Path::new(&it.path), &it.after)?;
        }
        let made: usize = fixed.iter().map(|it| it.count).sum();
        shell.err(&format!("{} in {}", count(made, "fix"), count(fixed.len(), "file")));
        loaded = driver::load_with(files::rules(&args.paths)?, &config);
    }
    let targets = files::targets(config.templates.as_deref())?;
    let mut extra = Vec::new();
    let (set, mut wrong) = super::pipeline::read(&args.pipelines, &args.paths, &[], &mut loaded)?;
    extra.append(&mut wrong);
    let outside = Disk::new(args.pipelines.pipeline_external);
    if extra.is_empty() && !set.is_empty() {
        driver::apply_pipelines(&mut loaded, &Runner::new(&set, &outside), &config);
        extra.extend(
            loaded.rules.iter().flat_map(|it| &it.piped).flat_map(|it| it.problems.clone()),
        );
    }
    for it in &args.target {
        let request = driver::Request::parse(it, &targets)?;
        extra.extend(driver::not_for_target(&set, &request, &targets));
        for it in driver::check_target(&loaded, &request, &targets) {
            // What pipelines refuse is told once, not for every target.
            if !extra.contains(&it) {
                extra.push(it);
            }
        }
    }
    if args.targets {
        extra.extend(driver::unsayable(&loaded, &targets));
    }
    if args.prove {
        extra.extend(driver::proved(&loaded));
    }
    let all = driver::check(&loaded, &config.check, extra)?;
    let findings: Vec<&Diagnostic> = all.iter().collect();
    let fails = |it: Severity| match args.fail_level {
        FailLevel::Info => true,
        FailLevel::Warning => it >= Severity::Warning,
        FailLevel::Error => it >= Severity::Error,
        FailLevel::Never => false,
    };
    show(&findings, &loaded.sources, args.format, &fails, shell);
    if args.format == Format::Human {
        let of = |severity: Severity, word: &str| {
            count(findings.iter().filter(|it| it.severity == severity).count(), word)
        };
        shell.err(&format!(
            "{}: {}, {}, {}",
            count(loaded.rules.len(), "rule"),
            of(Severity::Error, "error"),
            of(Severity::Warning, "warning"),
            of(Severity::Info, "note")
        ));
    }
    let failed = findings.iter().any(|it| fails(it.severity));
    if !args.watch {
        // The process ends; giving back every piece of every rule would be a good part of the run.
        std::mem::forget((loaded, all));
    }
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

/// What a fix changes, as a unified diff.
fn diff(it: &Fixed) -> String {
    similar::TextDiff::from_lines(&it.before, &it.after)
        .unified_diff()
        .header(&it.path, &it.path)
        .to_string()
}

/// Prints findings in one of the formats.
pub fn show(
    findings: &[&Diagnostic],
    sources: &Sources,
    format: Format,
    fails: &dyn Fn(Severity) -> bool,
    shell: &mut Shell,
) {
    match format {
        Format::Human => {
            for it in findings {
                let text = diagnostic::human(it, sources, shell.colour());
                shell.out(&format!("{text}\n"));
            }
        }
        Format::Concise => {
            findings.iter().for_each(|it| shell.out(&diagnostic::concise(it, sources)))
        }
        Format::Github => {
            findings.iter().for_each(|it| shell.out(&diagnostic::github(it, sources)))
        }
        Format::Json => {
            let all: Vec<_> = findings.iter().map(|it| diagnostic::json(it, sources)).collect();
            shell.out(&serde_json::Value::from(all).to_string());
        }
        Format::Sarif => {
            let log = diagnostic::sarif(findings, sources, env!("CARGO_PKG_VERSION"));
            shell.out(&format!("{log:#}"));
        }
        Format::Junit => {
            let suites = diagnostic::findings_as_suites(findings, sources, fails);
            shell.out(&diagnostic::junit("rulec check", &suites));
        }
    }
}
