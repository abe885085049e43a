//! Profiles: which table a log source is in, and which column a field.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use ir::{Field, LogSource, Rule};
use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::legal::Effect;
use crate::manifest::{Kind, Version};
use crate::routes::RouteSpec;

/// A field map for one deployment of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name: that of its file.
    #[serde(skip)]
    pub name: String,
    /// One line for people.
    pub about: String,
    /// What a column holds of which nothing is said.
    #[serde(default = "text")]
    pub default_kind: Kind,
    /// The column of a field that no group names: `{field}` in it is the field's name. Absent:
    /// such a field is refused.
    #[serde(default)]
    pub unmapped: Option<String>,
    /// Whether rules of any log source are taken, with no condition on it.
    #[serde(default)]
    pub any_source: bool,
    /// The column that says when an event was; correlations need it.
    #[serde(default)]
    pub time: Option<String>,
    /// Fields that say when an event was, where rules meet events directly: the first that holds a
    /// time counts.
    #[serde(default)]
    pub times: Vec<String>,
    /// Beginnings of names of columns that exist in every deployment, whoever names them.
    #[serde(default)]
    pub mapped: Vec<String>,
    /// Columns of the tables that are named nowhere else here: a query gives their names to nothing
    /// else.
    #[serde(default)]
    pub reserved: Vec<String>,
    /// What sources say under `with` and a query itself has to ask, by the keys there.
    #[serde(default)]
    pub asked: BTreeMap<String, AskedSpec>,
    /// What columns hold, by their own names.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSpec>,
    /// Field maps, by name.
    #[serde(default)]
    pub groups: BTreeMap<String, BTreeMap<String, FieldSpec>>,
    /// The log sources; the most specific that covers a rule's is taken, the first of equals.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
    /// What is added to the `with` of sources: by a key of it, and its value.
    #[serde(default)]
    pub with: BTreeMap<String, BTreeMap<String, serde_json::Map<String, serde_json::Value>>>,
    /// Its own name, and those of the profiles that it extends.
    #[serde(skip)]
    pub(crate) family: Vec<String>,
    /// Log sources that the target can't see, and why.
    #[serde(default)]
    pub absent: Vec<AbsentSpec>,
    /// How the log source of an event is told, where rules meet events directly.
    #[serde(default)]
    pub routes: Vec<RouteSpec>,
    /// The columns it names, for [`Profile::is_mapped`].
    #[serde(skip)]
    known: OnceLock<FxHashSet<String>>,
    /// Whether there are families of columns.
    #[serde(skip)]
    families: OnceLock<bool>,
}

fn text() -> Kind {
    Kind::Text
}

/// What a column holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ColumnSpec {
    /// Its kind.
    Kind(Kind),
    /// With more to say.
    Long(ColumnLong),
}

/// The long form of a column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnLong {
    /// Its kind.
    #[serde(default = "text")]
    pub kind: Kind,
    /// The longest text it holds, in bytes; longer values are cut there.
    #[serde(default)]
    pub max_length: Option<usize>,
    /// The first version of the language that has it.
    #[serde(default)]
    pub since: Version,
    /// The column that networks are asked of, where that is another.
    #[serde(default)]
    pub networks: Option<String>,
    /// How the column is written in a query, where it is made of several. In a family, whose name
    /// ends in `.*`, `{rest}` is what stands for the star.
    #[serde(default)]
    pub spelled: Option<String>,
    /// How a test on it differs from a test on the field, if it does.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Whether a value that is not there is an empty text, which a test on an empty text then finds.
    #[serde(default)]
    pub empty_when_missing: bool,
}

/// A column that tells what a source says, for a language that has no other place for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedSpec {
    /// The column, with modifiers as in `where`.
    pub column: String,
    /// Values that ask for nothing.
    #[serde(default)]
    pub but: Vec<serde_json::Value>,
}

/// The columns of a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum FieldSpec {
    /// One column.
    One(String),
    /// Several: the field's values are those of all of them.
    Many(Vec<String>),
    /// With more to say.
    Long(Box<FieldLong>),
}

impl FieldSpec {
    /// The columns that hold its values.
    fn columns(&self) -> Vec<&String> {
        match self {
            FieldSpec::One(it) => vec![it],
            FieldSpec::Many(it) => it.iter().collect(),
            FieldSpec::Long(it) => it.columns.iter().chain(it.keyed.values()).collect(),
        }
    }

    /// The conditions that stand for its values.
    fn conditions(&self) -> impl Iterator<Item = &Where> {
        let long = match self {
            FieldSpec::Long(it) => Some(it),
            FieldSpec::One(_) | FieldSpec::Many(_) => None,
        };
        long.into_iter().flat_map(|it| it.cases.values().chain(&it.present))
    }
}

/// The long form of a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldLong {
    /// Its columns.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Its values that are another text in the columns.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Beginnings of its values that are another text in the columns: `HKLM\` there is
    /// `HKEY_LOCAL_MACHINE\`.
    #[serde(default)]
    pub prefixes: BTreeMap<String, String>,
    /// Parts of its values that the columns spell otherwise.
    #[serde(default)]
    pub parts: BTreeMap<String, PartSpec>,
    /// How the columns write its values, where that is a matter of form.
    #[serde(default)]
    pub form: Option<Form>,
    /// A character at which a value is split between two columns.
    #[serde(default)]
    pub split: Option<char>,
    /// Columns by the key that stands before a value: `MD5=`. Takes the place of `columns`.
    #[serde(default)]
    pub keyed: BTreeMap<String, String>,
    /// All values it can have, each with the condition that is true then. No columns are used.
    #[serde(default)]
    pub cases: BTreeMap<String, Where>,
    /// Whether a test that names a value outside of `cases` is refused: events with other values are
    /// in another place.
    #[serde(default)]
    pub closed: bool,
    /// The condition that is true when the field holds a value, where that is not plain presence.
    #[serde(default)]
    pub present: Option<Where>,
    /// How elements of a list past the last column are asked for.
    #[serde(default)]
    pub tail: Option<Tail>,
    /// How a test on the columns differs from a test on the field, if it does.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// What takes the place of all of this when a rule sets an option: the option, its value, and
    /// the field.
    #[serde(default)]
    pub options: BTreeMap<String, BTreeMap<String, FieldSpec>>,
}

/// How columns spell a part of values, wherever it stands in them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartSpec {
    /// All of its spellings there, `?` being any character; absent: its own.
    #[serde(default)]
    pub there: Vec<String>,
    /// How a test that names it differs, if it does.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// A list that is longer than its columns: texts are looked for in all elements but the first
/// together, which finds all there is and maybe more. Of other tests the tail is lost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// The column that joins all elements but the first.
    pub column: String,
    /// The column that holds how many these are.
    pub count: String,
    /// Why a test on the joined column may match more.
    pub reason: String,
}

/// The options that a rule sets for a target.
pub(crate) type Options = serde_json::Map<String, serde_json::Value>;

/// A form of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Hexadecimal numbers, `0x3e7` or `DWORD (0x..)`, are decimal in the column.
    Decimal,
    /// Of a path, the column has the last part.
    BaseName,
    /// The value stands somewhere inside of a text, which is made of JSON.
    Inside,
}

/// A condition on columns: all of its entries. A key is a column with modifiers, `evt.type|cased`;
/// the modifiers are `cased`, `contains`, `startswith`, `endswith` and `neq`. A list is any of it.
/// In the order written: a language may want the most selective test first.
pub type Where = serde_json::Map<String, serde_json::Value>;

/// A log source and where its events are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Which rules it is for.
    pub logsource: SourceKey,
    /// What the envelopes need of it: a table, an event category, index patterns.
    #[serde(default)]
    pub with: serde_json::Map<String, serde_json::Value>,
    /// The same as envelopes see it, made when it is first asked for.
    #[serde(skip)]
    pub(crate) seen: OnceLock<Seen>,
    /// What is true of its events and not of others in the same place.
    #[serde(default, rename = "where")]
    pub condition: Where,
    /// Groups of fields, first found first.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Overrides the profile's.
    #[serde(default)]
    pub unmapped: Option<String>,
    /// Columns in which keywords are looked for; absent: a keyword asks for the whole event.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// How a rule read over this place differs from the rule, if it does.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Conditions on columns that tell these events from the others of the place: a rule that asks
    /// one of them in any case does not differ.
    #[serde(default)]
    pub unless: Where,
}

/// What envelopes see of a source.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// As data.
    pub(crate) plain: minijinja::Value,
    /// As text that is already right in the target's language.
    pub(crate) trusted: minijinja::Value,
}

/// A log source that can't be seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsentSpec {
    /// Which rules it is about.
    pub logsource: SourceKey,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

/// Some of category, product and service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceKey {
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    service: Option<String>,
}

impl SourceKey {
    /// What it says, as a rule's log source.
    pub fn logsource(&self) -> LogSource {
        let part = |it: &Option<String>| it.as_deref().map(std::sync::Arc::from);
        LogSource {
            category: part(&self.category),
            product: part(&self.product),
            service: part(&self.service),
            span: None,
        }
    }

    /// Whether every attribute that is set is the same in `source`; and how many are set.
    pub fn covers(&self, source: &LogSource) -> Option<usize> {
        let pairs = [
            (&self.category, &source.category),
            (&self.product, &source.product),
            (&self.service, &source.service),
        ];
        let same = pairs.iter().all(|(a, b)| a.is_none() || a.as_deref() == b.as_deref());
        same.then(|| pairs.iter().filter(|(a, _)| a.is_some()).count())
    }
}

impl Profile {
    /// Whether a rule reads the same in it: every field keeps its name, and nothing is added.
    pub fn keeps_names(&self) -> bool {
        self.any_source
            && self.default_kind == Kind::Any
            && self.unmapped.as_deref() == Some("{field}")
            && self.groups.is_empty()
            && self.columns.is_empty()
            && self.sources.is_empty()
    }

    /// How the log sources of events are told; `None` when every rule meets every event.
    pub fn routing(&self) -> Option<matcher::engine::Routing> {
        (!self.routes.is_empty()).then(|| crate::routes::routing(&self.routes))
    }

    /// Adds to sources what the profile says of places under `with`.
    ///
    /// # Errors
    ///
    /// A place that no source names: a misspelt one would add nothing, in silence.
    pub(crate) fn spread(&mut self) -> Result<(), String> {
        for (key, places) in &self.with {
            for (place, more) in places {
                let mut used = false;
                for source in &mut self.sources {
                    if source.with.get(key).and_then(|it| it.as_str()) == Some(place) {
                        used = true;
                        for (key, it) in more {
                            source.with.entry(key).or_insert_with(|| it.clone());
                        }
                    }
                }
                if !used {
                    return Err(format!("`with` speaks of `{key}: {place}`, which no source has"));
                }
            }
        }
        Ok(())
    }

    /// Makes what sources say under `with` conditions of them, where `asked` names a column for it.
    pub(crate) fn ask_of_sources(&mut self) {
        for source in &mut self.sources {
            let told = self.asked.iter().filter_map(|(key, it)| {
                let value = source.with.get(key).filter(|value| !it.but.contains(value))?;
                Some((it.column.clone(), value.clone()))
            });
            let mut condition: Where = told.collect();
            for (key, value) in std::mem::take(&mut source.condition) {
                condition.insert(key, value);
            }
            source.condition = condition;
        }
    }

    /// The source for a rule: the one that says the most of its log source; of equals the first
    /// that has all of the rule's fields, or else the last.
    pub fn source(&self, rule: &Rule) -> Option<&SourceSpec> {
        let found =
            self.sources.iter().filter_map(|it| Some((it.logsource.covers(&rule.logsource)?, it)));
        let found: Vec<(usize, &SourceSpec)> = found.collect();
        let most = found.iter().map(|(count, _)| *count).max()?;
        let equals: Vec<&SourceSpec> =
            found.into_iter().filter(|(count, _)| *count == most).map(|(_, it)| it).collect();
        let complete = |source: &&&SourceSpec| {
            let mut res = true;
            rule.expr.for_each_test(&mut |test| {
                if let Field::Named(name) = &test.field {
                    res &= rule.native.contains(name)
                        || self.lookup(source, name).is_some()
                        || self.in_family(source, name).is_some();
                }
            });
            res
        };
        match equals.as_slice() {
            [one] => Some(one),
            many => many.iter().find(complete).or(many.last()).copied(),
        }
    }

    /// What the groups of a source say of a field.
    fn lookup(&self, source: &SourceSpec, name: &str) -> Option<&FieldSpec> {
        source.fields.iter().filter_map(|it| self.groups.get(it)).find_map(|it| it.get(name))
    }

    /// What the source's groups say of a field by the family it belongs to.
    fn in_family(&self, source: &SourceSpec, name: &str) -> Option<FieldSpec> {
        let mut groups = source.fields.iter().filter_map(|it| self.groups.get(it));
        groups.find_map(|it| of_family(it, name))
    }

    /// The columns of a field, if the profile has any.
    pub(crate) fn field<'a>(
        &'a self,
        rule: &Rule,
        source: Option<&'a SourceSpec>,
        name: &str,
        options: &Options,
    ) -> Option<Cow<'a, FieldSpec>> {
        if rule.native.contains(name) {
            return Some(Cow::Owned(FieldSpec::One(name.to_owned())));
        }
        if let Some(spec) = source.and_then(|it| self.lookup(it, name)) {
            let FieldSpec::Long(long) = spec else { return Some(Cow::Borrowed(spec)) };
            let set = |(option, values): (&String, &'a BTreeMap<String, FieldSpec>)| {
                values.get(options.get(option)?.as_str()?)
            };
            return Some(Cow::Borrowed(long.options.iter().find_map(set).unwrap_or(spec)));
        }
        if let Some(spec) = source.and_then(|it| self.in_family(it, name)) {
            return Some(Cow::Owned(spec));
        }
        let form = source.and_then(|it| it.unmapped.as_ref()).or(self.unmapped.as_ref())?;
        // A rule in ECS names keeps them where the profile takes names as they are.
        let kept = rule.meta.taxonomy.as_deref() == Some("ecs");
        let column = if kept { name.to_owned() } else { form.replace("{field}", name) };
        Some(Cow::Owned(FieldSpec::One(column)))
    }

    /// Whether there is a column for every field of a rule.
    pub(crate) fn has_fields(&self, rule: &Rule, options: &Options) -> bool {
        let source = self.source(rule);
        let mut res = true;
        rule.expr.for_each_test(&mut |test| {
            if let Field::Named(name) = &test.field {
                res = res && self.field(rule, source, name, options).is_some();
            }
        });
        res
    }

    /// Why a rule's log source can't be seen, if the profile says so.
    pub fn absent(&self, rule: &Rule) -> Option<&str> {
        self.absent
            .iter()
            .find(|it| it.logsource.covers(&rule.logsource).is_some())
            .map(|it| it.reason.as_str())
    }

    /// Whether a column exists in every deployment: the profile names it, or its beginning.
    pub(crate) fn is_mapped(&self, name: &str) -> bool {
        let known = self.known.get_or_init(|| {
            let mut res: FxHashSet<String> = self.columns.keys().cloned().collect();
            let specs = self.groups.values().flat_map(BTreeMap::values);
            res.extend(specs.flat_map(FieldSpec::columns).cloned());
            res
        });
        known.contains(name) || self.mapped.iter().any(|it| name.starts_with(it.as_str()))
    }

    /// All columns that rules over a source may ask.
    pub(crate) fn columns_of<'a>(&'a self, source: &'a SourceSpec) -> BTreeSet<&'a str> {
        let groups = source.fields.iter().filter_map(|it| self.groups.get(it));
        let specs: Vec<&FieldSpec> = groups.flat_map(BTreeMap::values).collect();
        let asked = specs.iter().flat_map(|it| it.conditions()).chain([&source.condition]);
        let keys = asked.flat_map(serde_json::Map::keys);
        let keys = keys.map(|it| it.split_once('|').map_or(it.as_str(), |it| it.0));
        specs.iter().flat_map(|it| it.columns()).map(String::as_str).chain(keys).collect()
    }

    /// What a column holds, and what else is said of it.
    pub fn column(&self, name: &str) -> (Kind, Option<&ColumnLong>) {
        match self.columns.get(name).or_else(|| Some(self.family(name)?.0)) {
            Some(ColumnSpec::Long(it)) => (it.kind, Some(it)),
            Some(ColumnSpec::Kind(kind)) => (*kind, None),
            None => (self.default_kind, None),
        }
    }

    /// Columns that a query writes otherwise than by their name, and how; of a family the name ends
    /// in `.*`, and `{rest}` stands for the star.
    pub fn spelled(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().filter_map(|(name, spec)| match spec {
            ColumnSpec::Long(it) => Some((name.as_str(), it.spelled.as_deref()?)),
            ColumnSpec::Kind(_) => None,
        })
    }

    /// The family that a column belongs to, and what stands for its star: the longest that fits.
    pub(crate) fn family<'a>(&self, name: &'a str) -> Option<(&ColumnSpec, &'a str)> {
        if !*self.families.get_or_init(|| self.columns.keys().any(|it| it.ends_with(".*"))) {
            return None;
        }
        family(&self.columns, name)
    }
}

/// What a group says of a field by the family it belongs to.
fn of_family(group: &BTreeMap<String, FieldSpec>, name: &str) -> Option<FieldSpec> {
    let (spec, rest) = family(group, name)?;
    let fill = |it: &String| it.replace('*', rest);
    Some(match spec {
        FieldSpec::One(it) => FieldSpec::One(fill(it)),
        FieldSpec::Many(it) => FieldSpec::Many(it.iter().map(fill).collect()),
        FieldSpec::Long(it) => FieldSpec::Long(Box::new(FieldLong {
            columns: it.columns.iter().map(fill).collect(),
            ..(**it).clone()
        })),
    })
}

/// The entry `a.b.*` for `a.b.c`, the longest that there is; and the rest, `c`.
fn family<'m, 'n, T>(map: &'m BTreeMap<String, T>, name: &'n str) -> Option<(&'m T, &'n str)> {
    name.rmatch_indices('.').find_map(|(at, _)| {
        let key = format!("{}.*", &name[..at]);
        map.get(&key).map(|it| (it, &name[at + 1..]))
    })
}
