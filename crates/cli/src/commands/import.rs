//! `rulec import`

use diagnostic::Severity;
use driver::ImportRequest;

use super::Ended;
use crate::args::Import;
use crate::files;
use crate::shell::{Outcome, Shell};

pub fn import(args: &Import, shell: &mut Shell) -> Ended {
    let targets = files::targets(args.templates.as_deref())?;
    let request = ImportRequest::new(&args.from, args.profile.as_deref(), &targets)?;
    let imported = request.import(files::whole(&args.files)?);
    let mut outcome = Outcome::Clean;
    for it in &imported.problems {
        if it.severity == Severity::Error {
            outcome = Outcome::Findings;
        }
        let text = diagnostic::human(it, &imported.sources, shell.colour());
        shell.err(&format!("{text}\n"));
    }
    for (at, rule) in imported.rules.iter().enumerate() {
        match &args.output {
            Some(dir) => files::write(&dir.join(format!("{}.yml", rule.name)), &rule.text)?,
            None => {
                if at > 0 {
                    shell.out("---");
                }
                shell.out(rule.text.trim_end());
            }
        }
    }
    if args.output.is_some() {
        let errors = imported.problems.iter().filter(|it| it.severity == Severity::Error).count();
        shell.err(&format!("{} rules written, {errors} errors", imported.rules.len()));
    }
    Ok(outcome)
}
