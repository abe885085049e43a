//! Loading a target from its folder.

use std::collections::BTreeMap;

use diagnostic::{Diagnostic, nearest};
use ir::Rule;
use rustc_hash::FxHashMap;
use serde_yaml::Value as Yaml;

use crate::borrow;
use crate::codes::{BAD_OPTION, SKIPPED};
use crate::envelope::Envelopes;
use crate::hole::{Op, compile};
use crate::manifest::{Format, Kind, Manifest, OptionSpec};
use crate::profile::Profile;
use crate::quote::{self, Unquotable};

/// The files of a target, by their path inside its folder.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// The folder's name.
    pub name: String,
    /// Path, with `/`, and text.
    pub files: BTreeMap<String, String>,
}

/// A target that can't be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file, from the target's folder on.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

/// A target ready for use.
#[derive(Debug)]
pub struct Target {
    /// What it says about its language.
    pub manifest: Manifest,
    ops: BTreeMap<Kind, FxHashMap<String, Op>>,
    /// Names of list ops by the names of the ops they join.
    lists: BTreeMap<Kind, FxHashMap<String, String>>,
    profiles: BTreeMap<String, Profile>,
    pub(crate) envelopes: Envelopes,
}

impl Target {
    /// Reads manifest, profiles and templates, and checks all of them. `others` gives the folders
    /// of other targets, for one that borrows.
    ///
    /// # Errors
    ///
    /// When a file is missing or says something that is not known.
    pub fn load(
        mut folder: Folder,
        others: &dyn Fn(&str) -> Option<Folder>,
    ) -> Result<Target, LoadError> {
        let name = folder.name.clone();
        let err =
            |file: &str, message: String| LoadError { file: format!("{name}/{file}"), message };
        let manifest = borrow::manifest(&mut folder, others).map_err(|it| err("target.yml", it))?;
        if manifest.name != folder.name {
            return Err(err(
                "target.yml",
                format!("`name` is `{}`, the folder is `{}`", manifest.name, folder.name),
            ));
        }
        let mut ops: BTreeMap<Kind, FxHashMap<String, Op>> = BTreeMap::new();
        let mut templates: Vec<String> = Vec::new();
        for (kind, table) in &manifest.ops {
            for (name, spec) in table {
                let mut op = compile(&manifest, spec)
                    .map_err(|it| err("target.yml", format!("op `{name}`: {it:#}")))?;
                let known = templates.iter().position(|it| *it == op.spec.template);
                op.id = known.unwrap_or(templates.len());
                templates.push(op.spec.template.clone());
                ops.entry(*kind).or_default().insert(name.clone(), op);
            }
        }
        let mut lists: BTreeMap<Kind, FxHashMap<String, String>> = BTreeMap::new();
        for (kind, name) in
            ops.iter().flat_map(|(kind, table)| table.keys().map(move |it| (kind, it)))
        {
            if let Some(one) = name.strip_suffix("_any") {
                lists.entry(*kind).or_default().insert(one.to_owned(), name.clone());
            }
        }
        let mut profiles = BTreeMap::new();
        for (path, text) in &folder.files {
            // Those of a folder inside are another target's, there to be extended.
            let Some(name) = path
                .strip_prefix("profiles/")
                .and_then(|it| it.strip_suffix(".yml"))
                .filter(|it| !it.contains('/'))
            else {
                continue;
            };
            let mut profile = read(&folder, others, name, text).map_err(|it| err(path, it))?;
            name.clone_into(&mut profile.name);
            profile.spread().map_err(|it| err(path, it))?;
            profile.ask_of_sources();
            for source in &profile.sources {
                if let Some(missing) =
                    source.fields.iter().find(|it| !profile.groups.contains_key(*it))
                {
                    return Err(err(path, format!("no group of fields is named `{missing}`")));
                }
            }
            profiles.insert(name.to_owned(), profile);
        }
        if !profiles.contains_key(&manifest.default_profile) {
            return Err(err("profiles", format!("there is no `{}.yml`", manifest.default_profile)));
        }
        for format in &manifest.formats {
            if !folder.files.contains_key(&format.file) {
                return Err(err(
                    &format.file,
                    format!("the file of the format `{}` is missing", format.name),
                ));
            }
        }
        for format in &manifest.formats {
            if let Some(it) = format.profiles.iter().find(|it| !profiles.contains_key(*it)) {
                return Err(err(
                    "target.yml",
                    format!("the format `{}` is for `{it}`, which is no profile", format.name),
                ));
            }
        }
        for name in manifest.checks.iter().flat_map(|it| &it.formats) {
            if !manifest.formats.iter().any(|it| it.name == *name) {
                return Err(err("target.yml", format!("a check is about no format: `{name}`")));
            }
        }
        for (kind, it) in &manifest.correlations {
            if !crate::correlate::KINDS.contains(&kind.as_str()) {
                let known = crate::correlate::KINDS.join(", ");
                let message = format!("no kind of correlation is named `{kind}`; known: {known}");
                return Err(err("target.yml", message));
            }
            if !folder.files.contains_key(&it.file) {
                return Err(err(&it.file, format!("the template of `{kind}` is missing")));
            }
        }
        if manifest.formats.is_empty() {
            return Err(err("target.yml", "a target needs at least one format".to_owned()));
        }
        let envelopes = Envelopes::load(&manifest, &folder.files)
            .map_err(|it| err("target.yml", format!("an envelope: {it:#}")))?;
        Ok(Target { manifest, ops, lists, profiles, envelopes })
    }

    /// The format of that name.
    pub fn format(&self, name: &str) -> Option<&Format> {
        self.manifest.formats.iter().find(|it| it.name == name)
    }

    /// Whether a format is for a profile.
    pub fn fits(&self, format: &Format, profile: &str) -> bool {
        let family = self.profile(profile).map(|it| it.family.as_slice()).unwrap_or_default();
        format.profiles.is_empty() || format.profiles.iter().any(|it| family.contains(it))
    }

    /// The profile of that name.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// All profiles, by name.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles.iter().map(|(name, it)| (name.as_str(), it))
    }

    /// Whether the target has an op for a kind of column.
    pub fn has_op(&self, kind: Kind, name: &str) -> bool {
        self.op(kind, name).is_some()
    }

    pub(crate) fn op(&self, kind: Kind, name: &str) -> Option<&Op> {
        let kind = if kind == Kind::Any { natural(name) } else { kind };
        let find = |kind: Kind| self.ops.get(&kind).and_then(|it| it.get(name));
        // Ops of every kind ask a column, and `anywhere` has none.
        find(kind).or_else(|| find(Kind::All).filter(|_| kind != Kind::Anywhere))
    }

    /// The op for several values of an op for one.
    pub(crate) fn list_op(&self, kind: Kind, name: &str) -> Option<&Op> {
        let kind = if kind == Kind::Any { natural(name) } else { kind };
        self.lists.get(&kind)?.get(name).and_then(|it| self.op(kind, it))
    }

    pub(crate) fn quote_name(&self, name: &str) -> Result<String, Unquotable> {
        if name.is_empty() {
            return Ok(String::new());
        }
        let tables = &self.manifest.quoting;
        match tables.get(&self.manifest.name_quoting) {
            Some(table) => quote::text(tables, table, name)
                .map_err(|it| Unquotable(format!("{} in the field name", it.0))),
            None => Err(Unquotable("field names".to_owned())),
        }
    }

    /// The rule's options for this target.
    pub(crate) fn options(
        &self,
        rule: &Rule,
        profile: &str,
    ) -> Result<serde_json::Map<String, serde_json::Value>, Vec<Diagnostic>> {
        let mut res = serde_json::Map::new();
        let Some((_, given)) = rule.targets.iter().find(|(it, _)| it.value == self.manifest.name)
        else {
            return Ok(res);
        };
        let mut problems = Vec::new();
        for (key, value) in given {
            let name = key.value.as_str();
            if matches!(name, "skip" | "reason") {
                continue;
            }
            if !self.manifest.options.contains_key(name) {
                let known = self.manifest.options.keys().map(String::as_str);
                let help = match nearest(name, known.clone().chain(["skip", "reason"])) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        format!("known: skip, reason, {}", known.collect::<Vec<_>>().join(", "))
                    }
                };
                problems.push(
                    Diagnostic::error(
                        &BAD_OPTION,
                        key.span,
                        format!("`{}` has no option `{name}`", self.manifest.name),
                        "it would have no effect",
                    )
                    .with_help(help),
                );
            }
            let values = self.manifest.options.get(name).map(OptionSpec::one_of);
            if let Some(values) = values.filter(|it| !it.is_empty())
                && !value.as_str().is_some_and(|it| values.iter().any(|known| known == it))
            {
                problems.push(
                    Diagnostic::error(
                        &BAD_OPTION,
                        key.span,
                        format!("`{name}` of `{}` has no value {value}", self.manifest.name),
                        "it would have no effect",
                    )
                    .with_help(format!("known: {}", values.join(", "))),
                );
            }
            res.insert(name.to_owned(), value.clone());
        }
        let skip = given.iter().find(|(key, _)| key.value == "skip");
        let (some, unknown) = match skip.map(|(_, value)| value) {
            Some(serde_json::Value::Array(names)) => {
                let mut names = names.iter().filter_map(serde_json::Value::as_str);
                let left_out = names.clone().any(|it| it == profile);
                (left_out, names.find(|it| self.profile(it).is_none()))
            }
            Some(value) => (value.as_bool() == Some(true), None),
            None => (false, None),
        };
        if let (Some((key, _)), Some(name)) = (skip, unknown) {
            let known: Vec<&str> = self.profiles().map(|(it, _)| it).collect();
            problems.push(
                Diagnostic::error(
                    &BAD_OPTION,
                    key.span,
                    format!("`{}` has no profile `{name}`", self.manifest.name),
                    "it would have no effect",
                )
                .with_help(format!("known: {}", known.join(", "))),
            );
        }
        if let Some((key, value)) = skip.filter(|_| some) {
            let reason =
                given.iter().find(|(key, _)| key.value == "reason").and_then(|(_, it)| it.as_str());
            let place = match value.is_array() {
                true => format!("{}/{profile}", self.manifest.name),
                false => self.manifest.name.clone(),
            };
            let reason = reason.unwrap_or("no reason is given");
            let message = format!("the rule leaves `{place}` out: {reason}");
            problems.push(Diagnostic::info(&SKIPPED, key.span, message, "it says `skip`"));
        }
        if problems.is_empty() { Ok(res) } else { Err(problems) }
    }
}

/// Reads a profile; one that `extends` another, of its own target or of one of `others`, takes from it
/// what it does not say itself.
fn read(
    folder: &Folder,
    others: &dyn Fn(&str) -> Option<Folder>,
    name: &str,
    text: &str,
) -> Result<Profile, String> {
    let mut tree: Yaml = serde_yaml::from_str(text).map_err(|it| it.to_string())?;
    let mut seen = vec![name.to_owned()];
    // The other target that the profile at hand is of; what that one extends is of it too.
    let mut home: Option<String> = None;
    while let Some(base) = tree.as_mapping_mut().and_then(|it| it.remove("extends")) {
        let base = base.as_str().ok_or("`extends` is the name of a profile")?;
        let (of, base) = match (base.split_once('/'), home) {
            (Some((target, base)), _) => (Some(target.to_owned()), base),
            (None, home) => (home, base),
        };
        let full = of.as_ref().map_or(base.to_owned(), |it| format!("{it}/{base}"));
        if seen.contains(&full) {
            return Err(format!("`{full}` extends itself"));
        }
        let path = format!("profiles/{base}.yml");
        let text = match &of {
            Some(it) => others(it).and_then(|mut it| it.files.remove(&path)),
            None => folder.files.get(&path).cloned(),
        };
        let text = text.ok_or_else(|| format!("it extends `{full}`, which is not there"))?;
        let below = serde_yaml::from_str(&text).map_err(|it| format!("{full}: {it}"))?;
        seen.push(full);
        overlay(&mut tree, below);
        home = of;
    }
    // Read anew, so that an error names a line where it can.
    let profile: Result<Profile, _> = match seen.len() {
        1 => serde_yaml::from_str(text),
        _ => serde_yaml::from_value(tree),
    };
    let mut profile = profile.map_err(|it| it.to_string())?;
    profile.family = seen;
    Ok(profile)
}

/// Adds what `below` says and `above` does not. Lists are joined, what is above first: of equals,
/// the first counts.
fn overlay(above: &mut Yaml, below: Yaml) {
    match (above, below) {
        (Yaml::Mapping(above), Yaml::Mapping(below)) => {
            for (key, it) in below {
                match above.get_mut(&key) {
                    Some(own) if matches!(key.as_str(), Some("columns" | "groups")) => {
                        replace(own, it);
                    }
                    Some(own) => overlay(own, it),
                    None => drop(above.insert(key, it)),
                }
            }
        }
        (Yaml::Sequence(above), Yaml::Sequence(below)) => above.extend(below),
        _ => {}
    }
}

/// Adds the entries that are missing; an entry that is there is kept as it is.
fn replace(above: &mut Yaml, below: Yaml) {
    if let (Yaml::Mapping(above), Yaml::Mapping(below)) = (above, below) {
        for (key, it) in below {
            above.entry(key).or_insert(it);
        }
    }
}

/// The kind of column that an op is about, where the column's own is not known.
fn natural(op: &str) -> Kind {
    match op.split('_').next() {
        Some("num") => Kind::Number,
        Some("bool") => Kind::Bool,
        Some("in") => Kind::Ip,
        Some("time") => Kind::Date,
        _ => Kind::Text,
    }
}
