//! `rulec check`

use std::path::Path;

use diagnostic::{Diagnostic, Severity};
use driver::{Fixed, Loaded};

use super::Ended;
use crate::args::{Check, FailLevel, Format};
use crate::files;
use crate::shell::{Outcome, Shell};

pub fn check(args: &Check, shell: &mut Shell) -> Ended {
    let config = files::config(&args.paths)?;
    let mut loaded = driver::load_with(files::rules(&args.paths)?, &config);
    if args.fix || args.diff {
        let fixed = driver::fix(&loaded, &config.check, args.unsafe_fixes)?;
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
        let count: usize = fixed.iter().map(|it| it.count).sum();
        shell.err(&format!("{count} fixes in {} files", fixed.len()));
        loaded = driver::load_with(files::rules(&args.paths)?, &config);
    }
    let targets = files::targets(config.templates.as_deref())?;
    let mut extra = Vec::new();
    for it in &args.target {
        let request = driver::Request::parse(it, &targets)?;
        extra.extend(driver::check_target(&loaded, &request, &targets));
    }
    let all = driver::check(&loaded, &config.check, extra)?;
    let findings: Vec<&Diagnostic> = all.iter().collect();
    show(&findings, &loaded, args.format, shell);
    let count = |severity: Severity| findings.iter().filter(|it| it.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if args.format == Format::Human {
        shell.err(&format!(
            "{} rules: {errors} errors, {warnings} warnings, {} notes",
            loaded.rules.len(),
            count(Severity::Info)
        ));
    }
    let failed = match args.fail_level {
        FailLevel::Info => !findings.is_empty(),
        FailLevel::Warning => errors + warnings > 0,
        FailLevel::Error => errors > 0,
        FailLevel::Never => false,
    };
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

/// What a fix changes, as a unified diff.
fn diff(it: &Fixed) -> String {
    similar::TextDiff::from_lines(&it.before, &it.after)
        .unified_diff()
        .header(&it.path, &it.path)
        .to_string()
}

fn show(findings: &[&Diagnostic], loaded: &Loaded, format: Format, shell: &mut Shell) {
    match format {
        Format::Human => {
            for it in findings {
                let text = diagnostic::human(it, &loaded.sources, shell.colour());
                shell.out(&format!("{text}\n"));
            }
        }
        Format::Concise => {
            findings.iter().for_each(|it| shell.out(&diagnostic::concise(it, &loaded.sources)))
        }
        Format::Github => {
            findings.iter().for_each(|it| shell.out(&diagnostic::github(it, &loaded.sources)))
        }
        Format::Json => {
            let all: Vec<_> =
                findings.iter().map(|it| diagnostic::json(it, &loaded.sources)).collect();
            shell.out(&serde_json::Value::from(all).to_string());
        }
    }
}
