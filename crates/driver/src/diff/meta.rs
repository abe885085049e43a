//! What is said about a rule, compared key by key.

use source::Spanned;
use syntax::{CorrelationAst, CorrelationConditionAst, Node, NodeKind, RuleAst};

use super::subject::{Subject, What, span};

/// A key whose value differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaChange {
    /// The key.
    pub key: String,
    /// What is gone: the old value, or entries of a list.
    pub removed: Vec<String>,
    /// What is new.
    pub added: Vec<String>,
    /// Whether it is a list.
    pub is_list: bool,
}

/// Every key of a rule but its detection and examples, with its values.
fn table(ast: &RuleAst) -> Vec<(String, Vec<String>, bool)> {
    let one = |it: &Option<Spanned<String>>| it.iter().map(|it| it.value.clone()).collect();
    let list = |it: &[Spanned<String>]| it.iter().map(|it| it.value.clone()).collect();
    let number = |it: Option<String>| it.into_iter().collect::<Vec<_>>();
    let related = ast.related.iter().map(|it| format!("{} {}", it.kind.value, it.id.value));
    let source = &ast.logsource;
    let schedule = ast.schedule.clone().unwrap_or_default();
    let mut res: Vec<(String, Vec<String>, bool)> = [
        ("title", one(&ast.title), false),
        ("id", one(&ast.id), false),
        ("name", one(&ast.name), false),
        ("related", related.collect(), true),
        ("taxonomy", one(&ast.taxonomy), false),
        ("status", one(&ast.status), false),
        ("level", one(&ast.level), false),
        ("risk_score", number(ast.risk_score.as_ref().map(|it| it.value.to_string())), false),
        ("version", number(ast.version.as_ref().map(|it| it.value.to_string())), false),
        ("description", one(&ast.description), false),
        ("license", one(&ast.license), false),
        ("author", one(&ast.author), false),
        ("references", list(&ast.references), true),
        ("date", one(&ast.date), false),
        ("modified", one(&ast.modified), false),
        ("logsource.category", one(&source.category), false),
        ("logsource.product", one(&source.product), false),
        ("logsource.service", one(&source.service), false),
        ("fields", list(&ast.fields), true),
        ("falsepositives", list(&ast.falsepositives), true),
        ("tags", list(&ast.tags), true),
        ("scope", list(&ast.scope), true),
        ("schedule.every", one(&schedule.every), false),
        ("schedule.lookback", one(&schedule.lookback), false),
        (
            "schedule.max_alerts",
            number(schedule.max_alerts.as_ref().map(|it| it.value.to_string())),
            false,
        ),
    ]
    .into_iter()
    .map(|(key, values, is_list)| (key.to_owned(), values, is_list))
    .collect();
    for (name, options) in &ast.targets {
        res.push((format!("targets.{}", name.value), vec![shown(options)], false));
    }
    for (name, value) in &ast.custom {
        res.push((name.value.clone(), vec![shown(value)], false));
    }
    res
}

/// What a correlation asks, key by key.
fn asked(ast: &CorrelationAst, text: &str) -> Vec<(String, Vec<String>, bool)> {
    let list = |it: &[Spanned<String>]| it.iter().map(|it| it.value.clone()).collect::<Vec<_>>();
    let aliases = ast.aliases.iter().map(|it| {
        let fields: Vec<String> = it
            .fields
            .iter()
            .map(|(rule, field)| format!("{}.{}", rule.value, field.value))
            .collect();
        format!("{} = {}", it.name.value, fields.join(" = "))
    });
    let condition = ast.condition.as_ref().map(|it| match it {
        CorrelationConditionAst::Compare(it) => {
            let number = |it: &syntax::BoundNumber| match it {
                syntax::BoundNumber::Whole(it) => it.to_string(),
                syntax::BoundNumber::Fraction(it) => it.to_string(),
            };
            let mut parts: Vec<String> =
                it.fields.iter().map(|it| format!("field {}", it.value)).collect();
            let rank = it.percentile.iter();
            parts.extend(rank.map(|it| format!("percentile {}", number(&it.value))));
            let bounds = it.bounds.iter();
            parts.extend(
                bounds.map(|(op, it)| format!("{} {}", op.value.word(), number(&it.value))),
            );
            parts.join(", ")
        }
        CorrelationConditionAst::Formula(_, span) => {
            let words = text.get(span.range()).unwrap_or_default().split_whitespace();
            words.collect::<Vec<_>>().join(" ")
        }
    });
    [
        ("type", ast.kind.iter().map(|it| it.value.word().to_owned()).collect(), false),
        ("rules", list(&ast.rules), true),
        ("group-by", list(&ast.group_by), true),
        ("timespan", ast.timespan.iter().map(|it| span(it.value)).collect(), false),
        ("aliases", aliases.collect(), true),
        ("condition", condition.into_iter().collect(), false),
        ("generate", ast.generate.iter().map(|it| it.value.to_string()).collect(), false),
    ]
    .into_iter()
    .map(|(key, values, is_list)| (key.to_owned(), values, is_list))
    .collect()
}

/// Everything that is compared key by key.
fn whole(it: &Subject<'_>) -> Vec<(String, Vec<String>, bool)> {
    let mut res = table(it.head());
    if let What::Correlation(found) = it.what {
        let text = it.state.sources.get(found.file).map_or("", |it| it.text());
        res.extend(asked(&found.ast, text));
    }
    res
}

/// The keys that differ, in a rule's usual order.
pub fn changes(old: &Subject<'_>, new: &Subject<'_>) -> Vec<MetaChange> {
    let (old, new) = (whole(old), whole(new));
    let gone = old.iter().filter(|(key, ..)| !new.iter().any(|(it, ..)| it == key));
    let mut res = Vec::new();
    for (key, after, is_list) in new.iter().chain(gone.clone()) {
        let empty = Vec::new();
        let before = old.iter().find(|(it, ..)| it == key).map_or(&empty, |(_, it, _)| it);
        let after = if gone.clone().any(|(it, ..)| it == key) { &empty } else { after };
        if before == after {
            continue;
        }
        let minus = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|it| !b.contains(it)).cloned().collect()
        };
        let (removed, added) = (minus(before, after), minus(after, before));
        res.push(MetaChange { key: key.clone(), removed, added, is_list: *is_list });
    }
    res
}

/// A value in one line, as JSON would have it.
fn shown(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar(it) => it.text().into_owned(),
        NodeKind::Sequence(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        NodeKind::Mapping(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", key.value, shown(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}
