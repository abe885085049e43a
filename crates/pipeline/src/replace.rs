//! Steps on single values: texts replaced, mapped, turned into expressions, numbers or other case.

use std::sync::Arc;

use ir::{Case, Cmp, Number, Part, Pattern, Predicate, Regex};
use source::Span;

use crate::apply::{Done, problem};
use crate::codes::{CANNOT_CHANGE, LIMIT};
use crate::limits;
use crate::model::{Action, Letters, Method, Replace, Step};
use crate::pattern::{parse, plain, spelled};

/// What a step makes of a form of a value.
pub fn form(step: &Step, form: &Predicate, span: Span) -> Done<Option<Vec<Predicate>>> {
    let one = |it| Ok(Some(vec![it]));
    match (&step.action, form) {
        (Action::SetValue(value), _) => Ok(Some(value.forms.clone())),
        (Action::Replace(it), Predicate::Text(pattern, case)) => {
            let new = replaced(step, it, pattern, span)?;
            Ok(new.map(|it| vec![Predicate::Text(it, *case)]))
        }
        (Action::Replace(it), Predicate::Number(Cmp::Eq, number)) => {
            let text = Pattern::literal(number.to_string());
            let new = replaced(step, it, &text, span)?;
            Ok(new.map(|it| vec![Predicate::Text(it, Case::Insensitive)]))
        }
        (Action::MapText(mapping), Predicate::Text(pattern, case)) => {
            let text = plain(pattern);
            let found = mapping.iter().find(|it| it.0 == text);
            let new = |it: &String| Predicate::Text(lower::parse_pattern(it, false), *case);
            Ok(found.map(|it| it.1.iter().map(new).collect()))
        }
        (Action::Regex(method), Predicate::Text(pattern, case)) => {
            regex(step, *method, pattern, *case, span).map(|it| it.map(|it| vec![it]))
        }
        (Action::ToText, Predicate::Number(Cmp::Eq, number)) => {
            one(Predicate::Text(Pattern::literal(number.to_string()), Case::Insensitive))
        }
        (Action::ToNumber, Predicate::Text(pattern, _)) => match number(&plain(pattern)) {
            Some(it) => one(Predicate::Number(Cmp::Eq, it)),
            None => {
                let message = format!("`{}` is no number", plain(pattern));
                let label = "the pipeline makes numbers of these values";
                Err(problem(&CANNOT_CHANGE, step, span, message, label))
            }
        },
        (Action::Case(letters), Predicate::Text(pattern, case)) => {
            let part = |it: &Part| match it {
                Part::Literal(it) => Part::Literal(letters.of(it)),
                it => it.clone(),
            };
            one(Predicate::Text(Pattern::new(pattern.parts().iter().map(part)), *case))
        }
        _ => Ok(None),
    }
}

impl Letters {
    fn of(self, text: &str) -> String {
        match self {
            Letters::Lower => text.to_lowercase(),
            Letters::Upper => text.to_uppercase(),
            Letters::Snake => {
                let mut res = String::new();
                for (at, ch) in text.char_indices() {
                    if at > 0 && ch.is_ascii_uppercase() {
                        res.push('_');
                    }
                    res.extend(ch.to_lowercase());
                }
                res
            }
        }
    }
}

/// A number as Python reads one: blanks around it and a sign are fine.
pub fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|ch: char| ch.is_ascii_digit() || ch == '.') {
        return None;
    }
    if let Ok(it) = text.parse() {
        return Some(Number::Int(it));
    }
    let float: f64 = text.parse().ok()?;
    Number::from_f64(float).filter(|_| float.is_finite())
}

/// The pattern with what the expression finds replaced; `None` when it finds nothing.
fn replaced(step: &Step, it: &Replace, pattern: &Pattern, span: Span) -> Done<Option<Pattern>> {
    let too_long = || {
        let message = "the text becomes too long";
        let label = format!("at most {} bytes are allowed", limits::BYTES);
        problem(&LIMIT, step, span, message, label)
    };
    let mut found = false;
    if it.skip_special {
        let mut parts = Vec::new();
        for part in pattern.parts() {
            let Part::Literal(text) = part else {
                parts.push(part.clone());
                continue;
            };
            found |= it.pattern.is_match(text);
            let new = it.replacement.replace(&it.pattern, text, limits::BYTES);
            let new = new.ok_or_else(too_long)?;
            match it.interpret_special {
                true => parts.extend(lower::parse_pattern(&new, false).parts().to_vec()),
                false => parts.push(Part::Literal(new)),
            }
        }
        return Ok(found.then(|| Pattern::new(parts)));
    }
    let (text, places) = spelled(pattern);
    let placeholders = pattern.placeholders().next().is_some();
    let mut parts = Vec::new();
    let mut waiting = String::new();
    let mut next = 0;
    // What no match touches keeps what it is; the rest is read anew.
    let mut keep = |from: usize, to: usize, waiting: &mut String, parts: &mut Vec<Part>| {
        while let Some((start, end, part)) = places.get(next) {
            if *start >= to {
                break;
            }
            if *start >= from && *end <= to {
                parts.extend(parse(&std::mem::take(waiting), placeholders));
                parts.push(part.clone());
            } else if *end > from {
                waiting.push_str(text.get((*start).max(from)..(*end).min(to)).unwrap_or_default());
            }
            if *end > to {
                break;
            }
            next += 1;
        }
    };
    let mut at = 0;
    let mut bytes = 0;
    for captures in it.pattern.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        found = true;
        keep(at, whole.start(), &mut waiting, &mut parts);
        let new = it.replacement.expand(&captures);
        bytes += new.len();
        if bytes > limits::BYTES {
            return Err(too_long());
        }
        waiting.push_str(&new);
        at = whole.end();
    }
    keep(at, text.len(), &mut waiting, &mut parts);
    parts.extend(parse(&waiting, placeholders));
    Ok(found.then(|| Pattern::new(parts)))
}

/// The pattern as a regular expression that finds the same.
fn regex(
    step: &Step,
    method: Method,
    pattern: &Pattern,
    case: Case,
    span: Span,
) -> Done<Option<Predicate>> {
    if pattern.parts().is_empty() {
        return Ok(None);
    }
    if let Some(name) = pattern.placeholders().next() {
        let message = format!("the placeholder `%{name}%` can't be part of a regular expression");
        let label = "fill it in a step before";
        return Err(problem(&CANNOT_CHANGE, step, span, message, label));
    }
    // `cased` stands, whatever the step says of case.
    let method = if case == Case::Sensitive { Method::Plain } else { method };
    let parts = pattern.parts();
    let mut text = String::new();
    if parts.first() != Some(&Part::Run) {
        text.push('^');
    }
    for (at, part) in parts.iter().enumerate() {
        match part {
            // A search finds what stands anywhere; an open end needs nothing.
            Part::Run if at == 0 || at + 1 == parts.len() => {}
            Part::Run => text.push_str(".*"),
            Part::One => text.push('.'),
            Part::Literal(it) if method == Method::Brackets => {
                it.chars().for_each(|ch| bracketed(ch, &mut text));
            }
            Part::Literal(it) => text.push_str(&regex_syntax::escape(it)),
            Part::Placeholder(_) => {}
        }
    }
    if parts.last() != Some(&Part::Run) {
        text.push('$');
    }
    if text.is_empty() {
        text.push_str(".*");
    }
    match Regex::new(&text, method == Method::Flag, false, true) {
        Ok(it) => Ok(Some(Predicate::Regex(Arc::new(it)))),
        Err(err) => {
            let label = "the pipeline makes a regular expression of it";
            Err(problem(&CANNOT_CHANGE, step, span, err.message, label))
        }
    }
}

/// A character and those that differ from it in case only.
fn bracketed(ch: char, res: &mut String) {
    if ch.is_ascii_alphabetic() {
        res.push_str(&format!("[{}{}]", ch.to_ascii_lowercase(), ch.to_ascii_uppercase()));
    } else if ch.is_alphabetic() && !matches!(ch, '\u{212a}' | '\u{17f}') {
        res.push_str(&format!("(?i:{ch})"));
    } else {
        res.push_str(&regex_syntax::escape(&ch.to_string()));
    }
}
