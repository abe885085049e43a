//! `rulec build`

use std::path::Path;

use driver::Runtime;
use matcher::engine::Unrouted;

use super::Ended;
use crate::args::Build;
use crate::files;
use crate::shell::{Outcome, Shell};

pub fn build(args: &Build, shell: &mut Shell) -> Ended {
    let config = files::config(&args.paths)?;
    let loaded = driver::load_with(files::rules(&args.paths)?, &config);
    let targets = files::targets(config.templates.as_deref())?;
    let unrouted = if args.all_rules { Unrouted::Everything } else { Unrouted::Nothing };
    let folder = args.output.file_name().map(|it| it.to_string_lossy().into_owned());
    let name = args.name.clone().or(folder).unwrap_or_default();
    if !driver::is_package_name(&name) {
        return Err(format!(
            "`{name}` can't be a package's name: letters, digits, `-` and `_`, a letter first; `--name` gives another"
        ));
    }
    let project = driver::build(
        &loaded,
        &targets,
        args.profile.as_deref(),
        unrouted,
        &name,
        &runtime(&args.matcher)?,
    )?;
    let left_out = loaded.problems.iter().chain(&project.left_out);
    let errors: Vec<_> = left_out.filter(|it| it.severity == diagnostic::Severity::Error).collect();
    for problem in &errors {
        shell.err(&diagnostic::human(problem, &loaded.sources, shell.colour()));
    }
    if let Some(it) = &project.inexact {
        shell.err(&format!("note: {it}"));
    }
    if project.rules == 0 {
        return Err("there is no rule to build".to_owned());
    }
    clear(&args.output)?;
    for (path, bytes) in &project.files {
        write(&args.output.join(path), bytes)?;
    }
    write(&args.output.join(MARK), b"Written by `rulec build`, which replaces what is here.\n")?;
    let correlations = match project.correlations {
        0 => String::new(),
        it => format!(" and {it} correlations"),
    };
    let folder = args.output.display();
    shell.err(&format!("{} rules{correlations} built into `{folder}`", project.rules));
    Ok(if errors.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// What tells a folder of ours, in which files may be replaced.
const MARK: &str = ".rulec";

/// Takes away what an earlier build wrote, so that no module of a rule that is gone stays; built
/// artefacts stay.
fn clear(folder: &Path) -> Result<(), String> {
    let fail = |err: std::io::Error| format!("can't write `{}`: {err}", folder.display());
    let Ok(mut entries) = std::fs::read_dir(folder) else { return Ok(()) };
    if folder.join(MARK).is_file() {
        return match std::fs::remove_dir_all(folder.join("src")) {
            Err(err) if err.kind() != std::io::ErrorKind::NotFound => Err(fail(err)),
            _ => Ok(()),
        };
    }
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(format!(
            "`{}` is not empty, and not a folder that this command wrote; name another with `-o`",
            folder.display()
        )),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |err: std::io::Error| format!("can't write `{}`: {err}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(fail)?;
    }
    std::fs::write(path, bytes).map_err(fail)
}

/// A folder that is there, or a version.
fn runtime(given: &str) -> Result<Runtime, String> {
    let path = Path::new(given);
    if path.is_dir() {
        let full = path.canonicalize();
        let full = full.map_err(|err| format!("can't read `{given}`: {err}"))?;
        return Ok(Runtime::Path(full.display().to_string()));
    }
    match given.chars().all(|ch| ch.is_ascii_digit() || ch == '.') && given.contains('.') {
        true => Ok(Runtime::Version(given.to_owned())),
        false => Err(format!("`{given}` is neither a folder nor a version of `rulec-matcher`")),
    }
}
