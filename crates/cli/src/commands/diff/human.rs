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
    shell.out(&format!("{kind}: {} ({})", printable(it.title()), printable(words::path(it))));
    shell.out(&format!("  {}", words::relation(it, diff)));
    for note in words::notes(it, diff) {
        shell.out(&format!("  - {}", printable(&note)));
    }
    for failing in &it.failing {
        let how = if failing.expected { "does not match" } else { "matches" };
        let name = printable(failing.name);
        shell.out(&format!("  why it {how} the example \"{name}\""));
        for line in words::why(failing) {
            shell.out(&format!("    {}", printable(&line)));
        }
    }
    for witness in &it.witnesses {
        let apart = words::apart(witness.matched);
        shell.out(&format!("  {apart} ({})", printable(&witness.origin)));
        shell.out(&format!("    {}", printable(&driver::flow(&witness.event))));
    }
    let (old, new) = it.meanings();
    let both = it.old.is_some() && it.new.is_some() && it.broken.is_empty();
    // The same meaning in other words is no news.
    if both && old != new && it.relation != driver::Relation::Same {
        block(&words::unified(&old, &new), "what it asks, before (-) and now (+)", shell);
    }
    for output in it.outputs.iter().filter(|_| both || it.old.is_none()) {
        let (old, new) = (words::rendered(&output.old), words::rendered(&output.new));
        block(&words::unified(&old, &new), &format!("its output in {}", output.name), shell);
    }
    shell.out("");
}

fn block(text: &str, name: &str, shell: &mut Shell) {
    shell.out(&format!("  {name}"));
    for line in text.lines() {
        shell.out(&format!("    {}", printable(line)));
    }
}
