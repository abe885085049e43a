//! What two states are compared by: their rules and their correlations.

use diagnostic::Diagnostic;
use ir::{Correlation, Fixture, Rule, Series};
use source::FileId;
use syntax::RuleAst;

use crate::load::{Loaded, LoadedCorrelation, LoadedRule};

/// A rule or a correlation of a state.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The state.
    pub state: &'a Loaded,
    pub(super) what: What<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Rule(&'a LoadedRule),
    Correlation(&'a LoadedCorrelation),
}

impl<'a> Subject<'a> {
    /// Every rule of a state. A document with neither a log source nor a detection is some other
    /// YAML, and is left out.
    pub(super) fn rules(state: &'a Loaded) -> Vec<Subject<'a>> {
        let is_rule =
            |it: &&LoadedRule| it.ast.detection.span.is_some() || it.ast.logsource.span.is_some();
        let subject = |it| Subject { state, what: What::Rule(it) };
        state.rules.iter().filter(is_rule).map(subject).collect()
    }

    /// Every correlation of a state.
    pub(super) fn correlations(state: &'a Loaded) -> Vec<Subject<'a>> {
        let subject = |it| Subject { state, what: What::Correlation(it) };
        state.correlations.iter().map(subject).collect()
    }

    /// Whether it is this very document.
    pub(super) fn is(&self, other: &Subject<'_>) -> bool {
        self.place() == other.place()
    }

    /// What tells it apart from all others of both states.
    pub(super) fn place(&self) -> usize {
        match self.what {
            What::Rule(it) => std::ptr::from_ref(it).addr(),
            What::Correlation(it) => std::ptr::from_ref(it).addr(),
        }
    }

    /// Its file.
    pub fn file(&self) -> FileId {
        match self.what {
            What::Rule(it) => it.file,
            What::Correlation(it) => it.file,
        }
    }

    /// The path of its file.
    pub fn path(&self) -> &'a str {
        self.state.sources.get(self.file()).map_or("", |it| it.path())
    }

    /// Its place among the documents of the file, from 0.
    pub fn index(&self) -> usize {
        match self.what {
            What::Rule(it) => it.index,
            What::Correlation(it) => it.index,
        }
    }

    /// Its id as written.
    pub fn id(&self) -> Option<&'a str> {
        self.head().id.as_ref().map(|it| it.value.as_str())
    }

    /// Its title as written.
    pub fn title(&self) -> Option<&'a str> {
        self.head().title.as_ref().map(|it| it.value.as_str())
    }

    /// What is said about it.
    pub(super) fn head(&self) -> &'a RuleAst {
        match self.what {
            What::Rule(it) => &it.ast,
            What::Correlation(it) => &it.ast.head,
        }
    }

    /// Its text.
    pub(super) fn written(&self) -> &'a str {
        let file = self.state.sources.get(self.file());
        file.and_then(|it| it.text().get(self.head().span.range())).unwrap_or_default()
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> &'a [Diagnostic] {
        match self.what {
            What::Rule(it) => &it.problems,
            What::Correlation(it) => &it.problems,
        }
    }

    /// What it means, when it is a rule that can be used.
    pub fn rule(&self) -> Option<&'a Rule> {
        match self.what {
            What::Rule(it) => it.lowered.as_ref().map(|it| &it.rule),
            What::Correlation(_) => None,
        }
    }

    /// What it means, when it is a correlation that can be used.
    pub fn correlation(&self) -> Option<&'a Correlation> {
        match self.what {
            What::Rule(_) => None,
            What::Correlation(it) => it.correlation.as_ref(),
        }
    }

    /// Whether it is a correlation.
    pub fn is_correlation(&self) -> bool {
        matches!(self.what, What::Correlation(_))
    }

    /// Whether it can be used.
    pub fn is_usable(&self) -> bool {
        self.rule().is_some() || self.correlation().is_some()
    }

    /// A rule's examples.
    pub(super) fn fixtures(&self) -> &'a [Fixture] {
        self.rule().map_or(&[], |it| &it.fixtures)
    }

    /// A correlation's examples.
    pub(super) fn series(&self) -> &'a [Series] {
        self.correlation().map_or(&[], |it| &it.fixtures)
    }

    /// How many examples it has.
    pub fn examples(&self) -> usize {
        self.fixtures().len() + self.series().len()
    }

    /// What it means, in words; empty when it can't be used.
    pub(super) fn meaning(&self) -> String {
        if let Some(rule) = self.rule() {
            return format!("log source {}\n{}", rule.logsource.key(), ir::print(&rule.expr));
        }
        let Some(it) = self.correlation() else { return String::new() };
        let members: Vec<&str> = it.members.iter().map(|it| it.name.value.as_str()).collect();
        let mut res = format!(
            "{}\nwithin {}\nof {}\n",
            ir::print_question(it),
            span(it.seconds.value),
            members.join(", ")
        );
        for (nth, name) in it.group_by.iter().enumerate() {
            let fields: Vec<&str> =
                it.members.iter().filter_map(|it| Some(it.fields.get(nth)?.as_ref())).collect();
            let own = fields.iter().any(|it| *it != name.value.as_ref());
            let own = if own { format!(" ({})", fields.join(", ")) } else { String::new() };
            res.push_str(&format!("each {}{own}\n", name.value));
        }
        res
    }
}

/// A span of time as it is usually written.
pub(super) fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let fits = |it: &&(u64, &str)| seconds > 0 && seconds.is_multiple_of(it.0);
    match units.iter().find(fits) {
        Some((length, unit)) => format!("{}{unit}", seconds / length),
        None => format!("{seconds}s"),
    }
}
