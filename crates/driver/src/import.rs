//! Queries of other products as rules.
//!
//! What is written is read again and compared with the query: a rule that says something else is
//! never given out.

mod chain;

use ::import::{
    About, Body, Columns, Document, Draft, Language, NOT_IMPORTED, Query, Reading, Shelf,
};
use diagnostic::{Diagnostic, Severity};
use ir::{Case, Expr, Field, LogSource, Pattern, Predicate, Test, normalize};
use source::{Sources, Span};
use target::{Profile, SourceSpec, Target};

use crate::builtin::Targets;
use crate::load::{Loaded, LoadedRule, load};
use crate::verify::{Verified, compare};

/// What to read, and into which words.
#[derive(Debug)]
pub struct ImportRequest<'a> {
    /// The language that was asked for: a file may say that a query of it is in another.
    pub language: &'static Language,
    targets: &'a Targets,
    /// The profile whose field map is reversed; without one, fields keep their names.
    profile: Option<String>,
}

/// How the queries of one language become rules.
struct Way<'a> {
    language: &'static Language,
    /// The target that writes the language.
    target: Option<&'a Target>,
    profile: Option<&'a Profile>,
    profile_name: &'a str,
}

/// What came of some files.
#[derive(Debug, Default)]
pub struct Imported {
    /// The files.
    pub sources: Sources,
    /// The rules, in order.
    pub rules: Vec<ImportedRule>,
    /// Findings: what can't be read, and what is left aside.
    pub problems: Vec<Diagnostic>,
}

/// A rule made of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRule {
    /// A name for its file, without an ending.
    pub name: String,
    /// The rule.
    pub text: String,
}

impl<'a> ImportRequest<'a> {
    /// A language by its key, and a profile of the target that writes it.
    ///
    /// # Errors
    ///
    /// A sentence that says which of the two is not known, and what is.
    pub fn new(key: &str, profile: Option<&str>, targets: &'a Targets) -> Result<Self, String> {
        let Some(language) = Language::get(key) else {
            let known: Vec<&str> = ::import::LANGUAGES.iter().map(|it| it.key).collect();
            return Err(format!("`{key}` is not read; known: {}", known.join(", ")));
        };
        let target = writer(targets, key);
        if let Some(name) = profile.filter(|it| target.and_then(|at| at.profile(it)).is_none()) {
            let known = target.into_iter().flat_map(Target::profiles).map(|it| it.0);
            let known: Vec<&str> = known.collect();
            return Err(format!("there is no profile `{name}`; known: {}", known.join(", ")));
        }
        Ok(ImportRequest { language, targets, profile: profile.map(str::to_owned) })
    }

    fn way(&self, language: &'static Language) -> Way<'_> {
        let target = writer(self.targets, language.key);
        let profile_name = self.profile.as_deref().unwrap_or_default();
        let profile = target.and_then(|it| it.profile(profile_name));
        Way { language, target, profile, profile_name }
    }

    /// Makes rules of the queries in some files.
    pub fn import(&self, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Imported {
        let mut res = Imported::default();
        let mut shelf = Shelf::default();
        let ways = ::import::LANGUAGES.iter().map(|it| self.way(it));
        let known: Vec<(&'static str, &Profile)> =
            ways.filter_map(|it| Some((it.language.key, it.columns()?))).collect();
        let columns = Columns::by_language(&known);
        let mut readable = Vec::new();
        for (path, bytes) in files {
            let decoded = source::decode(bytes);
            let id = res.sources.add(path.clone(), decoded.text);
            let Some(text) = res.sources.get(id).map(|it| it.text().to_owned()) else { continue };
            if let Some(at) = decoded.invalid_at {
                res.problems.push(crate::load::not_utf8(Span::new(id, at, at + 3)));
                continue;
            }
            self.language.shelve(&text, id, &mut shelf);
            readable.push((path, id, text));
        }
        for (path, id, text) in readable {
            match self.language.documents(&text, id, &columns, &mut shelf) {
                Ok(documents) => {
                    let alone = documents.len() == 1;
                    for it in documents {
                        self.document(it, &path, alone, &mut res);
                    }
                }
                Err(problems) => res.problems.extend(problems),
            }
        }
        res
    }

    fn document(&self, document: Document, path: &str, alone: bool, res: &mut Imported) {
        let span = document.span;
        res.problems.extend(document.aside);
        let query = match document.query {
            Ok(it) => it,
            Err(problems) => {
                res.problems.extend(problems);
                return;
            }
        };
        let mut about = document.about;
        if let Reading::Event(query) = &query {
            res.problems.extend(query.aside.iter().cloned());
            if about.lookback.is_none() {
                about.lookback.clone_from(&query.lookback);
            }
            about.max_alerts = match (about.max_alerts, query.limit) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        let stem = std::path::Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
        let titled = about.title.clone().filter(|_| !alone);
        let title = about.title.get_or_insert_with(|| match &document.part {
            Some(part) => format!("{} ({part})", spoken(&stem)),
            None => spoken(&stem),
        });
        let name = match (&titled, &document.part) {
            (Some(it), _) => slug(it),
            (None, None) if path != "<stdin>" => slug(&stem),
            _ => slug(title),
        };
        let way = self.way(document.language);
        let made = match &query {
            Reading::Event(query) => way.rule(query, &about, span),
            Reading::Chain(it) => {
                res.problems.extend(it.aside.iter().cloned());
                way.chain(it, &about, span)
            }
        };
        match made {
            Ok(text) => {
                let count = res.rules.iter().filter(|it| it.name == name).count();
                let taken = |it: &str| res.rules.iter().any(|rule| rule.name == it);
                let mut free = name.clone();
                let mut next = count + 1;
                while taken(&free) {
                    free = format!("{name}_{next}");
                    next += 1;
                }
                res.rules.push(ImportedRule { name: free, text });
            }
            Err(problem) => res.problems.push(*problem),
        }
    }
}

/// A query with its log source.
struct Placed<'a> {
    /// What it asks of the events of the log source, in the words of the rule.
    expr: Expr,
    logsource: LogSource,
    /// The place of a profile that the log source is.
    source: Option<&'a SourceSpec>,
}

/// The target that writes a language.
fn writer<'a>(targets: &'a Targets, key: &str) -> Option<&'a Target> {
    targets.iter().find(|it| it.manifest.reader.as_deref() == Some(key))
}

impl<'a> Way<'a> {
    /// What columns hold: a profile says so, the one whose field map is undone or, where names can be
    /// kept, the one that knows them.
    fn columns(&self) -> Option<&'a Profile> {
        let named = |target: &'a Target| target.profile(&target.manifest.default_profile);
        let kept = self.language.taxonomy.and(self.target).and_then(named);
        self.profile.or(kept)
    }

    /// One query as a rule.
    fn rule(&self, query: &Query, about: &About, span: Span) -> Result<String, Box<Diagnostic>> {
        let placed = self.placed(query, about, span)?;
        let text = self.written(about, None, Body::Rule(&placed.expr, &placed.logsource), span)?;
        let loaded = loaded(&text);
        let [rule] = loaded.rules.as_slice() else {
            return Err(wrong(span, "it is not one rule"));
        };
        self.confirm(rule, &loaded, &placed, query, span)?;
        Ok(text)
    }

    /// A query as a rule has it: its log source, and the rest in the words of the rule.
    fn placed(
        &self,
        query: &Query,
        about: &About,
        span: Span,
    ) -> Result<Placed<'a>, Box<Diagnostic>> {
        let mut expr = normalize(query.expr.clone(), &mut Vec::new());
        let places = self.places(query, &expr, span);
        if let Some(profile) = self.profile {
            let (source, expr) = self.reversed(profile, &places, &expr, query, span)?;
            let logsource = source.logsource.logsource();
            return Ok(Placed { expr, logsource, source: Some(source) });
        }
        let source = places.first().copied();
        let logsource = match source {
            Some(it) => it.logsource.logsource(),
            None => {
                let (native, test) = native(query, about, span);
                let all = test.into_iter().chain([expr]);
                expr = normalize(Expr::all(all.collect()), &mut Vec::new());
                native
            }
        };
        Ok(Placed { expr, logsource, source })
    }

    fn written(
        &self,
        about: &About,
        name: Option<&str>,
        body: Body<'_>,
        span: Span,
    ) -> Result<String, Box<Diagnostic>> {
        let target = self.target.map(|it| it.manifest.name.as_str());
        let taxonomy = self.language.taxonomy.filter(|_| self.profile.is_none());
        let draft = Draft { about, name, body, taxonomy, target };
        draft.write().map_err(|it| {
            let span = it.span.unwrap_or(span);
            Box::new(Diagnostic::error(&NOT_IMPORTED, span, it.why, "a rule can't say this"))
        })
    }

    /// The place of the profile and the expression over its fields, for the first place that has all.
    fn reversed<'s>(
        &self,
        profile: &Profile,
        places: &[&'s SourceSpec],
        expr: &Expr,
        query: &Query,
        span: Span,
    ) -> Result<(&'s SourceSpec, Expr), Box<Diagnostic>> {
        let help = "import without `--profile`, which keeps the names";
        let mut first = None;
        for source in places {
            let rest = without(expr.clone(), &profile.placed(source, span)).0;
            match renamed(rest, &|column| profile.field_of(source, column)) {
                Ok(it) => return Ok((source, normalize(it, &mut Vec::new()))),
                Err(it) => first = first.or(Some(it)),
            }
        }
        let (span, message, label) = match first {
            Some((name, span)) => (
                span,
                format!("no field of the profile is `{name}` and nothing else"),
                "this has no counterpart in the profile's fields",
            ),
            None => {
                let place = query.place.first().map_or("", |it| it.1.as_str());
                let place =
                    if place.is_empty() { String::new() } else { format!(" for `{place}`") };
                (
                    span,
                    format!("the profile has no log source{place} with these conditions"),
                    "a rule of the profile could not be converted back to this",
                )
            }
        };
        Err(Box::new(Diagnostic::error(&NOT_IMPORTED, span, message, label).with_help(help)))
    }

    /// The places of the profile that hold all events of the query, those first that say the most of it
    /// in the same words.
    fn places(&self, query: &Query, expr: &Expr, span: Span) -> Vec<&'a SourceSpec> {
        let Some(target) = self.target else { return Vec::new() };
        let default = target.profile(&target.manifest.default_profile);
        // Names that a rule can keep have their places; other vocabularies are the profile's own.
        let keeps = self.language.taxonomy.is_some();
        let Some(profile) = self.profile.or(default.filter(|_| keeps)) else { return Vec::new() };
        let schema = prove::Schema::many();
        let fits = profile.sources.iter().filter(|it| {
            let told = |key: &str| it.with.get(key).and_then(serde_json::Value::as_str);
            let mut places = query.place.iter();
            // A place that says nothing of its events is no more than a name for them.
            let says = self.profile.is_some() || !it.condition.is_empty();
            says && places.all(|(key, found)| told(key) == Some(found.as_str()))
                && profile.effect_of(it, expr).is_none()
                && prove::includes(&profile.placed(it, span), expr, &schema).is_proved()
        });
        let mut res: Vec<(usize, &SourceSpec)> =
            fits.map(|it| (without(expr.clone(), &profile.placed(it, span)).1, it)).collect();
        res.sort_by_key(|(said, it)| std::cmp::Reverse((*said, it.condition.len())));
        res.into_iter().map(|it| it.1).collect()
    }

    /// Compares the rule that was written, and is read again, with the query.
    fn confirm(
        &self,
        rule: &LoadedRule,
        loaded: &Loaded,
        placed: &Placed<'_>,
        query: &Query,
        span: Span,
    ) -> Result<(), Box<Diagnostic>> {
        let Some(lowered) = &rule.lowered else {
            let all = rule.problems.iter().chain(&loaded.problems);
            let why = all.filter(|it| it.severity == Severity::Error).map(|it| it.message.as_str());
            return Err(wrong(span, why.take(1).collect::<String>()));
        };
        let (one, other) = (&placed.expr, &lowered.rule.expr);
        if !crate::relation::same(one, other) {
            match prove::equivalent(one, other, &prove::Schema::many()) {
                prove::Verdict::Proved(_) => {}
                prove::Verdict::Differs(it) => {
                    return Err(wrong(span, format!("they differ on {}", it.event)));
                }
                prove::Verdict::Unknown(why) => return Err(wrong(span, why.to_string())),
            }
        }
        // What the profile makes of it must be the query again.
        if let (Some(target), Some(profile), Some(_)) = (self.target, self.profile, placed.source) {
            let Some(mapped) = target.mapped(&lowered.rule, self.profile_name) else {
                return Err(wrong(span, "the profile has no place for it"));
            };
            let asked = profile.in_rows(&mapped);
            match compare(&asked, &query.expr, target::Fidelity::Exact, target, profile) {
                Verified::Proved => {}
                other => return Err(wrong(span, other.reason().unwrap_or_default())),
            }
        }
        Ok(())
    }
}

fn loaded(text: &str) -> Loaded {
    load([("rule.yml".to_owned(), text.as_bytes().to_vec())])
}

fn wrong(span: Span, why: impl Into<String>) -> Box<Diagnostic> {
    let message = "the rule would not say what the query says";
    Box::new(
        Diagnostic::error(&NOT_IMPORTED, span, message, why)
            .with_help("this is a defect of the import: please report the query"),
    )
}

/// Where the query looks, as a log source of its own, and as a test where there is one.
fn native(query: &Query, about: &About, span: Span) -> (LogSource, Option<Expr>) {
    let mut res =
        LogSource { product: about.product.as_deref().map(Into::into), ..LogSource::default() };
    let mut test = None;
    for (key, found) in &query.place {
        if *key == "category" && found == "any" {
            continue;
        }
        match *key {
            "category" => {
                res.category = Some(found.as_str().into());
                test = Some(Expr::Test(Test {
                    field: Field::Named("event.category".into()),
                    predicate: Predicate::Text(Pattern::literal(found), Case::Sensitive),
                    span,
                }));
            }
            _ => res.service = Some(found.as_str().into()),
        }
    }
    if res.key() == LogSource::default().key() {
        res.category = Some("any".into());
    }
    (res, test)
}

/// The expression less what the place says already, and how many parts that were.
fn without(expr: Expr, placed: &Expr) -> (Expr, usize) {
    let said: &[Expr] = match placed {
        Expr::All(parts) => parts,
        one => std::slice::from_ref(one),
    };
    match expr {
        Expr::All(parts) => {
            let before = parts.len();
            let rest: Vec<Expr> = parts.into_iter().filter(|it| !said.contains(it)).collect();
            let count = before - rest.len();
            (Expr::all(rest), count)
        }
        it => (it, 0),
    }
}

/// The expression with other names for its fields; or a field that has none.
fn renamed(expr: Expr, name: &dyn Fn(&str) -> Option<String>) -> Result<Expr, (String, Span)> {
    let all = |parts: Vec<Expr>| -> Result<Vec<Expr>, (String, Span)> {
        parts.into_iter().map(|it| renamed(it, name)).collect()
    };
    Ok(match expr {
        Expr::All(parts) => Expr::All(all(parts)?),
        Expr::Any(parts) => Expr::Any(all(parts)?),
        Expr::Not(part) => Expr::Not(Box::new(renamed(*part, name)?)),
        Expr::Const(it) => Expr::Const(it),
        Expr::Test(mut test) => {
            let span = test.span;
            let other = |old: &str| name(old).ok_or((old.to_owned(), span));
            if let Field::Named(old) = &test.field {
                test.field = Field::Named(other(old)?.into());
            }
            if let Predicate::Field(old, ..) = &mut test.predicate {
                *old = other(old)?.into();
            }
            Expr::Test(test)
        }
    })
}

/// A file's name as a title.
fn spoken(stem: &str) -> String {
    let words = stem.replace(['_', '-'], " ");
    let words = words.trim();
    let mut chars = words.chars();
    match chars.next().filter(|_| words != "<stdin>") {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => "Imported query".to_owned(),
    }
}

/// A title as the name of a file.
fn slug(title: &str) -> String {
    let mut res = String::new();
    for ch in title.chars() {
        if ch.is_ascii_alphanumeric() {
            res.push(ch.to_ascii_lowercase());
        } else if !res.ends_with('_') && !res.is_empty() {
            res.push('_');
        }
    }
    let res: String = res.chars().take(90).collect();
    let res = res.trim_matches('_');
    if res.is_empty() { "rule".to_owned() } else { res.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_made_of_titles() {
        assert_eq!(slug("Netcat, in a Container!"), "netcat_in_a_container");
        assert_eq!(slug("???"), "rule");
        assert_eq!(spoken("net_cat-x"), "Net cat x");
    }
}
