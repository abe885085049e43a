//! The targets: those built in, and the user's own.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use target::{Folder, LoadError, Target};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates");

/// All targets, by name.
///
/// A built-in one is read when it is first asked for: most runs speak of one or two.
#[derive(Debug, Default)]
pub struct Targets {
    targets: BTreeMap<String, OnceLock<Target>>,
    /// The folders that were added, for those that borrow from them.
    added: BTreeMap<String, Folder>,
}

impl Targets {
    /// The targets built into the program.
    pub fn builtin() -> Targets {
        let names = TEMPLATES.dirs().map(|it| it.path().to_string_lossy().into_owned());
        Targets { targets: names.map(|it| (it, OnceLock::new())).collect(), added: BTreeMap::new() }
    }

    /// Adds a target, or replaces the one of the same name.
    ///
    /// # Errors
    ///
    /// When its folder is wrong.
    pub fn add(&mut self, folder: Folder) -> Result<(), LoadError> {
        self.add_all(vec![folder])
    }

    /// Adds several. Each may borrow from another of them, from one that was added before, or from a
    /// built-in one, in this order; built-in ones borrow from each other.
    ///
    /// # Errors
    ///
    /// When a folder is wrong.
    pub fn add_all(&mut self, folders: Vec<Folder>) -> Result<(), LoadError> {
        let all = folders.iter().map(|it| (it.name.clone(), it.clone()));
        self.added.extend(all);
        for folder in folders {
            let others = |name: &str| self.added.get(name).cloned().or_else(|| built_in(name));
            let target = Target::load(folder, &others)?;
            self.targets.insert(target.manifest.name.clone(), OnceLock::from(target));
        }
        Ok(())
    }

    /// The target of that name.
    pub fn get(&self, name: &str) -> Option<&Target> {
        let slot = self.targets.get(name)?;
        if slot.get().is_none() {
            // A test of this crate reads every built-in folder, so this does not fail.
            let target = Target::load(built_in(name)?, &built_in).ok()?;
            return Some(slot.get_or_init(|| target));
        }
        slot.get()
    }

    /// The names of all targets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.names().filter_map(|it| self.get(it))
    }
}

fn built_in(name: &str) -> Option<Folder> {
    TEMPLATES.get_dir(name).map(folder)
}

fn folder(dir: &Dir<'_>) -> Folder {
    let name = dir.path().to_string_lossy().into_owned();
    let mut files = BTreeMap::new();
    collect(dir, &name, &mut files);
    Folder { name, files }
}

fn collect(dir: &Dir<'_>, root: &str, files: &mut BTreeMap<String, String>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        let inside = path.strip_prefix(&format!("{root}/")).unwrap_or(&path).to_owned();
        if let Some(text) = file.contents_utf8() {
            files.insert(inside, text.to_owned());
        }
    }
    for dir in dir.dirs() {
        collect(dir, root, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_targets_load() {
        for dir in TEMPLATES.dirs() {
            if let Err(err) = Target::load(folder(dir), &built_in) {
                panic!("{}: {}", err.file, err.message);
            }
        }
        let targets = Targets::builtin();
        assert!(targets.iter().count() >= 4);
        assert_eq!(targets.iter().count(), targets.names().count());
    }
}
