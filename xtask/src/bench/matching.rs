//! `cargo xtask bench match`: events a second of the native matcher, beside its peers and limits.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use driver::LoadedRule;
use ir::{Expr, Part, Pattern, Predicate};
use matcher::engine::{RuleInfo, RuleSet, Unrouted};
use serde_json::Value;

use super::{FOLDERS, TICKS, children, median, optimised, release};

/// Runs of each measurement; the median counts.
const RUNS: usize = 7;

/// How often the small file of events is repeated: what is done once should weigh as little as it does in
/// a stream, and time is told in hundredths of a second.
const TIMES: usize = 50;

/// A measurement inside of this process goes on for so many seconds: its clock moves in steps.
const SPAN: f64 = 0.4;

/// Measures the command on both files of events, one thread and two, then sonic-rs on the same
/// bytes, rsigma if it is installed, and how the cost of an event grows with the rules.
pub fn matching(root: &Path, say: &dyn Fn(&str)) -> Result<(), String> {
    let shared = root.join("../shared");
    let events = shared.join("events");
    let corpus = shared.join("corpus/sigmahq");
    let rules: Vec<PathBuf> = FOLDERS.iter().map(|it| corpus.join(it)).collect();
    if !events.is_dir() || !rules.iter().all(|it| it.is_dir()) {
        say(&format!("skipped: no events or rules at `{}`", shared.display()));
        return Ok(());
    }
    if optimised(root, &["bench", "match"])? {
        return Ok(());
    }
    let rulec = release(root)?;
    let work = std::env::temp_dir().join("rulec-bench");
    std::fs::create_dir_all(&work).map_err(|err| err.to_string())?;
    say(&format!("{:<28} {:>10} {:>9} {:>9}", "", "events/s", "MB/s", "CPU s"));
    let empty = work.join("empty.ndjson");
    std::fs::write(&empty, "").map_err(|err| err.to_string())?;
    let ready = cpu(&rulec, &rules, &empty)?;
    let folder = work.join("rules");
    gather(&rules, &folder)?;
    say(&format!("{:<28} {:>10} {:>9} {ready:>9.2}", "ready (all rules loaded)", "", ""));
    for (name, times) in [("background", 1), ("evtx", TIMES)] {
        let plain = work.join(format!("{name}.ndjson"));
        let labelled = work.join(format!("{name}.labelled.ndjson"));
        let lines = unpack(&events.join(format!("{name}.ndjson.zst")), times, &plain, &labelled)?;
        let bytes = std::fs::metadata(&plain).map_err(|err| err.to_string())?.len() as f64;
        let row = |what: &str, seconds: f64| {
            say(&format!(
                "{what:<28} {:>10.0} {:>9.0} {seconds:>9.2}",
                lines as f64 / seconds,
                bytes / 1e6 / seconds
            ));
            lines as f64 / seconds
        };
        let ours = row(&format!("{name}, one thread"), net(&rulec, &rules, &plain, &empty)?);
        let limit = row(&format!("{name}, sonic-rs lazily"), sonic(&plain)?);
        say(&format!("{:<28} {:>9.0} %", "  of that limit", ours / limit * 100.0));
        match rsigma(&folder, &labelled, &empty)? {
            Some(seconds) => {
                let its = row(&format!("{name}, rsigma"), seconds);
                say(&format!("{:<28} {:>10.1}", "  times rsigma", ours / its));
            }
            None => say("  rsigma is not on PATH: not measured"),
        }
        let wall = |threads| {
            let clock = |events: &Path| {
                let start = Instant::now();
                run(&rulec, &rules, events, threads)?;
                Ok::<f64, String>(start.elapsed().as_secs_f64())
            };
            let runs: Result<Vec<f64>, String> =
                (0..RUNS).map(|_| Ok(clock(&plain)? - clock(&empty)?)).collect();
            runs.map(median)
        };
        let (one, two) = (wall(1)?, wall(2)?);
        say(&format!("{:<28} {:>10.2}", "  two threads to one, by clock", one / two));
    }
    growth(&rules, &work.join("background.ndjson"), say)
}

/// Writes events as they are, and with their log source in fields of its own; how many there are.
fn unpack(from: &Path, times: usize, plain: &Path, labelled: &Path) -> Result<usize, String> {
    let fail = |err: std::io::Error| err.to_string();
    let file = File::open(from).map_err(fail)?;
    let mut text = String::new();
    let mut decoder =
        ruzstd::decoding::StreamingDecoder::new(file).map_err(|err| err.to_string())?;
    std::io::Read::read_to_string(&mut decoder, &mut text).map_err(fail)?;
    let mut plain = BufWriter::new(File::create(plain).map_err(fail)?);
    let mut with = BufWriter::new(File::create(labelled).map_err(fail)?);
    let mut count = 0;
    for _ in 0..times {
        for line in text.lines() {
            count += 1;
            writeln!(plain, "{line}").map_err(fail)?;
            let event: Value = serde_json::from_str(line).map_err(|err| err.to_string())?;
            let source = event.get("_ls").and_then(Value::as_str).unwrap_or_default();
            let mut label = String::new();
            for (name, part) in ["product", "category", "service"].iter().zip(source.split('/')) {
                // Of several categories rsigma takes one.
                let part = part.split('+').next().unwrap_or_default();
                if !part.is_empty() && event.get(name).is_none() {
                    label.push_str(&format!("\"{name}\":\"{part}\","));
                }
            }
            writeln!(with, "{{{label}{}", &line[1..]).map_err(fail)?;
        }
    }
    Ok(count)
}

fn run(rulec: &Path, rules: &[PathBuf], events: &Path, threads: usize) -> Result<(), String> {
    let mut command = Command::new(rulec);
    command.arg("match").args(rules.iter().flat_map(|it| [Path::new("-r"), it.as_path()]));
    command.args(["--threads", &threads.to_string()]).arg(events);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status.map_err(|err| err.to_string())?.code() {
        // 1 says that some rule was left out: those with placeholders.
        Some(0 | 1) => Ok(()),
        code => Err(format!("`rulec match` ended with {code:?}")),
    }
}

fn cpu(rulec: &Path, rules: &[PathBuf], events: &Path) -> Result<f64, String> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let before = children()?;
        run(rulec, rules, events, 1)?;
        runs.push((children()? - before) / TICKS);
    }
    Ok(median(runs))
}

/// CPU seconds of matching alone: each run's without those of a run that only loads the rules, so
/// that both meet the machine in one mood.
fn net(rulec: &Path, rules: &[PathBuf], events: &Path, empty: &Path) -> Result<f64, String> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let start = children()?;
        run(rulec, rules, empty, 1)?;
        let loaded = children()?;
        run(rulec, rules, events, 1)?;
        runs.push((children()? - loaded - (loaded - start)) / TICKS);
    }
    Ok(median(runs))
}

/// Seconds of reading every top-level key and passing over its value.
fn sonic(events: &Path) -> Result<f64, String> {
    let bytes = std::fs::read(events).map_err(|err| err.to_string())?;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let before = own()?;
        let mut keys = 0;
        for line in bytes.split(|it| *it == b'\n') {
            keys += sonic_rs::to_object_iter(line).filter(Result::is_ok).count();
        }
        black_box(keys);
        runs.push(own()? - before);
    }
    Ok(median(runs))
}

/// Seconds of rsigma with its best flags, without its loading; `None` where it is not installed.
/// It takes one folder of rules.
fn rsigma(rules: &Path, events: &Path, empty: &Path) -> Result<Option<f64>, String> {
    let once = |events: &Path| -> Result<Option<f64>, String> {
        let mut command = Command::new("rsigma");
        command.args(["engine", "eval", "--logsource-routing", "-r"]).arg(rules);
        command.arg("-e").arg(format!("@{}", events.display()));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let before = children()?;
        match command.status() {
            Err(_) => Ok(None),
            Ok(it) if it.success() => Ok(Some((children()? - before) / TICKS)),
            Ok(it) => Err(format!("`rsigma engine eval` ended with {it}")),
        }
    };
    let mut runs = Vec::new();
    for _ in 0..3 {
        let (Some(all), Some(load)) = (once(events)?, once(empty)?) else { return Ok(None) };
        runs.push(all - load);
    }
    Ok(Some(median(runs)))
}

/// All rules in one folder.
fn gather(rules: &[PathBuf], folder: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    rules.iter().for_each(|it| crate::codegen::files(it, &mut files));
    files.retain(|it| it.extension().is_some_and(|it| it == "yml"));
    std::fs::create_dir_all(folder).map_err(|err| err.to_string())?;
    for (at, file) in files.iter().enumerate() {
        std::fs::copy(file, folder.join(format!("{at}.yml"))).map_err(|err| err.to_string())?;
    }
    Ok(())
}

/// CPU seconds of this thread so far.
fn own() -> Result<f64, String> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")
        .map_err(|err| format!("CPU time is read from `/proc/thread-self/schedstat`: {err}"))?;
    let nanoseconds = text.split(' ').next().and_then(|it| it.parse::<f64>().ok());
    nanoseconds.map(|it| it / 1e9).ok_or_else(|| format!("`schedstat` is not as expected: {text}"))
}

/// How the cost of an event grows: a tenth of the rules, all, and ten times all with other values.
fn growth(rules: &[PathBuf], events: &Path, say: &dyn Fn(&str)) -> Result<(), String> {
    let mut files = Vec::new();
    rules.iter().for_each(|it| crate::codegen::files(it, &mut files));
    files.retain(|it| it.extension().is_some_and(|it| it == "yml"));
    files.sort();
    let read = |path: &PathBuf| {
        std::fs::read(path)
            .map(|it| (path.display().to_string(), it))
            .map_err(|err| err.to_string())
    };
    let loaded = driver::load(files.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    let targets = driver::Targets::builtin();
    let native = targets.native().ok_or("no target runs on the native matcher")?;
    let profile = native.manifest.match_profile.as_deref().unwrap_or_default();
    let routing = native.profile(profile).and_then(target::Profile::routing).unwrap_or_default();
    let bytes = std::fs::read(events).map_err(|err| err.to_string())?;
    // A tenth of the events, spread over the file, tells as much.
    let lines: Vec<&[u8]> =
        bytes.split(|it| *it == b'\n').filter(|it| !it.is_empty()).step_by(10).collect();
    let mut last: Option<f64> = None;
    for (name, step, copies) in
        [("a tenth of the rules", 10, 1), ("all rules", 1, 1), ("ten times all", 1, 10)]
    {
        let mut builder = RuleSet::builder().routing(routing.clone(), Unrouted::Nothing);
        for copy in 0..copies {
            for rule in loaded.rules.iter().step_by(step) {
                add(&mut builder, rule, copy);
            }
        }
        let set = builder.build();
        let mut scanner = set.scanner();
        let mut runs = Vec::new();
        for _ in 0..=RUNS {
            let (before, mut passes) = (own()?, 0.0);
            while own()? - before < SPAN {
                for line in &lines {
                    black_box(scanner.line(line).map(Iterator::count).ok());
                }
                passes += 1.0;
            }
            runs.push((own()? - before) / passes / lines.len() as f64 * 1e6);
        }
        // The first run makes the plans.
        runs.remove(0);
        let cost = median(runs);
        let grown = last.map_or(String::new(), |it| format!(", {:.2} times the last", cost / it));
        say(&format!("{name:<28} {:>6} rules: {cost:.2} µs an event{grown}", set.len()));
        last = Some(cost);
    }
    Ok(())
}

fn add(builder: &mut matcher::engine::RuleSetBuilder, rule: &LoadedRule, copy: usize) {
    let Some(rule) = rule.lowered.as_ref().map(|it| &it.rule) else { return };
    let expr = if copy == 0 { rule.expr.clone() } else { altered(&rule.expr, copy) };
    let _ = builder.add(RuleInfo::default(), &rule.logsource, &expr);
}

/// The condition with other texts in place of its own.
fn altered(expr: &Expr, copy: usize) -> Expr {
    let group = |parts: &[Expr]| parts.iter().map(|it| altered(it, copy)).collect();
    match expr {
        Expr::All(parts) => Expr::All(group(parts)),
        Expr::Any(parts) => Expr::Any(group(parts)),
        Expr::Not(part) => Expr::Not(Box::new(altered(part, copy))),
        Expr::Test(test) => {
            let mut test = test.clone();
            if let Predicate::Text(pattern, case) = &test.predicate {
                let part = |it: &Part| match it {
                    Part::Literal(text) => Part::Literal(other(text, copy)),
                    it => it.clone(),
                };
                let parts = pattern.parts().iter().map(part);
                test.predicate = Predicate::Text(Pattern::new(parts), *case);
            }
            Expr::Test(test)
        }
        Expr::Const(it) => Expr::Const(*it),
    }
}

/// A text of the same length with some letters moved on, as another tool's name would be.
fn other(text: &str, copy: usize) -> String {
    let moved = |(at, ch): (usize, char)| match ch {
        'a'..='z' | 'A'..='Z' if at % 3 == copy % 3 => {
            let base = if ch.is_ascii_lowercase() { b'a' } else { b'A' };
            char::from(base + (ch as u8 - base + copy as u8 * 2 + 1) % 26)
        }
        it => it,
    };
    text.chars().enumerate().map(moved).collect()
}
