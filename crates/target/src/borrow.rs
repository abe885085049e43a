//! What one target takes from another: `borrow` in a manifest.
//!
//! Two languages of one product share its fields and its rule files. The one that borrows says what
//! its language is; the rest is read from the other's folder where its own has nothing.
//! Knows: which files and keys are about a product, not about a language.
//! Does not know: what they say.

use serde_yaml::{Mapping, Value as Yaml};

use crate::load::Folder;
use crate::manifest::Manifest;

/// Keys of which the entries that are missing are borrowed.
const BY_ENTRY: &[&str] = &["quoting", "options", "tables"];
/// Files that are about the folder they lie in.
const OWN: &[&str] = &["target.yml", "README.md"];

/// The manifest of a folder, with what it borrows; the folder then has the borrowed files too.
///
/// # Errors
///
/// A sentence about `target.yml`: it is missing or wrong, or what it borrows from is not there.
pub fn manifest(
    folder: &mut Folder,
    others: &dyn Fn(&str) -> Option<Folder>,
) -> Result<Manifest, String> {
    let text = folder.files.get("target.yml").ok_or("the file is missing")?;
    // Read as it stands where nothing is borrowed, so that an error names its line.
    let plain = || serde_yaml::from_str(text).map_err(|it| it.to_string());
    let Ok(Yaml::Mapping(mut own)) = serde_yaml::from_str::<Yaml>(text) else { return plain() };
    let Some(lender) = own.get("borrow") else { return plain() };
    let lender = lender.as_str().ok_or("`borrow` is the name of a target")?.to_owned();
    if lender == folder.name {
        return Err(format!("`{lender}` borrows from itself"));
    }
    let other =
        others(&lender).ok_or_else(|| format!("it borrows from `{lender}`, which is not there"))?;
    let theirs = other.files.get("target.yml").map(|it| serde_yaml::from_str::<Yaml>(it));
    let Some(Ok(Yaml::Mapping(theirs))) = theirs else {
        return Err(format!("it borrows from `{lender}`, whose `target.yml` can't be read"));
    };
    if let Some(further) = theirs.get("borrow").and_then(Yaml::as_str) {
        return Err(format!("it borrows from `{lender}`, which borrows itself: name `{further}`"));
    }
    merge(&mut own, theirs);
    for (path, text) in other.files {
        if OWN.contains(&path.as_str()) {
            continue;
        }
        folder.files.entry(path).or_insert(text);
    }
    serde_yaml::from_value(Yaml::Mapping(own)).map_err(|it| it.to_string())
}

fn merge(own: &mut Mapping, mut theirs: Mapping) {
    for key in BY_ENTRY {
        let Some(Yaml::Mapping(theirs)) = theirs.remove(key) else { continue };
        match own.get_mut(key) {
            Some(Yaml::Mapping(own)) => {
                for (name, it) in theirs {
                    own.entry(name).or_insert(it);
                }
            }
            Some(_) => {}
            None => drop(own.insert((*key).into(), Yaml::Mapping(theirs))),
        }
    }
    if let Some(Yaml::Sequence(theirs)) = theirs.remove("formats") {
        let name = |it: &Yaml| it.get("name").cloned();
        match own.get_mut("formats") {
            Some(Yaml::Sequence(own)) => {
                let new: Vec<Yaml> = theirs
                    .into_iter()
                    .filter(|it| !own.iter().any(|known| name(known) == name(it)))
                    .collect();
                own.extend(new);
            }
            Some(_) => {}
            None => drop(own.insert("formats".into(), Yaml::Sequence(theirs))),
        }
    }
    for key in ["checks", "default_profile"] {
        if let Some(it) = theirs.remove(key) {
            own.entry(key.into()).or_insert(it);
        }
    }
}
