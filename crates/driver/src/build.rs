//! Rules built into a project of source files.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::Diagnostic;
use matcher::engine::Unrouted;
use serde_json::json;

use crate::builtin::Targets;
use crate::convert::Request;
use crate::load::Loaded;
use crate::rule_set::detector;

/// Where the built project finds the matcher that runs it.
#[derive(Debug, Clone)]
pub enum Runtime {
    /// In a folder.
    Path(String),
    /// In the registry, at this version.
    Version(String),
}

/// The files of a project, by path.
#[derive(Debug)]
pub struct Project {
    /// The files.
    pub files: BTreeMap<String, Vec<u8>>,
    /// How many rules are in it.
    pub rules: usize,
    /// How many correlations are in it.
    pub correlations: usize,
    /// What is wrong with the rules that are left out.
    pub left_out: Vec<Diagnostic>,
    /// A sentence about the rules that do not match exactly what they mean; none when all do.
    pub inexact: Option<String>,
}

/// Builds the project of a name.
///
/// # Errors
///
/// When there is no such profile, or a template of the target is wrong.
pub fn build(
    loaded: &Loaded,
    targets: &Targets,
    profile: Option<&str>,
    unrouted: Unrouted,
    name: &str,
    runtime: &Runtime,
) -> Result<Project, String> {
    let target = targets.native().ok_or("no target runs on the native matcher")?;
    let spec = target.manifest.project.as_ref().ok_or("the target has no project to build")?;
    let detector = detector(loaded, targets, profile, unrouted)?;
    let usual = target.manifest.match_profile.as_deref().unwrap_or_default();
    let request = Request {
        target: target.manifest.name.clone(),
        profile: profile.unwrap_or(usual).to_owned(),
        format: spec.module.clone(),
    };
    let extension = target.format(&spec.module).map_or("", |it| it.extension.as_str());
    let mut files = BTreeMap::new();
    let mut modules = BTreeSet::new();
    let inexact = detector.inexact_note();
    let mut left_out = detector.left_out;
    for place in &detector.places {
        let Some(rule) = loaded.rules.get(*place) else { continue };
        let path = loaded.sources.get(rule.file).map_or("", |it| it.path());
        let module = module(path, &spec.reserved, &modules);
        match request.convert(rule, targets, false).result {
            Ok(output) => {
                files.insert(
                    format!("{}/{module}.{extension}", spec.modules),
                    output.text.into_bytes(),
                );
                modules.insert(module);
            }
            // Its tables are there; what it has no module for is said.
            Err(problems) => left_out.extend(problems),
        }
    }
    let tables = detector.set.to_bytes().map_err(|it| it.to_string())?;
    files.insert(spec.tables.clone(), tables);
    let correlations = detector.correlations.to_bytes().map_err(|it| it.to_string())?;
    files.insert(spec.correlations.clone(), correlations);
    let made = json!({
        "count": detector.places.len().to_string(),
        "correlations": detector.correlations.all().len().to_string(),
        "crate": identifier(name),
        "modules": modules,
    });
    let given = match runtime {
        Runtime::Path(it) => json!({ "name": name, "matcher_path": it }),
        Runtime::Version(it) => {
            json!({ "name": name, "matcher_version": it, "matcher_path": null })
        }
    };
    for (path, template) in &spec.files {
        let text = target
            .project_file(template, &made, &given)
            .map_err(|err| format!("`{template}` can't be filled: {err:#}"))?;
        files.insert(path.clone(), text.into_bytes());
    }
    Ok(Project {
        files,
        rules: detector.places.len(),
        correlations: detector.correlation_places.len(),
        left_out,
        inexact,
    })
}

/// Whether a text is a name that a package can have.
pub fn is_package_name(name: &str) -> bool {
    name.starts_with(|ch: char| ch.is_ascii_alphabetic())
        && name.chars().all(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_'))
}

fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

/// A name for the module of a rule: the file's, with what no name may have taken out.
fn module(path: &str, reserved: &[String], taken: &BTreeSet<String>) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |it| it.0);
    let mut name = String::new();
    for ch in stem.chars() {
        match ch {
            'A'..='Z' | 'a'..='z' | '0'..='9' => name.push(ch.to_ascii_lowercase()),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    // A file name has a length of its own limit, with an ending and a number.
    name.truncate(120);
    let name = name.trim_matches('_');
    let plain = !name.is_empty() && !name.starts_with(|it: char| it.is_ascii_digit());
    let free = plain && name != "mod" && !reserved.iter().any(|it| it == name);
    let name = if free { name.to_owned() } else { format!("rule_{name}") };
    if !taken.contains(&name) {
        return name;
    }
    (2..).map(|it| format!("{name}_{it}")).find(|it| !taken.contains(it)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_names_that_are_free() {
        let reserved = ["match".to_owned()];
        let mut taken = BTreeSet::new();
        for (path, want) in [
            ("rules/win_whoami.yml", "win_whoami"),
            ("other/win_whoami.yml", "win_whoami_2"),
            ("match.yml", "rule_match"),
            ("mod.yml", "rule_mod"),
            ("1 b\"; panic!();.yml", "rule_1_b_panic"),
            ("<stdin>", "stdin"),
            ("..", "rule_"),
            ("É.yml", "rule_"),
        ] {
            let name = module(path, &reserved, &taken);
            assert!(name.starts_with(want), "{path}: {name}");
            assert!(taken.insert(name));
        }
    }
}
