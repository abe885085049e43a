//! From a YAML mapping to a written correlation or filter.

use diagnostic::{Diagnostic, nearest};
use source::{Span, Spanned};

use crate::codes::{BAD_TIMESPAN, CORRELATION_CONDITION, MISSING_KEY, UNKNOWN_TYPE, WRONG_KIND};
use crate::condition::{ConditionAst, parse_condition};
use crate::correlation::{
    AliasAst, BoundNumber, BoundOp, CompareAst, CorrelationAst, CorrelationConditionAst,
    CorrelationType, FilterAst, FilterRules, SeriesAst, StepAst,
};
use crate::keys::{CORRELATION_KEYS, SERIES_KEYS, STEP_KEYS, TIME_UNITS, is_key};
use crate::read::{Reader, Shape, head, read_head};
use crate::scalar::Scalar;
use crate::yaml::{Node, NodeKind};

/// The most events of one example.
const MAX_EVENTS: u64 = 100_000;
/// The longest span of time, in seconds: a thousand years.
const MAX_SPAN: u64 = 31_556_952_000;

/// Reads a correlation rule. `broken` as for a rule.
pub fn read_correlation(
    text: &str,
    node: &Node,
    broken: bool,
    problems: &mut Vec<Diagnostic>,
) -> CorrelationAst {
    let mut reader = Reader { text, problems };
    let head_part = read_head(&mut reader, node, Shape::Correlation);
    let mut res = CorrelationAst {
        head: head_part,
        span: node.span,
        kind: None,
        rules: Vec::new(),
        group_by: Vec::new(),
        timespan: None,
        aliases: Vec::new(),
        condition: None,
        generate: reader.flag(node, "generate"),
        fixtures: reader.series(node),
    };
    if !broken {
        reader.needs(node, &["title"], "rule");
    }
    let Some(section) = node.get("correlation") else { return res };
    let Some(pairs) = section.as_mapping() else {
        reader.wrong(section, "correlation", "a mapping");
        return res;
    };
    res.span = section.span;
    for (key, _) in pairs {
        if !is_key(CORRELATION_KEYS, &key.value) {
            reader.unknown_key(key, CORRELATION_KEYS, "correlation");
        }
    }
    res.kind = reader.kind(section);
    res.rules = reader.list(section, "rules");
    res.group_by = reader.list(section, "group-by");
    res.timespan = reader.timespan(section, "timespan");
    res.aliases = reader.aliases(section);
    res.condition = reader.correlation_condition(section, res.kind.as_ref().map(|it| it.value));
    res.generate = reader.flag(section, "generate").or(res.generate);
    if !broken {
        reader.complete(section, &res);
    }
    res
}

/// Reads a filter. `broken` as for a rule.
pub fn read_filter(
    text: &str,
    node: &Node,
    broken: bool,
    problems: &mut Vec<Diagnostic>,
) -> FilterAst {
    let mut reader = Reader { text, problems };
    let head_part = read_head(&mut reader, node, Shape::Filter);
    if !broken {
        reader.needs(node, &["title", "logsource"], "filter");
    }
    let section = node.get("filter").filter(|it| it.as_mapping().is_some());
    let rules = section.and_then(|it| it.get("rules"));
    let rules = match (section, rules) {
        (_, Some(Node { kind: NodeKind::Scalar(Scalar::Text(it)), .. })) if it == "any" => {
            FilterRules::Any
        }
        (Some(section), Some(_)) => FilterRules::These(reader.list(section, "rules")),
        (Some(section), None) => {
            if !broken {
                reader.needs(section, &["rules"], "filter");
            }
            FilterRules::These(Vec::new())
        }
        (None, _) => FilterRules::These(Vec::new()),
    };
    let conditions = match section.and_then(|it| it.get("condition")) {
        Some(Node { kind: NodeKind::Sequence(items), .. }) => {
            items.iter().map(|it| it.span).collect()
        }
        Some(it) => vec![it.span],
        None => Vec::new(),
    };
    let span = section.map_or(node.span, |it| it.span);
    FilterAst { head: head_part, span, rules, conditions }
}

/// The seconds of a span of time such as `90m`.
pub fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    let (_, size) = TIME_UNITS.iter().find(|(it, _)| *it == unit)?;
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(*size).filter(|it| *it <= MAX_SPAN)
}

impl Reader<'_> {
    /// Reports keys that are not there.
    fn needs(&mut self, node: &Node, keys: &[&str], what: &str) {
        for key in keys {
            if node.get(key).is_none() {
                self.missing(head(node.span), key, what);
            }
        }
    }

    fn missing(&mut self, span: Span, key: &str, what: &str) {
        self.problems.push(
            Diagnostic::error(
                &MISSING_KEY,
                span,
                format!("the {what} has no `{key}`"),
                "it means nothing without",
            )
            .with_help(format!("add `{key}:`")),
        );
    }

    fn flag(&mut self, node: &Node, key: &str) -> Option<Spanned<bool>> {
        let value = node.get(key)?;
        match value.kind {
            NodeKind::Scalar(Scalar::Bool(it)) => Some(Spanned::new(it, value.span)),
            _ => {
                self.wrong(value, key, "`true` or `false`");
                None
            }
        }
    }

    fn kind(&mut self, section: &Node) -> Option<Spanned<CorrelationType>> {
        let written = self.text_of(section, "type")?;
        let found = CorrelationType::ALL.into_iter().find(|it| it.word() == written.value);
        if found.is_none() {
            let words = CorrelationType::ALL.map(CorrelationType::word);
            let help = match nearest(&written.value, words) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", words.join(", ")),
            };
            self.problems.push(
                Diagnostic::error(
                    &UNKNOWN_TYPE,
                    written.span,
                    format!("unknown type of correlation `{}`", written.value),
                    "it decides what is counted or related",
                )
                .with_help(help),
            );
        }
        found.map(|it| Spanned::new(it, written.span))
    }

    fn timespan(&mut self, node: &Node, key: &str) -> Option<Spanned<u64>> {
        let written = self.text_of(node, key)?;
        match seconds(&written.value) {
            Some(0) if key == "timespan" => {}
            Some(it) => return Some(Spanned::new(it, written.span)),
            None => {}
        }
        let last = written.value.chars().last();
        let help = match last {
            Some('S' | 'H' | 'D' | 'W') => "units but `M`, months, are in lower case",
            Some('Y') => "years are `y`",
            _ => "write for example `90m`",
        };
        self.problems.push(
            Diagnostic::error(
                &BAD_TIMESPAN,
                written.span,
                format!("`{}` is not a span of time", written.value),
                "a whole number and one of s, m, h, d, w, M, y",
            )
            .with_help(help),
        );
        None
    }

    fn aliases(&mut self, section: &Node) -> Vec<AliasAst> {
        let Some(value) = section.get("aliases") else { return Vec::new() };
        let wanted = "a mapping from each alias to a mapping from rule to field";
        let Some(pairs) = value.as_mapping() else {
            self.wrong(value, "aliases", wanted);
            return Vec::new();
        };
        let mut res = Vec::new();
        for (name, body) in pairs {
            let Some(fields) = body.as_mapping() else {
                self.wrong(body, &name.value, "a mapping from rule to field");
                continue;
            };
            let fields = fields
                .iter()
                .filter_map(|(rule, it)| Some((rule.clone(), self.scalar_text(it, &rule.value)?)))
                .collect();
            res.push(AliasAst { name: name.clone(), fields });
        }
        res
    }

    fn correlation_condition(
        &mut self,
        section: &Node,
        kind: Option<CorrelationType>,
    ) -> Option<CorrelationConditionAst> {
        let value = section.get("condition")?;
        match &value.kind {
            NodeKind::Mapping(pairs) => {
                let it = self.compare(value, pairs);
                Some(CorrelationConditionAst::Compare(it))
            }
            NodeKind::Scalar(it @ Scalar::Text(_)) => {
                if kind.is_some_and(|it| !it.is_temporal()) {
                    self.wrong(value, "condition", "a mapping such as `gte: 10` for this type");
                    return None;
                }
                match parse_condition(self.text, value.span, &it.text()) {
                    Ok(it) => Some(CorrelationConditionAst::Formula(it, value.span)),
                    Err(problem) => {
                        self.problems.push(*problem);
                        None
                    }
                }
            }
            _ => {
                self.wrong(value, "condition", "a mapping such as `gte: 10`");
                None
            }
        }
    }

    fn compare(&mut self, node: &Node, pairs: &[(Spanned<String>, Node)]) -> CompareAst {
        let mut bounds = Vec::new();
        for (key, value) in pairs {
            if matches!(key.value.as_str(), "field" | "percentile") {
                continue;
            }
            let Some(op) = BoundOp::ALL.into_iter().find(|it| it.word() == key.value) else {
                let known = ["gt", "gte", "lt", "lte", "eq", "neq", "field", "percentile"];
                self.unknown(key, &known, "condition");
                continue;
            };
            if let Some(number) = self.number(value, &key.value) {
                bounds.push((Spanned::new(op, key.span), number));
            }
        }
        let percentile = node.get("percentile").and_then(|it| self.number(it, "percentile"));
        CompareAst { span: node.span, bounds, fields: self.list(node, "field"), percentile }
    }

    fn number(&mut self, node: &Node, key: &str) -> Option<Spanned<BoundNumber>> {
        let number = match &node.kind {
            NodeKind::Scalar(Scalar::Int(it, _)) => BoundNumber::Whole(*it),
            NodeKind::Scalar(Scalar::Float(it, _)) => BoundNumber::Fraction(*it),
            _ => {
                self.wrong(node, key, "a number");
                return None;
            }
        };
        Some(Spanned::new(number, node.span))
    }

    /// Reports what this type of correlation needs and does not have, or has and can't use.
    fn complete(&mut self, section: &Node, it: &CorrelationAst) {
        let start = head(section.span);
        let null = |it: &Node| matches!(it.kind, NodeKind::Scalar(Scalar::Null));
        for key in ["type", "timespan"] {
            if section.get(key).is_none_or(null) {
                self.missing(start, key, "correlation");
            }
        }
        let formula = matches!(it.condition, Some(CorrelationConditionAst::Formula(..)));
        if it.rules.is_empty() && !formula {
            let span = section.get("rules").map_or(start, |it| it.span);
            self.missing(span, "rules", "correlation");
        }
        let Some(kind) = it.kind.as_ref().map(|it| it.value) else { return };
        if section.get("condition").is_none() && !kind.is_temporal() {
            self.missing(start, "condition", "correlation");
        }
        let Some(CorrelationConditionAst::Compare(condition)) = &it.condition else { return };
        self.fits(kind, condition);
    }

    fn fits(&mut self, kind: CorrelationType, condition: &CompareAst) {
        let word = kind.word();
        let mut wrong = |span: Span, message: String, label: &str, help: &str| {
            self.problems.push(
                Diagnostic::error(&CORRELATION_CONDITION, span, message, label).with_help(help),
            );
        };
        let start = head(condition.span);
        if condition.bounds.is_empty() {
            wrong(
                start,
                "the condition compares nothing".to_owned(),
                "no number says when it holds",
                "add `gte:` and a number",
            );
        }
        let counts = kind.is_temporal()
            || matches!(kind, CorrelationType::EventCount | CorrelationType::ValueCount);
        for (op, number) in &condition.bounds {
            if counts && !matches!(number.value, BoundNumber::Whole(0..)) {
                wrong(
                    number.span,
                    format!("`{}` of `{word}` is not a count", op.value.word()),
                    "a count is a whole number, and not negative",
                    "write a whole number",
                );
            }
        }
        let uses_field = !kind.is_temporal() && kind != CorrelationType::EventCount;
        match condition.fields.as_slice() {
            [] if uses_field => wrong(
                start,
                format!("`{word}` needs a `field`"),
                "it does not say whose values are meant",
                "add `field:` with the name of a field of the events",
            ),
            [_, second, ..] if uses_field && kind != CorrelationType::ValueCount => wrong(
                second.span,
                format!("`{word}` takes one field"),
                "only `value_count` takes several",
                "write one correlation for each field",
            ),
            [field, ..] if !uses_field => wrong(
                field.span,
                format!("`{word}` has no use for `field`"),
                "it would have no effect",
                "remove `field`, or choose a type that begins with `value_`",
            ),
            _ => {}
        }
        if let Some(percentile) = &condition.percentile {
            let (value, span) = (percentile.value, percentile.span);
            let inside = match value {
                BoundNumber::Whole(it) => (0..=100).contains(&it),
                BoundNumber::Fraction(it) => (0.0..=100.0).contains(&it),
            };
            if kind != CorrelationType::ValuePercentile {
                wrong(
                    span,
                    format!("`{word}` has no use for `percentile`"),
                    "it would have no effect",
                    "remove it, or write `type: value_percentile`",
                );
            } else if !inside {
                wrong(
                    span,
                    "there is no such percentile".to_owned(),
                    "percentiles go from 0 to 100",
                    "write a number from 0 to 100",
                );
            }
        }
    }

    fn series(&mut self, node: &Node) -> Vec<SeriesAst> {
        let Some(value) = node.get("tests") else { return Vec::new() };
        let NodeKind::Sequence(items) = &value.kind else {
            self.wrong(value, "tests", "a list of `name`, `match` and `events`");
            return Vec::new();
        };
        let mut res = Vec::new();
        for item in items {
            for (key, _) in item.as_mapping().unwrap_or_default() {
                if !is_key(SERIES_KEYS, &key.value) {
                    self.unknown_key(key, SERIES_KEYS, "tests");
                }
            }
            let matches = match item.get("match").map(|it| &it.kind) {
                Some(NodeKind::Scalar(Scalar::Bool(it))) => Some(*it),
                _ => None,
            };
            let events = match item.get("events").map(|it| &it.kind) {
                Some(NodeKind::Sequence(it)) => Some(it),
                _ => None,
            };
            let (Some(matches), Some(events)) = (matches, events) else {
                self.wrong(
                    item,
                    "tests",
                    "a list of entries with `match: true` or `false` and a list `events`",
                );
                continue;
            };
            let name = self.text_of(item, "name").map(|it| it.value).unwrap_or_default();
            let steps: Vec<StepAst> = events.iter().filter_map(|it| self.step(it)).collect();
            let total: u64 = steps.iter().map(|it| u64::from(it.repeat)).sum();
            if total > MAX_EVENTS {
                self.wrong(item, "events", "at most 100,000 events, repeated ones included");
                continue;
            }
            res.push(SeriesAst { span: head(item.span), name, matches, events: steps });
        }
        res
    }

    fn step(&mut self, node: &Node) -> Option<StepAst> {
        for (key, _) in node.as_mapping().unwrap_or_default() {
            if !is_key(STEP_KEYS, &key.value) {
                self.unknown_key(key, STEP_KEYS, "events");
            }
        }
        let Some(event) = node.get("event").filter(|it| it.as_mapping().is_some()) else {
            self.problems.push(
                Diagnostic::error(
                    &WRONG_KIND,
                    head(node.span),
                    "an entry of `events` needs an `event`",
                    "a mapping with the fields of one event",
                )
                .with_help("write `- { at: 5s, event: { ... } }`"),
            );
            return None;
        };
        let at = self.timespan(node, "at").map(|it| it.value);
        let every = self.timespan(node, "every").map_or(0, |it| it.value);
        let repeat = match node.get("repeat") {
            Some(_) => self.whole(node, "repeat", 100_000)?.value,
            None => 1,
        };
        Some(StepAst { at, repeat, every, event: event.to_json() })
    }
}

/// The rules that a formula names, each once, in the order written. A part that speaks of many
/// rules at once names none.
pub fn formula_names(formula: &ConditionAst) -> Vec<Spanned<String>> {
    fn walk(it: &ConditionAst, res: &mut Vec<Spanned<String>>) {
        match it {
            ConditionAst::Any(parts) | ConditionAst::All(parts) => {
                parts.iter().for_each(|it| walk(it, res));
            }
            ConditionAst::Not(part) => walk(part, res),
            ConditionAst::Name(name) => {
                if !res.iter().any(|it| it.value == name.value) {
                    res.push(name.clone());
                }
            }
            ConditionAst::Of(..) => {}
        }
    }
    let mut res = Vec::new();
    walk(formula, &mut res);
    res
}
