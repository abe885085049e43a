//! YAML as a tree in which every node knows where it was written.

use saphyr_parser::{Event, Parser, ScalarStyle, Span as YamlSpan};
use source::{FileId, Span, Spanned};

use diagnostic::Diagnostic;

use crate::codes::{DUPLICATE_KEY, TOO_LARGE, YAML_ERROR};
use crate::scalar::Scalar;

/// The largest text that is read, in bytes. The largest public rule has some 200 kB.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The deepest nesting of mappings and sequences.
const MAX_DEPTH: usize = 64;
/// How many nodes aliases may add to one document.
const MAX_ALIASED: usize = 100_000;

/// One value of a YAML document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it was written, quotes included. Of a mapping or sequence: first to last child.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The three kinds of YAML value.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A plain or quoted value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values, in the order written; keys are unique.
    Mapping(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// The pairs of a mapping.
    pub fn as_mapping(&self) -> Option<&[(Spanned<String>, Node)]> {
        match &self.kind {
            NodeKind::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of one key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.iter().find(|(it, _)| it.value == key).map(|(_, node)| node)
    }

    /// What the node is, for a message: "a list".
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Mapping(_) => "a mapping",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Scalar(it) => it.describe(),
        }
    }

    /// The same value as JSON; numbers that JSON can't hold become strings.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.kind {
            NodeKind::Scalar(it) => it.to_json(),
            NodeKind::Sequence(items) => items.iter().map(Node::to_json).collect(),
            NodeKind::Mapping(pairs) => serde_json::Value::Object(
                pairs.iter().map(|(key, node)| (key.value.clone(), node.to_json())).collect(),
            ),
        }
    }

    fn size(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Scalar(_) => 0,
            NodeKind::Sequence(items) => items.iter().map(Node::size).sum(),
            NodeKind::Mapping(pairs) => pairs.iter().map(|(_, node)| 1 + node.size()).sum(),
        }
    }
}

/// Reads one document out of `text[start..end]`; `None` when it is empty or nothing of it could
/// be read.
pub fn read_document(
    text: &str,
    file: FileId,
    range: std::ops::Range<usize>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let slice = text.get(range.clone())?;
    let places = Places {
        text: slice,
        base: range.start,
        file,
        ascii: slice.is_ascii(),
        last: std::cell::Cell::default(),
    };
    let mut builder =
        Builder { places, open: Vec::new(), anchors: Vec::new(), aliased: 0, root: None, problems };
    let mut parser = Parser::new_from_str(slice);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                if !builder.event(event, span) {
                    break;
                }
            }
            Err(err) => {
                let at = builder.places.offset(err.marker().index());
                let problem = yaml_error(err.info(), text, file, at);
                builder.problems.push(problem);
                break;
            }
        }
    }
    builder.close_all();
    builder.root
}

/// A syntax error in the words of rule authors, where the parser's own would puzzle them.
fn yaml_error(info: &str, text: &str, file: FileId, at: usize) -> Diagnostic {
    let at = at.min(text.len());
    let line_start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let indent = &text[line_start..];
    let blank = &indent[..indent.len() - indent.trim_start_matches([' ', '\t']).len()];
    if let Some(tab) = blank.find('\t') {
        let place = Span::new(file, line_start + tab, line_start + tab + 1);
        return Diagnostic::error(
            &YAML_ERROR,
            place,
            "a tab indents this line",
            "YAML indents with spaces only",
        )
        .with_help("replace the tab by spaces");
    }
    if info.contains("recursion limit") {
        return Diagnostic::error(
            &TOO_LARGE,
            Span::new(file, at, at + 1),
            "lists or mappings are nested too deep",
            format!("at most {MAX_DEPTH} levels are read"),
        )
        .with_help("a rule needs four or five levels; is this file a rule?");
    }
    let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
    Diagnostic::error(&YAML_ERROR, Span::new(file, at, end), format!("not valid YAML: {info}"), "reading stopped here")
        .with_help("a value with `: `, ` #`, or a first character such as `*`, `%`, `@`, `[` or `{` needs quotes")
}

/// Character positions of the parser as byte positions of the file.
struct Places<'a> {
    text: &'a str,
    base: usize,
    file: FileId,
    ascii: bool,
    /// The last position asked for, in characters and bytes: nodes come in order, so the next one
    /// is rarely far ahead.
    last: std::cell::Cell<(usize, usize)>,
}

impl Places<'_> {
    fn offset(&self, chars: usize) -> usize {
        if self.ascii {
            return self.base + chars.min(self.text.len());
        }
        let (from_chars, from_bytes) = match self.last.get() {
            (known, bytes) if known <= chars => (known, bytes),
            _ => (0, 0),
        };
        let rest = self.text.get(from_bytes..).unwrap_or_default();
        let ahead = rest.char_indices().nth(chars - from_chars);
        let bytes = ahead.map_or(self.text.len(), |(at, _)| from_bytes + at);
        self.last.set((chars, bytes));
        self.base + bytes
    }

    fn span(&self, span: YamlSpan) -> Span {
        let start = self.offset(span.start.index());
        Span::new(self.file, start, self.offset(span.end.index()))
    }
}

/// Keys and values of a mapping.
type Pairs = Vec<(Spanned<String>, Node)>;

/// A mapping or sequence that is not closed yet.
struct Open {
    start: Span,
    anchor: usize,
    /// Some for a mapping, with the key that waits for its value.
    pairs: Option<(Pairs, Option<Spanned<String>>)>,
    items: Vec<Node>,
}

struct Builder<'a, 'p> {
    places: Places<'a>,
    open: Vec<Open>,
    anchors: Vec<(usize, Node)>,
    aliased: usize,
    root: Option<Node>,
    problems: &'p mut Vec<Diagnostic>,
}

impl Builder<'_, '_> {
    /// Takes one event; false when reading should stop.
    fn event(&mut self, event: Event<'_>, at: YamlSpan) -> bool {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let as_text = tag.as_ref().is_some_and(|it| it.suffix == "str");
                let mut span = self.places.span(at);
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    let raw = self.places.text.get(
                        span.start as usize - self.places.base
                            ..span.end as usize - self.places.base,
                    );
                    span.end = span.start + raw.map_or(0, |it| it.trim_end().len()) as u32;
                }
                let scalar = if style == ScalarStyle::Plain && !as_text {
                    Scalar::plain(&value)
                } else {
                    Scalar::Text(value.into_owned())
                };
                self.place(Node { span, kind: NodeKind::Scalar(scalar) }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(at, anchor, false),
            Event::MappingStart(anchor, _) => self.start(at, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => self.alias(id, at),
            Event::DocumentEnd => self.root.is_none(),
            _ => true,
        }
    }

    fn start(&mut self, at: YamlSpan, anchor: usize, mapping: bool) -> bool {
        let start = self.places.span(at);
        if self.open.len() >= MAX_DEPTH {
            let label = format!("at most {MAX_DEPTH} levels are read");
            self.problems.push(
                Diagnostic::error(
                    &TOO_LARGE,
                    start,
                    "lists or mappings are nested too deep",
                    label,
                )
                .with_help("a rule needs four or five levels; is this file a rule?"),
            );
            return false;
        }
        let pairs = mapping.then(|| (Vec::new(), None));
        self.open.push(Open { start, anchor, pairs, items: Vec::new() });
        true
    }

    fn close(&mut self) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let (kind, end) = match open.pairs {
            Some((pairs, _)) => {
                let end = pairs.last().map(|(_, node)| node.span);
                (NodeKind::Mapping(pairs), end)
            }
            None => {
                let end = open.items.last().map(|node| node.span);
                (NodeKind::Sequence(open.items), end)
            }
        };
        let span =
            end.filter(|it| it.end >= open.start.start).map_or(open.start, |it| open.start.to(it));
        self.place(Node { span, kind }, open.anchor)
    }

    fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close();
        }
    }

    fn alias(&mut self, id: usize, at: YamlSpan) -> bool {
        let span = self.places.span(at);
        let Some((_, node)) = self.anchors.iter().find(|(it, _)| *it == id) else {
            self.problems.push(
                Diagnostic::error(
                    &YAML_ERROR,
                    span,
                    "an alias stands inside its own anchor",
                    "this never ends",
                )
                .with_help("write the value out"),
            );
            return false;
        };
        self.aliased += node.size();
        if self.aliased > MAX_ALIASED {
            let label = format!("aliases add more than {MAX_ALIASED} values to this document");
            self.problems.push(
                Diagnostic::error(&TOO_LARGE, span, "aliases multiply without bound", label)
                    .with_help("write the values out"),
            );
            return false;
        }
        // The copy keeps the places of the anchor: that is where the author wrote the value.
        let node = node.clone();
        self.place(node, 0)
    }

    /// Puts a finished node into its parent.
    fn place(&mut self, node: Node, anchor: usize) -> bool {
        if anchor != 0 {
            self.anchors.push((anchor, node.clone()));
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return true;
        };
        let Some((pairs, waiting)) = &mut parent.pairs else {
            parent.items.push(node);
            return true;
        };
        let Some(key) = waiting.take() else {
            let text = match &node.kind {
                NodeKind::Scalar(it) => it.text().into_owned(),
                _ => {
                    self.problems.push(
                        Diagnostic::error(
                            &YAML_ERROR,
                            node.span,
                            "a key that is not a word",
                            "keys are plain text",
                        )
                        .with_help("put the key in quotes"),
                    );
                    return false;
                }
            };
            *waiting = Some(Spanned::new(text, node.span));
            return true;
        };
        if key.value == "<<" && matches!(node.kind, NodeKind::Mapping(_)) {
            if let NodeKind::Mapping(merged) = node.kind {
                for (key, value) in merged {
                    if !pairs.iter().any(|(it, _)| it.value == key.value) {
                        pairs.push((key, value));
                    }
                }
            }
            return true;
        }
        if let Some((first, _)) = pairs.iter().find(|(it, _)| it.value == key.value) {
            self.problems.push(
                Diagnostic::error(
                    &DUPLICATE_KEY,
                    key.span,
                    format!("the key `{}` stands twice in one mapping", key.value),
                    "only one of the two can count",
                )
                .with_label(first.span, "first written here")
                .with_help("join the two, or use `|all` or a second selection"),
            );
            return true;
        }
        pairs.push((key, node));
        true
    }
}
