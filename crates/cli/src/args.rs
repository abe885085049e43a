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
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say rules in the words of one or more targets.
    Convert(Convert),
    /// Report what is wrong with rules.
    Check(Check),
    /// Run the rules' own examples.
    Test(Test),
    /// Explain a kind of finding, or what a rule means.
    Explain(Explain),
    /// List targets, their profiles, formats and ops.
    Targets(TargetsArgs),
}

#[derive(Debug, ClapArgs)]
pub struct Convert {
    /// Where to: TARGET[/PROFILE][:FORMAT]; repeat for several.
    #[arg(short, long = "target", required = true)]
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
    /// A folder of further targets, one folder each.
    #[arg(long)]
    pub templates: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Check {
    /// Files or folders of rules; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Concise,
    Json,
    Github,
}

#[derive(Debug, ClapArgs)]
pub struct Test {
    /// Files or folders of rules; `-` is standard input.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub format: TestFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    Human,
    Json,
}

#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// A code such as `M001`, its name, or a rule file.
    pub subject: String,
    /// A file with one JSON event: say why the rule did or did not match it.
    pub event: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct TargetsArgs {
    /// A folder of further targets, one folder each.
    #[arg(long)]
    pub templates: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
