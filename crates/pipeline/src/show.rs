//! A rule on its way, as text in which a difference shows.

use lower::{Detection, Item};

use crate::rule::{Body, Subject};

/// The rule as lines: log source, items, state and what else steps can change.
pub fn print(it: &Subject) -> String {
    let mut res = String::new();
    let mut line = |text: String| {
        res.push_str(&text);
        res.push('\n');
    };
    match &it.body {
        Body::Rule(draft) => {
            line(format!("log source {}", it.logsource.key()));
            for (name, detection) in &draft.selections {
                line(format!("{}:", name.value));
                items(detection, 1, &mut line);
            }
            for (name, detection) in draft.filters.iter().flat_map(|it| &it.selections) {
                line(format!("{} of a filter:", name.value));
                items(detection, 1, &mut line);
            }
            for (detection, negated) in &draft.also {
                line(if *negated { "and none of:" } else { "and always:" }.to_owned());
                items(detection, 1, &mut line);
            }
        }
        Body::Correlation(ast, _) => {
            let names: Vec<&str> = ast.group_by.iter().map(|it| it.value.as_str()).collect();
            line(format!("group-by: {}", names.join(", ")));
            for alias in &ast.aliases {
                for (rule, field) in &alias.fields {
                    let (alias, rule) = (&alias.name.value, &rule.value);
                    line(format!("alias {alias} of {rule}: {}", field.value));
                }
            }
            if let Some(syntax::CorrelationConditionAst::Compare(compare)) = &ast.condition {
                for field in &compare.fields {
                    line(format!("condition on: {}", field.value));
                }
            }
        }
    }
    if !it.meta.fields.is_empty() {
        line(format!("fields: {}", it.meta.fields.join(", ")));
    }
    for (key, value) in &it.custom {
        line(format!("attribute {key}: {value}"));
    }
    for (key, value) in &it.state {
        line(format!("state {key}: {value}"));
    }
    res
}

fn items(it: &Detection, depth: usize, line: &mut dyn FnMut(String)) {
    let indent = "  ".repeat(depth);
    match it {
        Detection::All(parts) | Detection::Any(parts) => {
            let word = match it {
                Detection::All(_) => "all of",
                _ if parts.is_empty() => "nothing",
                _ => "any of",
            };
            line(format!("{indent}{word}"));
            parts.iter().for_each(|it| items(it, depth + 1, line));
        }
        Detection::Item(it) => item(it, &indent, line),
    }
}

fn item(it: &Item, indent: &str, line: &mut dyn FnMut(String)) {
    ir::print(&it.expr()).lines().for_each(|it| line(format!("{indent}{it}")));
}
