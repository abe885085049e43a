//! Conditions as a tree.

use std::collections::BTreeMap;

use pest::Parser;
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "falco/condition.pest"]
struct ConditionParser;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All parts.
    All(Vec<Condition>),
    /// Any part.
    Any(Vec<Condition>),
    /// Not the part.
    Not(Box<Condition>),
    /// One comparison.
    Test(Comparison),
    /// A macro, by its name.
    Macro(String),
}

impl Condition {
    /// Puts macros in place of their names; the name of one that is not known is an error.
    pub fn expand(&mut self, macros: &BTreeMap<String, Condition>) -> Result<(), String> {
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter_mut().try_for_each(|it| it.expand(macros))
            }
            Condition::Not(part) => part.expand(macros),
            Condition::Test(_) => Ok(()),
            Condition::Macro(name) => {
                *self = macros.get(name).ok_or_else(|| name.clone())?.clone();
                Ok(())
            }
        }
    }
}

/// A field, an operator, and what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// `tolower` and the like.
    pub transform: Option<String>,
    /// The field, with its argument: `proc.args[0]`.
    pub field: String,
    /// The operator.
    pub operator: String,
    /// One value, several for `in`, none for `exists`.
    pub values: Vec<Operand>,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A quoted string, unescaped.
    Quoted(String),
    /// A bare word.
    Bare(String),
    /// `val(field)`
    Field(String),
}

/// A field's name and argument.
pub fn split(field: &str) -> (&str, Option<&str>) {
    match field.strip_suffix(']').and_then(|it| it.split_once('[')) {
        Some((name, argument)) => (name, Some(argument)),
        None => (field, None),
    }
}

/// Reads a condition.
pub fn parse(text: &str) -> Result<Condition, String> {
    let mut pairs = ConditionParser::parse(Rule::condition, text).map_err(|err| err.to_string())?;
    let any = pairs.next().and_then(|it| it.into_inner().next());
    any.map(build).ok_or_else(|| "an empty condition".to_owned())
}

fn build(pair: Pair<'_, Rule>) -> Condition {
    let many = |pair: Pair<'_, Rule>, wrap: fn(Vec<Condition>) -> Condition| {
        let parts =
            pair.into_inner().filter(|it| !matches!(it.as_rule(), Rule::kw_or | Rule::kw_and));
        let mut parts: Vec<Condition> = parts.map(build).collect();
        if parts.len() == 1 { parts.remove(0) } else { wrap(parts) }
    };
    match pair.as_rule() {
        Rule::any => many(pair, Condition::Any),
        Rule::all => many(pair, Condition::All),
        Rule::not => {
            let (negations, inner): (Vec<_>, Vec<_>) =
                pair.into_inner().partition(|it| it.as_rule() == Rule::negation);
            let res = inner.into_iter().next().map_or(Condition::Any(Vec::new()), build);
            if negations.len() % 2 == 1 { Condition::Not(Box::new(res)) } else { res }
        }
        Rule::macro_name => Condition::Macro(pair.as_str().to_owned()),
        _ => Condition::Test(comparison(pair)),
    }
}

fn comparison(pair: Pair<'_, Rule>) -> Comparison {
    let mut res = Comparison {
        transform: None,
        field: String::new(),
        operator: String::new(),
        values: Vec::new(),
    };
    for it in pair.into_inner() {
        match it.as_rule() {
            Rule::field => {
                for part in it.into_inner() {
                    match part.as_rule() {
                        Rule::transform => res.transform = Some(part.as_str().to_owned()),
                        _ => res.field = part.as_str().to_owned(),
                    }
                }
            }
            Rule::exists => res.operator = "exists".to_owned(),
            _ => {
                for part in it.into_inner() {
                    match part.as_rule() {
                        Rule::value => res.values.extend(part.into_inner().next().map(operand)),
                        _ => res.operator = part.as_str().to_owned(),
                    }
                }
            }
        }
    }
    res
}

fn operand(pair: Pair<'_, Rule>) -> Operand {
    let text = pair.as_str();
    match pair.as_rule() {
        Rule::string => Operand::Quoted(unescape(&text[1..text.len() - 1])),
        Rule::val => Operand::Field(
            pair.into_inner().next().map_or(String::new(), |it| it.as_str().to_owned()),
        ),
        _ => Operand::Bare(text.to_owned()),
    }
}

fn unescape(text: &str) -> String {
    let mut res = String::new();
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        match (ch, ch == '\\') {
            (_, true) => res.push(match chars.next() {
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(it) => it,
                None => '\\',
            }),
            _ => res.push(ch),
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let text = "evt.type in (\"execve\") and not (proc.args[0] = \"a\\\"b\" or fd.rport < 5)";
        let Ok(Condition::All(parts)) = parse(text) else { panic!() };
        let Condition::Test(first) = &parts[0] else { panic!() };
        assert_eq!((first.operator.as_str(), first.values.len()), ("in", 1));
        assert!(matches!(&parts[1], Condition::Not(_)));
        let Condition::Not(inner) = &parts[1] else { panic!() };
        let Condition::Any(inner) = &**inner else { panic!() };
        let Condition::Test(test) = &inner[0] else { panic!() };
        assert_eq!(test.values, [Operand::Quoted("a\"b".to_owned())]);
        assert_eq!(split(&test.field), ("proc.args", Some("0")));
    }

    #[test]
    fn what_the_loader_refuses_is_refused() {
        for text in [
            "proc.name = \"a\\d\"",
            "proc.name not in (\"a\")",
            "!proc.name = \"a\"",
            "proc.name = \"a",
            "proc.name = \"a\nb\"",
            "proc.name icontains",
            "(proc.name = \"a\"",
            "AND proc.name = a",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
