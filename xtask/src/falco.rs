//! Judge of rules for Falco: a checker of what its loader demands, and an evaluator with its
//! semantics. Both were written from the engine's measured behaviour; there is no package of it.
//!
//! Knows: Falco's rule files and conditions, as far as they are emitted here.
//! Does not know: how they are emitted.

mod check;
mod condition;
mod eval;

use std::collections::BTreeMap;
use std::path::Path;

use driver::{Request, Targets};
use serde_json::Value;
use target::{Fidelity, Output};

use check::Catalogue;
use condition::Condition;

const SHOWN: usize = 20;

/// Judges every rule of a folder, each with its events as tests; `catalogue` is the table of the
/// engine's fields.
pub fn judge(folder: &Path, catalogue: &Path, say: &dyn Fn(&str)) -> Result<(), String> {
    let text = std::fs::read_to_string(catalogue)
        .map_err(|err| format!("can't read `{}`: {err}", catalogue.display()))?;
    let catalogue = Catalogue::read(&text);
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|err| err.to_string())?;
    for path in entries.filter_map(Result::ok).map(|it| it.path()) {
        let bytes = std::fs::read(&path).map_err(|err| err.to_string())?;
        files.push((path.display().to_string(), bytes));
    }
    files.sort();
    let loaded = driver::load(files);
    let targets = Targets::builtin();
    let request = Request::parse("falco/syscall:rules", &targets)?;
    let target = request.target(&targets).ok_or("the target is gone")?;
    let mut judge = Judge::default();
    let mut outputs: Vec<Output> = Vec::new();
    for rule in &loaded.rules {
        let key = rule.lowered.as_ref().map(|it| it.rule.logsource.key()).unwrap_or_default();
        match request.convert(rule, &targets, false).result {
            Ok(output) => {
                *judge.table.entry((key, output.fidelity.word())).or_default() += 1;
                let mut problems = Vec::new();
                let conditions = check::file(&output.text, &catalogue, &mut problems);
                judge.problems.extend(problems);
                for (_, condition) in conditions {
                    judge.verdicts(rule, &condition, output.fidelity, &request, &targets);
                }
                outputs.push(output);
            }
            Err(_) => *judge.table.entry((key, "refused")).or_default() += 1,
        }
    }
    // One file of all rules, but for those of one name: two of one title are the author's doing.
    let mut titles = std::collections::BTreeSet::new();
    let unique: Vec<&Output> = outputs.iter().filter(|it| titles.insert(title(&it.item))).collect();
    let all = target.bundle("rules", &unique).map_err(|err| format!("{err:#}"))?;
    check::file(&all, &catalogue, &mut judge.problems);
    judge.report(say)
}

fn title(item: &str) -> &str {
    item.lines().find(|it| it.starts_with("- rule:")).unwrap_or(item)
}

#[derive(Default)]
struct Judge {
    table: BTreeMap<(String, &'static str), usize>,
    pairs: BTreeMap<&'static str, [usize; 3]>,
    problems: Vec<String>,
    wrong: Vec<String>,
}

impl Judge {
    fn verdicts(
        &mut self,
        rule: &driver::LoadedRule,
        condition: &Condition,
        fidelity: Fidelity,
        request: &Request,
        targets: &Targets,
    ) {
        for it in driver::run_fixtures(rule).into_iter().flatten() {
            let counts = self.pairs.entry(fidelity.word()).or_default();
            let carried = request.carry(rule, &it.fixture.event, targets);
            // No field of the engine holds a list.
            let single =
                |it: &Value| it.as_object().is_some_and(|it| !it.values().any(Value::is_array));
            let Some(Value::Object(event)) = carried.filter(single) else {
                counts[2] += 1;
                continue;
            };
            let said = eval::holds(condition, &event);
            counts[0] += 1;
            counts[1] += usize::from(it.matched);
            let wrong = match fidelity {
                Fidelity::Exact => said != it.matched,
                Fidelity::Wider => it.matched && !said,
                Fidelity::Narrower => said && !it.matched,
                Fidelity::Both => false,
            };
            if wrong {
                let title = rule.title.as_deref().unwrap_or_default();
                let event = Value::Object(event);
                let matched = it.matched;
                self.wrong.push(format!("{title}: matcher {matched}, falco {said}: {event}"));
            }
        }
    }

    fn report(&self, say: &dyn Fn(&str)) -> Result<(), String> {
        say("falco/syscall, by log source:");
        for ((source, outcome), count) in &self.table {
            if *outcome != "refused" || source.starts_with("linux/") {
                say(&format!("  {count:>5} {outcome:<9} {source}"));
            }
        }
        let refused = self.table.iter().filter(|((_, it), _)| *it == "refused").map(|(_, it)| it);
        say(&format!("  {:>5} refused in all", refused.sum::<usize>()));
        for (fidelity, [pairs, matched, left]) in &self.pairs {
            say(&format!("  {fidelity}: {pairs} pairs, {matched} true, {left} not carried"));
        }
        for it in self.problems.iter().chain(&self.wrong).take(SHOWN) {
            say(&format!("  {it}"));
        }
        say(&format!(
            "falco: {} problems, {} disagreements",
            self.problems.len(),
            self.wrong.len()
        ));
        if self.problems.is_empty() && self.wrong.is_empty() {
            return Ok(());
        }
        Err("rules for Falco are wrong".to_owned())
    }
}
