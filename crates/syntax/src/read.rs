//! From a YAML mapping to a written rule: every key typed, every slip reported.

use source::{Span, Spanned};

use diagnostic::{Diagnostic, nearest};

use crate::codes::{MISSING_KEY, MISTYPED_KEY, OLD_AGGREGATION, UNKNOWN_KEY, WRONG_KIND};
use crate::condition::parse_condition;
use crate::detection::{DetectionAst, ItemAst, Selection, SelectionAst};
use crate::keys::{
    CORRELATION_DOCUMENT_KEYS, FILTER_KEYS, FIXTURE_KEYS, Key, LOGSOURCE_KEYS, OUR_KEYS, RULE_KEYS,
    SCHEDULE_KEYS, SCHEDULE_UNITS, is_key, names,
};
use crate::rule::{FixtureAst, LogSourceAst, Related, RuleAst, ScheduleAst};
use crate::scalar::Scalar;
use crate::yaml::{Node, NodeKind};

/// Reads what stands under the name of a selection.
pub fn read_selection(
    text: &str,
    node: &Node,
    name: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Selection> {
    Reader { text, problems }.selection(node, name)
}

/// Reads a rule. `broken` says that the document ended in a syntax error, after which keys are
/// not reported as missing.
pub fn read_rule(text: &str, node: &Node, broken: bool, problems: &mut Vec<Diagnostic>) -> RuleAst {
    let mut reader = Reader { text, problems };
    let rule = read_head(&mut reader, node, Shape::Rule);
    if !broken {
        reader.required(node);
    }
    rule
}

/// Which kind of document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Rule,
    Correlation,
    Filter,
}

/// Reads the keys that all kinds of documents have, and what is left of a rule's own.
pub(crate) fn read_head(reader: &mut Reader<'_>, node: &Node, shape: Shape) -> RuleAst {
    let one = |reader: &mut Reader<'_>, key: &str| reader.text_of(node, key);
    RuleAst {
        span: node.span,
        title: one(reader, "title"),
        id: one(reader, "id"),
        name: one(reader, "name"),
        related: reader.related(node),
        taxonomy: one(reader, "taxonomy"),
        status: one(reader, "status"),
        description: one(reader, "description"),
        license: one(reader, "license"),
        author: one(reader, "author"),
        references: reader.list(node, "references"),
        date: one(reader, "date"),
        modified: one(reader, "modified"),
        logsource: reader.logsource(node),
        detection: match shape {
            Shape::Rule => reader.detection(node, "detection"),
            Shape::Filter => reader.detection(node, "filter"),
            Shape::Correlation => DetectionAst::default(),
        },
        fields: reader.list(node, "fields"),
        falsepositives: reader.list(node, "falsepositives"),
        level: one(reader, "level"),
        tags: reader.list(node, "tags"),
        scope: reader.list(node, "scope"),
        risk_score: reader
            .whole(node, "risk_score", 100)
            .map(|it| Spanned::new(it.value as u8, it.span)),
        version: reader.whole(node, "version", u32::MAX),
        schedule: reader.schedule(node),
        fixtures: if shape == Shape::Correlation { Vec::new() } else { reader.fixtures(node) },
        targets: reader.targets(node),
        custom: reader.custom(node, shape),
    }
}

pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    pub(crate) problems: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn required(&mut self, node: &Node) {
        let pairs = node.as_mapping().unwrap_or_default();
        for key in ["title", "logsource", "detection"] {
            if pairs.iter().any(|(it, _)| it.value == key) {
                continue;
            }
            // A mistyped key is reported as that, at its own place.
            let slip = pairs.iter().find(|(it, _)| {
                !is_key(RULE_KEYS, &it.value) && nearest(&it.value, [key]).is_some()
            });
            let span = slip.map_or_else(|| head(node.span), |(it, _)| it.span);
            let label = match slip {
                Some(_) => format!("did you mean `{key}`?"),
                None => "a rule needs `title`, `logsource` and `detection`".to_owned(),
            };
            self.problems.push(
                Diagnostic::error(&MISSING_KEY, span, format!("the rule has no `{key}`"), label)
                    .with_help(format!("add `{key}:`")),
            );
        }
    }

    pub(crate) fn wrong(&mut self, node: &Node, key: &str, wanted: &str) {
        self.problems.push(
            Diagnostic::error(
                &WRONG_KIND,
                node.span,
                format!("`{key}` must be {wanted}"),
                format!("this is {}", node.describe()),
            )
            .with_help(format!("write {wanted}")),
        );
    }

    pub(crate) fn scalar_text(&mut self, node: &Node, key: &str) -> Option<Spanned<String>> {
        match &node.kind {
            NodeKind::Scalar(Scalar::Null) => None,
            NodeKind::Scalar(it) => Some(Spanned::new(it.text().into_owned(), node.span)),
            _ => {
                self.wrong(node, key, "text");
                None
            }
        }
    }

    pub(crate) fn text_of(&mut self, node: &Node, key: &str) -> Option<Spanned<String>> {
        let value = node.get(key)?;
        self.scalar_text(value, key)
    }

    pub(crate) fn list(&mut self, node: &Node, key: &str) -> Vec<Spanned<String>> {
        let Some(value) = node.get(key) else { return Vec::new() };
        match &value.kind {
            NodeKind::Sequence(items) => {
                items.iter().filter_map(|it| self.scalar_text(it, key)).collect()
            }
            NodeKind::Scalar(Scalar::Null) => Vec::new(),
            NodeKind::Scalar(it) => vec![Spanned::new(it.text().into_owned(), value.span)],
            NodeKind::Mapping(_) => {
                self.wrong(value, key, "a list");
                Vec::new()
            }
        }
    }

    pub(crate) fn whole(&mut self, node: &Node, key: &str, most: u32) -> Option<Spanned<u32>> {
        let value = node.get(key)?;
        if let NodeKind::Scalar(Scalar::Int(number, _)) = value.kind
            && (0..=i128::from(most)).contains(&number)
        {
            return Some(Spanned::new(number as u32, value.span));
        }
        let wanted = if most == u32::MAX {
            "a whole number".to_owned()
        } else {
            format!("a whole number from 0 to {most}")
        };
        self.wrong(value, key, &wanted);
        None
    }

    fn related(&mut self, node: &Node) -> Vec<Related> {
        let Some(value) = node.get("related") else { return Vec::new() };
        let NodeKind::Sequence(items) = &value.kind else {
            self.wrong(value, "related", "a list of `id` and `type`");
            return Vec::new();
        };
        let mut res = Vec::new();
        for item in items {
            match (self.text_of(item, "id"), self.text_of(item, "type")) {
                (Some(id), Some(kind)) => res.push(Related { id, kind }),
                _ => self.wrong(item, "related", "a list of `id` and `type`"),
            }
        }
        res
    }

    fn logsource(&mut self, node: &Node) -> LogSourceAst {
        let Some(value) = node.get("logsource") else { return LogSourceAst::default() };
        let Some(pairs) = value.as_mapping() else {
            self.wrong(value, "logsource", "a mapping");
            return LogSourceAst::default();
        };
        let known: Vec<&str> = names(LOGSOURCE_KEYS).collect();
        let custom: Vec<_> =
            pairs.iter().filter(|(it, _)| !known.contains(&it.value.as_str())).cloned().collect();
        for (key, _) in &custom {
            if key.value != "definition" {
                self.near_miss(key, &known);
            }
        }
        let res = LogSourceAst {
            span: Some(value.span),
            category: self.text_of(value, "category"),
            product: self.text_of(value, "product"),
            service: self.text_of(value, "service"),
            custom,
        };
        if res.category.is_none() && res.product.is_none() && res.service.is_none() {
            self.problems.push(
                Diagnostic::error(
                    &MISSING_KEY,
                    value.span,
                    "the log source is empty",
                    "no events are named",
                )
                .with_help("set at least one of `category`, `product` and `service`"),
            );
        }
        res
    }

    fn near_miss(&mut self, key: &Spanned<String>, known: &[&str]) {
        if let Some(near) = nearest(&key.value, known.iter().copied()) {
            self.problems.push(
                Diagnostic::warning(
                    &MISTYPED_KEY,
                    key.span,
                    format!("unknown key `{}`", key.value),
                    format!("did you mean `{near}`?"),
                )
                .with_help(format!(
                    "write `{near}`, or choose a name less like it for a key of your own"
                )),
            );
        }
    }

    /// Reports a key that is none of `known`.
    pub(crate) fn unknown_key(
        &mut self,
        key: &Spanned<String>,
        known: &'static [Key],
        inside: &str,
    ) {
        let known: Vec<&str> = names(known).collect();
        self.unknown(key, &known, inside);
    }

    pub(crate) fn unknown(&mut self, key: &Spanned<String>, known: &[&str], inside: &str) {
        let help = match nearest(&key.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        self.problems.push(
            Diagnostic::error(
                &UNKNOWN_KEY,
                key.span,
                format!("unknown key `{}` in `{inside}`", key.value),
                "it would have no effect",
            )
            .with_help(help),
        );
    }

    fn custom(&mut self, node: &Node, shape: Shape) -> Vec<(Spanned<String>, Node)> {
        let pairs = node.as_mapping().unwrap_or_default();
        let own: &[&str] = match shape {
            Shape::Rule => &[],
            Shape::Correlation => CORRELATION_DOCUMENT_KEYS,
            Shape::Filter => &["filter"],
        };
        let known: Vec<&str> =
            names(RULE_KEYS).chain(names(OUR_KEYS)).chain(own.iter().copied()).collect();
        let custom: Vec<_> =
            pairs.iter().filter(|(it, _)| !known.contains(&it.value.as_str())).cloned().collect();
        for (key, _) in &custom {
            self.near_miss(key, &known);
        }
        custom
    }

    fn schedule(&mut self, node: &Node) -> Option<ScheduleAst> {
        let value = node.get("schedule")?;
        let Some(pairs) = value.as_mapping() else {
            self.wrong(value, "schedule", "a mapping");
            return None;
        };
        for (key, _) in pairs {
            if !is_key(SCHEDULE_KEYS, &key.value) {
                self.unknown_key(key, SCHEDULE_KEYS, "schedule");
            }
        }
        let mut span = |key: &str| {
            let found = self.text_of(value, key)?;
            let (digits, unit) = found.value.split_at(found.value.len().saturating_sub(1));
            let good = !digits.is_empty()
                && digits.bytes().all(|it| it.is_ascii_digit())
                && SCHEDULE_UNITS.contains(unit);
            if !good {
                self.problems.push(
                    Diagnostic::error(
                        &WRONG_KIND,
                        found.span,
                        format!("`{key}` must be a time span"),
                        "a number and one of s, m, h, d",
                    )
                    .with_help("write for example `5m`"),
                );
                return None;
            }
            Some(found)
        };
        let every = span("every");
        let lookback = span("lookback");
        Some(ScheduleAst { every, lookback, max_alerts: self.whole(value, "max_alerts", u32::MAX) })
    }

    fn fixtures(&mut self, node: &Node) -> Vec<FixtureAst> {
        let Some(value) = node.get("tests") else { return Vec::new() };
        let NodeKind::Sequence(items) = &value.kind else {
            self.wrong(value, "tests", "a list of `name`, `match` and `event`");
            return Vec::new();
        };
        let mut res = Vec::new();
        for item in items {
            for (key, _) in item.as_mapping().unwrap_or_default() {
                if !is_key(FIXTURE_KEYS, &key.value) {
                    self.unknown_key(key, FIXTURE_KEYS, "tests");
                }
            }
            let matches = match item.get("match").map(|it| &it.kind) {
                Some(NodeKind::Scalar(Scalar::Bool(it))) => Some(*it),
                _ => None,
            };
            let event = item.get("event").filter(|it| it.as_mapping().is_some());
            let (Some(matches), Some(event)) = (matches, event) else {
                self.wrong(
                    item,
                    "tests",
                    "a list of entries with `match: true` or `false` and an `event` mapping",
                );
                continue;
            };
            let name = self.text_of(item, "name").map(|it| it.value).unwrap_or_default();
            res.push(FixtureAst { span: head(item.span), name, matches, event: event.to_json() });
        }
        res
    }

    fn targets(&mut self, node: &Node) -> Vec<(Spanned<String>, Node)> {
        let Some(value) = node.get("targets") else { return Vec::new() };
        let Some(pairs) = value.as_mapping() else {
            self.wrong(value, "targets", "a mapping of target names");
            return Vec::new();
        };
        for (key, options) in pairs {
            if options.as_mapping().is_none() {
                self.wrong(options, &key.value, "a mapping of options");
            }
        }
        pairs.iter().filter(|(_, options)| options.as_mapping().is_some()).cloned().collect()
    }

    fn detection(&mut self, node: &Node, section: &str) -> DetectionAst {
        let Some(value) = node.get(section) else { return DetectionAst::default() };
        let Some(pairs) = value.as_mapping() else {
            self.wrong(value, section, "a mapping of selections and a `condition`");
            return DetectionAst::default();
        };
        let mut res = DetectionAst { span: Some(value.span), ..DetectionAst::default() };
        let mut has_condition = false;
        for (key, body) in pairs {
            match key.value.as_str() {
                "condition" => {
                    has_condition = true;
                    self.conditions(body, &mut res);
                }
                // The rules that a filter is for.
                name if section == "filter" && is_key(FILTER_KEYS, name) => {}
                "timeframe" => {
                    res.timeframe = Some(key.span);
                    self.problems.push(
                        Diagnostic::error(
                            &OLD_AGGREGATION,
                            key.span,
                            "`timeframe` was removed from Sigma",
                            "one event has no time frame, so this would have no effect",
                        )
                        .with_help(
                            "write a correlation rule with a `timespan` that names this rule",
                        ),
                    );
                }
                _ => {
                    if let Some(body) = self.selection(body, &key.value) {
                        res.selections.push(SelectionAst { name: key.clone(), body });
                    }
                }
            }
        }
        if !has_condition {
            let names: Vec<&str> = pairs.iter().map(|(it, _)| it.value.as_str()).collect();
            let slip = pairs.iter().find(|(it, _)| nearest(&it.value, ["condition"]).is_some());
            let span = slip.map_or(head(value.span), |(it, _)| it.span);
            self.problems.push(
                Diagnostic::error(
                    &MISSING_KEY,
                    span,
                    format!("the {section} has no `condition`"),
                    "it says how selections are joined",
                )
                .with_help(format!("add `condition:`; the selections are: {}", names.join(", "))),
            );
        }
        res
    }

    fn conditions(&mut self, node: &Node, res: &mut DetectionAst) {
        let items = match &node.kind {
            NodeKind::Sequence(items) => items.iter().collect(),
            _ => vec![node],
        };
        for item in items {
            let NodeKind::Scalar(value) = &item.kind else {
                self.wrong(item, "condition", "text or a list of texts");
                continue;
            };
            match parse_condition(self.text, item.span, &value.text()) {
                Ok(condition) => res.conditions.push(condition),
                Err(problem) => self.problems.push(*problem),
            }
        }
    }

    fn selection(&mut self, node: &Node, name: &str) -> Option<Selection> {
        match &node.kind {
            NodeKind::Mapping(pairs) => {
                let items = pairs.iter().filter_map(|(key, value)| self.item(key, value)).collect();
                Some(Selection::All(items))
            }
            NodeKind::Sequence(entries) => self.entries(entries, node.span, name),
            NodeKind::Scalar(Scalar::Null) => {
                self.wrong(node, name, "a mapping, a list or a keyword");
                None
            }
            NodeKind::Scalar(value) => {
                Some(keywords(vec![Spanned::new(value.clone(), node.span)], node.span, false))
            }
        }
    }

    /// A list: plain values in a row are one keyword list, everything else stands for itself.
    fn entries(&mut self, entries: &[Node], span: Span, name: &str) -> Option<Selection> {
        if entries.is_empty() {
            self.problems.push(
                Diagnostic::error(
                    &WRONG_KIND,
                    span,
                    format!("the selection `{name}` is an empty list"),
                    "it selects nothing",
                )
                .with_help("add an entry, or remove the selection"),
            );
            return None;
        }
        let mut parts = Vec::new();
        let mut words = Vec::new();
        for entry in entries {
            match &entry.kind {
                NodeKind::Scalar(value) => words.push(Spanned::new(value.clone(), entry.span)),
                _ => parts.extend(self.selection(entry, name)),
            }
        }
        if !words.is_empty() {
            let at = words[0].span;
            parts.insert(0, keywords(words, at, true));
        }
        if parts.len() == 1 { parts.pop() } else { Some(Selection::Any(parts)) }
    }

    fn item(&mut self, key: &Spanned<String>, value: &Node) -> Option<ItemAst> {
        let mut pieces = key.value.split('|');
        let field = pieces.next().unwrap_or_default();
        // Where a piece stands in the file: quotes shift it, escapes in a key are not expected.
        let place = |from: usize, len: usize| {
            crate::mark::inside(self.text, key.span, &key.value, from, from + len)
        };
        let mut at = field.len();
        let modifiers = pieces
            .map(|it| {
                let span = place(at + 1, it.len());
                at += 1 + it.len();
                Spanned::new(it.to_owned(), span)
            })
            .collect();
        let field_span = place(0, field.len());
        let (values, is_list) = match &value.kind {
            NodeKind::Scalar(it) => (vec![Spanned::new(it.clone(), value.span)], false),
            NodeKind::Sequence(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    match &item.kind {
                        NodeKind::Scalar(it) => values.push(Spanned::new(it.clone(), item.span)),
                        _ => {
                            self.wrong(item, &key.value, "a plain value");
                            return None;
                        }
                    }
                }
                (values, true)
            }
            NodeKind::Mapping(_) => {
                self.wrong(value, &key.value, "a plain value or a list of them");
                return None;
            }
        };
        Some(ItemAst {
            span: key.span,
            field: (!field.is_empty()).then(|| Spanned::new(field.to_owned(), field_span)),
            modifiers,
            values,
            is_list,
        })
    }
}

fn keywords(values: Vec<Spanned<Scalar>>, span: Span, is_list: bool) -> Selection {
    Selection::Keywords(ItemAst { span, field: None, modifiers: Vec::new(), values, is_list })
}

/// The first character of a span: where a message about a whole mapping points.
pub(crate) fn head(span: Span) -> Span {
    span.sub(0, 1)
}
