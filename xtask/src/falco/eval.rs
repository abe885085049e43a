//! Conditions evaluated as Falco does: a missing field fails every comparison, `!=` too.

use std::net::IpAddr;

use ir::Net;
use serde_json::{Map, Value};

use super::check::posix;
use super::condition::{Comparison, Condition, Operand, split};

/// Whether a condition is true of an event; fields as Falco fills them, by name with argument.
pub fn holds(condition: &Condition, event: &Map<String, Value>) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|it| holds(it, event)),
        Condition::Any(parts) => parts.iter().any(|it| holds(it, event)),
        Condition::Not(part) => !holds(part, event),
        Condition::Test(it) => test(it, event),
        // Put in before.
        Condition::Macro(_) => false,
    }
}

/// A field's text. An element of `proc.args` past the last is empty, as the engine has it.
fn field(name: &str, event: &Map<String, Value>) -> Option<String> {
    let text = |it: &Value| match it {
        Value::String(it) => it.clone(),
        it => it.to_string(),
    };
    match event.get(name) {
        Some(Value::Array(_) | Value::Null) => None,
        Some(it) => Some(text(it)),
        None if split(name).0 == "proc.args" => Some(String::new()),
        None => {
            // The network of an address is asked under a name of its own.
            let other = name.strip_suffix("net").map(|it| format!("{it}ip"))?;
            event.get(&other).map(text)
        }
    }
}

fn test(it: &Comparison, event: &Map<String, Value>) -> bool {
    let Some(mut text) = field(&it.field, event) else { return false };
    match it.transform.as_deref() {
        Some("tolower") => text.make_ascii_lowercase(),
        Some("toupper") => text.make_ascii_uppercase(),
        Some("basename") => text = text.rsplit('/').next().unwrap_or_default().to_owned(),
        _ => {}
    }
    if it.operator == "exists" {
        return true;
    }
    it.values.iter().any(|value| {
        let wanted = match value {
            Operand::Quoted(it) | Operand::Bare(it) => Some(it.clone()),
            Operand::Field(name) => field(name, event),
        };
        wanted.is_some_and(|wanted| compare(&it.operator, &text, &wanted))
    })
}

fn compare(operator: &str, text: &str, wanted: &str) -> bool {
    let low = str::to_ascii_lowercase;
    let numbers = || Some((text.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
    match operator {
        "=" | "==" | "in" => match Net::parse(wanted).filter(|_| wanted.contains('/')) {
            Some(net) if text.parse::<IpAddr>().is_ok() => net.contains(text),
            _ => text == wanted || numbers().is_some_and(|(a, b)| a == b),
        },
        "!=" => text != wanted,
        "<" => numbers().is_some_and(|(a, b)| a < b),
        "<=" => numbers().is_some_and(|(a, b)| a <= b),
        ">" => numbers().is_some_and(|(a, b)| a > b),
        ">=" => numbers().is_some_and(|(a, b)| a >= b),
        "contains" => text.contains(wanted),
        "icontains" => low(text).contains(&low(wanted)),
        "startswith" => text.starts_with(wanted),
        "endswith" => text.ends_with(wanted),
        "glob" => fnmatch(wanted, text),
        "iglob" => fnmatch(&low(wanted), &low(text)),
        "regex" => posix(wanted).is_ok_and(|it| it.is_match(text)),
        _ => false,
    }
}

/// fnmatch without flags: `*` and `?` cross `/`, `\` escapes, `[...]` is a set.
fn fnmatch(pattern: &str, text: &str) -> bool {
    let mut regex = String::from(r"(?s)\A");
    let mut chars = pattern.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '\\' => {
                let next = chars.next().unwrap_or('\\');
                regex.push_str(&regex::escape(&next.to_string()));
            }
            '[' => {
                regex.push('[');
                if chars.peek() == Some(&'!') {
                    chars.next();
                    regex.push('^');
                }
                for it in chars.by_ref().take_while(|it| *it != ']') {
                    regex.push(it);
                }
                regex.push(']');
            }
            it => regex.push_str(&regex::escape(&it.to_string())),
        }
    }
    regex.push_str(r"\z");
    regex::Regex::new(&regex).is_ok_and(|it| it.is_match(text))
}
