//! The targets: those built in, and the user's own.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use target::{Folder, LoadError, Target};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates");

/// All targets, by name.
#[derive(Debug, Default)]
pub struct Targets {
    targets: BTreeMap<String, Target>,
}

impl Targets {
    /// The targets built into the program.
    ///
    /// # Errors
    ///
    /// When a folder of `templates/` is wrong, which a test of this crate excludes.
    pub fn builtin() -> Result<Targets, LoadError> {
        let mut res = Targets::default();
        for dir in TEMPLATES.dirs() {
            res.add(folder(dir))?;
        }
        Ok(res)
    }

    /// Adds a target, or replaces the one of the same name.
    ///
    /// # Errors
    ///
    /// When its folder is wrong.
    pub fn add(&mut self, folder: Folder) -> Result<(), LoadError> {
        let target = Target::load(folder)?;
        self.targets.insert(target.manifest.name.clone(), target);
        Ok(())
    }

    /// The target of that name.
    pub fn get(&self, name: &str) -> Option<&Target> {
        self.targets.get(name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.targets.values()
    }
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
        let targets =
            Targets::builtin().unwrap_or_else(|err| panic!("{}: {}", err.file, err.message));
        assert!(targets.iter().count() >= 4);
    }
}
