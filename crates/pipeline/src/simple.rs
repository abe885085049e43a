//! Templates without a language: `str.format` for queries, `$name` for conditions.

use diagnostic::Diagnostic;
use minijinja::Value;
use source::Span;
use syntax::{Node, NodeKind, Scalar};

use crate::apply::{Done, problem};
use crate::codes::CANNOT_CHANGE;
use crate::limits;
use crate::model::Step;
use crate::rule::Subject;

/// A template as `str.format` reads one.
#[derive(Debug, Clone, PartialEq)]
pub struct Simple(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Hole { path: Vec<Key>, spec: Spec },
}

#[derive(Debug, Clone, PartialEq)]
enum Key {
    Name(String),
    At(usize),
}

/// How a text is laid out in a hole.
#[derive(Debug, Clone, PartialEq)]
struct Spec {
    fill: char,
    align: char,
    width: usize,
    most: Option<usize>,
}

impl Simple {
    /// Reads a template; the error is a sentence without its full stop.
    pub fn parse(text: &str) -> Result<Simple, String> {
        let mut res = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(ch) = rest.chars().next() {
            let doubled = rest.get(1..).is_some_and(|it| it.starts_with(ch));
            match ch {
                '{' | '}' if doubled => {
                    plain.push(ch);
                    rest = &rest[2..];
                }
                '{' => {
                    let (hole, after) = rest[1..].split_once('}').ok_or("a `{` is not closed")?;
                    res.push(Piece::Text(std::mem::take(&mut plain)));
                    res.push(hole_of(hole)?);
                    rest = after;
                }
                '}' => return Err("a `}` is not opened".to_owned()),
                _ => {
                    plain.push(ch);
                    rest = &rest[ch.len_utf8()..];
                }
            }
        }
        res.push(Piece::Text(plain));
        Ok(Simple(res))
    }

    /// The template filled; the error is a sentence without its full stop.
    pub fn fill(&self, context: &Value) -> Result<String, String> {
        let mut res = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(it) => res.push_str(it),
                Piece::Hole { path, spec } => {
                    let mut value = context.clone();
                    let mut shown = String::new();
                    for key in path {
                        let next = match key {
                            Key::Name(it) => value.get_attr(it),
                            Key::At(at) => value.get_item(&Value::from(*at)),
                        };
                        match key {
                            Key::Name(it) => shown.push_str(&format!(".{it}")),
                            Key::At(at) => shown.push_str(&format!("[{at}]")),
                        }
                        value = next.ok().filter(|it| !it.is_undefined()).ok_or_else(|| {
                            format!("there is no `{}`", shown.trim_start_matches('.'))
                        })?;
                    }
                    let text = if value.is_none() { "None".to_owned() } else { value.to_string() };
                    res.push_str(&spec.lay_out(&text));
                }
            }
            if res.len() > limits::OUTPUT {
                return Err(format!("the text becomes longer than {} bytes", limits::OUTPUT));
            }
        }
        Ok(res)
    }
}

impl Spec {
    fn lay_out(&self, text: &str) -> String {
        let text: String = text.chars().take(self.most.unwrap_or(usize::MAX)).collect();
        let room = self.width.saturating_sub(text.chars().count());
        let (before, after) = match self.align {
            '>' => (room, 0),
            '^' => (room / 2, room - room / 2),
            _ => (0, room),
        };
        let fill = |count: usize| self.fill.to_string().repeat(count);
        format!("{}{text}{}", fill(before), fill(after))
    }
}

/// `name.attr[key]!s:spec`
fn hole_of(text: &str) -> Result<Piece, String> {
    let (path, spec) = text.split_once(':').unwrap_or((text, ""));
    let (path, conversion) = path.split_once('!').unwrap_or((path, "s"));
    if conversion != "s" {
        return Err(format!("the conversion `!{conversion}` is not known"));
    }
    let mut keys = Vec::new();
    let mut rest = path;
    loop {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = inner.split_once(']').ok_or("a `[` is not closed")?;
            keys.push(key.parse().map_or_else(|_| Key::Name(key.to_owned()), Key::At));
            rest = after;
        } else {
            let after_dot = rest.strip_prefix('.');
            let inner = after_dot.unwrap_or(rest);
            let end = inner.find(['.', '[']).unwrap_or(inner.len());
            let name = &inner[..end];
            if name.is_empty() || (after_dot.is_none() && !keys.is_empty()) {
                return Err(format!("`{{{text}}}` can't be read"));
            }
            // What begins so is Python's own, and no business of a template.
            if name.starts_with('_') {
                return Err(format!("`{name}` is not for templates"));
            }
            keys.push(Key::Name(name.to_owned()));
            rest = &inner[end..];
        }
        if rest.is_empty() {
            break;
        }
    }
    let known =
        matches!(&keys[0], Key::Name(it) if matches!(it.as_str(), "query" | "rule" | "pipeline"));
    if !known {
        return Err(format!("`{{{text}}}` is neither `query`, `rule` nor `pipeline`"));
    }
    Ok(Piece::Hole { path: keys, spec: spec_of(spec)? })
}

fn spec_of(text: &str) -> Result<Spec, String> {
    let unknown = || format!("the layout `:{text}` is not known");
    let mut chars: Vec<char> = text.chars().collect();
    if chars.last() == Some(&'s') {
        chars.pop();
    }
    let is_align = |it: Option<&char>| matches!(it, Some('<' | '>' | '^'));
    let (fill, align, from) = if is_align(chars.get(1)) {
        (chars[0], chars[1], 2)
    } else if is_align(chars.first()) {
        (' ', chars[0], 1)
    } else {
        (' ', '<', 0)
    };
    let rest: String = chars.iter().skip(from).collect();
    let (width, most) = rest.split_once('.').map_or((rest.as_str(), None), |(a, b)| (a, Some(b)));
    let number = |it: &str| -> Result<usize, String> {
        let it: usize = it.parse().map_err(|_| unknown())?;
        match it <= limits::WIDTH {
            true => Ok(it),
            false => Err(format!("a width of more than {} is not allowed", limits::WIDTH)),
        }
    };
    let width = if width.is_empty() { 0 } else { number(width)? };
    let most = most.map(number).transpose()?;
    Ok(Spec { fill, align, width, most })
}

/// The items of a step with `$category`, `$product` and `$service` filled in.
pub fn with_source(step: &Step, node: &Node, subject: &Subject) -> Done<Node> {
    let kind = match &node.kind {
        NodeKind::Scalar(Scalar::Text(it)) => {
            NodeKind::Scalar(Scalar::Text(substitute(step, it, node.span, subject)?))
        }
        NodeKind::Scalar(_) => node.kind.clone(),
        NodeKind::Sequence(items) => {
            let items = items.iter().map(|it| with_source(step, it, subject));
            NodeKind::Sequence(items.collect::<Done<_>>()?)
        }
        NodeKind::Mapping(pairs) => {
            let pairs =
                pairs.iter().map(|(key, it)| Ok((key.clone(), with_source(step, it, subject)?)));
            NodeKind::Mapping(pairs.collect::<Done<_>>()?)
        }
    };
    Ok(Node { span: node.span, kind })
}

fn substitute(step: &Step, text: &str, span: Span, subject: &Subject) -> Done<String> {
    let source = &subject.logsource;
    let mut res = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        res.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            res.push('$');
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('{').unwrap_or(rest);
        let word = |ch: char| !(ch.is_ascii_alphanumeric() || ch == '_');
        let name = &inner[..inner.find(word).unwrap_or(inner.len())];
        let braced = inner.len() != rest.len();
        let closed = !braced || inner[name.len()..].starts_with('}');
        let value = match name {
            "category" => &source.category,
            "product" => &source.product,
            "service" => &source.service,
            _ => {
                res.push('$');
                continue;
            }
        };
        if !closed {
            res.push('$');
            continue;
        }
        let Some(value) = value else {
            let message = format!("the rule's log source has no {name}");
            let label = "the pipeline adds a condition with it";
            let place = source.span.unwrap_or(subject.span);
            let mut it: Box<Diagnostic> = problem(&CANNOT_CHANGE, step, place, message, label);
            it.secondary[0].span = span;
            return Err(it);
        };
        res.push_str(value);
        rest = &inner[name.len() + usize::from(braced)..];
    }
    res.push_str(rest);
    Ok(res)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn filled(text: &str) -> Result<String, String> {
        let context = minijinja::context! {
            query => "q",
            rule => minijinja::context! { title => "t", tags => ["a", "b"], none => () },
            pipeline => minijinja::context! { state => minijinja::context! { index => "i" } },
        };
        Simple::parse(text)?.fill(&context)
    }

    /// Each as Python's `str.format` gives it.
    #[test]
    fn templates_are_str_formats() {
        for (text, wanted) in [
            ("a {query} b", "a q b"),
            ("{{{query}}}", "{q}"),
            ("{rule.title}/{rule.tags[1]}", "t/b"),
            ("{pipeline.state[index]}", "i"),
            ("[{query:>3}|{query:*^4}|{query:<2}|{rule.title!s:3s}]", "[  q|*q**|q |t  ]"),
            ("{rule.title:.0}", ""),
            ("{rule.none}", "None"),
        ] {
            assert_eq!(filled(text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        for (text, error) in [
            ("{rule.nothing}", "no `rule.nothing`"),
            ("{other}", "neither"),
            ("{query", "not closed"),
            ("query}", "not opened"),
            ("{query.__class__}", "not for templates"),
            ("{query!r}", "`!r`"),
            ("{query:>999999999}", "1000"),
            ("{query:,}", "layout"),
            ("{}", "can't be read"),
        ] {
            let found = filled(text).unwrap_err();
            assert!(found.contains(error), "{text}: {found}");
        }
    }
}
