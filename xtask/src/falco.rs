//! Judge of rules for Falco: a checker of what its loader demands, and an evaluator with its
//! semantics. Both were written from the engine's measured behaviour; there is no package of it.
//!
//! Knows: Falco's rule files and conditions, as far as they are emitted here.
//! Does not know: how they are emitted.

mod check;
mod condition;
mod eval;
mod fields;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use driver::{LoadedRule, Request, Targets};
use serde_json::{Map, Value};
use target::{Fidelity, Output};

use condition::Condition;
use fields::Catalogue;

use crate::files::load;

const SHOWN: usize = 20;
/// Fewer judged pairs than these prove too little.
const PAIRS: usize = 15_000;
const TRUE_PAIRS: usize = 5_000;

/// Writes copies of rules, by path, that have events around them as their tests; returns the folder.
pub type Copy<'a> = dyn Fn(&[String]) -> Result<PathBuf, String> + 'a;

/// Judges every rule below some folders; `catalogue` is the table of the engine's fields.
pub fn judge(
    folders: &[PathBuf],
    catalogue: &Path,
    copy: &Copy<'_>,
    say: &dyn Fn(&str),
) -> Result<(), String> {
    let text = std::fs::read_to_string(catalogue)
        .map_err(|err| format!("can't read `{}`: {err}", catalogue.display()))?;
    let catalogue = Catalogue::read(&text);
    let targets = Targets::builtin();
    let request = Request::parse("falco/syscall:rules", &targets)?;
    let target = request.target(&targets).ok_or("the target is gone")?;
    let mut judge = Judge::default();
    let loaded = load(folders)?;
    let mut outputs: Vec<Output> = Vec::new();
    let mut said: BTreeSet<String> = BTreeSet::new();
    for rule in &loaded.rules {
        let source = rule.lowered.as_ref().map(|it| it.rule.logsource.key()).unwrap_or_default();
        match request.convert(rule, &targets, false).result {
            Ok(output) => {
                judge
                    .outcomes
                    .entry((source, output.fidelity.word().to_owned()))
                    .or_default()
                    .push(output.notes.iter().map(|it| it.reason.clone()).collect());
                check::file(&output.text, &catalogue, &mut judge.problems);
                said.extend(loaded.sources.get(rule.file).map(|it| it.path().to_owned()));
                outputs.push(output);
            }
            Err(problems) => {
                let reason = problems.first().map(|it| it.message.clone());
                judge
                    .outcomes
                    .entry((source, "refused".to_owned()))
                    .or_default()
                    .push(reason.into_iter().collect());
            }
        }
    }
    // One file of all rules, but for those of one name: two of one title are the author's doing.
    let mut titles = BTreeSet::new();
    let unique: Vec<&Output> = outputs.iter().filter(|it| titles.insert(title(&it.item))).collect();
    let all = target.bundle("rules", &unique).map_err(|err| format!("{err:#}"))?;
    check::file(&all, &catalogue, &mut judge.problems);

    let paths: Vec<String> = said.into_iter().collect();
    for rule in &load(&[copy(&paths)?])?.rules {
        let Ok(output) = request.convert(rule, &targets, false).result else { continue };
        for (_, condition) in check::file(&output.text, &catalogue, &mut judge.problems) {
            judge.verdicts(rule, &condition, output.fidelity, &request, &targets);
        }
    }
    judge.report(say)
}

fn title(item: &str) -> &str {
    item.lines().find(|it| it.starts_with("- rule:")).unwrap_or(item)
}

#[derive(Debug, Default)]
struct Counts {
    pairs: usize,
    matched: usize,
    lists: usize,
    left: usize,
}

#[derive(Default)]
struct Judge {
    /// Reasons of each rule, by log source and fidelity.
    outcomes: BTreeMap<(String, String), Vec<Vec<String>>>,
    pairs: BTreeMap<&'static str, Counts>,
    failed: usize,
    problems: Vec<String>,
    wrong: Vec<String>,
}

impl Judge {
    fn verdicts(
        &mut self,
        rule: &LoadedRule,
        condition: &Condition,
        fidelity: Fidelity,
        request: &Request,
        targets: &Targets,
    ) {
        for it in driver::run_fixtures(rule).into_iter().flatten() {
            let carried = request.carry(rule, &it.fixture.event, targets);
            let counts = self.pairs.entry(fidelity.word()).or_default();
            let Some(Value::Object(mut event)) = carried else {
                counts.left += 1;
                continue;
            };
            // No field of the engine holds a list.
            if event.values().any(Value::is_array) {
                counts.lists += 1;
                continue;
            }
            let said = eval::holds(condition, &event);
            counts.pairs += 1;
            counts.matched += usize::from(it.matched);
            let wrong = match fidelity {
                Fidelity::Exact => said != it.matched,
                Fidelity::Wider => it.matched && !said,
                Fidelity::Narrower => said && !it.matched,
                Fidelity::Both => false,
            };
            if wrong {
                self.disagree(rule, it.matched, said, &event);
            }
            // A start that failed is no start, whatever the fields say, which are the caller's.
            if said && event.get("evt.failed") == Some(&Value::Bool(false)) {
                event.insert("evt.failed".to_owned(), Value::Bool(true));
                self.failed += 1;
                if eval::holds(condition, &event) {
                    self.disagree(rule, false, true, &event);
                }
            }
        }
    }

    fn disagree(
        &mut self,
        rule: &LoadedRule,
        matched: bool,
        said: bool,
        event: &Map<String, Value>,
    ) {
        let title = rule.title.as_deref().unwrap_or_default();
        let event = Value::Object(event.clone());
        self.wrong.push(format!("{title}: matcher {matched}, falco {said}: {event}"));
    }

    fn report(&self, say: &dyn Fn(&str)) -> Result<(), String> {
        say("falco/syscall, by log source:");
        for ((source, outcome), rules) in &self.outcomes {
            say(&format!("  {:>5} {outcome:<9} {source}", rules.len()));
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for rule in rules {
                for reason in rule.iter().collect::<BTreeSet<_>>() {
                    *reasons.entry(reason).or_default() += 1;
                }
            }
            for (reason, count) in reasons {
                say(&format!("        {count:>5} {reason}"));
            }
        }
        let (mut pairs, mut matched) = (0, 0);
        for (fidelity, it) in &self.pairs {
            say(&format!(
                "  {fidelity}: {} pairs, {} true; {} with a list where Falco has none, {} not carried",
                it.pairs, it.matched, it.lists, it.left
            ));
            if *fidelity != Fidelity::Both.word() {
                pairs += it.pairs;
                matched += it.matched;
            }
        }
        for it in self.problems.iter().chain(&self.wrong).take(SHOWN) {
            say(&format!("  {it}"));
        }
        say(&format!(
            "falco: {pairs} pairs judged, {matched} true, {} failed starts; {} problems, {} disagreements",
            self.failed,
            self.problems.len(),
            self.wrong.len()
        ));
        if !self.problems.is_empty() || !self.wrong.is_empty() {
            return Err("rules for Falco are wrong".to_owned());
        }
        // Without the corpus there are a few rules only.
        if self.outcomes.values().map(Vec::len).sum::<usize>() > 1_000
            && (pairs < PAIRS || matched < TRUE_PAIRS)
        {
            return Err(format!("fewer than {PAIRS} pairs, {TRUE_PAIRS} of them true"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each example of the rule on the emitted condition: that it is carried, and right.
    #[track_caller]
    fn examples(text: &str) -> Vec<(bool, bool)> {
        let loaded = driver::load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
        let targets = Targets::builtin();
        let request = Request::parse("falco/syscall:condition", &targets).unwrap();
        let rule = &loaded.rules[0];
        let output = request.convert(rule, &targets, false).result.unwrap();
        let condition = condition::parse(&output.text).unwrap();
        let one = |it: driver::FixtureResult<'_>| {
            let Some(Value::Object(event)) = request.carry(rule, &it.fixture.event, &targets)
            else {
                return (false, !it.fixture.matches);
            };
            (true, eval::holds(&condition, &event) == it.fixture.matches)
        };
        driver::run_fixtures(rule).unwrap().into_iter().map(one).collect()
    }

    #[test]
    fn the_examples_of_a_rule_on_arguments_are_right_one_by_one_and_joined() {
        let text = include_str!(
            "../../rules/container/netcat_listener_established_inside_a_container.yml"
        );
        let res = examples(text);
        assert!(res.len() >= 12 && res.iter().all(|(_, right)| *right), "{res:?}");
        // Two are of actions that are no start, of which Falco's place has no events.
        assert_eq!(res.iter().filter(|(carried, _)| !carried).count(), 2, "{res:?}");
        let joined = text.replace("\ntargets:\n", "\ntargets:\n    falco: { args: joined }\n");
        assert_ne!(joined, text);
        let res = examples(&joined);
        assert!(res.iter().all(|(_, right)| *right), "{res:?}");
    }
}
