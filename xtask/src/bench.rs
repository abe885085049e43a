//! `cargo xtask bench`: what converting a large corpus costs, what matching, correlations and proofs do.

mod matching;
mod prove;

pub use matching::matching;
pub use prove::proving;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs of each measurement; the median counts.
const RUNS: usize = 5;

/// Folders of rules in the corpus.
pub const FOLDERS: &[&str] = &[
    "rules",
    "rules-compliance",
    "rules-emerging-threats",
    "rules-placeholder",
    "rules-threat-hunting",
];

/// Measures its child's memory, where it is installed.
const TIME: &str = "/usr/bin/time";

/// Kernel ticks of `/proc` a second, the same on every Linux.
const TICKS: f64 = 100.0;

/// Measures every target of `templates/`, then all of them in one run; `say` gets the lines.
pub fn convert(root: &Path, say: &dyn Fn(&str)) -> Result<(), String> {
    let corpus = root.join("../shared/corpus/sigmahq");
    let paths: Vec<PathBuf> =
        FOLDERS.iter().map(|it| corpus.join(it)).filter(|it| it.is_dir()).collect();
    if paths.len() != FOLDERS.len() {
        say(&format!("skipped: the corpus is not complete at `{}`", corpus.display()));
        return Ok(());
    }
    let rulec = release(root)?;
    let memory = Path::new(TIME).exists();
    if !memory {
        say(&format!("memory is not measured: there is no `{TIME}`"));
    }
    let names = crate::tidy::names(&root.join("templates"));
    let mut rows: Vec<(&str, Vec<&str>)> =
        names.iter().map(|it| (it.as_str(), vec![it.as_str()])).collect();
    rows.push(("all", names.iter().map(String::as_str).collect()));
    say(&format!("{:<12} {:>9} {:>9}", "target", "CPU s", "peak MiB"));
    for (name, targets) in rows {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(run(&rulec, &targets, &paths, memory)?);
        }
        let cpu = median(runs.iter().map(|it| it.cpu).collect());
        let peak = match runs.iter().map(|it| it.peak).collect::<Option<Vec<f64>>>() {
            Some(it) => format!("{:.1}", median(it)),
            None => "-".to_owned(),
        };
        say(&format!("{name:<12} {cpu:>9.2} {peak:>9}"));
    }
    Ok(())
}

/// Builds the command for release: where it is.
fn release(root: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "rulec-cli", "--bin", "rulec"])
        .current_dir(root)
        .status();
    if !built.is_ok_and(|it| it.success()) {
        return Err("the release build failed".to_owned());
    }
    let target_dir = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |it| root.join(it));
    Ok(target_dir.join("release/rulec"))
}

/// Runs this command anew, optimised, unless it is; whether it did.
pub fn optimised(root: &Path, args: &[&str]) -> Result<bool, String> {
    if !cfg!(debug_assertions) {
        return Ok(false);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--package", "xtask", "--"])
        .args(args)
        .current_dir(root)
        .status();
    match status {
        Ok(it) if it.success() => Ok(true),
        _ => Err(format!("`cargo xtask {}` failed when optimised", args.join(" "))),
    }
}

/// Measures correlations over streams made up; the program that does it prints the figures.
pub fn correlate(root: &Path) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "rulec-matcher",
            "--example",
            "correlate",
        ])
        .current_dir(root)
        .status();
    match done {
        Ok(it) if it.success() => Ok(()),
        Ok(it) => Err(format!("the measurement failed: {it}")),
        Err(err) => Err(format!("the measurement can't run: {err}")),
    }
}

/// One run: seconds of the processor, and MiB.
struct Run {
    cpu: f64,
    peak: Option<f64>,
}

fn run(rulec: &Path, targets: &[&str], paths: &[PathBuf], memory: bool) -> Result<Run, String> {
    let mut command = if memory {
        let mut it = Command::new(TIME);
        it.arg("-v").arg(rulec);
        it
    } else {
        Command::new(rulec)
    };
    command.args(["convert", "--jsonl"]).args(targets.iter().flat_map(|it| ["-t", it]));
    // The lines of `time` are looked up by their English words.
    command.args(paths).env("LC_ALL", "C").stdout(Stdio::null()).stderr(Stdio::piped());
    let before = children()?;
    let output =
        command.output().map_err(|err| format!("can't run `{}`: {err}", rulec.display()))?;
    let cpu = (children()? - before) / TICKS;
    let log = String::from_utf8_lossy(&output.stderr);
    // 1 only says that some rule was refused.
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("`rulec convert` failed ({}):\n{log}", output.status));
    }
    Ok(Run { cpu, peak: peak(&log) })
}

/// The peak in MiB, from what `time -v` says.
fn peak(log: &str) -> Option<f64> {
    let line = log
        .lines()
        .find_map(|it| it.trim().strip_prefix("Maximum resident set size (kbytes): "))?;
    line.parse::<f64>().ok().map(|it| it / 1024.0)
}

/// User and system ticks of all children that have ended, theirs included.
fn children() -> Result<f64, String> {
    read_ticks(16)
}

/// User and system ticks of this process.
fn own() -> Result<f64, String> {
    read_ticks(14)
}

fn read_ticks(user: usize) -> Result<f64, String> {
    let stat = std::fs::read_to_string("/proc/self/stat")
        .map_err(|err| format!("CPU time is read from `/proc/self/stat`: {err}"))?;
    ticks(&stat, user).ok_or_else(|| format!("`/proc/self/stat` is not as expected: {stat}"))
}

/// The ticks in a field of the user's, and in the next, the system's.
fn ticks(stat: &str, user: usize) -> Option<f64> {
    // The program's name may hold anything; after its last parenthesis, field 3 is the first.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    Some(field(user)? + field(user + 1)?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_is_read_past_odd_names() {
        let stat = "1 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 130 40 20";
        assert_eq!(ticks(stat, 16), Some(170.0));
        assert_eq!(ticks("1 (a) S 1", 16), None);
    }

    #[test]
    fn the_peak_is_found() {
        assert_eq!(peak("x\n\tMaximum resident set size (kbytes): 2048\n"), Some(2.0));
        assert_eq!(peak("x"), None);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
