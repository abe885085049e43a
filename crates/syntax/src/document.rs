//! The documents of a file.

use source::{FileId, Span};

use diagnostic::{Diagnostic, nearest};

use crate::codes::{BAD_ACTION, NOT_A_RULE, TOO_LARGE};
use crate::correlation::{CorrelationAst, FilterAst};
use crate::read::read_rule;
use crate::read_correlation::{read_correlation, read_filter};
use crate::rule::RuleAst;
use crate::yaml::{MAX_BYTES, Node, NodeKind, read_document};

/// One document of a file.
#[derive(Debug, Clone)]
pub enum Document {
    /// A detection rule.
    Rule(Box<RuleAst>),
    /// A correlation rule.
    Correlation(Box<CorrelationAst>),
    /// A filter.
    Filter(Box<FilterAst>),
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Its documents, in order; what could not be read is not among them.
    pub documents: Vec<Document>,
    /// What was found wrong.
    pub problems: Vec<Diagnostic>,
}

/// Reads all documents of a file. Never fails: see the crate's invariant.
pub fn parse(text: &str, file: FileId) -> Parsed {
    let mut res = Parsed::default();
    if text.len() > MAX_BYTES {
        res.problems.push(
            Diagnostic::error(
                &TOO_LARGE,
                Span::new(file, 0, 0),
                "the file is too large to be rules",
                format!("{} bytes; at most {MAX_BYTES} are read", text.len()),
            )
            .with_help("split the file: one rule a file is customary"),
        );
        return res;
    }
    let mut global: Option<Node> = None;
    let mut previous: Option<Node> = None;
    let ranges = split(text);
    // Only a document after it can repeat a rule.
    let alone = ranges.len() == 1;
    for range in ranges {
        let before = res.problems.len();
        let Some(node) = read_document(text, file, range, &mut res.problems) else { continue };
        if matches!(node.kind, NodeKind::Scalar(crate::Scalar::Null)) {
            continue;
        }
        let broken = res.problems.len() > before;
        if let Some(node) = act(node, alone, &mut global, &mut previous, &mut res.problems) {
            classify(text, node, broken, &mut res);
        }
    }
    res
}

/// The documents of a text, each without its `---`.
///
/// `---` at the start of a line ends a document wherever it stands, so a broken document does not
/// take the next one with it.
fn split(text: &str) -> Vec<std::ops::Range<usize>> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut res = Vec::new();
    let mut from = start;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let marks = line
            .strip_prefix("---")
            .is_some_and(|it| it.is_empty() || it.starts_with([' ', '\n', '\r', '\t']));
        if marks || line.trim_end() == "..." {
            res.push(from..at);
            from = at + 3;
        }
        at += line.len();
    }
    res.push(from..text.len());
    res.retain(|it| !text[it.clone()].trim().is_empty());
    res
}

/// Carries out `action: global`, `reset` and `repeat`; what is left is a document of its own.
fn act(
    node: Node,
    alone: bool,
    global: &mut Option<Node>,
    previous: &mut Option<Node>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let merged = |node: Node, global: &Option<Node>| match global {
        Some(template) if node.get("correlation").is_none() && node.get("filter").is_none() => {
            merge(node, template)
        }
        _ => node,
    };
    let action = node.get("action").and_then(|it| match &it.kind {
        NodeKind::Scalar(value) => Some((value.text().into_owned(), it.span)),
        _ => None,
    });
    let Some((action, span)) = action else {
        let node = merged(node, global);
        if !alone {
            *previous = Some(node.clone());
        }
        return Some(node);
    };
    let node = without(node, "action");
    match action.as_str() {
        "global" => {
            *global = Some(match global.take() {
                Some(old) => merge(old, &node),
                None => node,
            });
            None
        }
        "reset" => {
            *global = None;
            None
        }
        "repeat" => {
            let Some(last) = previous.clone() else {
                problems.push(
                    Diagnostic::error(
                        &BAD_ACTION,
                        span,
                        "`action: repeat` has nothing to repeat",
                        "no rule stands before it in this file",
                    )
                    .with_help("write the whole rule"),
                );
                return None;
            };
            let node = merge(last, &node);
            *previous = Some(node.clone());
            Some(node)
        }
        other => {
            let known = ["global", "reset", "repeat"];
            let help = nearest(other, known).map_or_else(
                || "known: global, reset, repeat".to_owned(),
                |it| format!("did you mean `{it}`?"),
            );
            problems.push(
                Diagnostic::error(
                    &BAD_ACTION,
                    span,
                    format!("unknown action `{other}`"),
                    "this decides how documents are joined",
                )
                .with_help(help),
            );
            None
        }
    }
}

fn without(node: Node, key: &str) -> Node {
    match node.kind {
        NodeKind::Mapping(mut pairs) => {
            pairs.retain(|(it, _)| it.value != key);
            Node { span: node.span, kind: NodeKind::Mapping(pairs) }
        }
        kind => Node { span: node.span, kind },
    }
}

/// Puts every value of `over` into `base`, mappings key by key.
fn merge(base: Node, over: &Node) -> Node {
    match (base.kind, &over.kind) {
        (NodeKind::Mapping(mut pairs), NodeKind::Mapping(new)) => {
            for (key, value) in new {
                match pairs.iter_mut().find(|(it, _)| it.value == key.value) {
                    Some((_, old)) => *old = merge(old.clone(), value),
                    None => pairs.push((key.clone(), value.clone())),
                }
            }
            Node { span: base.span, kind: NodeKind::Mapping(pairs) }
        }
        _ => over.clone(),
    }
}

fn classify(text: &str, node: Node, broken: bool, res: &mut Parsed) {
    let Some(pairs) = node.as_mapping() else {
        if !broken {
            res.problems.push(
                Diagnostic::error(
                    &NOT_A_RULE,
                    node.span,
                    format!("this document is {}, not a rule", node.describe()),
                    "a rule is a mapping with `title`, `logsource` and `detection`",
                )
                .with_help("remove the file from the paths, or write a rule"),
            );
        }
        return;
    };
    let has = |key: &str| pairs.iter().any(|(it, _)| it.value == key);
    if has("correlation") {
        let it = read_correlation(text, &node, broken, &mut res.problems);
        res.documents.push(Document::Correlation(Box::new(it)));
    } else if has("filter") && !has("detection") {
        let it = read_filter(text, &node, broken, &mut res.problems);
        res.documents.push(Document::Filter(Box::new(it)));
    } else {
        let rule = read_rule(text, &node, broken, &mut res.problems);
        res.documents.push(Document::Rule(Box::new(rule)));
    }
}
