//! `rulec diff`

mod human;
mod json;
mod markdown;
mod words;

use driver::{Proof, Request};

use super::Ended;
use crate::args::{Diff, DiffFormat};
use crate::shell::{Outcome, Shell};
use crate::{events, files, revisions};

pub fn diff(args: &Diff, shell: &mut Shell) -> Ended {
    let (mut old, mut new) = revisions::states(args)?;
    let templates = args.templates.as_ref().or(new.config.templates.as_ref());
    let targets = files::targets(templates.map(std::path::PathBuf::as_path))?;
    let all: Vec<String> = targets.names().map(str::to_owned).collect();
    let wanted = match (&args.target, &new.config.convert.targets) {
        (given, _) if !given.is_empty() => given,
        (_, said) if !said.is_empty() => said,
        _ => &all,
    };
    let requests: Vec<Request> =
        wanted.iter().map(|it| Request::parse(it, &targets)).collect::<Result<_, _>>()?;
    if old.config == new.config {
        drop_equal(&mut old.files, &mut new.files);
    }
    let old = driver::load_with(old.files, &old.config);
    let new = driver::load_with(new.files, &new.config);
    let mut diff = driver::diff(&old, &new, &requests, &targets, &Proof);
    for path in &args.events {
        events::each(path, &mut |line, event| {
            diff.observe(&format!("{}:{line}", path.display()), event);
        })?;
    }
    diff.settle();
    match args.format {
        DiffFormat::Human => human::show(&diff, shell),
        DiffFormat::Markdown => shell.out(&markdown::render(&diff)),
        DiffFormat::Json => shell.out(&json::render(&diff).to_string()),
    }
    Ok(if diff.has_findings() { Outcome::Findings } else { Outcome::Clean })
}

/// Leaves out the files that are the same in both states: nothing in them can differ, unless something
/// that refers to others, a correlation or a filter, stands in any file.
fn drop_equal(old: &mut Vec<(String, Vec<u8>)>, new: &mut Vec<(String, Vec<u8>)>) {
    if old.iter().chain(new.iter()).any(|(_, bytes)| may_refer(bytes)) {
        return;
    }
    let known: std::collections::BTreeSet<(String, Vec<u8>)> = old.iter().cloned().collect();
    let equal: std::collections::BTreeSet<(String, Vec<u8>)> =
        new.iter().filter(|it| known.contains(*it)).cloned().collect();
    old.retain(|it| !equal.contains(it));
    new.retain(|it| !equal.contains(it));
}

/// Whether a file may hold a correlation or a filter. Inside of rules selections are called so too,
/// but they do not begin a line.
fn may_refer(bytes: &[u8]) -> bool {
    let is_key = |line: &[u8]| {
        let flow = line.trim_ascii_start().starts_with(b"{");
        let has = |word: &[u8]| match flow {
            true => line.windows(word.len()).any(|it| it == word),
            false => line.strip_prefix(b"\"").unwrap_or(line).starts_with(word),
        };
        has(b"correlation") || has(b"filter")
    };
    bytes.split(|it| matches!(it, b'\n' | b'\r')).any(is_key)
}
