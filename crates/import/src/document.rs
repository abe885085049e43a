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
use crate::codes::{BAD_ENVELOPE, LEFT_ASIDE, UNREADABLE};
use crate::{Columns, Language, Place, Reading};

pub use falco::Shelf;

/// A query of a file, and what is said about it.
#[derive(Debug)]
pub struct Document {
    /// What is said about it.
    pub about: About,
    /// The language of its query.
    pub language: &'static Language,
    /// What it asks, or why that can't be read.
    pub query: Result<Reading, Vec<Diagnostic>>,
    /// What tells it from others that are written as one query: its table.
    pub part: Option<String>,
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

    /// The documents of a YAML file, without those that are empty.
    fn yaml(&self) -> Result<Vec<Value>, Box<Diagnostic>> {
        use serde::Deserialize as _;
        let mut res = Vec::new();
        for document in serde_yaml::Deserializer::from_str(self.text) {
            let value = Value::deserialize(document).map_err(|err| {
                let span = err.location().map_or(self.head(), |it| self.at(it.line(), it.column()));
                let message = format!("this is not YAML: {err}");
                self.bad(span, message, "the file can't be read from here on")
            })?;
            if !value.is_null() {
                res.push(value);
            }
        }
        Ok(res)
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
    language: &'static Language,
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
        "eql" | "kuery" if text.starts_with('{') => Ok(elastic::ndjson(file, columns)),
        // Both languages are called KQL, and a rule file says which one its query is in.
        "kql" if elastic::is_export(text) => Ok(elastic::ndjson(file, columns)),
        "eql" | "kuery" | "kql" if text.lines().any(|it| it.trim() == "[rule]") => {
            elastic::toml(file, columns)
        }
        "kql" if key("query") => sentinel::yaml(language, file, columns),
        "falco" if falco::is_file(text) => falco::yaml(language, file, columns, shelf),
        _ => Ok(bare(language, file, columns)),
    };
    found.map_err(|it| vec![*it])
}

/// Puts what a file defines on the shelf, before any file is read that may be changed by it.
pub(crate) fn shelve(language: &'static Language, file: &File<'_>, shelf: &mut Shelf) {
    if language.key == "falco" && falco::is_file(file.text) {
        // What is wrong with the file is told when it is read.
        let _ = shelf.add(file);
    }
}

/// A file that is nothing but a query, or queries with blank lines between them.
fn bare(language: &'static Language, file: &File<'_>, columns: &Columns<'_>) -> Vec<Document> {
    let about = About::default();
    let whole = language.read(&Place::whole(file.text, file.id), columns);
    let broken =
        matches!(&whole, Err(it) if it.first().is_some_and(|it| it.code.id == UNREADABLE.id));
    if broken && language.key == "kql" {
        let parts = paragraphs(file);
        let read = parts.iter().map(|span| {
            let text = &file.text[span.range()];
            language.read(&Place::within(text, file.text, *span), columns)
        });
        let read: Vec<_> = read.collect();
        let all = |it: &Result<_, Vec<Diagnostic>>| match it {
            Ok(_) => true,
            Err(it) => it.first().is_none_or(|it| it.code.id != UNREADABLE.id),
        };
        if parts.len() > 1 && read.iter().all(all) {
            let mut res = Vec::new();
            for (nth, (read, span)) in read.into_iter().zip(parts).enumerate() {
                for mut it in documents(language, &about, read, span, Vec::new()) {
                    let nth = (nth + 1).to_string();
                    it.part = Some(it.part.map_or(nth.clone(), |table| format!("{nth}, {table}")));
                    res.push(it);
                }
            }
            return res;
        }
    }
    documents(language, &about, whole, file.all(), Vec::new())
}

/// What stands between blank lines, without what is only comments.
fn paragraphs(file: &File<'_>) -> Vec<Span> {
    let mut res = Vec::new();
    let (mut at, mut from, mut says) = (0, None, false);
    for line in file.text.split_inclusive('\n').chain([""]) {
        if line.trim().is_empty() {
            if let Some(from) = from.take().filter(|_| says) {
                res.push(file.span(from, at));
            }
            says = false;
        } else {
            from.get_or_insert(at);
            says |= !line.trim_start().starts_with("//");
        }
        at += line.len();
    }
    res
}

/// A document for each query that was written as one.
fn documents(
    language: &'static Language,
    about: &About,
    read: Result<Vec<Reading>, Vec<Diagnostic>>,
    span: Span,
    mut aside: Vec<Diagnostic>,
) -> Vec<Document> {
    let queries = match read {
        Ok(it) => it,
        Err(problems) => {
            let (about, query) = (about.clone(), Err(problems));
            return vec![Document { about, language, query, part: None, span, aside }];
        }
    };
    let several = queries.len() > 1;
    let mut about = about.clone();
    if several && about.id.take().is_some() {
        let message = "left aside: `id`, because this becomes several rules";
        let label = "it looks into several tables, and each is a rule's log source";
        aside.push(Diagnostic::info(&LEFT_ASIDE, span, message, label));
    }
    let mut res = Vec::new();
    for query in queries {
        let part = match &query {
            Reading::Event(it) if several => it.place.first().map(|it| it.1.clone()),
            _ => None,
        };
        let mut about = about.clone();
        if let (Some(title), Some(part)) = (&mut about.title, &part) {
            *title = format!("{title} ({part})");
        }
        let aside = std::mem::take(&mut aside);
        res.push(Document { about, language, query: Ok(query), part, span, aside });
    }
    res
}

/// Says which tags of a product are no tags of a rule.
fn left_tags(tags: &[String], span: Span) -> Option<Diagnostic> {
    let tags: Vec<String> = tags.iter().map(|it| format!("`{it}`")).collect();
    let message = format!("left aside: the tags {}", tags.join(", "));
    (!tags.is_empty()).then(|| {
        Diagnostic::info(
            &LEFT_ASIDE,
            span,
            message,
            "they are no tactic and no technique of ATT&CK",
        )
    })
}

/// The severity that a product names so.
fn level(word: &str) -> Option<ir::Level> {
    let lower = word.to_ascii_lowercase();
    ir::Level::ALL.into_iter().find(|it| it.word() == lower)
}
