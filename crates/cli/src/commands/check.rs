//! `rulec check`

use diagnostic::{Diagnostic, Severity};
use driver::Loaded;

use super::Ended;
use crate::args::{Check, Format};
use crate::files;
use crate::shell::{Outcome, Shell};

pub fn check(args: &Check, shell: &mut Shell) -> Ended {
    let loaded = driver::load_with(files::rules(&args.paths)?, &files::config(&args.paths)?);
    let mut lints = driver::check(&loaded);
    let targets = driver::Targets::builtin();
    for it in &args.target {
        let request = driver::Request::parse(it, &targets)?;
        lints.extend(driver::check_target(&loaded, &request, &targets));
    }
    let own = loaded.rules.iter().flat_map(|it| &it.problems);
    let mut findings: Vec<&Diagnostic> = loaded.problems.iter().chain(own).chain(&lints).collect();
    findings.sort_by_key(|it| (it.primary.span.file, it.primary.span.start));
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
    Ok(if errors + warnings > 0 { Outcome::Findings } else { Outcome::Clean })
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
