//! Output formats: what stands around a query.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::Rule;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, ObjectRepr, Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde_json::Value as Json;

use crate::Output;
use crate::codes::UNQUOTABLE;
use crate::load::Target;
use crate::manifest::{CheckSpec, Kind, Manifest, Write};
use crate::profile::{Seen, SourceSpec};
use crate::quote;

/// Something that a target expects of a rule and the rule does not hold to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The key of the rule that it is about.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// Why it matters.
    pub label: String,
    /// What to do.
    pub help: String,
    /// Why the check could not be asked, if so: a fault of the target, not of the rule.
    pub unasked: Option<String>,
}

/// Text that is already right in the target's language. A text envelope prints nothing else.
#[derive(Debug, Clone)]
struct Fragment(String);

/// Text that is right as it is.
pub(crate) fn fragment(text: String) -> Value {
    Value::from_object(Fragment(text))
}

impl Object for Fragment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Target {
    /// Whether a format speaks of a name.
    pub(crate) fn speaks_of(&self, format: &str, name: &str) -> bool {
        self.format(format).is_some_and(|it| self.envelopes.names(&it.file, name))
    }

    /// What a rule breaks of what this target expects and can do without: the key it is about, and
    /// the texts. `output` is the rule in that format, if there is one.
    pub fn breaches(&self, rule: &Rule, format: &str, output: Option<&Output>) -> Vec<Breach> {
        let options = rule.targets.iter().find(|(it, _)| it.value == self.manifest.name);
        let options = options.map(|(_, it)| it.as_slice()).unwrap_or_default();
        let options = options.iter().map(|(key, it)| (key.value.clone(), it.clone())).collect();
        let source = output.map(|it| Value::from(Serde(&it.source)));
        let query = output.map_or("", |it| &it.query);
        self.broken(rule, format, &options, source, query, false)
    }

    /// What a rule breaks, of what the format can or can't do without.
    pub(crate) fn broken(
        &self,
        rule: &Rule,
        format: &str,
        options: &serde_json::Map<String, Json>,
        source: Option<Value>,
        query: &str,
        refuse: bool,
    ) -> Vec<Breach> {
        let asked = |it: &&CheckSpec| {
            it.refuse == refuse
                && (it.formats.is_empty() || it.formats.iter().any(|it| it == format))
        };
        let mut checks = self.manifest.checks.iter().filter(asked).peekable();
        if checks.peek().is_none() {
            return Vec::new();
        }
        let all = &self.envelopes;
        let rule = Value::from(Serde(about(rule)));
        let options = Value::from(Serde(options));
        let source = source.unwrap_or_else(|| all.nothing.clone());
        let tables = all.tables.clone();
        let target = self.manifest.name.as_str();
        let data = context! { target, rule, options, source, query, tables };
        let breach = |check: &CheckSpec| {
            let found =
                all.data.compile_expression(&check.when).and_then(|it| it.eval(data.clone()));
            // A check that can't be asked is not passed.
            let unasked = match found {
                Ok(it) if !it.is_true() => return None,
                Ok(_) => None,
                Err(it) => Some(format!("{it:#}")),
            };
            Some(Breach {
                at: check.at.clone(),
                message: all.data.render_str(&check.message, data.clone()).unwrap_or_default(),
                label: check.label.clone(),
                help: all.data.render_str(&check.help, data.clone()).unwrap_or_default(),
                unasked,
            })
        };
        checks.filter_map(breach).collect()
    }

    /// One file of many outputs of a format.
    ///
    /// # Errors
    ///
    /// When what stands before them can't be filled.
    pub fn bundle(&self, format: &str, outputs: &[&Output]) -> Result<String, Error> {
        let Some(format) = self.format(format) else { return Ok(String::new()) };
        let mut res = String::new();
        if let Some(tree) = format.head.as_ref().and_then(|it| self.envelopes.trees.get(it)) {
            let since = outputs.iter().map(|it| it.since).max().unwrap_or_default().to_string();
            // Each once, in order: many rules share a log source.
            let mut sources: Vec<&serde_json::Map<String, Json>> = Vec::new();
            for output in outputs {
                if !sources.contains(&&output.source) {
                    sources.push(&output.source);
                }
            }
            let sources = Value::from(Serde(sources));
            let tables = self.envelopes.tables.clone();
            let data = context! { since, sources, tables };
            res = write(&fill(&self.envelopes.data, tree, &data)?, format.write)?;
        }
        for output in outputs {
            res.push_str(&output.item);
        }
        Ok(res)
    }

    /// A file of the project that rules make together. Texts of `made` are printed as they are;
    /// those of `given` only through a quoting table.
    ///
    /// # Errors
    ///
    /// When the template can't be filled.
    pub fn project_file(&self, template: &str, made: &Json, given: &Json) -> Result<String, Error> {
        let data = context! { made => trust(made), given => Value::from(Serde(given)) };
        let mut text = self.envelopes.text.get_template(template)?.render(data)?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }

    /// Puts a query into a format.
    pub(crate) fn envelope(
        &self,
        rule: &Rule,
        source: Option<&SourceSpec>,
        query: &str,
        options: &serde_json::Map<String, Json>,
        columns: &[(String, Kind)],
        format: &str,
    ) -> Result<String, Vec<Diagnostic>> {
        self.put(rule, source.map(seen), query, false, options, columns, format)
    }

    /// Puts a correlation's whole query into a format.
    pub(crate) fn envelope_whole(
        &self,
        rule: &Rule,
        source: &serde_json::Map<String, Json>,
        query: &str,
        options: &serde_json::Map<String, Json>,
        columns: &[(String, Kind)],
        format: &str,
    ) -> Result<String, Vec<Diagnostic>> {
        let source = see(source);
        self.put(rule, Some(&source), query, true, options, columns, format)
    }

    #[expect(clippy::too_many_arguments, reason = "what an envelope is filled with")]
    fn put(
        &self,
        rule: &Rule,
        source: Option<&Seen>,
        query: &str,
        whole: bool,
        options: &serde_json::Map<String, Json>,
        columns: &[(String, Kind)],
        format: &str,
    ) -> Result<String, Vec<Diagnostic>> {
        let Some(format) = self.format(format) else {
            return Err(Vec::new());
        };
        let file = format.file.as_str();
        let all = &self.envelopes;
        // Most envelopes say little of a rule; what they don't name is not made.
        let about = || Value::from(Serde(about(rule)));
        let about = if all.names(file, "rule") { about() } else { Value::UNDEFINED };
        let columns: Vec<Json> = columns
            .iter()
            .map(|(name, kind)| serde_json::json!({ "name": name, "kind": kind.word() }))
            .collect();
        let columns = Value::from(Serde(columns));
        let examples = if all.names(file, "examples") { examples(rule) } else { Json::Null };
        let examples = Value::from(Serde(examples));
        let statement = match all.stated.contains(file) {
            true => all.statement(source, query),
            false => String::new(),
        };
        let options =
            if options.is_empty() { all.nothing.clone() } else { Value::from(Serde(options)) };
        let result = if let Some(tree) = all.trees.get(file) {
            let source = source.map_or(all.nothing.clone(), |it| it.plain.clone());
            let tables = all.tables.clone();
            let data = context! { query, whole, statement, rule => about, source, options, tables, columns, examples };
            fill(&all.data, tree, &data).and_then(|it| write(&it, format.write))
        } else {
            let source = source.map_or(all.nothing.clone(), |it| it.trusted.clone());
            let query = Value::from_object(Fragment(query.to_owned()));
            let statement = Value::from_object(Fragment(statement));
            let tables = all.trusted_tables.clone();
            let data = context! { query, whole, statement, rule => about, source, options, tables, columns, examples };
            all.text.get_template(file).and_then(|it| it.render(data)).map(|mut it| {
                if !it.ends_with('\n') {
                    it.push('\n');
                }
                it
            })
        };
        result.map_err(|err| {
            let span = rule.meta.title_span.unwrap_or(rule.span);
            let message = format!(
                "the format `{}` of `{}` can't be filled: {err:#}",
                format.name, self.manifest.name
            );
            vec![
                Diagnostic::error(
                    &UNQUOTABLE,
                    span,
                    message,
                    "a text of this rule has no spelling there",
                )
                .with_help("change the text, or choose another format"),
            ]
        })
    }
}

/// What envelopes see of a source, made once.
pub(crate) fn seen(source: &SourceSpec) -> &Seen {
    source.seen.get_or_init(|| see(&source.with))
}

fn see(with: &serde_json::Map<String, Json>) -> Seen {
    Seen {
        plain: Value::from(Serde(with)),
        trusted: Value::from_pairs(with.iter().map(|(key, it)| (key.clone(), trust(it)))),
    }
}

fn write(data: &Json, form: Write) -> Result<String, Error> {
    let text = match form {
        Write::Json => serde_json::to_string_pretty(data).map_err(|it| it.to_string()),
        Write::Ndjson => serde_json::to_string(data).map_err(|it| it.to_string()),
        Write::Yaml => serde_yaml::to_string(data).map_err(|it| it.to_string()),
        Write::Toml => toml::to_string_pretty(data).map_err(|it| it.to_string()),
    };
    let mut text = text.map_err(|it| Error::new(ErrorKind::BadSerialization, it))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The envelopes of a target, read once.
#[derive(Debug)]
pub struct Envelopes {
    /// Text envelopes; they print fragments only.
    text: Environment<'static>,
    /// For the expressions of data envelopes.
    data: Environment<'static>,
    /// Data envelopes by file.
    trees: BTreeMap<String, Json>,
    /// The file of the format whose text is the statement, and those that hold it.
    whole: Option<String>,
    stated: HashSet<String>,
    /// The names each envelope speaks of, by file.
    names: BTreeMap<String, HashSet<String>>,
    tables: Value,
    trusted_tables: Value,
    /// What is seen of the source of a rule that has none.
    nothing: Value,
}

impl Envelopes {
    /// The query as it is run, with what the language puts around the condition: the text of the
    /// format `query`.
    fn statement(&self, source: Option<&Seen>, query: &str) -> String {
        let source = source.map_or(self.nothing.clone(), |it| it.trusted.clone());
        let data = context! { query => Value::from_object(Fragment(query.to_owned())), source, tables => self.trusted_tables.clone() };
        let template = self.whole.as_ref().and_then(|it| self.text.get_template(it).ok());
        let text = template.and_then(|it| it.render(data).ok());
        text.map_or_else(|| query.to_owned(), |it| it.trim_end().to_owned())
    }

    /// Fills a text template.
    pub(crate) fn text(&self, file: &str, data: Value) -> Result<String, Error> {
        self.text.get_template(file)?.render(data)
    }

    /// Whether an envelope speaks of a name.
    fn names(&self, file: &str, name: &str) -> bool {
        self.names.get(file).is_none_or(|it| it.contains(name))
    }

    /// Reads the files of a manifest's formats.
    pub fn load(manifest: &Manifest, files: &BTreeMap<String, String>) -> Result<Envelopes, Error> {
        let text = text_environment(manifest, files)?;
        let mut data = Environment::new();
        data.set_undefined_behavior(UndefinedBehavior::Chainable);
        let mut trees = BTreeMap::new();
        let mut names = BTreeMap::new();
        let whole =
            manifest.formats.iter().find(|it| it.name == "query" && it.file.ends_with(".jinja"));
        let whole = whole.map(|it| it.file.clone());
        let mut stated = HashSet::new();
        for format in &manifest.formats {
            if files.get(&format.file).is_some_and(|it| it.contains("statement")) {
                stated.insert(format.file.clone());
            }
            let head = format.head.as_ref().and_then(|it| Some((it, files.get(it)?)));
            if let Some((file, source)) = head {
                trees.insert(file.clone(), tree(source)?);
            }
            let Some(source) = files.get(&format.file) else { continue };
            if format.file.ends_with(".yml") {
                trees.insert(format.file.clone(), tree(source)?);
            } else {
                let used = text.get_template(&format.file)?.undeclared_variables(false);
                names.insert(format.file.clone(), used.into_iter().collect());
            }
        }
        for check in &manifest.checks {
            data.compile_expression(&check.when)?;
        }
        let tables = Value::from(Serde(&manifest.tables));
        let trusted_tables = trust(&manifest.tables);
        let nothing = Value::from(Serde(serde_json::Map::new()));
        Ok(Envelopes { text, data, trees, whole, stated, names, tables, trusted_tables, nothing })
    }
}

/// A data envelope as it is written.
fn tree(source: &str) -> Result<Json, Error> {
    serde_yaml::from_str(source).map_err(|err| Error::new(ErrorKind::SyntaxError, err.to_string()))
}

/// The text envelopes, with the target's quoting tables as filters.
fn text_environment(
    manifest: &Manifest,
    files: &BTreeMap<String, String>,
) -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    env.set_formatter(|out, _state, value| match value.downcast_object_ref::<Fragment>() {
        Some(it) => Ok(out.write_str(&it.0)?),
        None => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("`{value}` was printed without a quoting filter"),
        )),
    });
    let tables = Arc::new(manifest.quoting.clone());
    for name in manifest.quoting.keys() {
        let (tables, table) = (tables.clone(), name.clone());
        env.add_filter(name.clone(), move |value: Value| -> Result<Value, Error> {
            let text = value.to_string();
            let Some(table) = tables.get(&table) else { return Ok(Value::from(text)) };
            match quote::text(&tables, table, &text) {
                Ok(it) => Ok(Value::from_object(Fragment(it))),
                Err(it) => {
                    Err(Error::new(ErrorKind::BadEscape, format!("no spelling for {}", it.0)))
                }
            }
        });
    }
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".jinja")) {
        env.add_template_owned(path.clone(), text.clone())?;
    }
    Ok(env)
}

/// Text of a profile or manifest: the target's author wrote it.
pub(crate) fn trust(value: &Json) -> Value {
    match value {
        Json::String(it) => Value::from_object(Fragment(it.clone())),
        Json::Array(items) => Value::from(items.iter().map(trust).collect::<Vec<_>>()),
        Json::Object(pairs) => {
            Value::from_pairs(pairs.iter().map(|(key, it)| (key.clone(), trust(it))))
        }
        it => Value::from(Serde(it)),
    }
}

/// What envelopes may say of a rule.
fn about(rule: &Rule) -> Json {
    let meta = &rule.meta;
    let level = meta.level;
    let schedule = meta.schedule.clone().unwrap_or_default();
    let authors: Vec<&str> = meta
        .author
        .iter()
        .flat_map(|it| it.split(','))
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let words = meta.tags.iter().filter_map(|it| it.strip_prefix("attack."));
    let techniques: Vec<&str> = words.filter_map(attack::technique).map(|it| it.id).collect();
    let threats: Vec<Json> =
        attack::threats(meta.tags.iter().map(String::as_str)).iter().map(threat).collect();
    serde_json::json!({
        "title": meta.title,
        "id": meta.id,
        "name": meta.name,
        "status": meta.status.map(ir::Status::word),
        "description": meta.description,
        "license": meta.license,
        "author": meta.author,
        "authors": authors,
        "attack": threats,
        "techniques": techniques,
        "references": meta.references,
        "date": meta.date,
        "modified": meta.modified,
        "falsepositives": meta.falsepositives,
        "level": level.unwrap_or(ir::Level::Medium).word(),
        "tags": meta.tags,
        "risk_score": meta.risk_score.unwrap_or_else(|| level.unwrap_or(ir::Level::Medium).risk_score()),
        "version": meta.version.unwrap_or(1),
        "schedule": {
            "every": schedule.every,
            "lookback": schedule.lookback,
            "max_alerts": schedule.max_alerts,
            "every_seconds": seconds(schedule.every.as_deref()),
            "lookback_seconds": seconds(schedule.lookback.as_deref()),
        },
        "logsource": { "category": rule.logsource.category.as_deref(), "product": rule.logsource.product.as_deref(), "service": rule.logsource.service.as_deref() },
    })
}

/// A rule's own examples, each event as the text of its JSON.
fn examples(rule: &Rule) -> Json {
    let example = |it: &ir::Fixture| serde_json::json!({ "name": it.name, "matches": it.matches, "event": it.event.to_string() });
    rule.fixtures.iter().map(example).collect()
}

/// `5m` as 300.
fn seconds(span: Option<&str>) -> Option<u64> {
    let span = span?;
    let (digits, unit) = span.split_at(span.len().checked_sub(1)?);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    digits.parse::<u64>().ok().map(|it| it * factor)
}

/// A tactic and its techniques.
fn threat(it: &attack::Threat) -> Json {
    let part = |it: &attack::Technique| serde_json::json!({ "id": it.id, "name": it.name, "reference": it.reference() });
    let technique =
        |(top, subs): &(&'static attack::Technique, Vec<&'static attack::Technique>)| {
            let mut res = part(top);
            if !subs.is_empty() {
                res["subtechnique"] = subs.iter().map(|it| part(it)).collect();
            }
            res
        };
    let tactic = &it.tactic;
    let mut res = serde_json::json!({
        "framework": "MITRE ATT&CK",
        "tactic": { "id": tactic.id, "name": tactic.name, "reference": tactic.reference(), "short": tactic.short },
    });
    if !it.techniques.is_empty() {
        res["technique"] = it.techniques.iter().map(technique).collect();
    }
    res
}

/// Fills a tree of data whose texts are templates. A text that is one expression becomes its value;
/// keys whose value comes out null or empty are left out. `$each` with `$item` is a list: the item
/// for every element of the list, which is `it`.
fn fill(env: &Environment<'_>, tree: &Json, data: &Value) -> Result<Json, Error> {
    Ok(match tree {
        Json::String(text) => {
            let inner = text.trim().strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
            match inner.filter(|it| !it.contains("}}")) {
                Some(expr) => {
                    let value = env.compile_expression(expr.trim())?.eval(data.clone())?;
                    serde_json::to_value(&value)
                        .map_err(|err| Error::new(ErrorKind::BadSerialization, err.to_string()))?
                }
                None => Json::String(env.render_str(text, data.clone())?),
            }
        }
        Json::Array(items) => {
            let filled = items.iter().map(|it| fill(env, it, data));
            let mut filled = filled.collect::<Result<Vec<_>, _>>()?;
            // An entry of which nothing is left says nothing.
            filled.retain(|it| {
                !it.is_null() && !it.as_object().is_some_and(serde_json::Map::is_empty)
            });
            Json::Array(filled)
        }
        Json::Object(pairs) if pairs.contains_key("$concat") => {
            let lists = fill(env, &pairs["$concat"], data)?;
            let lists = lists.as_array().into_iter().flatten();
            let mut res: Vec<Json> = Vec::new();
            for it in lists.filter_map(Json::as_array).flatten() {
                if !it.is_null() && !res.contains(it) {
                    res.push(it.clone());
                }
            }
            Json::Array(res)
        }
        Json::Object(pairs) if pairs.contains_key("$each") => {
            let list = fill(env, &pairs["$each"], data)?;
            let item = pairs.get("$item").unwrap_or(&Json::Null);
            let mut res = Vec::new();
            for it in list.as_array().into_iter().flatten() {
                let data = context! { it => Value::from(Serde(it)), ..data.clone() };
                res.push(fill(env, item, &data)?);
            }
            Json::Array(res)
        }
        Json::Object(pairs) => {
            let mut res = serde_json::Map::new();
            for (key, it) in pairs {
                let value = fill(env, it, data)?;
                // `key!` is kept whatever its value.
                let (key, kept) =
                    key.strip_suffix('!').map_or((key.as_str(), false), |it| (it, true));
                let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                if kept || !empty {
                    res.insert(key.to_owned(), value);
                }
            }
            Json::Object(res)
        }
        it => it.clone(),
    })
}
