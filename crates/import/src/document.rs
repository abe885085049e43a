//! Files of other products: what stands around a query.
//!
//! Knows: which kind of file a text is, where the queries in it are, what is said about each.
//! Does not know: what a query means.

mod elastic;
mod falco;
mod sentinel;

use diagnostic::Diagnostic;
use serde_json::{Map, Value};
use source::{FileId, Span};

use crate::about::About;
use crate::codes::{BAD_ENVELOPE, LEFT_ASIDE};
use crate::{Columns, Language, Place, Query};

pub use falco::Shelf;

/// A query of a file, and what is said about it.
#[derive(Debug)]
pub struct Document {
    /// What is said about it.
    pub about: About,
    /// What it asks, or why that can't be read.
    pub query: Result<Query, Vec<Diagnostic>>,
    /// Where it stands.
    pub span: Span,
    /// What is left aside of the file.
    pub aside: Vec<Diagnostic>,
}

/// A file that is read.
pub(crate) struct File<'a> {
    pub text: &'a str,
    pub id: FileId,
}

impl File<'_> {
    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.id, from, to)
    }

    fn all(&self) -> Span {
        self.span(0, self.text.len())
    }

    /// The first line, to point at a file as a whole.
    fn head(&self) -> Span {
        self.span(0, self.text.lines().next().map_or(0, str::len))
    }

    fn bad(&self, span: Span, message: impl Into<String>, label: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(&BAD_ENVELOPE, span, message, label))
    }

    /// A place that a parser counts by line and column, from 1.
    fn at(&self, line: usize, column: usize) -> Span {
        let start: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = self.text.get(start..).unwrap_or_default();
        let within: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
        let at = (start + within).min(self.text.len());
        self.span(at, (at + 1).min(self.text.len()))
    }

    fn yaml(&self) -> Result<Value, Box<Diagnostic>> {
        serde_yaml::from_str(self.text).map_err(|err| {
            let span = err.location().map_or(self.head(), |it| self.at(it.line(), it.column()));
            self.bad(
                span,
                format!("this is not YAML: {err}"),
                "the file can't be read from here on",
            )
        })
    }

    /// Says which keys of a rule are left aside.
    fn left(&self, map: &Map<String, Value>, known: &[&str], span: Span) -> Vec<Diagnostic> {
        let empty = |it: &Value| match it {
            Value::Null => true,
            Value::Array(it) => it.is_empty(),
            Value::Object(it) => it.is_empty(),
            Value::String(it) => it.is_empty(),
            _ => false,
        };
        let rest =
            map.iter().filter(|(key, value)| !known.contains(&key.as_str()) && !empty(value));
        let rest: Vec<String> = rest.map(|(key, _)| format!("`{key}`")).collect();
        if rest.is_empty() {
            return Vec::new();
        }
        let message = format!("left aside: {}", rest.join(", "));
        vec![Diagnostic::info(&LEFT_ASIDE, span, message, "a rule has no place for these")]
    }
}

/// The queries of a file in a language.
pub(crate) fn read(
    language: &Language,
    file: &File<'_>,
    columns: &Columns<'_>,
    shelf: &mut Shelf,
) -> Result<Vec<Document>, Vec<Diagnostic>> {
    let text = file.text.trim_start_matches('\u{feff}').trim_start();
    let key = |word: &str| {
        let named = |line: &str| line.strip_prefix(word).is_some_and(|it| it.starts_with(':'));
        text.lines().any(named)
    };
    let found = match language.key {
        "eql" if text.starts_with('{') => elastic::ndjson(language, file, columns),
        "eql" if text.lines().any(|it| it.trim() == "[rule]") => {
            elastic::toml(language, file, columns)
        }
        "kql" if key("query") => sentinel::yaml(language, file, columns).map(|it| vec![it]),
        "falco" if falco::is_file(text) => falco::yaml(file, columns, shelf),
        _ => Ok(vec![bare(language, file, columns)]),
    };
    found.map_err(|it| vec![*it])
}

/// Puts what a file defines on the shelf, before any file is read that may be changed by it.
pub(crate) fn shelve(language: &Language, file: &File<'_>, shelf: &mut Shelf) {
    if language.key == "falco" && falco::is_file(file.text) {
        // What is wrong with the file is told when it is read.
        let _ = shelf.add(file);
    }
}

/// A file that is nothing but a query.
fn bare(language: &Language, file: &File<'_>, columns: &Columns<'_>) -> Document {
    let place = Place::whole(file.text, file.id);
    Document {
        about: About::default(),
        query: language.read(&place, columns),
        span: file.all(),
        aside: Vec::new(),
    }
}

/// The severity that a product names so.
fn level(word: &str) -> Option<ir::Level> {
    let lower = word.to_ascii_lowercase();
    ir::Level::ALL.into_iter().find(|it| it.word() == lower)
}
