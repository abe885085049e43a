//! Op templates, evaluated once on symbols.
//!
//! A template is rendered when the target is loaded, with a symbol for each thing a test can
//! give it. What comes out is text with holes. So a template can't branch on a rule's values, and
//! a symbol printed without a quoting filter is an error of the target, found before any rule.

use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use crate::manifest::{Manifest, OpSpec};

/// A template ready for use.
#[derive(Debug, Clone)]
pub struct Op {
    /// Text and holes.
    pub pieces: Vec<Piece>,
    /// The same for ops with the same template.
    pub id: usize,
    /// The op as the manifest says it.
    pub spec: crate::manifest::OpLong,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text of the target's author.
    Text(String),
    /// The column.
    Field,
    /// Something of the test.
    Hole(Hole),
}

/// A place for something of the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// `value`, `pattern`, `regex`, ...
    pub source: String,
    /// Filters, in order.
    pub filters: Vec<String>,
    /// For a list: what stands between its items.
    pub separator: Option<String>,
}

#[derive(Debug, Clone)]
struct Symbol(Hole);

impl Object for Symbol {
    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hole = &self.0;
        let sep = hole.separator.as_ref().map_or(String::new(), |it| format!("={it}"));
        write!(f, "\u{1}{}\u{2}{}\u{2}{sep}\u{1}", hole.source, hole.filters.join(","))
    }
}

/// The things a template may speak of.
const SOURCES: &[&str] = &[
    "value", "values", "pattern", "patterns", "regex", "regexes", "other", "unit", "address",
    "bits",
];

/// Evaluates one template.
pub fn compile(manifest: &Manifest, spec: &OpSpec) -> Result<Op, Error> {
    let spec = match spec {
        OpSpec::Short(template) => crate::manifest::OpLong {
            template: template.clone(),
            effect: None,
            reason: String::new(),
            also: None,
            nullable: false,
            loose: false,
            since: Default::default(),
        },
        OpSpec::Long(it) => it.clone(),
    };
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_formatter(|out, _state, value| match value.downcast_object_ref::<Symbol>() {
        Some(symbol) if symbol.0.filters.is_empty() && symbol.0.source != "field" => {
            Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("`{}` is printed without a quoting filter", symbol.0.source),
            ))
        }
        Some(_) => Ok(out.write_str(&value.to_string())?),
        None => Err(Error::new(ErrorKind::InvalidOperation, "an op template prints only symbols")),
    });
    let names = manifest.quoting.keys().map(String::as_str).chain(["num", "raw", "fold", "re"]);
    for name in names {
        let owned = name.to_owned();
        env.add_filter(owned.clone(), move |value: Value| {
            with(&value, |it| it.filters.push(owned.clone()))
        });
    }
    env.add_filter("sep", |value: Value, separator: String| {
        with(&value, |it| it.separator = Some(separator.clone()))
    });
    let symbol = |source: &str| {
        Value::from_object(Symbol(Hole {
            source: source.to_owned(),
            filters: Vec::new(),
            separator: None,
        }))
    };
    let symbols: std::collections::BTreeMap<&str, Value> =
        SOURCES.iter().chain(&["field"]).map(|it| (*it, symbol(it))).collect();
    let text = env.render_str(
        &spec.template,
        Value::from_pairs(symbols.into_iter().map(|(key, value)| (key.to_owned(), value))),
    )?;
    Ok(Op { pieces: pieces(&text), id: 0, spec })
}

fn with(value: &Value, change: impl Fn(&mut Hole)) -> Result<Value, Error> {
    let symbol = value.downcast_object_ref::<Symbol>().ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, "this filter works on symbols only")
    })?;
    let mut hole = symbol.0.clone();
    change(&mut hole);
    Ok(Value::from_object(Symbol(hole)))
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut res = Vec::new();
    for (idx, part) in text.split('\u{1}').enumerate() {
        if idx % 2 == 0 {
            if !part.is_empty() {
                res.push(Piece::Text(part.to_owned()));
            }
            continue;
        }
        let mut fields = part.split('\u{2}');
        let source = fields.next().unwrap_or_default().to_owned();
        let filters = fields.next().unwrap_or_default();
        let separator = fields.next().and_then(|it| it.strip_prefix('=')).map(str::to_owned);
        if source == "field" {
            res.push(Piece::Field);
            continue;
        }
        let filters = filters.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        res.push(Piece::Hole(Hole { source, filters, separator }));
    }
    res
}
