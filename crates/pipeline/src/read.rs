//! The file of a pipeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostic::{Code, Diagnostic, nearest};
use regex::Regex;
use source::{FileId, Span, Spanned};
use syntax::{Node, NodeKind, Scalar};

use crate::codes::{BAD_VALUE, MISSING_KEY, UNKNOWN_KEY, UNKNOWN_TYPE};
use crate::limits;
use crate::model::Pipeline;
use crate::python;

/// Keys of a pipeline.
const KEYS: &[&str] = &[
    "name",
    "priority",
    "vars",
    "allowed_backends",
    "transformations",
    "postprocessing",
    "finalizers",
];

/// Reads a pipeline; what is wrong with it is in `problems`.
pub fn read(
    text: &str,
    file: FileId,
    path: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Pipeline> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let whole = Span::new(file, start, start);
    let before = problems.len();
    if text.len() > syntax::MAX_BYTES {
        problems.push(limits::passed(whole, "the pipeline is too large", syntax::MAX_BYTES));
        return None;
    }
    let node = syntax::read_document(text, file, start..text.len(), problems);
    if problems.len() > before {
        return None;
    }
    let Some(node) = node else {
        problems.push(
            Diagnostic::error(&BAD_VALUE, whole, "the pipeline is empty", "nothing is in the file")
                .with_help("write at least `transformations: []`"),
        );
        return None;
    };
    let mut reader =
        Reader { text, kept: Arc::from(text), path: Arc::from(path), problems, steps: 0 };
    let res = pipeline(&mut reader, &node);
    (problems.len() == before).then_some(res).flatten()
}

fn pipeline(reader: &mut Reader<'_>, node: &Node) -> Option<Pipeline> {
    let pairs = reader.mapping(node, "a pipeline")?;
    reader.known(pairs, "a pipeline", KEYS);
    let priority = reader.integer_of(node, "priority", i64::MIN, i64::MAX).unwrap_or(0);
    let allowed = match node.get("allowed_backends") {
        Some(list) => reader.spanned_texts(list),
        None => Vec::new(),
    };
    let mut vars = BTreeMap::new();
    if let Some(list) = node.get("vars").filter(|it| !is_null(it)) {
        for (name, value) in reader.mapping(list, "`vars`").unwrap_or_default() {
            vars.insert(name.value.clone(), Spanned::new(value.to_json(), value.span));
        }
    }
    let list = |key: &str| node.get(key).filter(|it| !is_null(it));
    let steps = match list("transformations") {
        Some(it) => crate::read_step::steps(reader, it, "", 0),
        None => Vec::new(),
    };
    let post = match list("postprocessing") {
        Some(it) => crate::read_step::posts(reader, it, "", 0),
        None => Vec::new(),
    };
    let finalizers = match list("finalizers") {
        Some(it) => crate::read_step::finalizers(reader, it, 0),
        None => Vec::new(),
    };
    let name = reader.text_of(node, "name").map(|it| it.value);
    let path = reader.path.clone();
    Some(Pipeline { path, name, priority, allowed, vars, steps, post, finalizers })
}

pub(crate) fn is_null(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Scalar(Scalar::Null))
}

/// Pairs of a mapping.
pub(crate) type Pairs = [(Spanned<String>, Node)];

/// What reads values and remembers what is wrong.
pub(crate) struct Reader<'a> {
    /// The text of the file.
    pub text: &'a str,
    /// The same, to be kept.
    pub kept: Arc<str>,
    /// Its path, as given.
    pub path: Arc<str>,
    /// What is wrong.
    pub problems: &'a mut Vec<Diagnostic>,
    /// How many steps were read.
    pub steps: usize,
}

impl Reader<'_> {
    pub fn error(
        &mut self,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Diagnostic::error(code, span, message, label).with_help(help));
    }

    /// A value of the wrong kind.
    pub fn wrong(&mut self, node: &Node, what: &str, wanted: &str) {
        let label = format!("this is {}", node.describe());
        let help = format!("write {wanted}");
        self.error(&BAD_VALUE, node.span, format!("{what} must be {wanted}"), label, help);
    }

    /// A value that can't be used.
    pub fn bad(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.error(&BAD_VALUE, span, message, "this can't be used", help);
    }

    /// The pairs of a mapping, or an error.
    pub fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Pairs> {
        let res = node.as_mapping();
        if res.is_none() {
            self.wrong(node, what, "a mapping");
        }
        res
    }

    /// The elements of a list, or an error.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => {
                self.wrong(node, what, "a list");
                None
            }
        }
    }

    /// Reports keys that are not known.
    pub fn known(&mut self, pairs: &Pairs, what: &str, keys: &[&str]) {
        for (key, _) in pairs {
            if keys.contains(&key.value.as_str()) {
                continue;
            }
            let help = match nearest(&key.value, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", keys.join(", ")),
            };
            let message = format!("{what} has no key `{}`", key.value);
            self.error(&UNKNOWN_KEY, key.span, message, "it would be left out in silence", help);
        }
    }

    /// The `type` of a step, a condition or a finalizer: the entry of that name.
    pub fn kind<'t, T>(
        &mut self,
        node: &Node,
        what: &str,
        table: &'t [T],
        name: fn(&T) -> &'static str,
    ) -> Option<(Span, &'t T)> {
        self.mapping(node, what)?;
        let kind = self.need(node, "type", what)?;
        let found = table.iter().find(|it| name(it) == kind.value);
        if found.is_none() {
            let help = match nearest(&kind.value, table.iter().map(name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let known: Vec<&str> = table.iter().map(name).collect();
                    format!("known: {}", known.join(", "))
                }
            };
            let message = format!("there is no type `{}` of {what}", kind.value);
            self.error(&UNKNOWN_TYPE, kind.span, message, "this can't be carried out", help);
        }
        found.map(|it| (kind.span, it))
    }

    /// A plain value as text; numbers as they were spelled.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        match &node.kind {
            NodeKind::Scalar(it @ (Scalar::Text(_) | Scalar::Int(..) | Scalar::Float(..))) => {
                Some(Spanned::new(it.text().into_owned(), node.span))
            }
            _ => {
                self.wrong(node, what, "a text");
                None
            }
        }
    }

    /// The text of a key, if the key is there and not null.
    pub fn text_of(&mut self, node: &Node, key: &str) -> Option<Spanned<String>> {
        let value = node.get(key).filter(|it| !is_null(it))?;
        self.text(value, &format!("`{key}`"))
    }

    /// The text of a key, which must be there.
    pub fn need(&mut self, node: &Node, key: &str, what: &str) -> Option<Spanned<String>> {
        let value = self.need_node(node, key, what)?;
        self.text(value, &format!("`{key}`"))
    }

    /// The value of a key, which must be there.
    pub fn need_node<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            let span =
                node.as_mapping().and_then(|it| it.first()).map_or(node.span, |it| it.0.span);
            let message = format!("{what} needs the key `{key}`");
            self.error(
                &MISSING_KEY,
                span,
                message,
                "it is not there",
                format!("write `{key}: ...`"),
            );
        }
        found
    }

    /// `true` or `false`; YAML 1.1's words for them too.
    pub fn flag_of(&mut self, node: &Node, key: &str, default: bool) -> bool {
        let Some(value) = node.get(key).filter(|it| !is_null(it)) else { return default };
        match &value.kind {
            NodeKind::Scalar(Scalar::Bool(it)) => *it,
            NodeKind::Scalar(Scalar::Text(it)) => match it.to_ascii_lowercase().as_str() {
                "yes" | "on" => true,
                "no" | "off" => false,
                _ => {
                    self.wrong(value, &format!("`{key}`"), "`true` or `false`");
                    default
                }
            },
            _ => {
                self.wrong(value, &format!("`{key}`"), "`true` or `false`");
                default
            }
        }
    }

    /// A whole number between two others.
    pub fn integer_of(&mut self, node: &Node, key: &str, least: i64, most: i64) -> Option<i64> {
        let value = node.get(key).filter(|it| !is_null(it))?;
        let number = match &value.kind {
            NodeKind::Scalar(Scalar::Int(it, _)) => i64::try_from(*it).ok(),
            _ => None,
        };
        let number = number.filter(|it| (least..=most).contains(it));
        if number.is_none() {
            let wanted = match (least, most) {
                (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                _ => format!("a whole number from {least} to {most}"),
            };
            self.wrong(value, &format!("`{key}`"), &wanted);
        }
        number
    }

    /// A list of texts.
    pub fn spanned_texts(&mut self, node: &Node) -> Vec<Spanned<String>> {
        let items = self.list(node, "this").unwrap_or_default();
        items.iter().filter_map(|it| self.text(it, "an entry of the list")).collect()
    }

    /// A list of texts under a key, if the key is there.
    pub fn texts_of(&mut self, node: &Node, key: &str) -> Option<Vec<String>> {
        let value = node.get(key).filter(|it| !is_null(it))?;
        Some(self.spanned_texts(value).into_iter().map(|it| it.value).collect())
    }

    /// One text or several.
    pub fn one_or_many(&mut self, node: &Node, what: &str) -> Option<Vec<String>> {
        match &node.kind {
            NodeKind::Sequence(_) => {
                Some(self.spanned_texts(node).into_iter().map(|it| it.value).collect())
            }
            _ => self.text(node, what).map(|it| vec![it.value]),
        }
    }

    /// Texts by text.
    pub fn dictionary_of(&mut self, node: &Node, key: &str) -> Option<BTreeMap<String, String>> {
        let value = node.get(key).filter(|it| !is_null(it))?;
        let pairs = self.mapping(value, &format!("`{key}`"))?;
        let pair = |(name, value): &(Spanned<String>, Node)| {
            Some((name.value.clone(), self.text(value, "this")?.value))
        };
        Some(pairs.iter().filter_map(pair).collect())
    }

    /// A regular expression, compiled.
    pub fn regex(&mut self, text: &Spanned<String>) -> Option<Regex> {
        match python::regex(&text.value) {
            Ok(it) => Some(it),
            Err(message) => {
                let message = format!("the regular expression can't be used: {message}");
                self.bad(text.span, message, "look-around and back-references can't be matched in linear time; write the expression without them");
                None
            }
        }
    }

    /// Whether a key was written as YAML's null, which stands for keywords.
    pub fn is_null_key(&self, key: &Spanned<String>) -> bool {
        matches!(self.text.get(key.span.range()), Some("null" | "Null" | "NULL" | "~" | ""))
    }

    /// A value as a rule would write it.
    pub fn value(&mut self, node: &Node) -> Option<lower::Value> {
        use ir::{Cmp, Number, Pattern, Predicate};
        let one = |it| Some(lower::Value::one(it, node.span));
        match &node.kind {
            NodeKind::Scalar(Scalar::Text(it)) => {
                Some(lower::Value::text(lower::parse_pattern(it, false), node.span))
            }
            NodeKind::Scalar(Scalar::Int(it, _)) => {
                one(Predicate::Number(Cmp::Eq, Number::Int(*it)))
            }
            NodeKind::Scalar(Scalar::Float(it, text)) => match Number::from_f64(*it) {
                Some(it) => one(Predicate::Number(Cmp::Eq, it)),
                None => Some(lower::Value::text(Pattern::literal(text.clone()), node.span)),
            },
            NodeKind::Scalar(Scalar::Bool(it)) => one(Predicate::Bool(*it)),
            NodeKind::Scalar(Scalar::Null) => one(Predicate::Null),
            _ => {
                self.wrong(node, "this", "a text, a number, a boolean or null");
                None
            }
        }
    }
}
