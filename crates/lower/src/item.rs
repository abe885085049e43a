//! One `field|modifiers: values` line to an item.

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{Anchor, Case, Cmp, Field, Net, Number, Part, Pattern, Predicate, Regex, TimePart};
use source::{Span, Spanned};
use syntax::{ItemAst, Scalar, ValueAst};

use crate::codes::{BAD_NETWORK, BAD_REGEX, MODIFIER_VALUE, TOO_MANY_DASHES};
use crate::draft::{self, Item};
use crate::encode::{self, MAX_DASHES};
use crate::modifier::{Modifier, resolve};
use crate::text::parse_pattern;

/// What the modifiers so far have made of a value.
#[derive(Debug, Clone)]
enum Value {
    /// Text: any of these patterns.
    Text(Vec<Pattern>, Case),
    /// Bytes that no text holds as such, waiting for `base64` or `base64offset`.
    Bytes(Vec<u8>, Case),
    Number(Number),
    Bool(bool),
    Null,
    Regex {
        text: String,
        flags: Vec<char>,
    },
    Net(Net),
    Compare(Option<TimePart>, Cmp, Number),
    Exists(bool),
    FieldRef(Arc<str>, Anchor, Case),
}

/// Lowers an item; `None` when something was wrong, which is then in `problems`.
pub fn item(item: &ItemAst, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Item> {
    let modifiers = resolve(&item.modifiers, item.field.is_some(), problems)?;
    let has = |wanted: Modifier| modifiers.iter().any(|it| it.value == wanted);
    let field = match &item.field {
        Some(it) => Field::Named(Arc::from(it.value.as_str())),
        None => Field::Anywhere,
    };
    let before = problems.len();
    let mut values = Vec::with_capacity(item.values.len());
    for value in &item.values {
        let lowered =
            apply(value, &modifiers, &field, text).and_then(|it| finish(it, value, &field, text));
        match lowered {
            Ok(value) => values.push(value),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.len() > before {
        return None;
    }
    Some(Item {
        field: item.field.as_ref().map(|it| Arc::from(it.value.as_str())),
        values,
        all: has(Modifier::All),
        negated: has(Modifier::Neq),
        span: item.span,
        steps: BTreeSet::new(),
    })
}

type Step<T> = Result<T, Box<Diagnostic>>;

fn apply(
    written: &ValueAst,
    modifiers: &[Spanned<Modifier>],
    field: &Field,
    text: &str,
) -> Step<Value> {
    let expand = modifiers.iter().any(|it| it.value == Modifier::Expand);
    let raw_text = modifiers
        .iter()
        .any(|it| matches!(it.value, Modifier::Re | Modifier::Cidr | Modifier::FieldRef));
    let mut value = match &written.value {
        Scalar::Text(it) if raw_text => {
            Value::Text(vec![Pattern::literal(it.as_str())], Case::Insensitive)
        }
        Scalar::Text(it) => Value::Text(vec![parse_pattern(it, expand)], Case::Insensitive),
        Scalar::Int(it, _) => Value::Number(Number::Int(*it)),
        Scalar::Float(it, _) => Number::from_f64(*it).map_or_else(
            || Value::Text(vec![Pattern::literal(it.to_string())], Case::Insensitive),
            Value::Number,
        ),
        Scalar::Bool(it) => Value::Bool(*it),
        Scalar::Null if matches!(field, Field::Anywhere) => {
            return Err(wrong(
                written,
                "a keyword can't be null",
                "there is no field to hold no value",
                "quote it, or name a field",
            ));
        }
        Scalar::Null => Value::Null,
    };
    for modifier in modifiers {
        value = step(value, modifier, written, text)?;
    }
    Ok(value)
}

fn wrong(
    written: &ValueAst,
    message: impl Into<String>,
    label: impl Into<String>,
    help: &str,
) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(&MODIFIER_VALUE, written.span, message, label).with_help(help))
}

fn mismatch(written: &ValueAst, modifier: &str, wanted: &str) -> Box<Diagnostic> {
    let label = format!("this is {}", written.value.describe());
    wrong(
        written,
        format!("`{modifier}` needs {wanted}"),
        label,
        &format!("write {wanted}, or remove the modifier"),
    )
}

/// One modifier on one value.
fn step(value: Value, modifier: &Spanned<Modifier>, written: &ValueAst, text: &str) -> Step<Value> {
    let name = text.get(modifier.span.range()).unwrap_or("this modifier");
    match modifier.value {
        Modifier::All | Modifier::Neq | Modifier::Expand => Ok(value),
        Modifier::Contains => anchor(value, name, written, true, true),
        Modifier::StartsWith => anchor(value, name, written, false, true),
        Modifier::EndsWith => anchor(value, name, written, true, false),
        Modifier::Cased => match value {
            Value::Text(it, _) => Ok(Value::Text(it, Case::Sensitive)),
            Value::FieldRef(it, anchor, _) => Ok(Value::FieldRef(it, anchor, Case::Sensitive)),
            Value::Bytes(it, _) => Ok(Value::Bytes(it, Case::Sensitive)),
            Value::Number(_) => {
                let pattern = Pattern::literal(written.value.text());
                Ok(Value::Text(vec![pattern], Case::Sensitive))
            }
            _ => Err(mismatch(written, name, "text")),
        },
        Modifier::Exists => match value {
            Value::Bool(it) => Ok(Value::Exists(it)),
            _ => Err(mismatch(written, name, "`true` or `false`")),
        },
        Modifier::Re => match value {
            Value::Text(..) => Ok(Value::Regex { text: written.value.text().into_owned(), flags: Vec::new() }),
            Value::Number(_) => Ok(Value::Regex { text: written.value.text().into_owned(), flags: Vec::new() }),
            _ => Err(mismatch(written, name, "text")),
        },
        Modifier::Flag(flag) => match value {
            Value::Regex { text, mut flags } => {
                flags.push(flag);
                Ok(Value::Regex { text, flags })
            }
            _ => Err(mismatch(written, name, "a regular expression")),
        },
        Modifier::Base64 => {
            let (bytes, case) = bytes(&value, name, written)?;
            Ok(Value::Text(vec![Pattern::literal(encode::base64(&bytes))], case))
        }
        Modifier::Base64Offset => {
            let (bytes, case) = bytes(&value, name, written)?;
            let forms = encode::base64_offsets(&bytes).into_iter().map(Pattern::literal);
            Ok(Value::Text(forms.collect(), case))
        }
        Modifier::Utf16(order) => {
            let (bytes, case) = bytes(&value, name, written)?;
            let text = String::from_utf8(bytes).map_err(|_| not_text(written))?;
            Ok(Value::Bytes(encode::utf16(&text, order), case))
        }
        Modifier::Windash => match value {
            Value::Text(patterns, case) => {
                let mut forms = Vec::new();
                for pattern in &patterns {
                    forms.extend(encode::windash(pattern).ok_or_else(|| {
                        Box::new(
                            Diagnostic::error(&TOO_MANY_DASHES, written.span, "too many options for `windash`", format!("each has five forms; at most {MAX_DASHES} are varied"))
                                .with_help("split the value with `contains|all`, one option each"),
                        )
                    })?);
                }
                Ok(Value::Text(forms, case))
            }
            _ => Err(mismatch(written, name, "text")),
        },
        Modifier::Compare(cmp) => match value {
            Value::Number(it) => Ok(Value::Compare(None, cmp, it)),
            Value::Compare(part @ Some(_), Cmp::Eq, it) => Ok(Value::Compare(part, cmp, it)),
            _ => Err(mismatch(written, name, "a number without quotes")),
        },
        Modifier::Time(part) => match value {
            Value::Number(it) => Ok(Value::Compare(Some(part), Cmp::Eq, it)),
            Value::Compare(None, cmp, it) => Ok(Value::Compare(Some(part), cmp, it)),
            _ => Err(mismatch(written, name, "a number without quotes")),
        },
        Modifier::Cidr => match (&value, Net::parse(&written.value.text())) {
            (Value::Text(..), Some(net)) => Ok(Value::Net(net)),
            (Value::Text(..), None) => Err(Box::new(
                Diagnostic::error(&BAD_NETWORK, written.span, "not an IP network", "an address, `/`, and the number of its leading bits")
                    .with_help("write for example `10.0.0.0/8` or `fe80::/10`; for a part of an address as text use `startswith`"),
            )),
            _ => Err(mismatch(written, name, "a network such as `10.0.0.0/8`")),
        },
        Modifier::FieldRef => match value {
            Value::Text(_, case) => {
                let other = Arc::from(&*written.value.text());
                Ok(Value::FieldRef(other, Anchor::Whole, case))
            }
            _ => Err(mismatch(written, name, "the name of a field")),
        },
    }
}

fn anchor(value: Value, name: &str, written: &ValueAst, before: bool, after: bool) -> Step<Value> {
    match value {
        Value::Text(patterns, case) => {
            Ok(Value::Text(patterns.iter().map(|it| it.open(before, after)).collect(), case))
        }
        // A search finds its match anywhere: `contains` asks nothing more of it.
        Value::Regex { text, flags } => Ok(match (before, after) {
            (true, true) => Value::Regex { text, flags },
            (false, _) => Value::Regex { text: format!(r"\A(?:{text})"), flags },
            (true, false) => Value::Regex { text: format!(r"(?:{text})\z"), flags },
        }),
        Value::FieldRef(it, Anchor::Whole, case) => {
            let anchor = match (before, after) {
                (true, true) => Anchor::Within,
                (false, _) => Anchor::Start,
                (true, false) => Anchor::End,
            };
            Ok(Value::FieldRef(it, anchor, case))
        }
        // A number in a list of texts is the text it is spelled as.
        Value::Number(_) => {
            let pattern = Pattern::literal(written.value.text());
            Ok(Value::Text(vec![pattern.open(before, after)], Case::Insensitive))
        }
        Value::Bytes(bytes, case) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(vec![Pattern::literal(text).open(before, after)], case)),
            Err(_) => Err(not_text(written)),
        },
        _ => Err(mismatch(written, name, "text")),
    }
}

/// The bytes that an encoding works on.
fn bytes(value: &Value, name: &str, written: &ValueAst) -> Step<(Vec<u8>, Case)> {
    match value {
        Value::Bytes(it, case) => Ok((it.clone(), *case)),
        Value::Number(_) => Ok((written.value.text().into_owned().into_bytes(), Case::Insensitive)),
        Value::Text(patterns, case) => match patterns.as_slice() {
            [pattern] => match pattern.parts() {
                [] => Ok((Vec::new(), *case)),
                [Part::Literal(it)] => Ok((it.clone().into_bytes(), *case)),
                _ => Err(wrong(
                    written,
                    format!("`{name}` can't encode a wildcard"),
                    "the encoded text of a wildcard is not known",
                    r"escape it as `\*` or `\?`, or remove it",
                )),
            },
            _ => Err(wrong(
                written,
                format!("`{name}` can't follow a modifier that makes several values"),
                "only one text can be encoded",
                "put the encoding first",
            )),
        },
        _ => Err(mismatch(written, name, "text")),
    }
}

fn not_text(written: &ValueAst) -> Box<Diagnostic> {
    wrong(
        written,
        "the encoding gives bytes that no text holds",
        "the byte order mark is not text",
        "follow `utf16` with `base64` or `base64offset`",
    )
}

/// The finished value as what it asks of the field.
fn finish(value: Value, written: &ValueAst, field: &Field, text: &str) -> Step<draft::Value> {
    let anywhere = matches!(field, Field::Anywhere);
    let many =
        |forms: Vec<Predicate>, negated: bool| draft::Value { forms, negated, span: written.span };
    let test = |predicate: Predicate| many(vec![predicate], false);
    let texts = |patterns: Vec<Pattern>, case: Case| {
        many(patterns.into_iter().map(|it| Predicate::Text(it, case)).collect(), false)
    };
    Ok(match value {
        Value::Text(patterns, case) => texts(patterns, case),
        Value::Bytes(bytes, case) => {
            let text = String::from_utf8(bytes).map_err(|_| not_text(written))?;
            texts(vec![Pattern::literal(text)], case)
        }
        Value::Number(_) | Value::Bool(_) if anywhere => {
            texts(vec![Pattern::literal(written.value.text())], Case::Insensitive)
        }
        Value::Number(it) => test(Predicate::Number(Cmp::Eq, it)),
        Value::Bool(it) => test(Predicate::Bool(it)),
        Value::Null => test(Predicate::Null),
        Value::Regex { text: pattern, flags } => {
            let has = |flag: char| flags.contains(&flag);
            match Regex::new(&pattern, has('i'), has('m'), has('s')) {
                Ok(regex) => test(Predicate::Regex(Arc::new(regex))),
                Err(err) => return Err(Box::new(bad_regex(&err, &pattern, written, text))),
            }
        }
        Value::Net(_) | Value::Compare(..) if anywhere => {
            return Err(wrong(
                written,
                "this test needs a field",
                "keywords are text",
                "name a field before the `|`",
            ));
        }
        Value::Net(it) => test(Predicate::Net(it)),
        Value::Compare(None, cmp, it) => test(Predicate::Number(cmp, it)),
        Value::Compare(Some(part), cmp, it) => test(Predicate::Time(part, cmp, it)),
        Value::Exists(true) => test(Predicate::Exists),
        Value::Exists(false) => many(vec![Predicate::Exists], true),
        Value::FieldRef(other, anchor, case) => test(Predicate::Field(other, anchor, case)),
    })
}

fn bad_regex(err: &ir::RegexError, pattern: &str, written: &ValueAst, text: &str) -> Diagnostic {
    let value = written.value.text();
    // `startswith` and `endswith` put an anchor around what was written.
    let shift = pattern.find(&*value).unwrap_or(0);
    let from = err.range.start.saturating_sub(shift).min(value.len());
    let to = err.range.end.saturating_sub(shift).min(value.len()).max(from);
    let span = inside(text, written.span, &value, from, to);
    Diagnostic::error(&BAD_REGEX, span, format!("the regular expression can't be used: {}", err.message), "here")
        .with_help("Sigma allows `.`, `^ $`, `* + ? {n,m}`, classes, `|` and groups; a literal special character needs a `\\`")
}

fn inside(text: &str, span: Span, value: &str, from: usize, to: usize) -> Span {
    syntax::place_inside(text, span, value, from, to)
}
