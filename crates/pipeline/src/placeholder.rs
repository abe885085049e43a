//! Placeholders: `%name%` in values marked with `expand`.

use std::sync::Arc;

use ir::{Part, Pattern, Predicate, Query, QueryPart};
use lower::Item;
use serde_json::Value as Json;
use source::Span;

use crate::apply::{Done, Runner, problem};
use crate::codes::{BAD_VALUE, CANNOT_CHANGE, LIMIT, NO_VALUE, OUTSIDE};
use crate::limits;
use crate::model::{Action, Chosen, Source, Step};
use crate::pattern::plain;
use crate::table;
use crate::values;

impl Chosen {
    fn has(&self, name: &str) -> bool {
        let named = |list: &Vec<String>| list.iter().any(|it| it == name);
        self.include.as_ref().is_none_or(named) && !self.exclude.as_ref().is_some_and(named)
    }
}

/// The item with its placeholders filled, as far as the step is for them.
pub fn fill(runner: &Runner<'_>, step: &Step, item: &Item) -> Done<Option<Item>> {
    values::change(step, item, &|step, form, span| {
        let Predicate::Text(pattern, case) = form else { return Ok(None) };
        let chosen = match &step.action {
            Action::WildcardPlaceholders(it)
            | Action::ValuePlaceholders(it)
            | Action::QueryPlaceholders { chosen: it, .. }
            | Action::SourcePlaceholders { chosen: it, .. } => it,
            _ => return Ok(None),
        };
        if !pattern.placeholders().any(|it| chosen.has(it)) {
            return Ok(None);
        }
        if let Action::QueryPlaceholders { expression, mapping, .. } = &step.action {
            let [Part::Placeholder(name)] = pattern.parts() else {
                let message = format!("`{}` holds more than a placeholder", plain(pattern));
                let label =
                    "the pipeline looks it up with an expression, which takes a whole value";
                return Err(problem(&CANNOT_CHANGE, step, span, message, label));
            };
            let id = mapping.get(name).unwrap_or(name);
            if item.field.is_none() && expression.contains("{field}") {
                let message = "a keyword has no field that the expression could ask";
                return Err(problem(&CANNOT_CHANGE, step, span, message, "`{field}` is needed"));
            }
            return Ok(Some(vec![Predicate::Query(Arc::new(query(expression, id)))]));
        }
        let mut all: Vec<Vec<Part>> = vec![Vec::new()];
        for part in pattern.parts() {
            let choices = match part {
                Part::Placeholder(name) if chosen.has(name) => {
                    replacements(runner, step, name, span)?
                }
                it => vec![vec![it.clone()]],
            };
            if all.len().saturating_mul(choices.len()) > limits::EXPANSIONS {
                let message = "the placeholders of this value come to too many texts";
                let label = format!("at most {} are allowed", limits::EXPANSIONS);
                return Err(problem(&LIMIT, step, span, message, label));
            }
            all = all
                .iter()
                .flat_map(|it| choices.iter().map(|choice| [it.as_slice(), choice].concat()))
                .collect();
        }
        Ok(Some(all.into_iter().map(|it| Predicate::Text(Pattern::new(it), *case)).collect()))
    })
}

/// What takes the place of one placeholder.
fn replacements(runner: &Runner<'_>, step: &Step, name: &str, span: Span) -> Done<Vec<Vec<Part>>> {
    let parts = |text: &String| lower::parse_pattern(text, false).parts().to_vec();
    match &step.action {
        Action::WildcardPlaceholders(_) => Ok(vec![vec![Part::Run]]),
        Action::ValuePlaceholders(_) => {
            let Some(value) = runner.set.vars.get(name) else {
                let message = format!("the pipeline has no value for `%{name}%`");
                let label = "nothing could match it";
                let mut it = problem(&NO_VALUE, step, span, message, label);
                it.help = Some(format!("give `{name}` a list of values under `vars`"));
                return Err(it);
            };
            let texts = match &value.value {
                Json::Array(items) => items.iter().map(text).collect(),
                it => text(it).map(|it| vec![it]),
            };
            match texts {
                Some(it) => Ok(it.iter().map(parts).collect()),
                None => {
                    let message = format!("the values of `{name}` must be texts or numbers");
                    let label = "this is something else, or holds it";
                    Err(problem(&BAD_VALUE, step, value.span, message, label))
                }
            }
        }
        Action::SourcePlaceholders { source, .. } => {
            let known = runner.fetched.borrow().get(&step.kind.span).cloned();
            let fetched = match known {
                Some(it) => it,
                None => {
                    let it = fetch(runner, step, source);
                    runner.fetched.borrow_mut().insert(step.kind.span, it.clone());
                    it
                }
            };
            match fetched {
                Ok(it) => Ok(it.iter().map(parts).collect()),
                Err(message) => {
                    let message = format!("`%{name}%` can't be filled: {message}");
                    let label = "the pipeline asks for values from outside";
                    let mut it = problem(&OUTSIDE, step, span, message, label);
                    it.help = Some("see `rulec explain P007`".to_owned());
                    Err(it)
                }
            }
        }
        _ => Ok(Vec::new()),
    }
}

fn text(it: &Json) -> Option<String> {
    match it {
        Json::String(it) => Some(it.clone()),
        Json::Number(it) => Some(it.to_string()),
        Json::Bool(it) => Some(if *it { "True" } else { "False" }.to_owned()),
        _ => None,
    }
}

fn fetch(runner: &Runner<'_>, step: &Step, source: &Source) -> Result<Vec<String>, String> {
    let Action::SourcePlaceholders { form, .. } = &step.action else { return Ok(Vec::new()) };
    let text = match source {
        Source::File(path) => runner.outside.file(&step.path, path, limits::OUTSIDE)?,
        Source::Http(request) => runner.outside.http(request)?,
        Source::Command { command, timeout, most } => {
            runner.outside.command(command, *timeout, *most)?
        }
    };
    table::values(form, &text)
}

/// Checks an expression with `{field}` and `{id}`; the error is a sentence.
pub fn check_expression(text: &str) -> Result<(), String> {
    pieces(text, &mut |_| {}, &mut |name| match name {
        "field" | "id" => Ok(()),
        other => Err(format!("`{{{other}}}` is not filled in")),
    })
}

fn pieces(
    text: &str,
    literal: &mut dyn FnMut(char),
    hole: &mut dyn FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        let doubled = rest.get(1..).is_some_and(|it| it.starts_with(ch));
        match ch {
            '{' | '}' if doubled => {
                literal(ch);
                rest = &rest[2..];
            }
            '{' => {
                let (name, after) = rest[1..].split_once('}').ok_or("a `{` is not closed")?;
                hole(name)?;
                rest = after;
            }
            '}' => return Err("a `}` is not opened".to_owned()),
            _ => {
                literal(ch);
                rest = &rest[ch.len_utf8()..];
            }
        }
    }
    Ok(())
}

fn query(expression: &str, id: &str) -> Query {
    let parts = std::cell::RefCell::new(vec![QueryPart::Text(String::new())]);
    let text = |add: &str| {
        if let Some(QueryPart::Text(it)) = parts.borrow_mut().last_mut() {
            it.push_str(add);
        }
    };
    let field = || parts.borrow_mut().extend([QueryPart::Field, QueryPart::Text(String::new())]);
    // The expression was checked when the pipeline was read.
    let done = pieces(expression, &mut |ch| text(ch.encode_utf8(&mut [0; 4])), &mut |name| {
        if name == "field" {
            field()
        } else {
            text(id)
        }
        Ok(())
    });
    drop(done);
    Query(parts.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_hold_field_and_id_only() {
        assert!(check_expression("{field} in list({id}) {{}}").is_ok());
        for (text, error) in [("{x}", "not filled"), ("{id", "not closed"), ("id}", "not opened")] {
            assert!(check_expression(text).unwrap_err().contains(error), "{text}");
        }
        let QueryPart::Text(last) = query("{field} in {{{id}}}", "x").0.pop().unwrap() else {
            panic!("no text");
        };
        assert_eq!(last, " in {x}");
    }
}
