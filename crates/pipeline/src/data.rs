//! A rule on its way as plain data, to be compared with what another implementation makes of it.

use ir::{Cmp, Predicate};
use lower::{Detection, Item};
use serde_json::{Map, Value as Json, json};

use crate::pattern::plain;
use crate::rule::{Body, Subject};

/// The rule as JSON: log source, selections, what was added, and what else steps can change.
pub fn data(it: &Subject) -> Json {
    let mut res = json!({
        "fields": it.meta.fields,
        "state": it.state,
        "custom": it.custom,
    });
    match &it.body {
        Body::Rule(draft) => {
            let source = &it.logsource;
            let parts = [&source.category, &source.product, &source.service];
            res["logsource"] = parts.iter().map(|it| it.as_deref()).collect();
            let selections = draft.selections.iter();
            let selections: Map<String, Json> =
                selections.map(|(name, it)| (name.value.clone(), tree(it))).collect();
            res["selections"] = Json::Object(selections);
            let also = draft.also.iter().map(|(it, negated)| json!([tree(it), negated]));
            res["also"] = also.collect();
        }
        Body::Correlation(ast, _) => {
            res["group_by"] = ast.group_by.iter().map(|it| it.value.as_str()).collect();
            let aliases = ast.aliases.iter().flat_map(|alias| {
                alias.fields.iter().map(|it| json!([alias.name.value, it.1.value]))
            });
            res["aliases"] = aliases.collect();
            res["condition"] = match &ast.condition {
                Some(syntax::CorrelationConditionAst::Compare(it)) => {
                    it.fields.iter().map(|it| it.value.as_str()).collect()
                }
                _ => json!([]),
            };
        }
    }
    res
}

fn tree(it: &Detection) -> Json {
    let (word, parts) = match it {
        Detection::Item(it) => return item(it),
        Detection::All(parts) => ("all", parts),
        Detection::Any(parts) => ("any", parts),
    };
    match parts.as_slice() {
        [one] => tree(one),
        many => json!({ word: many.iter().map(tree).collect::<Vec<_>>() }),
    }
}

fn item(it: &Item) -> Json {
    let mut values = Vec::new();
    for value in &it.values {
        values.extend(value.forms.iter().map(|form| asked(form, value.negated)));
    }
    let mut res = json!({ "field": it.field.as_deref(), "values": values });
    if it.all && values.len() > 1 {
        res["every"] = true.into();
    }
    if it.negated {
        res["negated"] = true.into();
    }
    res
}

fn asked(it: &Predicate, negated: bool) -> String {
    match it {
        Predicate::Text(it, _) => format!("text {}", plain(it)),
        Predicate::Number(Cmp::Eq, it) => format!("number {it}"),
        Predicate::Number(_, it) => format!("compare {it}"),
        Predicate::Bool(it) => format!("bool {it}"),
        Predicate::Null => "null".to_owned(),
        Predicate::Exists => format!("exists {}", !negated),
        Predicate::Regex(it) => {
            let flags = [(it.ignore_case(), 'i'), (it.multi_line(), 'm'), (it.dot_all(), 's')];
            let flags: String = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
            format!("regex {}/{flags}", it.text())
        }
        Predicate::Net(_) => "network".to_owned(),
        Predicate::Field(name, ..) => format!("field {name}"),
        Predicate::Time(..) => "time".to_owned(),
        Predicate::Query(it) => format!("query {}", it.with_field("{field}")),
    }
}
