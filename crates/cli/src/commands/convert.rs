//! `rulec convert`

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use diagnostic::{Diagnostic, Severity, printable};
use driver::{Loaded, LoadedCorrelation, LoadedRule, Request, Targets, Verified};
use pipeline::{Queries, Runner, Subject};
use serde_json::{Value, json};
use source::{Position, Span};
use target::{Fidelity, Output};

use super::Ended;
use crate::args::Convert;
use crate::files;
use crate::outside::Disk;
use crate::shell::{Outcome, Shell};

pub fn convert(args: &Convert, shell: &mut Shell) -> Ended {
    let config = files::config(&args.paths)?;
    let templates = args.templates.as_ref().or(config.templates.as_ref());
    let targets = files::targets(templates.map(PathBuf::as_path))?;
    let wanted = if args.target.is_empty() { &config.convert.targets } else { &args.target };
    if wanted.is_empty() {
        return Err(
            "no target: give one with `-t`, or under `convert: targets:` in `rulec.yml`".to_owned()
        );
    }
    let strict = args.strict || config.convert.strict;
    let requests: Vec<Request> =
        wanted.iter().map(|it| Request::parse(it, &targets)).collect::<Result<_, _>>()?;
    let mut loaded = driver::load_with(files::rules(&args.paths)?, &config);
    let set = super::pipeline::usable(
        &args.pipelines,
        &args.paths,
        &config.convert.pipelines,
        &mut loaded,
        shell,
    )?;
    let outside = Disk::new(args.pipelines.pipeline_external);
    let runner = Runner::new(&set, &outside);
    if !set.is_empty() {
        super::pipeline::refuse_targets(&set, &requests, &targets, &loaded, shell)?;
        driver::apply_pipelines(&mut loaded, &runner, &config);
    }
    if args.jsonl && set.joins() {
        return Err("`--jsonl` prints each rule for itself, and the pipeline's `finalizers` join them: leave out one of the two".to_owned());
    }
    let mut run = Run {
        args,
        strict,
        loaded: &loaded,
        targets: &targets,
        shell,
        counts: BTreeMap::new(),
        runner: (!set.is_empty()).then_some(&runner),
        bundles: requests.iter().map(|_| Bundle::default()).collect(),
        findings: false,
    };
    for problem in &loaded.problems {
        run.tell(problem);
    }
    for rule in loaded.rules.iter().filter(|it| !it.is_part) {
        // What is wrong with the rule itself is said once, not for every target.
        rule.problems
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .for_each(|it| run.tell(it));
        rule.piped.iter().flat_map(|it| &it.problems).for_each(|it| run.tell(it));
        for (at, request) in requests.iter().enumerate() {
            run.one(rule, at, request)?;
        }
    }
    for it in loaded.correlations.iter().filter(|it| !it.is_part) {
        it.problems.iter().filter(|it| it.severity == Severity::Error).for_each(|it| run.tell(it));
        for (at, request) in requests.iter().enumerate() {
            let result = request.correlate(&loaded, it, &targets, strict).result;
            let result = result.and_then(|output| run.postprocess(it.piped.as_ref(), at, output));
            run.take(&Item::of_correlation(it), at, request, result)?;
        }
    }
    for (at, request) in requests.iter().enumerate() {
        run.bundle(at, request)?;
    }
    run.summary(&requests);
    let findings = run.findings;
    // The process ends here; taking thousands of rules apart first would only take time.
    drop(runner);
    std::mem::forget((loaded, targets));
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

struct Run<'a> {
    args: &'a Convert,
    strict: bool,
    loaded: &'a Loaded,
    targets: &'a Targets,
    shell: &'a mut Shell,
    counts: BTreeMap<(String, &'static str), usize>,
    /// Pipelines, if there are any.
    runner: Option<&'a Runner<'a>>,
    /// By request: what goes into one file.
    bundles: Vec<Bundle>,
    findings: bool,
}

/// Outputs for one file of many rules.
#[derive(Default)]
struct Bundle {
    headings: Vec<String>,
    outputs: Vec<Output>,
    /// The last rule, for what a finalizer may ask of its state.
    last: Option<Subject>,
}

/// A rule or a correlation, as far as outputs speak of it.
struct Item<'a> {
    file: source::FileId,
    index: usize,
    id: Option<&'a str>,
    title: Option<&'a str>,
    /// Whether it has a meaning.
    usable: bool,
    /// Whether its output can be read back: a reader knows questions about one event.
    about_one: bool,
}

impl<'a> Item<'a> {
    fn of_rule(it: &'a LoadedRule) -> Item<'a> {
        let usable =
            it.lowered.is_some() && it.piped.as_ref().is_none_or(|it| it.lowered.is_some());
        let (id, title) = (it.id.as_deref(), it.title.as_deref());
        Item { file: it.file, index: it.index, id, title, usable, about_one: true }
    }

    fn of_correlation(it: &'a LoadedCorrelation) -> Item<'a> {
        let usable = it.correlation.is_some();
        let (id, title) = (it.id.as_deref(), it.title.as_deref());
        Item { file: it.file, index: it.index, id, title, usable, about_one: false }
    }
}

impl Run<'_> {
    fn tell(&mut self, it: &Diagnostic) {
        if it.severity == Severity::Error {
            self.findings = true;
        }
        if !self.args.jsonl {
            let text = diagnostic::human(it, &self.loaded.sources, self.shell.colour());
            self.shell.err(&format!("{text}\n"));
        }
    }

    /// Says why a target refuses a rule: what the target has no place for in one line, the rest
    /// with the first place in full.
    fn refuse(&mut self, request: &Request, problems: &[Diagnostic]) {
        let errors: Vec<&Diagnostic> =
            problems.iter().filter(|it| it.severity == Severity::Error).collect();
        let Some(first) = errors.first() else {
            for it in problems.iter().take(1) {
                self.shell.err(&diagnostic::concise(it, &self.loaded.sources));
            }
            return;
        };
        self.tell(first);
        if errors.len() > 1 {
            let more = errors.len() - 1;
            self.shell.err(&format!("... and {more} more of this rule in `{}`\n", request.target));
        }
    }

    fn one(&mut self, rule: &LoadedRule, at: usize, request: &Request) -> Result<(), String> {
        let result = request.convert(rule, self.targets, self.strict).result;
        let subject = rule.piped.as_ref().map(|it| &it.subject);
        let result = result.and_then(|it| self.postprocess(subject, at, it));
        self.take(&Item::of_rule(rule), at, request, result)
    }

    /// Counts what came of a rule or correlation, and writes it.
    fn take(
        &mut self,
        rule: &Item<'_>,
        at: usize,
        request: &Request,
        result: Result<Output, Vec<Diagnostic>>,
    ) -> Result<(), String> {
        let outcome = result.as_ref().map_or("refused", |it| it.fidelity.word());
        *self.counts.entry((request.target.clone(), outcome)).or_default() += 1;
        let verified = match &result {
            Ok(output) if self.args.verify && rule.about_one => {
                Some(request.verify(output, self.targets))
            }
            _ => None,
        };
        if let Some(it) = &verified {
            *self.counts.entry((request.target.clone(), it.word())).or_default() += 1;
            self.findings |= matches!(it, Verified::Differs { .. });
        }
        if self.args.jsonl {
            let mut line = self.json(rule, request, &result);
            if self.args.verify
                && let Some(line) = line.as_object_mut()
            {
                let event = match &verified {
                    Some(Verified::Differs { event, .. }) => event.clone(),
                    _ => Value::Null,
                };
                line.insert("proof".to_owned(), json!(verified.as_ref().map(Verified::word)));
                let reason = verified.as_ref().and_then(Verified::reason);
                line.insert("proof_reason".to_owned(), json!(reason));
                line.insert("proof_event".to_owned(), event);
            }
            self.shell.out(&line.to_string());
            if let Err(problems) = &result {
                self.findings |=
                    problems.is_empty() || problems.iter().any(|it| it.severity == Severity::Error);
            }
            return Ok(());
        }
        match result {
            Ok(output) => self.write(rule, at, request, output, verified.as_ref()),
            Err(problems) => {
                if rule.usable {
                    self.refuse(request, &problems);
                }
                Ok(())
            }
        }
    }

    fn write(
        &mut self,
        rule: &Item<'_>,
        at: usize,
        request: &Request,
        output: Output,
        verified: Option<&Verified>,
    ) -> Result<(), String> {
        let path = self.path(rule);
        let format = request.target(self.targets).and_then(|it| it.format(&request.format));
        // In a format without comments there is no place for a heading.
        let headings = match format.and_then(|it| it.comment.as_deref()) {
            Some(comment) => self.headings(comment, path, request, &output, verified),
            None => Vec::new(),
        };
        if format.is_some_and(|it| it.bundle.is_some()) || self.joins() {
            let bundle = &mut self.bundles[at];
            bundle.headings.extend(headings);
            bundle.outputs.push(output);
            return Ok(());
        }
        if let Some(dir) = &self.args.output {
            let extension = format.map_or("txt", |it| it.extension.as_str());
            let rules = self.loaded.rules.iter().map(|it| it.file);
            let all = rules.chain(self.loaded.correlations.iter().map(|it| it.file));
            let many = all.filter(|it| *it == rule.file).count() > 1;
            let file = place(dir, request, path, many.then_some(rule.index), extension);
            return files::write(&file, &output.text);
        }
        headings.iter().for_each(|it| self.shell.out(it));
        self.shell.out(&output.text);
        Ok(())
    }

    /// Whether finalizers of pipelines make one text of all outputs.
    fn joins(&self) -> bool {
        self.runner.is_some_and(Runner::joins)
    }

    /// What the pipelines make of a finished output.
    fn postprocess(
        &mut self,
        subject: Option<&Subject>,
        at: usize,
        mut output: Output,
    ) -> Result<Output, Vec<Diagnostic>> {
        let (Some(runner), Some(subject)) = (self.runner, subject) else { return Ok(output) };
        let mut subject = subject.clone();
        let text = runner.postprocess(&mut subject, output.text.clone()).map_err(|it| vec![*it])?;
        if text != output.text {
            output.item = text.clone();
            output.text = text;
        }
        self.bundles[at].last = Some(subject);
        Ok(output)
    }

    /// Makes one text of all outputs, as finalizers say.
    fn finalize(&mut self, at: usize, request: &Request) -> Result<(), String> {
        let Bundle { outputs, last, .. } = std::mem::take(&mut self.bundles[at]);
        let Some(runner) = self.runner else { return Ok(()) };
        let texts = outputs.into_iter().map(|it| it.text).collect();
        let text = match runner.finalize(texts, last.as_ref()) {
            Ok(Queries::One(it)) => it,
            Ok(Queries::Many(it)) => it.join("\n"),
            Err(problem) => {
                self.tell(&problem);
                return Ok(());
            }
        };
        if let Some(dir) = &self.args.output {
            let format = request.target(self.targets).and_then(|it| it.format(&request.format));
            let own = format.map_or("txt", |it| it.extension.as_str());
            let folder = format!("{}-{}", request.target, request.profile);
            let name = format!("queries.{}", runner.extension().unwrap_or(own));
            return files::write(&dir.join(folder).join(name), &text);
        }
        self.shell.out(&text);
        Ok(())
    }

    /// Writes the one file of a format that has one.
    fn bundle(&mut self, at: usize, request: &Request) -> Result<(), String> {
        if self.joins() {
            return self.finalize(at, request);
        }
        let Bundle { headings, outputs, .. } = std::mem::take(&mut self.bundles[at]);
        let (Some(target), false) = (request.target(self.targets), outputs.is_empty()) else {
            return Ok(());
        };
        let all: Vec<&Output> = outputs.iter().collect();
        let text = target.bundle(&request.format, &all).map_err(|err| format!("{err:#}"))?;
        let heading: String = headings.iter().map(|it| format!("{it}\n")).collect();
        let name = target.format(&request.format).and_then(|it| it.bundle.as_deref());
        if let (Some(dir), Some(name)) = (&self.args.output, name) {
            let folder = format!("{}-{}", request.target, request.profile);
            return files::write(&dir.join(folder).join(name), &format!("{heading}{text}"));
        }
        self.shell.out(&format!("{heading}{text}"));
        Ok(())
    }

    /// What is said of an output before it: its rule, its fidelity, and why it is not exact.
    fn headings(
        &self,
        comment: &str,
        path: &str,
        request: &Request,
        output: &Output,
        verified: Option<&Verified>,
    ) -> Vec<String> {
        let place = format!("{}/{}", request.target, request.profile);
        let word = match (output.fidelity, verified) {
            (Fidelity::Exact, Some(Verified::Proved)) => "proved".to_owned(),
            (it, Some(found)) => format!("{}, {}", it.word(), found.word()),
            (it, None) => it.word().to_owned(),
        };
        let mut res = vec![format!("{comment} {}: {place}, {word}", printable(path))];
        if let Some(reason) = verified.and_then(Verified::reason) {
            res.push(format!("{comment}   not proved: {}", printable(&reason)));
        }
        for (lines, reason) in self.reasons(output) {
            res.push(format!("{comment}   {lines}: {}", printable(&reason)));
        }
        res
    }

    /// The reasons of an output's notes, each once, with the lines it is about.
    fn reasons(&self, output: &Output) -> Vec<(String, String)> {
        let mut res: Vec<(Vec<usize>, &str)> = Vec::new();
        for note in &output.notes {
            let line = self.position(note.span).line;
            match res.iter_mut().find(|(_, reason)| *reason == note.reason) {
                Some((lines, _)) if lines.contains(&line) => {}
                Some((lines, _)) => lines.push(line),
                None => res.push((vec![line], &note.reason)),
            }
        }
        res.into_iter()
            .map(|(lines, reason)| {
                let word = if lines.len() == 1 { "line" } else { "lines" };
                let shown: Vec<String> = lines.iter().take(5).map(usize::to_string).collect();
                let more = if lines.len() > 5 { ", ..." } else { "" };
                (format!("{word} {}{more}", shown.join(", ")), reason.to_owned())
            })
            .collect()
    }

    fn path(&self, rule: &Item<'_>) -> &str {
        self.loaded.sources.get(rule.file).map_or("", |it| it.path())
    }

    fn position(&self, span: Span) -> Position {
        let file = self.loaded.sources.get(span.file);
        file.map_or(Position { line: 1, column: 1 }, |it| it.position(span.start as usize))
    }

    fn json(
        &self,
        rule: &Item<'_>,
        request: &Request,
        result: &Result<Output, Vec<Diagnostic>>,
    ) -> Value {
        let (query, fidelity, notes, error) = match result {
            Ok(output) => {
                let notes: Vec<Value> = output
                    .notes
                    .iter()
                    .map(|it| {
                        let at = self.position(it.span);
                        json!({ "reason": it.reason, "line": at.line, "column": at.column })
                    })
                    .collect();
                (json!(output.text), json!(output.fidelity.word()), notes, Value::Null)
            }
            Err(problems) => {
                let error = problems.first().map(|it| {
                    let at = self.position(it.primary.span);
                    json!({ "code": it.code.id, "message": it.message, "line": at.line, "column": at.column })
                });
                (Value::Null, Value::Null, Vec::new(), error.unwrap_or(Value::Null))
            }
        };
        json!({
            "path": self.path(rule), "id": rule.id, "title": rule.title, "target": request.target,
            "format": request.format, "query": query, "fidelity": fidelity, "notes": notes, "error": error,
        })
    }

    fn summary(&mut self, requests: &[Request]) {
        if self.args.output.is_none() {
            return;
        }
        for request in requests {
            let count = |word: &str| {
                self.counts
                    .iter()
                    .find(|((target, it), _)| *target == request.target && *it == word)
                    .map_or(0, |(_, it)| *it)
            };
            let line = format!(
                "{:<8} {} exact, {} wider, {} narrower, {} both, {} refused",
                request.target,
                count("exact"),
                count("wider"),
                count("narrower"),
                count("both"),
                count("refused")
            );
            self.shell.err(&line);
            if self.args.verify {
                let counts =
                    ["proved", "differs", "unknown"].map(|it| format!("{} {it}", count(it)));
                self.shell.err(&format!("{:<8} read back: {}", "", counts.join(", ")));
            }
        }
    }
}

/// `DIR/TARGET[-PROFILE]/RULE[-N].EXT`; what climbs out of the folder is dropped from the path.
fn place(
    dir: &Path,
    request: &Request,
    rule: &str,
    index: Option<usize>,
    extension: &str,
) -> PathBuf {
    let inside: PathBuf =
        Path::new(rule).components().filter(|it| matches!(it, Component::Normal(_))).collect();
    let stem = inside.file_stem().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let name = match index {
        Some(it) => format!("{stem}-{}.{extension}", it + 1),
        None => format!("{stem}.{extension}"),
    };
    dir.join(format!("{}-{}", request.target, request.profile)).join(inside.with_file_name(name))
}
