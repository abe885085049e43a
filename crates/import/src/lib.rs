//! Readers of query languages: from their words back to meaning.
//!
//! Knows: what queries of other products say, and how their rule files look.
//! Does not know: how our own targets write them; what a rule file of ours means.
//!
//! A reader gives the meaning of a query over the names that stand in it, under the language's own
//! semantics: which comparisons tell case apart, what a missing value is, where a pattern is
//! anchored. What the meaning can't say is refused, at its place. Readers share no code with the
//! targets that write these languages, so that the one can be the judge of the other.
//!
//! **Invariant:** this is the one library that speaks of languages by name. A target says in its
//! manifest which reader understands it (`reader`).

mod about;
mod ascii;
mod codes;
mod columns;
mod document;
mod eql;
mod falco;
mod kuery;
mod kusto;
mod literal;
mod logic;
mod lucene;
mod place;
mod regex_text;
mod truth;
mod write;

use diagnostic::Diagnostic;
use ir::Expr;
use source::{FileId, Span};

pub use about::About;
pub use codes::{CODES, NOT_IMPORTED};
pub use columns::Columns;
pub use document::{Document, Shelf};
pub use place::Place;
pub use write::{Body, Draft, Relation, Unwritable};

/// A query, read.
#[derive(Debug, Clone)]
pub struct Query {
    /// When it matches an event, over the names of its own columns.
    pub expr: Expr,
    /// Where it looks, in the language's own words: a category, a table.
    pub place: Vec<(&'static str, String)>,
    /// How far back it looks, when it says so itself: `1h`.
    pub lookback: Option<String>,
    /// The most matches that it gives, when it says so itself.
    pub limit: Option<u64>,
    /// What was read and left aside.
    pub aside: Vec<Diagnostic>,
}

impl Query {
    /// A query that says nothing but what it matches.
    fn of(expr: Expr) -> Query {
        Query { expr, place: Vec::new(), lookback: None, limit: None, aside: Vec::new() }
    }
}

/// What a text asks.
#[derive(Debug, Clone)]
pub enum Reading {
    /// Which single events match.
    Event(Query),
    /// Which events stand one after the other.
    Chain(Chain),
}

/// Queries whose matches stand one after the other; or one, that matches so often.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The queries, in order.
    pub links: Vec<Link>,
    /// How often a link that stands alone must match.
    pub runs: Option<u64>,
    /// The most seconds from the first to the last.
    pub seconds: u64,
    /// What was read and left aside.
    pub aside: Vec<Diagnostic>,
}

/// A query of a chain.
#[derive(Debug, Clone)]
pub struct Link {
    /// Which events it is about.
    pub query: Query,
    /// Fields whose values are those of the other queries' fields at the same places.
    pub keys: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// Reads one query.
type Reader = fn(&Place<'_>, &Columns<'_>) -> Result<Vec<Reading>, Vec<Diagnostic>>;

/// A query language.
#[derive(Debug)]
pub struct Language {
    /// Its name on the command line and in manifests.
    pub key: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// The vocabulary of the names in its queries, where a rule can say it.
    pub taxonomy: Option<&'static str>,
    read: Reader,
}

/// All languages that can be read.
pub static LANGUAGES: &[&Language] = &[&EQL, &KUSTO, &KUERY, &FALCO];

static EQL: Language = Language {
    key: "eql",
    about: "Event Query Language, as Elasticsearch runs it",
    taxonomy: Some("ecs"),
    read: eql::read,
};

static KUSTO: Language = Language {
    key: "kql",
    about: "Kusto Query Language, as Microsoft Sentinel and Defender run it",
    taxonomy: None,
    read: kusto::read,
};

static KUERY: Language = Language {
    key: "kuery",
    about: "Kibana Query Language, as Elastic's rules use it",
    taxonomy: Some("ecs"),
    read: kuery::read,
};

static FALCO: Language = Language {
    key: "falco",
    about: "Falco's conditions and files of rules",
    taxonomy: None,
    read: falco::read,
};

impl Language {
    /// The language of that key.
    pub fn get(key: &str) -> Option<&'static Language> {
        LANGUAGES.iter().copied().find(|it| it.key == key)
    }

    /// Reads one query. What looks into several tables is several queries.
    ///
    /// # Errors
    ///
    /// Located diagnostics: the text is not of the language, or says what no rule can say.
    pub fn read(
        &self,
        text: &Place<'_>,
        columns: &Columns<'_>,
    ) -> Result<Vec<Reading>, Vec<Diagnostic>> {
        (self.read)(text, &columns.in_language(self.key))
    }

    /// Puts what a file defines on the shelf: do so with all files before the first is read, because
    /// a later one may change what an earlier one defines.
    pub fn shelve(&'static self, text: &str, file: FileId, shelf: &mut Shelf) {
        document::shelve(self, &document::File { text, id: file }, shelf);
    }

    /// Reads a file: a query alone, or what a product keeps queries in. Names are those of the shelf and
    /// of the file itself, which is put on the shelf if it is not there yet.
    ///
    /// # Errors
    ///
    /// Located diagnostics: the file can't be read. A query in it that can't is a document all the same.
    pub fn documents(
        &'static self,
        text: &str,
        file: FileId,
        columns: &Columns<'_>,
        shelf: &mut Shelf,
    ) -> Result<Vec<Document>, Vec<Diagnostic>> {
        document::read(self, &document::File { text, id: file }, columns, shelf)
    }
}
