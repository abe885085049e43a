//! What is written from something else: completions and man pages from the arguments, the list of
//! lints from their files, the schema of rules from the tables of their reader.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap_complete::Shell;

/// Where the files are, from the repository's root.
const DIR: &str = "docs/cli";

/// The list of lints, from the repository's root.
const LINTS: &str = "crates/lint/src/rules.rs";

/// The JSON Schema of rules, from the repository's root.
const SCHEMA: &str = "docs/rule.schema.json";

/// Writes the files that differ and removes those that nothing generates; returns the names of both.
pub fn write(root: &Path) -> Result<Vec<String>, String> {
    let wanted = generate(root)?;
    let stale = stale(root, &wanted);
    for name in &stale {
        let path = root.join(name);
        let fail = |err: std::io::Error| format!("can't write `{name}`: {err}");
        match wanted.get(name) {
            Some(text) => {
                if let Some(dir) = path.parent() {
                    std::fs::create_dir_all(dir).map_err(fail)?;
                }
                std::fs::write(&path, text).map_err(fail)?;
            }
            None => std::fs::remove_file(&path).map_err(fail)?,
        }
    }
    Ok(stale)
}

/// The files that are not as they would be generated.
pub fn check(root: &Path) -> Result<Vec<String>, String> {
    Ok(stale(root, &generate(root)?))
}

fn stale(root: &Path, wanted: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut there = Vec::new();
    files(&root.join(DIR), &mut there);
    let there = there.iter().filter_map(|it| it.strip_prefix(root).ok());
    let extra = there.map(|it| it.to_string_lossy().replace('\\', "/"));
    let mut res: Vec<String> = extra.filter(|it| !wanted.contains_key(it)).collect();
    let differs = |(name, text): &(&String, &Vec<u8>)| {
        std::fs::read(root.join(name)).ok().as_ref() != Some(text)
    };
    res.extend(wanted.iter().filter(differs).map(|(name, _)| name.clone()));
    res.sort();
    res
}

pub fn files(dir: &Path, res: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    for path in entries.map(|it| it.path()) {
        if path.is_dir() { files(&path, res) } else { res.push(path) }
    }
}

/// Path from the root, and text.
fn generate(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut res = BTreeMap::new();
    res.insert(LINTS.to_owned(), lints(root)?.into_bytes());
    let schema = driver::schema(&driver::Targets::builtin());
    res.insert(SCHEMA.to_owned(), format!("{schema:#}\n").into_bytes());
    let mut command = cli::command();
    let shells = [
        (Shell::Bash, "rulec.bash"),
        (Shell::Zsh, "_rulec"),
        (Shell::Fish, "rulec.fish"),
        (Shell::PowerShell, "_rulec.ps1"),
        (Shell::Elvish, "rulec.elv"),
    ];
    for (shell, file) in shells {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "rulec", &mut text);
        res.insert(format!("{DIR}/completions/{file}"), text);
    }
    // A man page for the `help` command would only repeat the others.
    let mut command = cli::command().disable_help_subcommand(true);
    command.build();
    let subcommands = command.get_subcommands().filter(|it| !it.is_hide_set());
    for it in std::iter::once(&command).chain(subcommands) {
        let page = clap_mangen::Man::new(it.clone());
        let mut text = Vec::new();
        page.render(&mut text).map_err(|err| err.to_string())?;
        res.insert(format!("{DIR}/man/{}", page.get_filename()), text);
    }
    Ok(res)
}

/// The list of lints: every file beside it.
fn lints(root: &Path) -> Result<String, String> {
    let mut paths = Vec::new();
    files(&root.join(LINTS).with_extension(""), &mut paths);
    let stem = |it: &PathBuf| it.file_stem().map(|it| it.to_string_lossy().into_owned());
    let rust = paths.iter().filter(|it| it.extension().is_some_and(|it| it == "rs"));
    let mut names: Vec<String> = rust.filter_map(stem).collect();
    names.sort();
    for name in &names {
        let page = root.join(LINTS).with_extension("").join(format!("{name}.md"));
        if !page.is_file() {
            return Err(format!("the lint `{name}` has no page `{name}.md`"));
        }
    }
    let modules: String = names.iter().map(|it| format!("mod {it};\n")).collect();
    let entries: String = names.iter().map(|it| format!("    &{it}::LINT,\n")).collect();
    Ok(format!(
        "//! The lints, by name. Written by `cargo xtask codegen`.\n\n{modules}\nuse crate::Lint;\n\n\
         /// Every lint.\n#[rustfmt::skip]\npub static LINTS: &[&Lint] = &[\n{entries}];\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_current() {
        let stale = check(&crate::tidy::root()).unwrap();
        assert!(stale.is_empty(), "run `cargo xtask codegen`; not current: {stale:?}");
    }

    #[test]
    fn what_differs_is_written_and_what_is_extra_goes() {
        let root = std::env::temp_dir().join(format!("rulec-codegen-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        assert!(!write(&root).unwrap().is_empty());
        assert!(check(&root).unwrap().is_empty());
        let page = "docs/cli/man/rulec.1";
        std::fs::write(root.join(page), "old").unwrap();
        std::fs::write(root.join("docs/cli/man/rulec-gone.1"), "gone").unwrap();
        assert_eq!(check(&root).unwrap(), ["docs/cli/man/rulec-gone.1", page]);
        write(&root).unwrap();
        assert!(check(&root).unwrap().is_empty());
        assert!(!root.join("docs/cli/man/rulec-gone.1").exists());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
