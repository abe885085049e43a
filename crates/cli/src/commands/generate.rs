//! `rulec test --generate`

use std::path::Path;

use diagnostic::printable;

use super::Ended;
use crate::args::Test;
use crate::files;
use crate::shell::{Outcome, Shell, count};

pub fn generate(args: &Test, shell: &mut Shell) -> Ended {
    let config = files::config(&args.paths)?;
    let loaded = driver::load_with(files::rules(&args.paths)?, &config);
    let (mut examples, mut rules, mut broken) = (0, 0, 0);
    let mut wanted = Vec::new();
    for (at, rule) in loaded.rules.iter().enumerate() {
        // What is only a part of correlations is tried by their examples.
        if rule.is_part {
            continue;
        }
        let path = loaded.sources.get(rule.file).map_or("", |it| it.path());
        let title = rule.title.as_deref().unwrap_or_default();
        let Some(proposal) = driver::propose(&loaded, rule, &config) else {
            broken += 1;
            shell.err(&format!("left out: {}: the rule can't be matched", printable(path)));
            continue;
        };
        for note in &proposal.notes {
            shell.err(&format!("{}: {}", printable(path), printable(note)));
        }
        if proposal.examples.is_empty() {
            continue;
        }
        rules += 1;
        examples += proposal.examples.len();
        if args.write {
            wanted.push((at, proposal.examples));
        } else {
            shell.out(&format!("# {}: {}", printable(path), printable(title)));
            shell.out(&driver::snippet(&proposal.examples));
        }
    }
    let mut done = format!("{} proposed for {}", count(examples, "example"), count(rules, "rule"));
    if args.write {
        let (all, problems) = driver::written(&loaded, &wanted, &config);
        broken += problems.len();
        problems.iter().for_each(|it| shell.err(&printable(it)));
        if let Some(it) = all.iter().find(|it| it.path == "<stdin>") {
            shell.out(it.after.trim_end_matches('\n'));
        }
        for it in all.iter().filter(|it| it.path != "<stdin>") {
            files::write(Path::new(&it.path), &it.after)?;
        }
        let made = all.iter().map(|it| it.count).sum();
        done = format!("{} written into {}", count(made, "example"), count(all.len(), "file"));
    }
    shell.err(&done);
    Ok(if broken > 0 { Outcome::Findings } else { Outcome::Clean })
}
