//! A pipeline as data: steps, conditions, and what follows the query.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::Value as Json;
use source::{Span, Spanned};

use crate::outside::HttpRequest;
use crate::python::Replacement;

/// A pipeline of one file.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its file, as given.
    pub path: Arc<str>,
    /// `name`
    pub name: Option<String>,
    /// `priority`: a lower one is applied first.
    pub priority: i64,
    /// `allowed_backends`; empty: all.
    pub allowed: Vec<Spanned<String>>,
    /// `vars`
    pub vars: BTreeMap<String, Spanned<Json>>,
    /// `transformations`
    pub(crate) steps: Vec<Step>,
    /// `postprocessing`
    pub(crate) post: Vec<Post>,
    /// `finalizers`
    pub(crate) finalizers: Vec<Finalizer>,
}

/// Pipelines of a run as one, in the order in which they are applied.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The pipelines.
    pub pipelines: Vec<Pipeline>,
    /// The values of all of them; of equal names the last counts.
    pub(crate) vars: BTreeMap<String, Spanned<Json>>,
}

impl Set {
    /// Puts pipelines in order: by priority, then as given.
    pub fn new(mut pipelines: Vec<Pipeline>) -> Set {
        pipelines.sort_by_key(|it| it.priority);
        let vars = pipelines.iter().flat_map(|it| it.vars.clone()).collect();
        Set { pipelines, vars }
    }

    /// Whether there is nothing to apply.
    pub fn is_empty(&self) -> bool {
        self.pipelines.is_empty()
    }

    /// Whether finished queries are joined into one text.
    pub fn joins(&self) -> bool {
        self.pipelines.iter().any(|it| !it.finalizers.is_empty())
    }

    /// The ending of the text that finalizers make, where they decide it.
    pub fn extension(&self) -> Option<&'static str> {
        let last = self.pipelines.iter().flat_map(|it| &it.finalizers).next_back()?;
        last.extension()
    }

    /// How many steps it has, nested ones counted.
    pub fn len(&self) -> usize {
        fn count(steps: &[Step]) -> usize {
            let inner = |it: &Step| match &it.action {
                Action::Nest(steps) => count(steps),
                _ => 0,
            };
            steps.iter().map(|it| 1 + inner(it)).sum()
        }
        self.pipelines.iter().map(|it| count(&it.steps)).sum()
    }
}

/// One step: what is done, and when.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// `id`, or a name made of the place.
    pub id: Arc<str>,
    /// `type`, and where it stands.
    pub kind: Spanned<&'static str>,
    /// The pipeline's file.
    pub path: Arc<str>,
    /// What is done.
    pub action: Action,
    /// `rule_conditions`
    pub rule: Group<RuleCondition>,
    /// `detection_item_conditions`
    pub item: Group<ItemCondition>,
    /// `field_name_conditions`
    pub field: Group<FieldCondition>,
}

/// Conditions and how they are joined. None: true.
#[derive(Debug, Clone)]
pub(crate) struct Group<C> {
    /// The conditions.
    pub conditions: Vec<Spanned<C>>,
    /// How they are joined.
    pub link: Link,
    /// `*_cond_not`
    pub negated: bool,
}

/// How conditions are joined.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    /// All of them.
    All,
    /// Any of them.
    Any,
    /// By an expression over their places.
    Formula(Formula),
}

/// An expression over conditions, each by its place in the list.
#[derive(Debug, Clone)]
pub(crate) enum Formula {
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Not(Box<Formula>),
    One(usize),
}

/// What a step asks of a rule.
#[derive(Debug, Clone)]
pub(crate) enum RuleCondition {
    LogSource(ir::LogSource),
    /// The field, and a value as a rule would write it.
    ContainsItem(String, lower::Value),
    ContainsField(String),
    Applied(String),
    State(StateTest),
    IsRule,
    IsCorrelation,
    Attribute(AttributeTest),
    Tag(String),
}

/// What a step asks of an item.
#[derive(Debug, Clone)]
pub(crate) enum ItemCondition {
    MatchString { all: bool, pattern: Regex, negate: bool },
    MatchValue { all: bool, value: lower::Value },
    Wildcard { all: bool },
    Null { all: bool },
    Applied(String),
    State(StateTest),
}

/// What a step asks of the name of a field.
#[derive(Debug, Clone)]
pub(crate) enum FieldCondition {
    Include(Names),
    Exclude(Names),
    Applied(String),
    State(StateTest),
}

/// Names of fields.
#[derive(Debug, Clone)]
pub(crate) enum Names {
    Plain(Vec<String>),
    Patterns(Vec<Regex>),
}

/// A comparison with a value of the state.
#[derive(Debug, Clone)]
pub(crate) struct StateTest {
    pub key: String,
    pub value: Json,
    pub op: Op,
}

/// A comparison with an attribute of the rule.
#[derive(Debug, Clone)]
pub(crate) struct AttributeTest {
    pub attribute: String,
    pub value: Json,
    pub op: Op,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    NotIn,
}

/// Which placeholders a step fills.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chosen {
    pub include: Option<Vec<String>>,
    pub exclude: Option<Vec<String>>,
}

/// New names by old ones; `None` is the keyword.
pub(crate) type Mapping = Vec<(Option<String>, Vec<String>)>;

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    MapFields(Mapping),
    MapPrefixes(Mapping),
    Suffix(String),
    Prefix(String),
    DropItem,
    Hashes(Hashes),
    Extract(Extract),
    WildcardPlaceholders(Chosen),
    ValuePlaceholders(Chosen),
    QueryPlaceholders { chosen: Chosen, expression: String, mapping: BTreeMap<String, String> },
    SourcePlaceholders { chosen: Chosen, source: Box<Source>, form: Form },
    AddCondition(AddCondition),
    ChangeLogSource(ir::LogSource),
    AddFields(Vec<String>),
    RemoveFields(Vec<String>),
    SetFields(Vec<String>),
    Replace(Replace),
    MapText(Vec<(String, Vec<String>)>),
    SetState(String, Json),
    Regex(Method),
    SetValue(lower::Value),
    ToText,
    ToNumber,
    Case(Letters),
    RefuseRule(String),
    RefuseItem(String),
    RefuseUnmapped,
    SetAttribute(String, Json),
    Nest(Vec<Step>),
}

/// `hashes_fields`
#[derive(Debug, Clone)]
pub(crate) struct Hashes {
    pub algorithms: Vec<String>,
    pub prefix: String,
    pub drop_algorithm: bool,
    pub fields: Vec<String>,
}

/// `extract_fields`
#[derive(Debug, Clone)]
pub(crate) struct Extract {
    pub pattern: Regex,
    pub prefix: Option<String>,
    pub keep_unmatched: bool,
}

/// `replace_string`
#[derive(Debug, Clone)]
pub(crate) struct Replace {
    pub pattern: Regex,
    pub replacement: Replacement,
    pub skip_special: bool,
    pub interpret_special: bool,
}

/// `add_condition`
#[derive(Debug, Clone)]
pub(crate) struct AddCondition {
    /// The items as they are written.
    pub items: syntax::Node,
    /// The text of the pipeline's file.
    pub text: Arc<str>,
    pub template: bool,
    pub negated: bool,
}

/// How a text becomes a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Plain,
    Flag,
    Brackets,
}

/// What becomes of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    Lower,
    Upper,
    Snake,
}

/// Where the values of placeholders are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    File(String),
    Http(HttpRequest),
    Command { command: Result<String, Vec<String>>, timeout: Duration, most: usize },
}

/// How values are found in a text.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub format: Format,
    pub filter: Option<Regex>,
}

/// What kind of text it is.
#[derive(Debug, Clone)]
pub(crate) enum Format {
    Lines,
    Csv { column: Result<String, usize>, header: bool },
    Json(crate::path::Path),
    Yaml(crate::path::Path),
}

/// A step on the finished query.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub id: Arc<str>,
    pub kind: Spanned<&'static str>,
    pub action: PostAction,
    pub rule: Group<RuleCondition>,
}

/// What is done to a query.
#[derive(Debug, Clone)]
pub(crate) enum PostAction {
    Embed { prefix: String, suffix: String },
    Simple(crate::simple::Simple),
    Template(Template),
    Json(Json),
    Replace(Regex, Replacement),
    Nest(Vec<Post>),
}

/// A template: its text, or a file in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The text, or the name of the file.
    pub text: String,
    /// `path`: the folder of the file.
    pub folder: Option<String>,
    pub escape_html: bool,
    pub span: Span,
    pub pipeline: Arc<str>,
}

/// What joins queries.
#[derive(Debug, Clone)]
pub(crate) enum Finalizer {
    Concat { separator: String, prefix: String, suffix: String, span: Span },
    Json { indent: Option<usize> },
    Yaml,
    Template(Template),
    Nested(Vec<Finalizer>),
}

impl Finalizer {
    fn extension(&self) -> Option<&'static str> {
        match self {
            Finalizer::Json { .. } => Some("json"),
            Finalizer::Yaml => Some("yml"),
            Finalizer::Nested(parts) => parts.last().and_then(Finalizer::extension),
            Finalizer::Concat { .. } | Finalizer::Template(_) => None,
        }
    }
}
