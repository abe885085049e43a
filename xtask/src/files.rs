//! Rules below folders.

use std::path::PathBuf;

use driver::Loaded;

/// All rule files below some folders, in order of their paths.
pub fn load(folders: &[PathBuf]) -> Result<Loaded, String> {
    let mut files = Vec::new();
    let mut rest: Vec<PathBuf> = folders.to_vec();
    while let Some(path) = rest.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).map_err(|err| err.to_string())?;
            rest.extend(entries.filter_map(Result::ok).map(|it| it.path()));
        } else if path.extension().is_some_and(|it| it == "yml" || it == "yaml") {
            let bytes = std::fs::read(&path).map_err(|err| err.to_string())?;
            files.push((path.display().to_string(), bytes));
        }
    }
    files.sort();
    Ok(driver::load(files))
}
