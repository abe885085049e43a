//! For a terminal.

use diagnostic::printable;
use driver::{Change, Diff};

use super::words;
use crate::shell::Shell;

pub fn show(diff: &Diff<'_>, shell: &mut Shell) {
    for problem in &diff.problems {
        let text = diagnostic::human(problem, &diff.new.sources, shell.colour());
        shell.out(&format!("{text}\n"));
    }
    diff.changes.iter().for_each(|it| change(it, diff, shell));
    shell.err(&words::summary(diff));
}

fn change(it: &Change<'_>, diff: &Diff<'_>, shell: &mut Shell) {
    let kind = words::kind(it);
    shell.out(&format!("{kind}: {} ({})", printable(it.title()), printable(words::path(diff, it))));
    shell.out(&format!("  {}", words::relation(it, diff)));
    for note in words::notes(it, diff) {
        shell.out(&format!("  {}", printable(&note)));
    }
    for failing in &it.failing {
        shell.out(&format!("  example {}:", printable(&failing.fixture.name)));
        for reason in &failing.reasons {
            let held = if reason.held { "held" } else { "failed" };
            let line = format!("    {held:<6} {}; {}", reason.test, reason.found);
            shell.out(&printable(&line));
        }
    }
    for witness in &it.witnesses {
        let now = if witness.matched { "matches now" } else { "no longer matches" };
        let line = format!("  {now}: {}: {}", witness.origin, witness.event);
        shell.out(&printable(&line));
    }
    let (old, new) = it.meanings();
    let both = it.old.is_some() && it.new.is_some() && it.broken.is_empty();
    if both && old != new {
        block(&words::unified(&old, &new), "what it means", shell);
    }
    for output in it.outputs.iter().filter(|_| both || it.old.is_none()) {
        let (old, new) = (words::rendered(&output.old), words::rendered(&output.new));
        block(&words::unified(&old, &new), &output.name, shell);
    }
    shell.out("");
}

fn block(text: &str, name: &str, shell: &mut Shell) {
    shell.out(&format!("  {name}"));
    for line in text.lines() {
        shell.out(&format!("    {}", printable(line)));
    }
}
