//! The repository's invariants, as a check and as a test.

use std::path::{Path, PathBuf};

/// Lowest first: a crate may depend only on crates before it.
const LAYERS: &[&str] = &[
    "source",
    "attack",
    "diagnostic",
    "syntax",
    "ir",
    "lower",
    "matcher",
    "prove",
    "pipeline",
    "target",
    "import",
    "propose",
    "lint",
    "driver",
    "cli",
];

/// The crate of readers of languages. A language has a name whether or not a target writes it, so this
/// crate may say it; which reader a target's language has is said in the target's manifest.
const READERS: &str = "crates/import/";

/// The longest source file, in lines.
const MOST_LINES: usize = 1000;

/// The repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Every breach of an invariant, one line each.
pub fn tidy(root: &Path) -> Vec<String> {
    let mut res = Vec::new();
    layers(root, &mut res);
    let targets = names(&root.join("templates"));
    let mut files = Vec::new();
    for dir in ["crates", "xtask"] {
        sources(&root.join(dir), &mut files);
    }
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        if text.lines().count() > MOST_LINES {
            res.push(format!(
                "{shown}: more than {MOST_LINES} lines; split it by what its parts know"
            ));
        }
        let in_tests = shown.contains("/tests/") || shown.contains("/benches/");
        if !in_tests && !text.starts_with("//!") {
            res.push(format!("{shown}: begin with a `//!` comment that says what the module is"));
        }
        for (idx, line) in text.lines().enumerate() {
            let code = line.trim_start();
            // `xtask` and tests speak of the repository's own targets; other libraries may not.
            let of_languages = shown.starts_with("xtask") || shown.starts_with(READERS);
            let free = in_tests || of_languages || code.starts_with("//");
            let named = targets.iter().find(|it| line.contains(&format!("\"{it}\"")));
            if let (false, Some(name)) = (free, named) {
                res.push(format!(
                    "{shown}:{}: names the target `{name}`; say it in its folder",
                    idx + 1
                ));
            }
        }
    }
    res
}

fn layers(root: &Path, res: &mut Vec<String>) {
    for (at, layer) in LAYERS.iter().enumerate() {
        let path = root.join("crates").join(layer).join("Cargo.toml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            res.push(format!("crates/{layer}: no Cargo.toml"));
            continue;
        };
        for line in text.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if LAYERS[at..].contains(&name) && !line.starts_with("name") {
                res.push(format!(
                    "crates/{layer}: depends on `{name}`, which is not a lower layer"
                ));
            }
        }
    }
    for name in names(&root.join("crates")) {
        if !LAYERS.contains(&name.as_str()) {
            res.push(format!("crates/{name}: not in the list of layers of `xtask/src/tidy.rs`"));
        }
    }
}

/// The folders of a folder, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut res: Vec<String> = entries
        .filter(|it| it.path().is_dir())
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect();
    res.sort();
    res
}

fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    for path in entries.map(|it| it.path()) {
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_is_tidy() {
        let problems = super::tidy(&super::root());
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
