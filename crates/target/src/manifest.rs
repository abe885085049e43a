//! `target.yml`: everything that a target says about its language.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::legal::Effect;

/// The manifest of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name on the command line; the folder has the same.
    pub name: String,
    /// One line for people.
    pub about: String,
    /// Where the language is described.
    #[serde(default)]
    pub reference: String,
    /// The target whose profiles, envelopes, options and tables this one has too; see [`crate::Target::load`].
    #[serde(default)]
    pub borrow: Option<String>,
    /// The reader that understands the language, for `convert --verify` and `import`; absent: none.
    #[serde(default)]
    pub reader: Option<String>,
    /// What pipelines call it under `allowed_backends`, besides its name.
    #[serde(default)]
    pub backends: Vec<String>,
    /// The operators, tightest first: some order of `not`, `and`, `or`.
    pub precedence: Vec<String>,
    /// The word for conjunction.
    pub and: String,
    /// The word for disjunction.
    pub or: String,
    /// What stands around a negated part.
    pub not: Around,
    /// What stands around a test that may be null, to make it false instead.
    #[serde(default)]
    pub total: Option<Around>,
    /// Whether only ASCII letters are folded where case is ignored.
    #[serde(default)]
    pub ascii_case: bool,
    /// Why text is compared as it is written where its case makes no difference: the language has no
    /// op that ignores case.
    #[serde(default)]
    pub only_cased: Option<String>,
    /// Whether a column holds at most one value.
    #[serde(default)]
    pub single: bool,
    /// Why a missing text passes a test that the empty one passes, where the language keeps it so.
    #[serde(default)]
    pub empty_text: Option<String>,
    /// How truth itself is written.
    pub constants: Constants,
    /// Line width and indentation.
    #[serde(default)]
    pub layout: Layout,
    /// How a query filters in steps, where it does; absent: it is one condition.
    #[serde(default)]
    pub steps: Option<Steps>,
    /// Quoting tables by name; each is a filter of op templates.
    pub quoting: BTreeMap<String, Quoting>,
    /// The table for column names.
    pub name_quoting: String,
    /// How regular expressions are printed; absent when the language has none.
    #[serde(default)]
    pub regex: Option<Flavour>,
    /// Kind of column, then op, then template. An absent op is not supported.
    pub ops: BTreeMap<Kind, BTreeMap<String, OpSpec>>,
    /// The version that every rule needs at least.
    #[serde(default)]
    pub since: Version,
    /// The profile used when none is named.
    pub default_profile: String,
    /// The profile with which the native matcher meets events, when the target is that matcher's.
    #[serde(default)]
    pub match_profile: Option<String>,
    /// The project that many rules make together, if the target has one.
    #[serde(default)]
    pub project: Option<ProjectSpec>,
    /// Output formats; the first is the default.
    pub formats: Vec<Format>,
    /// Options under `targets.<name>` of a rule, with one line about each.
    #[serde(default)]
    pub options: BTreeMap<String, OptionSpec>,
    /// Word lists that envelopes look up, such as a priority for each level.
    #[serde(default)]
    pub tables: serde_json::Value,
    /// Limits of the language.
    #[serde(default)]
    pub limits: Limits,
    /// What stands before the name of a column that may not exist, where a missing one is an error.
    #[serde(default)]
    pub optional_name: Option<String>,
    /// What rules for this target should hold to beyond being sayable.
    #[serde(default)]
    pub checks: Vec<CheckSpec>,
    /// How questions about several events are asked, by kind; an absent kind is not supported.
    #[serde(default)]
    pub correlations: BTreeMap<String, QuestionSpec>,
}

/// How a kind of question about several events is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionSpec {
    /// The template, a file of the folder.
    pub file: String,
    /// The comparisons that it has words for; all when none is named.
    #[serde(default)]
    pub bounds: Vec<String>,
    /// The fewest events it can ask for.
    #[serde(default)]
    pub least: Option<u32>,
    /// The most events it can ask for.
    #[serde(default)]
    pub most: Option<u32>,
    /// Whether it needs fields to group by.
    #[serde(default)]
    pub grouped: bool,
    /// How a formula says that a rule matches; `{nth}` is the rule's place, from 0.
    #[serde(default)]
    pub member: Option<String>,
    /// The most places that the events can be in.
    #[serde(default)]
    pub most_places: Option<usize>,
    /// How it differs from the meaning, if it does.
    #[serde(default)]
    pub notes: Vec<NoteSpec>,
}

/// A difference from the meaning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteSpec {
    /// What it does.
    pub effect: Effect,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

/// An option that a rule can set for a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OptionSpec {
    /// One line about it; any value.
    Any(String),
    /// With the values it can have.
    OneOf {
        /// One line about it.
        about: String,
        /// The values, the first when a rule sets none.
        one_of: Vec<String>,
    },
}

impl OptionSpec {
    /// One line about it.
    pub fn about(&self) -> &str {
        match self {
            OptionSpec::Any(about) | OptionSpec::OneOf { about, .. } => about,
        }
    }

    /// The values it can have; empty: any.
    pub fn one_of(&self) -> &[String] {
        match self {
            OptionSpec::Any(_) => &[],
            OptionSpec::OneOf { one_of, .. } => one_of,
        }
    }
}

/// Something that rules for a target should hold to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSpec {
    /// An expression over what envelopes see of a rule; true when the rule breaks it.
    pub when: String,
    /// The key of the rule that it is about.
    pub at: String,
    /// What is wrong; a template over the same.
    pub message: String,
    /// Why it matters.
    pub label: String,
    /// What to do.
    pub help: String,
    /// The formats it is about; empty: all.
    #[serde(default)]
    pub formats: Vec<String>,
    /// Whether there is no output of a rule that breaks it: what takes the format would refuse it.
    #[serde(default)]
    pub refuse: bool,
}

/// A version of a language, such as `0.43.0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u32; 3]);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts: Option<Vec<u32>> = text.split('.').map(|it| it.parse().ok()).collect();
        match parts.as_deref() {
            Some(&[a, b, c]) => Ok(Version([a, b, c])),
            _ => Err(serde::de::Error::custom(format!("`{text}` is no version of three numbers"))),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "{a}.{b}.{c}")
    }
}

/// Text before and after a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Around {
    /// Before it.
    pub before: String,
    /// After it; when there is something, the part needs no parentheses.
    #[serde(default)]
    pub after: String,
}

/// The spelling of truth.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constants {
    /// Always true.
    #[serde(rename = "true")]
    pub yes: String,
    /// Always false.
    #[serde(rename = "false")]
    pub no: String,
}

/// How queries are laid out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The longest line that is not broken, in characters.
    pub width: usize,
    /// Spaces a level.
    pub indent: usize,
    /// The depth of the query's own lines after its first.
    #[serde(default)]
    pub start: usize,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout { width: 100, indent: 2, start: 0 }
    }
}

/// The steps of a query, a line each. A column that is written as an expression, and that would be
/// asked more than once, is named by a step before the filter that asks it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// What stands before a condition.
    pub filter: String,
    /// How a name is given: `{name}` and `{column}` in it are the name and what it stands for.
    pub name: String,
}

/// Limits of a language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most parts of one flat `and` or `or`; longer ones are nested.
    #[serde(default)]
    pub chain: Option<usize>,
}

/// How a kind of text is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quoting {
    /// What opens it.
    #[serde(default)]
    pub open: String,
    /// What closes it.
    #[serde(default)]
    pub close: String,
    /// What is written for a character.
    #[serde(default)]
    pub escapes: BTreeMap<char, String>,
    /// What is written for any other control character, `%x` being its number; absent: refused.
    #[serde(default)]
    pub control: Option<String>,
    /// Characters that have no spelling here.
    #[serde(default)]
    pub refuse: String,
    /// What is written for `*`; present in tables for patterns.
    #[serde(default)]
    pub any: Option<String>,
    /// What is written for `?`.
    #[serde(default)]
    pub one: Option<String>,
    /// What is written with a loss, and why it is then wider: a character of `escapes`, `one` for the
    /// wildcard `?`, or `edge` for blanks at the ends, which are then written as `any`.
    #[serde(default)]
    pub wider: BTreeMap<String, String>,
    /// Words that would be read as operators.
    #[serde(default)]
    pub words: Option<Words>,
    /// The table that the finished text is then quoted with.
    #[serde(default)]
    pub inside: Option<String>,
    /// Text that needs no quotes.
    #[serde(default)]
    pub plain: Option<Plain>,
    /// ASCII characters that are written as they are, one bit each; filled on first use.
    #[serde(skip)]
    pub(crate) bare: std::sync::OnceLock<u128>,
}

/// Words that need a mark where text has no quotes around it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The mark, which stands before them.
    pub mark: String,
    /// The words in lower case; a blank before or after one means that only such is an operator.
    pub of: Vec<String>,
}

/// Text that stands for itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// Characters it may begin with, as ranges: `A-Za-z_`.
    pub first: String,
    /// Characters it may go on with.
    pub rest: String,
    /// What may stand between several such texts, as a dot between the parts of a name.
    #[serde(default)]
    pub between: Option<char>,
    /// Words that need quotes all the same.
    #[serde(default)]
    pub not: Vec<String>,
}

/// How a language writes regular expressions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flavour {
    /// Whether it always matches the whole text.
    pub anchored: bool,
    /// Any character at all, newlines included.
    pub any: String,
    /// Characters that need a backslash outside of classes.
    pub escape: String,
    /// Characters that need a backslash inside of classes.
    pub class_escape: String,
    /// What opens a group that captures nothing.
    pub group: String,
    /// The start of the text, where it is not anchored.
    #[serde(default)]
    pub start: Option<String>,
    /// The end of the text, where it is not anchored.
    #[serde(default)]
    pub end: Option<String>,
    /// A word boundary.
    #[serde(default)]
    pub word: Option<String>,
    /// Not a word boundary.
    #[serde(default)]
    pub not_word: Option<String>,
    /// Put before one that tells case apart.
    #[serde(default)]
    pub flags: String,
    /// Put before one that ignores case; absent: case is spelled out in classes, or the op for it
    /// ignores case by itself.
    #[serde(default)]
    pub ignore_case: Option<String>,
    /// Spellings of control characters.
    #[serde(default)]
    pub controls: BTreeMap<char, String>,
    /// The largest count of a repetition.
    #[serde(default)]
    pub most_repeats: Option<u32>,
    /// The most states that may be visited in making a deterministic automaton of an expression.
    #[serde(default)]
    pub most_work: Option<usize>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    Text,
    /// Text in a column that is made for patterns, where the language tells it apart.
    Wildcard,
    /// Text that is cut into words, which alone can be asked for, where the language tells it apart.
    Analyzed,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// An IP address.
    Ip,
    /// A point in time.
    Date,
    /// A list of texts, where the language tells lists apart.
    Array,
    /// A list of texts joined by spaces into one: the borders of its elements are lost.
    Joined,
    /// Not known: what a test asks decides.
    Any,
    /// The whole event.
    Anywhere,
    /// In a manifest: ops of every kind.
    All,
}

impl Kind {
    /// The manifest's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Wildcard => "wildcard",
            Kind::Analyzed => "analyzed",
            Kind::Number => "number",
            Kind::Bool => "bool",
            Kind::Ip => "ip",
            Kind::Date => "date",
            Kind::Array => "array",
            Kind::Joined => "joined",
            Kind::Any => "any",
            Kind::Anywhere => "anywhere",
            Kind::All => "all",
        }
    }
}

/// An op: its template, and what is to know of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OpSpec {
    /// Exact, never null.
    Short(String),
    /// With more to say.
    Long(OpLong),
}

/// A way in which an op differs from the meaning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// What it does.
    pub effect: Effect,
    /// Why.
    pub reason: String,
}

/// The long form of an op.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpLong {
    /// The template.
    pub template: String,
    /// How it differs from the meaning, if it does.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// How else it differs, where it is not one way alone.
    #[serde(default)]
    pub also: Option<Deviation>,
    /// Whether the test is null, not false, where there is no value.
    #[serde(default)]
    pub nullable: bool,
    /// The template is a loose operator and needs parentheses wherever it stands.
    #[serde(default)]
    pub loose: bool,
    /// The first version of the language that has it.
    #[serde(default)]
    pub since: Version,
}

/// An output format.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// The name on the command line.
    pub name: String,
    /// One line for people.
    pub about: String,
    /// The envelope's file: `.jinja` is text, `.yml` is data.
    pub file: String,
    /// The ending of written files, without the dot.
    pub extension: String,
    /// The profiles it is for, and those that extend them; empty: all.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// What stands before the rules of a file, once: a data envelope of its own.
    #[serde(default)]
    pub head: Option<String>,
    /// The name of the one file that all rules are written to; absent: each has its own.
    #[serde(default)]
    pub bundle: Option<String>,
    /// How data is written.
    #[serde(default)]
    pub write: Write,
    /// What begins a comment to the end of the line, if there is such a thing.
    #[serde(default)]
    pub comment: Option<String>,
    /// Whether it also takes correlations, whose query is whole.
    #[serde(default)]
    pub correlations: bool,
}

/// A project of source files that rules are built into.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSpec {
    /// The format of the file that each rule gets.
    pub module: String,
    /// The folder of these files.
    pub modules: String,
    /// Where the tables of the matcher go.
    pub tables: String,
    /// Where the correlations go.
    pub correlations: String,
    /// Words that no module may be named.
    #[serde(default)]
    pub reserved: Vec<String>,
    /// The other files, each with its template.
    pub files: BTreeMap<String, String>,
}

/// How data is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Write {
    /// YAML.
    #[default]
    Yaml,
    /// JSON over several lines.
    Json,
    /// JSON on one line.
    Ndjson,
    /// TOML.
    Toml,
}

impl Manifest {
    /// The looseness from which on a negated part needs parentheses.
    pub fn inside_not(&self) -> usize {
        if self.not.after.is_empty() { self.level("not") + 1 } else { usize::MAX }
    }

    /// How loosely an operator binds: 1 for the tightest; an unknown word is looser than all.
    pub fn level(&self, operator: &str) -> usize {
        let at = self.precedence.iter().position(|it| it == operator);
        at.map_or(self.precedence.len() + 1, |it| it + 1)
    }
}
