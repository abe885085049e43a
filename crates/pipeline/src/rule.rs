//! A rule on its way through a pipeline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ir::{LogSource, Meta};
use lower::{Detection, Draft};
use serde_json::{Map, Value as Json};
use source::Span;
use syntax::{CorrelationAst, RuleAst};

use crate::limits;

/// A rule or a correlation, and what pipelines have done to it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What is changed.
    pub body: Body,
    /// Where its events are; a correlation has none of its own.
    pub logsource: LogSource,
    /// What is said about it.
    pub meta: Meta,
    /// Attributes of the author's own, and those that steps have set.
    pub custom: Map<String, Json>,
    /// Names of fields that steps have made: they are a target's own.
    pub native: BTreeSet<Arc<str>>,
    /// Where a message about the whole of it points.
    pub span: Span,
    /// The values that steps have set.
    pub state: BTreeMap<String, Json>,
    /// The steps that were applied, by id.
    pub(crate) steps: BTreeSet<Arc<str>>,
    /// The steps that made a name of the list `fields` or of a reference, by name.
    pub(crate) named_by: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Names of fields in items that steps have mapped, old and new.
    pub(crate) mapped: BTreeSet<Arc<str>>,
}

/// What a pipeline changes.
#[derive(Debug, Clone)]
pub enum Body {
    /// A rule's items.
    Rule(Draft),
    /// A correlation, and the log sources of the rules it refers to.
    Correlation(Box<CorrelationAst>, Vec<LogSource>),
}

impl Subject {
    /// A rule as it enters the first pipeline.
    pub fn rule(ast: &RuleAst, draft: Draft, meta: Meta, logsource: LogSource) -> Subject {
        Subject::new(ast, Body::Rule(draft), meta, logsource)
    }

    /// A correlation as it enters the first pipeline; `sources` are those of the rules it refers to.
    pub fn correlation(ast: &CorrelationAst, meta: Meta, sources: Vec<LogSource>) -> Subject {
        let body = Body::Correlation(Box::new(ast.clone()), sources);
        Subject::new(&ast.head, body, meta, LogSource::default())
    }

    fn new(ast: &RuleAst, body: Body, meta: Meta, logsource: LogSource) -> Subject {
        let mut custom: Map<String, Json> =
            ast.custom.iter().map(|(key, node)| (key.value.clone(), node.to_json())).collect();
        // To the reference implementation these are the author's own keys too.
        custom.extend(meta.risk_score.map(|it| ("risk_score".to_owned(), it.into())));
        custom.extend(meta.version.map(|it| ("version".to_owned(), it.into())));
        Subject {
            body,
            logsource,
            span: meta.title_span.unwrap_or(ast.span),
            meta,
            custom,
            native: BTreeSet::new(),
            state: BTreeMap::new(),
            steps: BTreeSet::new(),
            named_by: BTreeMap::new(),
            mapped: BTreeSet::new(),
        }
    }

    /// The items, if it is a rule.
    pub fn draft(&self) -> Option<&Draft> {
        match &self.body {
            Body::Rule(it) => Some(it),
            Body::Correlation(..) => None,
        }
    }

    /// How it is written now, if it is a correlation.
    pub fn written(&self) -> Option<&CorrelationAst> {
        match &self.body {
            Body::Rule(_) => None,
            Body::Correlation(it, _) => Some(it),
        }
    }

    /// The items to be changed; a correlation has none.
    pub(crate) fn detections_mut(&mut self) -> Vec<&mut Detection> {
        match &mut self.body {
            Body::Rule(it) => it.detections_mut().collect(),
            Body::Correlation(..) => Vec::new(),
        }
    }

    /// Which limit its items pass, and where, if they do.
    pub(crate) fn beyond(&self) -> Option<(&'static str, usize)> {
        let draft = self.draft()?;
        let mut size = Size::default();
        draft.detections().for_each(|it| size.add(it, 0));
        if size.depth > limits::DEPTH {
            Some(("the items of the rule are nested too deep", limits::DEPTH))
        } else if size.values > limits::VALUES {
            Some(("the rule has too many values", limits::VALUES))
        } else if size.bytes > limits::BYTES {
            Some(("the texts of the rule are too long", limits::BYTES))
        } else {
            None
        }
    }
}

#[derive(Default)]
struct Size {
    values: usize,
    bytes: usize,
    depth: usize,
}

impl Size {
    fn add(&mut self, it: &Detection, depth: usize) {
        self.depth = self.depth.max(depth);
        match it {
            Detection::All(parts) | Detection::Any(parts) => {
                parts.iter().for_each(|it| self.add(it, depth + 1));
            }
            Detection::Item(item) => {
                self.bytes += item.field.as_ref().map_or(0, |it| it.len());
                for form in item.values.iter().flat_map(|it| &it.forms) {
                    self.values += 1;
                    self.bytes += match form {
                        ir::Predicate::Text(it, _) => crate::pattern::plain_len(it),
                        ir::Predicate::Regex(it) => it.text().len(),
                        ir::Predicate::Field(it, ..) => it.len(),
                        _ => 8,
                    };
                }
                self.values += 1;
            }
        }
    }
}
