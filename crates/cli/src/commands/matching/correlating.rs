//! Correlations over the matches of a run: limits, the saved state, and what is said about them.
//!
//! Knows: where the state is kept, what people are told.
//! Does not know: windows.

use std::path::Path;

use driver::{Detector, Loaded};
use matcher::correlate::{Correlations, Correlator, Limits, Note, Stats};
use serde_json::{Value, json};

use crate::args::Match;
use crate::shell::Shell;

/// One run of correlations.
pub struct Correlating<'a> {
    correlations: &'a Correlations,
    correlator: Correlator,
    /// What had happened before this run.
    before: Stats,
    limits: Limits,
    counts: Vec<u64>,
    /// By correlation: what `--explain` says of its matches.
    why: Vec<Value>,
}

impl<'a> Correlating<'a> {
    /// With the state that is saved, if there is one; says what goes on from it.
    ///
    /// # Errors
    ///
    /// When an argument makes no sense or the state can't be read.
    pub fn new(
        args: &Match,
        detector: &'a Detector,
        loaded: &Loaded,
        shell: &mut Shell,
    ) -> Result<Correlating<'a>, String> {
        let correlations = &detector.correlations;
        let limits = limits(args)?;
        let mut correlator = correlations.correlator(limits);
        if let Some(path) = args.state.as_deref().filter(|it| it.exists()) {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|err| format!("can't read `{shown}`: {err}"))?;
            let taken = correlator
                .restore(&text)
                .map_err(|err| format!("`{shown}`: {err}; remove it to begin anew"))?;
            let all = correlations.all().len();
            if taken < all {
                shell.err(&format!(
                    "note: {} of {all} correlations are new or were changed since `{shown}` was saved, and begin anew",
                    all - taken
                ));
            }
        }
        let why = match args.explain {
            true => detector.correlation_places.iter().map(|it| why(loaded, *it)).collect(),
            false => Vec::new(),
        };
        Ok(Correlating {
            correlations,
            before: correlator.stats(),
            limits,
            counts: vec![0; correlations.all().len()],
            correlator,
            why,
        })
    }

    /// The number of the first event of this run.
    pub fn first(&self) -> u64 {
        self.correlator.events()
    }

    /// Takes in an event, and hands over a line for each match.
    pub fn take<E>(
        &mut self,
        event: u64,
        note: Note,
        told: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let hits = self.correlator.take(event, note);
        self.tell(hits, told)
    }

    /// At the end of all events, of which there were so many.
    ///
    /// Without a saved state nothing comes after them, so what waits for others is judged.
    pub fn end<E>(
        &mut self,
        events: u64,
        state: Option<&Path>,
        told: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.correlator.count(events);
        match state {
            Some(_) => Ok(()),
            None => {
                let hits = self.correlator.finish();
                self.tell(hits, told)
            }
        }
    }

    fn tell<E>(
        &mut self,
        hits: Vec<matcher::correlate::Hit>,
        told: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        for hit in hits {
            if let Some(count) = self.counts.get_mut(hit.correlation) {
                *count += 1;
            }
            let Some(mut line) = self.correlations.line(&hit) else { continue };
            if let Some(why) = self.why.get(hit.correlation) {
                line.pop();
                line.push_str(&format!(",\"why\":{why}}}"));
            }
            told(&line)?;
        }
        Ok(())
    }

    /// Writes the state, the old one staying until the new one is whole.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        std::fs::write(&beside, self.correlator.save())
            .and_then(|()| std::fs::rename(&beside, path))
            .map_err(|err| format!("can't write `{}`: {err}", path.display()))
    }

    /// Says which events correlations left out, and which matches they may have missed.
    pub fn notices(&self, shell: &mut Shell) {
        let (now, before) = (self.correlator.stats(), self.before);
        let mut say = |count: u64, text: &str| {
            if count > 0 {
                shell.err(&format!("note: correlations: {count} {text}"));
            }
        };
        let fields = self.correlations.times().join(", ");
        say(
            now.timeless - before.timeless,
            &format!(
                "events tell no time and were left out; `--time-field` names the field that has it, looked for were {fields}"
            ),
        );
        say(
            now.late - before.late,
            "events came later than allowed and were left out; `--lateness` allows more",
        );
        say(
            now.crowded - before.crowded,
            "times an event would have been in too many groups and was left out",
        );
        say(
            now.hurried - before.hurried,
            "events were judged before all that may come before them was there: too many waited",
        );
        say(
            now.forgotten - before.forgotten,
            "groups were forgotten for want of memory, so matches may be missing; `--memory` allows more",
        );
        say(
            now.withheld - before.withheld,
            "matches were withheld: what was forgotten could have made them wrong",
        );
    }

    /// The lines of `--stats`.
    pub fn stats(&self, shell: &mut Shell) {
        if self.correlations.is_empty() {
            return;
        }
        let mut rows: Vec<_> = self.counts.iter().zip(self.correlations.all()).collect();
        rows.retain(|it| *it.0 > 0);
        rows.sort_by_key(|it| std::cmp::Reverse(*it.0));
        for (count, about) in rows {
            let id = about.info.id.as_deref().unwrap_or("-");
            shell.err(&format!("{count:>10}  {id}  {}", diagnostic::printable(&about.info.title)));
        }
        let mib = |bytes: usize| bytes as f64 / 1_048_576.0;
        let stats = self.correlator.stats();
        shell.err(&format!(
            "{} correlations: {} groups in {:.1} MiB, at most {:.1} of {:.1} MiB; {} groups forgotten, {} matches withheld",
            self.correlations.all().len(),
            self.correlator.groups(),
            mib(self.correlator.memory()),
            mib(stats.most_memory),
            mib(self.limits.memory),
            stats.forgotten - self.before.forgotten,
            stats.withheld - self.before.withheld,
        ));
    }
}

fn limits(args: &Match) -> Result<Limits, String> {
    let mut res = Limits::default();
    if let Some(text) = &args.lateness {
        let seconds = driver::seconds(text).and_then(|it| i64::try_from(it).ok());
        let micros = seconds.and_then(|it| it.checked_mul(1_000_000)).ok_or_else(|| {
            format!("`{text}` is no span of time: a whole number and one of s, m, h, d, w, M, y")
        })?;
        res.lateness = micros;
    }
    if let Some(mib) = args.memory {
        res.memory = mib.saturating_mul(1 << 20);
    }
    Ok(res)
}

/// Why a correlation matches, in the form of a rule's reasons: its question, and where it stands.
fn why(loaded: &Loaded, place: usize) -> Value {
    let Some(it) = loaded.correlations.get(place) else { return Value::Null };
    let Some(correlation) = &it.correlation else { return Value::Null };
    let file = loaded.sources.get(it.file);
    let span = correlation.meta.title_span.unwrap_or(correlation.span);
    let position = file.map(|file| file.position(span.start as usize));
    json!([{
        "path": file.map(|it| it.path()),
        "line": position.map(|it| it.line),
        "column": position.map(|it| it.column),
        "test": format!(
            "within {} s {}", correlation.seconds.value, ir::print_question(correlation)
        ),
        "held": true,
        "found": null,
    }])
}
