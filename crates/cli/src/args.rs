//! The arguments, as they are typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// One detection rule, said exactly in many query languages.
#[derive(Debug, Parser)]
#[command(name = "rulec", version, about)]
pub struct Args {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say rules in the words of one or more targets.
    Convert(Convert),
    /// Report what is wrong with rules.
    Check(Check),
    /// Run the rules' own examples.
    Test(Test),
    /// Ask rules about events: NDJSON in, one line per match out.
    Match(Match),
    /// Build rules into a crate that matches events.
    Build(Build),
    /// Compare two states of rules: what they match, say and become.
    Diff(Diff),
    /// Make rules of queries in other languages.
    Import(Import),
    /// Explain a kind of finding, or what a rule means.
    Explain(Explain),
    /// List targets, their profiles, formats and ops.
    Targets(TargetsArgs),
    /// Check processing pipelines, or show what they do to rules.
    #[command(subcommand)]
    Pipeline(Pipeline),
}

/// Processing pipelines to apply to rules before they are mapped.
#[derive(Debug, Clone, ClapArgs)]
pub struct Pipelines {
    /// A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat
    /// for several. They are applied by priority, then in this order.
    #[arg(short, long = "pipeline")]
    pub pipeline: Vec<String>,
    /// Let pipelines run commands, ask servers and read any file.
    #[arg(long)]
    pub pipeline_external: bool,
}

/// Check processing pipelines, or show what they do to rules.
#[derive(Debug, Subcommand)]
pub enum Pipeline {
    /// Report what is wrong with pipelines.
    Check(PipelineCheck),
    /// Show what each step does to a rule.
    Show(PipelineShow),
}

/// Report what is wrong with pipelines.
#[derive(Debug, ClapArgs)]
pub struct PipelineCheck {
    /// Pipelines: files, folders of them, or names in a folder `pipelines`.
    #[arg(required = true)]
    pub pipelines: Vec<String>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Show what each step does to a rule.
#[derive(Debug, ClapArgs)]
pub struct PipelineShow {
    /// Files or folders of rules; `-` is standard input.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// The pipelines.
    #[command(flatten)]
    pub pipelines: Pipelines,
    /// Also list the steps that are not for the rule, or change nothing.
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object a step.
    #[arg(long)]
    pub json: bool,
}

/// Ask rules about events: NDJSON in, one line per match out.
#[derive(Debug, ClapArgs)]
pub struct Match {
    /// Files or folders of rules; repeat for several.
    #[arg(short, long = "rules", required = true)]
    pub rules: Vec<PathBuf>,
    /// Files of events: NDJSON, also `.gz` and `.zst`, or `.evtx`; `-` is standard input.
    #[arg(default_value = "-")]
    pub events: Vec<PathBuf>,
    /// How the log source and the fields of events are told; `none` lets every rule meet every event.
    #[arg(long)]
    pub profile: Option<String>,
    /// Let events that don't tell their log source meet every rule.
    #[arg(long)]
    pub all_rules: bool,
    /// How many threads work; 0 is one per core.
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Stop at the first line that is no event.
    #[arg(long)]
    pub strict: bool,
    /// Say at the end how often each rule matched.
    #[arg(long)]
    pub stats: bool,
    /// Say with each match which tests decided it, and what they met.
    #[arg(long)]
    pub explain: bool,
    /// The field that says when an event was, for correlations; repeat for several, of which the
    /// first that holds a time counts. Without it, those of the profile.
    #[arg(long, value_name = "FIELD")]
    pub time_field: Vec<String>,
    /// How much later than its successors an event may come and still count in correlations, such
    /// as `30s`; their matches are told so much later. Without it, not at all.
    #[arg(long, value_name = "SPAN")]
    pub lateness: Option<String>,
    /// The memory that groups of correlations may take, in MiB; without it, 256.
    #[arg(long, value_name = "MIB")]
    pub memory: Option<usize>,
    /// Go on from the state of correlations in this file, if it is there, and save it at the end.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
}

/// Build rules into a crate that matches events.
#[derive(Debug, ClapArgs)]
pub struct Build {
    /// Files or folders of rules; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The folder of the crate: a new one, or one that this command wrote.
    #[arg(short, long)]
    pub output: PathBuf,
    /// The name of the crate; without it, that of the folder.
    #[arg(long)]
    pub name: Option<String>,
    /// How the log source and the fields of events are told; `none` lets every rule meet every event.
    #[arg(long)]
    pub profile: Option<String>,
    /// Let events that don't tell their log source meet every rule.
    #[arg(long)]
    pub all_rules: bool,
    /// The crate `rulec-matcher` that it depends on: a folder, or a version.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    pub matcher: String,
}

/// Say rules in the words of one or more targets.
#[derive(Debug, ClapArgs)]
pub struct Convert {
    /// Where to: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says.
    #[arg(short, long = "target")]
    pub target: Vec<String>,
    /// Files or folders of rules; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Write one file per rule and target into this folder.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Print one JSON object per rule and target.
    #[arg(long)]
    pub jsonl: bool,
    /// Refuse output that is not exact.
    #[arg(long)]
    pub strict: bool,
    /// Read each output back and prove that it says what the rule asks.
    #[arg(long)]
    pub verify: bool,
    /// A folder of further targets, one folder each.
    #[arg(long)]
    pub templates: Option<PathBuf>,
    /// The pipelines.
    #[command(flatten)]
    pub pipelines: Pipelines,
}

/// Report what is wrong with rules.
#[derive(Debug, ClapArgs)]
pub struct Check {
    /// Files or folders of rules; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Mend what can be mended without changing what a rule means.
    #[arg(long)]
    pub fix: bool,
    /// With `--fix`, also mend what may change what a rule means.
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what `--fix` would change, and change nothing.
    #[arg(long)]
    pub diff: bool,
    /// The least severity that ends with exit code 1.
    #[arg(long, value_enum, default_value_t = FailLevel::Warning)]
    pub fail_level: FailLevel,
    /// Also say what TARGET[/PROFILE] can't express or expects more of; repeat for several.
    #[arg(short, long = "target")]
    pub target: Vec<String>,
    /// Also report rules that no target can express, with any of its profiles.
    #[arg(long)]
    pub targets: bool,
    /// Also prove which parts of rules make no difference, and which rules match nothing that
    /// another does not; for thousands of rules it takes seconds.
    #[arg(long)]
    pub prove: bool,
    /// Check again whenever a file changes, until interrupted.
    #[arg(long, conflicts_with_all = ["fix", "diff"])]
    pub watch: bool,
    /// The pipelines that are applied before a target is asked.
    #[command(flatten)]
    pub pipelines: Pipelines,
}

/// The least severity that ends with exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailLevel {
    /// Any finding.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors only.
    Error,
    /// None: only unusable input does.
    Never,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the lines they are about.
    Human,
    /// One line each.
    Concise,
    /// One JSON array.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// One SARIF 2.1.0 log.
    Sarif,
    /// JUnit's XML: a suite a file.
    Junit,
}

/// Run the rules' own examples.
#[derive(Debug, ClapArgs)]
pub struct Test {
    /// Files or folders of rules; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub format: TestFormat,
    /// With `--format json`, show each event as the columns of TARGET[/PROFILE] hold it.
    #[arg(long)]
    pub carry: Option<String>,
    /// Also run each example through the field map of TARGET[/PROFILE]; repeat for several.
    #[arg(short, long = "target")]
    pub target: Vec<String>,
    /// The same for every target.
    #[arg(long)]
    pub targets: bool,
    /// Propose examples for what the rules' own leave untried, as YAML to paste.
    #[arg(long, conflicts_with_all = ["carry", "target", "targets", "format"])]
    pub generate: bool,
    /// With `--generate`, add them to the files of the rules.
    #[arg(long, requires = "generate")]
    pub write: bool,
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people.
    Human,
    /// One JSON object each.
    Json,
    /// JUnit's XML: a suite a rule.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
}

/// Compare two states of rules: what they match, say and become.
///
/// A state is a file, a folder, or a revision of the git repository here; what exists as a file is
/// one. OLD can be a range, `main..HEAD` or `main...HEAD`, the latter from where the two parted.
/// Without NEW, the working tree is the new state.
#[derive(Debug, ClapArgs)]
pub struct Diff {
    /// The old state, or a range of revisions.
    pub old: String,
    /// The new state.
    pub new: Option<String>,
    /// Of revisions, only these files and folders; without any, those under the current folder.
    #[arg(last = true)]
    pub paths: Vec<PathBuf>,
    /// Whose outputs to compare: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what
    /// `rulec.yml` says, or every target.
    #[arg(short, long = "target")]
    pub target: Vec<String>,
    /// A folder of further targets, one folder each.
    #[arg(long)]
    pub templates: Option<PathBuf>,
    /// Events to ask both states about: NDJSON, plain, `.gz` or `.zst`; repeat for several.
    #[arg(long)]
    pub events: Vec<PathBuf>,
    /// How differences are shown.
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub format: DiffFormat,
}

/// How differences are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Human,
    /// For a comment on a pull request.
    Markdown,
    /// One JSON object.
    Json,
}

/// Make rules of queries in other languages.
///
/// A file is a query alone, or what a product keeps its queries in. What is written is read again and
/// proved to say what the query says.
#[derive(Debug, ClapArgs)]
pub struct Import {
    /// The language of the queries, such as `eql`.
    #[arg(short, long)]
    pub from: String,
    /// Files; `-` is standard input. Names that one defines are known in those after it.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Write one file per rule into this folder.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Undo the field map of this profile of the language's target; without it names are kept.
    #[arg(long)]
    pub profile: Option<String>,
    /// A folder of further targets, one folder each.
    #[arg(long)]
    pub templates: Option<PathBuf>,
}

/// Explain a kind of finding, or what a rule means.
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// A code such as `M001`, its name, or a rule file.
    pub subject: String,
    /// A file with one JSON event: say why the rule did or did not match it.
    pub event: Option<PathBuf>,
    /// The pipelines after which the rule is explained.
    #[command(flatten)]
    pub pipelines: Pipelines,
}

/// List targets, their profiles, formats and ops.
#[derive(Debug, ClapArgs)]
pub struct TargetsArgs {
    /// A folder of further targets, one folder each.
    #[arg(long)]
    pub templates: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
