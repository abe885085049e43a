//! `rulec match`

mod correlating;

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use driver::{Detector, Loaded};
use matcher::correlate::Note;
use matcher::engine::{Scanner, Unrouted};
use serde_json::{Value, json};

use self::correlating::Correlating;
use super::Ended;
use crate::args::Match;
use crate::files;
use crate::shell::{Outcome, Shell};
use crate::stream::{self, Chunk, Head, MOST, Work};

/// How many malformed lines are reported one by one.
const REPORTED: usize = 20;

pub fn matching(args: &Match, shell: &mut Shell) -> Ended {
    let config = files::config(&args.rules)?;
    let loaded = driver::load_with(files::rules(&args.rules)?, &config);
    let targets = files::targets(config.templates.as_deref())?;
    let unrouted = if args.all_rules { Unrouted::Everything } else { Unrouted::Nothing };
    let mut detector = driver::detector(&loaded, &targets, args.profile.as_deref(), unrouted)?;
    if !args.time_field.is_empty() {
        detector.correlations = detector.correlations.with_times(args.time_field.clone());
    }
    let left_out = loaded.problems.iter().chain(&detector.left_out);
    let errors: Vec<_> =
        left_out.filter(|it| it.severity == diagnostic::Severity::Error).cloned().collect();
    if !errors.is_empty() {
        for problem in &errors {
            shell.err(&diagnostic::human(problem, &loaded.sources, shell.colour()));
        }
    }
    if let Some(it) = detector.inexact_note() {
        shell.err(&format!("note: {it}"));
    }
    if detector.set.is_empty() {
        return Err("there is no rule to match".to_owned());
    }
    let work = Matching {
        detector: &detector,
        loaded: &loaded,
        explain: args.explain,
        totals: Mutex::new(Totals { counts: vec![0; detector.set.len()], ..Totals::default() }),
    };
    let threads = match args.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        it => it,
    };
    let started = Instant::now();
    let correlating = Correlating::new(args, &detector, &loaded, shell)?;
    let mut report = Report {
        args,
        endings: detector.set.rules().iter().map(|it| it.json()).collect(),
        out: std::io::BufWriter::with_capacity(1 << 16, std::io::stdout()),
        first: correlating.first(),
        correlating,
        detector: &detector,
        events: 0,
        lines: (0, 0),
        malformed: 0,
        hits: 0,
        ended: None,
        messages: Vec::new(),
    };
    let shows = std::io::stderr().is_terminal();
    let result = stream::run(
        &args.events,
        threads,
        &work,
        &mut |output, head| report.take(output, head),
        &mut |bytes| {
            if shows {
                let seconds = started.elapsed().as_secs_f64();
                let (mega, rate) = (bytes >> 20, bytes as f64 / 1e6 / seconds);
                let _ = write!(std::io::stderr(), "\r{mega} MiB read, {rate:.0} MB/s ");
            }
        },
    );
    if shows && started.elapsed().as_millis() > 200 {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let stopped = report.malformed > 0 && args.strict;
    if result.is_ok() && report.ended.is_none() && !stopped {
        report.end();
    }
    let ended = match report.out.flush() {
        Err(err) if report.ended.is_none() => Some(err),
        _ => report.ended.take(),
    };
    let Report { events, malformed, hits, messages, correlating, .. } = report;
    for message in messages {
        shell.err(&message);
    }
    let totals = work.totals.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if malformed > REPORTED {
        shell.err(&format!("... {} malformed lines in all", malformed));
    }
    if totals.unrouted > 0 && !args.all_rules {
        shell.err(&format!(
            "note: {} of {events} events don't tell their log source and met no rule; `--profile` says how it is told, `--all-rules` lets them meet every rule",
            totals.unrouted
        ));
    }
    correlating.notices(shell);
    if args.stats {
        correlating.stats(shell);
        stats(&detector, &totals, events, hits, started.elapsed().as_secs_f64(), shell);
    }
    match ended {
        // A reader that went away, as `head` does, is no error.
        Some(err) if err.kind() == std::io::ErrorKind::BrokenPipe => return Ok(Outcome::Clean),
        Some(err) => return Err(format!("can't write standard output: {err}")),
        None => {}
    }
    result?;
    if stopped {
        return Err("stopped at a malformed line, as `--strict` asks".to_owned());
    }
    if let Some(path) = &args.state {
        correlating.save(path)?;
    }
    Ok(if errors.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

struct Matching<'a> {
    detector: &'a Detector,
    loaded: &'a Loaded,
    explain: bool,
    totals: Mutex<Totals>,
}

#[derive(Default)]
struct Totals {
    counts: Vec<u64>,
    unrouted: u64,
}

/// What a chunk came to. Events are counted from the chunk's first.
#[derive(Default)]
struct Found {
    events: u64,
    lines: usize,
    hits: Vec<Hit>,
    /// What correlations have to know, of the events that they see.
    notes: Vec<(u64, Note)>,
    malformed: Vec<Malformed>,
}

struct Malformed {
    event: u64,
    /// Counted from the chunk's first.
    line: usize,
    message: String,
}

struct Hit {
    event: u64,
    rule: usize,
    why: Option<Value>,
}

impl<'a> Work for Matching<'a> {
    type Output = Found;
    type State = Scanner<'a>;

    fn start(&self) -> Scanner<'a> {
        self.detector.set.scanner()
    }

    fn chunk(&self, scanner: &mut Scanner<'a>, chunk: &Chunk) -> Found {
        let mut res = Found::default();
        if chunk.head.too_long {
            (res.events, res.lines) = (1, 1);
            res.malformed.push(too_long(0, 0));
            return res;
        }
        let mut rest = &*chunk.bytes;
        while !rest.is_empty() {
            let number = res.lines;
            res.lines += 1;
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if line.trim_ascii_start().is_empty() {
                continue;
            }
            let event = res.events;
            res.events += 1;
            if line.len() > MOST {
                res.malformed.push(too_long(event, number));
                continue;
            }
            match scanner.line(line) {
                Ok(hits) => {
                    let before = res.hits.len();
                    res.hits.extend(hits.map(|it| Hit { event, rule: it.index, why: None }));
                    let hits = res.hits.get_mut(before..).unwrap_or_default();
                    if hits.is_empty() {
                        continue;
                    }
                    let rules = hits.iter().map(|it| it.rule);
                    let note = self.detector.correlations.note_line(scanner, rules, line);
                    if self.explain {
                        self.explain(scanner, line, hits);
                    }
                    res.notes.extend(note.map(|it| (event, it)));
                }
                Err(err) => {
                    res.malformed.push(Malformed { event, line: number, message: err.to_string() });
                }
            }
        }
        res
    }

    fn end(&self, scanner: Scanner<'a>) {
        let mut totals = self.totals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        totals.unrouted += scanner.unrouted();
        for (sum, count) in totals.counts.iter_mut().zip(scanner.counts()) {
            *sum += count;
        }
    }
}

fn too_long(event: u64, line: usize) -> Malformed {
    Malformed { event, line, message: format!("a line of more than {} MiB", MOST >> 20) }
}

impl Matching<'_> {
    /// Adds to the hits of an event why the rules matched.
    fn explain(&self, scanner: &mut Scanner<'_>, line: &[u8], hits: &mut [Hit]) {
        let Ok(asked) = serde_json::from_slice(line).map(|it| scanner.as_asked(it)) else { return };
        for hit in hits {
            hit.why = Some(self.why(hit.rule, &asked));
        }
    }

    /// Why a rule matches: the tests that decide it, where they stand, and what they met.
    fn why(&self, index: usize, event: &Value) -> Value {
        let rule = self.detector.places.get(index).and_then(|it| self.loaded.rules.get(*it));
        let rule = rule.and_then(|it| it.lowered.as_ref());
        let Some(rule) = rule else { return Value::Null };
        let reasons = driver::reasons(&rule.rule, event).into_iter().map(|it| {
            let file = self.loaded.sources.get(it.span.file);
            let place = file.map(|file| file.position(it.span.start as usize));
            json!({
                "path": file.map(|it| it.path()),
                "line": place.map(|it| it.line),
                "column": place.map(|it| it.column),
                "test": it.test,
                "held": it.held,
                "found": it.found,
            })
        });
        Value::Array(reasons.collect())
    }
}

struct Report<'a> {
    args: &'a Match,
    endings: Vec<String>,
    out: std::io::BufWriter<std::io::Stdout>,
    detector: &'a Detector,
    correlating: Correlating<'a>,
    /// The number of the first event.
    first: u64,
    events: u64,
    /// The input that is read, and how many of its lines were.
    lines: (usize, usize),
    malformed: usize,
    hits: u64,
    ended: Option<std::io::Error>,
    messages: Vec<String>,
}

impl Report<'_> {
    /// Writes the matches of a chunk, those of each event together: first of rules, then of
    /// correlations.
    fn write(&mut self, hits: &[Hit], notes: Vec<(u64, Note)>) -> std::io::Result<()> {
        let first = self.first + self.events;
        let mut notes = notes.into_iter().peekable();
        for hit in hits {
            while let Some((event, note)) = notes.next_if(|it| it.0 < hit.event) {
                self.correlate(first + event, note)?;
            }
            if self.detector.correlations.is_part(hit.rule) {
                continue;
            }
            self.hits += 1;
            let why = match &hit.why {
                Some(why) => format!(",\"why\":{why}"),
                None => String::new(),
            };
            let (event, ending) = (first + hit.event, &self.endings[hit.rule]);
            writeln!(self.out, "{{\"event\":{event},{ending}{why}}}")?;
        }
        notes.try_for_each(|(event, note)| self.correlate(first + event, note))
    }

    fn correlate(&mut self, event: u64, note: Note) -> std::io::Result<()> {
        let (hits, out) = (&mut self.hits, &mut self.out);
        self.correlating.take(event, note, &mut |line| {
            *hits += 1;
            writeln!(out, "{line}")
        })
    }

    /// After the last event.
    fn end(&mut self) {
        let (hits, out) = (&mut self.hits, &mut self.out);
        let events = self.first + self.events;
        let ended = self.correlating.end(events, self.args.state.as_deref(), &mut |line| {
            *hits += 1;
            writeln!(out, "{line}")
        });
        self.ended = ended.err();
    }

    fn take(&mut self, mut found: Found, head: &Head) -> bool {
        // With `--strict` nothing counts after the first malformed line.
        if let Some(end) = found.malformed.first().filter(|_| self.args.strict).map(|it| it.event) {
            found.hits.retain(|it| it.event < end);
            found.notes.retain(|it| it.0 < end);
        }
        if let Err(err) = self.write(&found.hits, std::mem::take(&mut found.notes)) {
            self.ended = Some(err);
            return false;
        }
        self.events += found.events;
        let path = self.args.events[head.input].display();
        let before = if self.lines.0 == head.input { self.lines.1 } else { 0 };
        self.lines = (head.input, before + found.lines);
        for Malformed { line, message, .. } in &found.malformed {
            self.malformed += 1;
            if self.malformed <= REPORTED {
                let line = before + line + 1;
                self.messages.push(format!("{path}:{line}: skipped: {message}"));
            }
            if self.args.strict {
                return false;
            }
        }
        if head.paused
            && let Err(err) = self.out.flush()
        {
            self.ended = Some(err);
            return false;
        }
        true
    }
}

fn stats(
    detector: &Detector,
    totals: &Totals,
    events: u64,
    hits: u64,
    seconds: f64,
    shell: &mut Shell,
) {
    let mut rows: Vec<_> = totals.counts.iter().zip(detector.set.rules()).collect();
    rows.retain(|it| *it.0 > 0);
    rows.sort_by_key(|it| std::cmp::Reverse(*it.0));
    for (count, rule) in rows {
        let id = rule.id.as_deref().unwrap_or("-");
        shell.err(&format!("{count:>10}  {id}  {}", diagnostic::printable(&rule.title)));
    }
    shell.err(&format!(
        "{hits} matches of {} rules in {events} events, {seconds:.2} s",
        detector.set.len()
    ));
}
