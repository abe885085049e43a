//! `rulec test`

use diagnostic::{Case, Diagnostic, Failure, Suite, printable};
use driver::{
    FixtureResult, Loaded, LoadedCorrelation, LoadedRule, Reason, Request, SeriesResult, Targets,
    Through,
};
use serde_json::{Value, json};

use super::Ended;
use crate::args::{Test, TestFormat};
use crate::files;
use crate::shell::{Outcome, Shell, count};

pub fn test(args: &Test, shell: &mut Shell) -> Ended {
    if args.generate {
        return super::generate::generate(args, shell);
    }
    let config = files::config(&args.paths)?;
    let loaded = driver::load_with(files::rules(&args.paths)?, &config);
    let targets = files::targets(config.templates.as_deref())?;
    let parse = |it: &String| Request::parse(it, &targets);
    let carry = args.carry.as_ref().map(parse).transpose()?;
    let all: Vec<String> = targets.names().map(str::to_owned).collect();
    let wanted = if args.targets { &all } else { &args.target };
    let requests: Vec<Request> = wanted.iter().map(parse).collect::<Result<_, _>>()?;
    let mut run = Run {
        args,
        loaded: &loaded,
        targets: &targets,
        carry,
        requests,
        counts: Counts::default(),
        suites: Vec::new(),
    };
    for rule in &loaded.rules {
        run.rule(rule, shell);
    }
    for it in &loaded.correlations {
        run.correlation(it, shell);
    }
    // A file that gives no rule at all would otherwise pass unseen.
    for problem in loaded.problems.iter().filter(|it| it.severity == diagnostic::Severity::Error) {
        run.broken(problem, shell);
    }
    if args.format == TestFormat::Junit {
        shell.out(&diagnostic::junit("rulec test", &run.suites));
    }
    let Counts { passed, failed, broken, without } = run.counts;
    let broken_rules = count(broken, "rule");
    let mut line = format!("{passed} passed, {failed} failed, {broken_rules} broken");
    if without > 0 {
        line.push_str(&format!(", {} without examples", count(without, "rule")));
    }
    shell.err(&line);
    Ok(if failed + broken > 0 { Outcome::Findings } else { Outcome::Clean })
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    broken: usize,
    without: usize,
}

struct Run<'a> {
    args: &'a Test,
    loaded: &'a Loaded,
    targets: &'a Targets,
    carry: Option<Request>,
    requests: Vec<Request>,
    counts: Counts,
    suites: Vec<Suite>,
}

impl Run<'_> {
    fn rule(&mut self, rule: &LoadedRule, shell: &mut Shell) {
        let path = self.loaded.sources.get(rule.file).map_or("", |it| it.path());
        let title = rule.title.as_deref().unwrap_or_default();
        let Some(results) = driver::run_fixtures(rule) else {
            let error = |it: &&Diagnostic| it.severity == diagnostic::Severity::Error;
            match rule.problems.iter().find(error) {
                Some(problem) => self.broken(problem, shell),
                None => self.unmatchable(path, shell),
            }
            return;
        };
        if results.is_empty() {
            self.counts.without += 1;
            return;
        }
        if self.args.format == TestFormat::Human {
            shell.out(&format!("{}: {}", printable(path), printable(title)));
        }
        let mut cases = Vec::new();
        for result in results {
            let through = self.through(rule, &result);
            cases.push(self.result(rule, path, &result, &through, shell));
        }
        self.suites.push(Suite { name: format!("{path}: {title}"), cases });
    }

    fn correlation(&mut self, it: &LoadedCorrelation, shell: &mut Shell) {
        let path = self.loaded.sources.get(it.file).map_or("", |it| it.path());
        let title = it.title.as_deref().unwrap_or_default();
        let Some(results) = driver::run_series(self.loaded, it) else {
            let error = |it: &&Diagnostic| it.severity == diagnostic::Severity::Error;
            match it.problems.iter().find(error) {
                Some(problem) => self.broken(problem, shell),
                None => self.unmatchable(path, shell),
            }
            return;
        };
        if results.is_empty() {
            self.counts.without += 1;
            return;
        }
        if self.args.format == TestFormat::Human {
            shell.out(&format!("{}: {}", printable(path), printable(title)));
        }
        let cases = results.iter().map(|it| self.series(path, it, shell)).collect();
        self.suites.push(Suite { name: format!("{path}: {title}"), cases });
    }

    fn series(&mut self, path: &str, result: &SeriesResult<'_>, shell: &mut Shell) -> Case {
        let series = result.series;
        let file = self.loaded.sources.get(series.span.file);
        let line = file.map_or(1, |it| it.position(series.span.start as usize).line);
        let ok = result.passed();
        *(if ok { &mut self.counts.passed } else { &mut self.counts.failed }) += 1;
        let message = verdict(result.matched(), series.matches).to_owned();
        let seen = result.seen.iter().map(|(title, count)| format!("{count} events match {title}"));
        let hits = result.hits.iter().map(|(event, group)| match group.as_slice() {
            [] => format!("event {event} completes it"),
            some => format!("event {event} completes it for {}", some.join(", ")),
        });
        let lines: Vec<String> = seen.chain(hits).collect();
        match self.args.format {
            TestFormat::Human => {
                let word = if ok { "ok  " } else { "FAIL" };
                let must = if series.matches { "match" } else { "quiet" };
                shell.out(&format!("  {word} {must}  {}", printable(&series.name)));
                if !ok {
                    shell.out(&format!("       {}:{line}: {message}", printable(path)));
                    lines.iter().for_each(|it| shell.out(&format!("       {}", printable(it))));
                }
            }
            TestFormat::Json => {
                let events = series.events.len();
                let hits: Vec<Value> = result
                    .hits
                    .iter()
                    .map(|(event, group)| {
                        let group: Vec<&str> = group.iter().map(|it| it.as_ref()).collect();
                        json!({ "event": event, "group": group })
                    })
                    .collect();
                let row = json!({
                    "path": path, "line": line, "name": series.name, "events": events,
                    "expected": series.matches, "matched": result.matched(),
                    "passed": ok, "hits": hits,
                });
                shell.out(&row.to_string());
            }
            TestFormat::Github if !ok => {
                let label = format!("{message}\n{}", lines.join("\n"));
                let text = format!("the correlation fails its example \"{}\"", series.name);
                let it = Diagnostic::error(&driver::FAILING_EXAMPLE, series.span, text, label);
                shell.out(&diagnostic::github(&it, &self.loaded.sources));
            }
            TestFormat::Github | TestFormat::Junit => {}
        }
        let failure = (!ok).then(|| Failure {
            message,
            kind: driver::FAILING_EXAMPLE.id.to_owned(),
            text: lines.join("\n"),
        });
        let name = series.name.clone();
        Case { name, path: path.to_owned(), line, failure, output: String::new() }
    }

    /// What the field map of each target asked for makes of an example.
    fn through(&self, rule: &LoadedRule, result: &FixtureResult<'_>) -> Vec<(String, Through)> {
        let ask = |it: &Request| {
            let through = it.through(rule, &result.fixture.event, result.matched, self.targets);
            (format!("{}/{}", it.target, it.profile), through)
        };
        self.requests.iter().map(ask).collect()
    }

    fn result(
        &mut self,
        rule: &LoadedRule,
        path: &str,
        result: &FixtureResult<'_>,
        through: &[(String, Through)],
        shell: &mut Shell,
    ) -> Case {
        let file = self.loaded.sources.get(rule.file);
        let line = file.map_or(1, |it| it.position(result.fixture.span.start as usize).line);
        let differs: Vec<&(String, Through)> =
            through.iter().filter(|(_, it)| *it == Through::Differs).collect();
        let ok = result.passed() && differs.is_empty();
        *(if ok { &mut self.counts.passed } else { &mut self.counts.failed }) += 1;
        let mut message = verdict(result.matched, result.fixture.matches).to_owned();
        for (name, _) in &differs {
            message.push_str(&format!("; the field map of {name} gives another verdict"));
        }
        let reasons = if ok { Vec::new() } else { self.reasons(rule, result) };
        let lines: Vec<String> = reasons.iter().map(|it| self.reason(it)).collect();
        match self.args.format {
            TestFormat::Human => {
                let word = if ok { "ok  " } else { "FAIL" };
                let must = if result.fixture.matches { "match" } else { "quiet" };
                let name = printable(&result.fixture.name);
                let maps: Vec<String> =
                    through.iter().map(|(name, it)| format!("{name} {}", it.word())).collect();
                let maps = if maps.is_empty() {
                    String::new()
                } else {
                    format!("  [{}]", maps.join(", "))
                };
                shell.out(&format!("  {word} {must}  {name}{maps}"));
                if !ok {
                    shell.out(&format!(
                        "       {}:{line}: {}",
                        printable(path),
                        printable(&message)
                    ));
                    lines.iter().for_each(|it| shell.out(&format!("       {}", printable(it))));
                }
            }
            TestFormat::Json => {
                shell.out(&self.json(rule, path, line, result, &reasons, through).to_string())
            }
            TestFormat::Github if !ok => {
                let label = format!("{message}\n{}", lines.join("\n"));
                let text = format!("the rule fails its example \"{}\"", result.fixture.name);
                let it =
                    Diagnostic::error(&driver::FAILING_EXAMPLE, result.fixture.span, text, label);
                shell.out(&diagnostic::github(&it, &self.loaded.sources));
            }
            TestFormat::Github | TestFormat::Junit => {}
        }
        let failure = (!ok).then(|| Failure {
            message,
            kind: driver::FAILING_EXAMPLE.id.to_owned(),
            text: lines.join("\n"),
        });
        let name = result.fixture.name.clone();
        Case { name, path: path.to_owned(), line, failure, output: String::new() }
    }

    fn json(
        &self,
        rule: &LoadedRule,
        path: &str,
        line: usize,
        result: &FixtureResult<'_>,
        reasons: &[Reason],
        through: &[(String, Through)],
    ) -> Value {
        let mut row = json!({
            "path": path,
            "line": line,
            "name": result.fixture.name,
            "expected": result.fixture.matches,
            "matched": result.matched,
            "passed": result.passed(),
        });
        if let Some(request) = &self.carry {
            row["carried"] = request.carry(rule, &result.fixture.event, self.targets).into();
        }
        if !reasons.is_empty() {
            let reason =
                |it: &Reason| json!({ "test": it.test, "held": it.held, "found": it.found });
            row["reasons"] = reasons.iter().map(reason).collect();
        }
        if !through.is_empty() {
            let pairs = through.iter().map(|(name, it)| (name.clone(), it.word().into()));
            row["maps"] = Value::Object(pairs.collect());
        }
        row
    }

    fn reasons(&self, rule: &LoadedRule, result: &FixtureResult<'_>) -> Vec<Reason> {
        let lowered = rule.lowered.as_ref();
        lowered.map_or_else(Vec::new, |it| driver::reasons(&it.rule, &result.fixture.event))
    }

    fn reason(&self, it: &Reason) -> String {
        let file = self.loaded.sources.get(it.span.file);
        let line = file.map_or(1, |file| file.position(it.span.start as usize).line);
        let held = if it.held { "held" } else { "failed" };
        format!("line {line} {held}: {}; {}", it.test, it.found)
    }

    fn broken(&mut self, problem: &Diagnostic, shell: &mut Shell) {
        self.counts.broken += 1;
        let line = diagnostic::concise(problem, &self.loaded.sources);
        let file = self.loaded.sources.get(problem.primary.span.file);
        let path = file.map_or("", |it| it.path()).to_owned();
        // Annotations of it are `rulec check`'s, and would stand there twice.
        shell.err(&format!("broken: {line} (see `rulec check`)"));
        let at = file.map_or(1, |it| it.position(problem.primary.span.start as usize).line);
        let failure = Failure {
            message: problem.message.clone(),
            kind: problem.code.id.to_owned(),
            text: diagnostic::human(problem, &self.loaded.sources, false),
        };
        let case = Case {
            name: "can be used".to_owned(),
            path: path.clone(),
            line: at,
            failure: Some(failure),
            output: String::new(),
        };
        self.suites.push(Suite { name: path, cases: vec![case] });
    }

    fn unmatchable(&mut self, path: &str, shell: &mut Shell) {
        self.counts.broken += 1;
        let message = "a placeholder has no value, so the rule can't be matched";
        shell.err(&format!("broken: {}: {message}", printable(path)));
        let failure = Failure {
            message: message.to_owned(),
            kind: "placeholder".to_owned(),
            text: message.to_owned(),
        };
        let case = Case {
            name: "can be matched".to_owned(),
            path: path.to_owned(),
            line: 1,
            failure: Some(failure),
            output: String::new(),
        };
        self.suites.push(Suite { name: path.to_owned(), cases: vec![case] });
    }
}

fn verdict(matched: bool, must: bool) -> &'static str {
    match (matched, must) {
        (true, false) => "matched, and must not",
        (false, true) => "did not match, and must",
        (true, true) => "matched, as it must",
        (false, false) => "did not match, as it must",
    }
}
