//! Rule files and target folders on disk.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use driver::{Config, Targets};
use target::Folder;

/// More than this of one file is not read; the reader then says that it is too large.
pub const MOST: u64 = 16 * 1024 * 1024;

/// Every file under some paths, when it was changed and how long it is.
pub type Stamps = BTreeMap<PathBuf, (Option<std::time::SystemTime>, u64)>;

/// What the files under some paths look like from outside; what can't be seen is not there.
pub fn stamps(paths: &[PathBuf]) -> Stamps {
    let files = paths.iter().flat_map(|it| walkdir::WalkDir::new(it).into_iter().flatten());
    let stamp = |it: walkdir::DirEntry| {
        let meta = it.metadata().ok().filter(|it| it.is_file())?;
        Some((it.into_path(), (meta.modified().ok(), meta.len())))
    };
    files.filter_map(stamp).collect()
}

/// The rule files under some paths, sorted within each path: path as shown, and bytes.
pub fn rules(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut res = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            res.push(("<stdin>".to_owned(), stdin()?));
            continue;
        }
        let meta = std::fs::metadata(path)
            .map_err(|err| format!("can't read `{}`: {err}", path.display()))?;
        if meta.is_file() {
            res.push((path.display().to_string(), read(path)?));
            continue;
        }
        let mut found: Vec<PathBuf> = Vec::new();
        let hidden = |it: &walkdir::DirEntry| {
            it.depth() > 0 && it.file_name().to_string_lossy().starts_with('.')
        };
        // What is hidden belongs to other tools: `.github` is full of YAML.
        for entry in walkdir::WalkDir::new(path).into_iter().filter_entry(|it| !hidden(it)) {
            let entry = entry.map_err(|err| err.to_string())?;
            let is_rule = is_rule_file(entry.path());
            if is_rule && entry.file_type().is_file() {
                found.push(entry.into_path());
            }
        }
        found.sort();
        for path in found {
            let bytes = read(&path)?;
            res.push((path.display().to_string(), bytes));
        }
    }
    Ok(res)
}

/// Files as they are, whatever their names.
pub fn whole(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let one = |path: &PathBuf| match path.as_os_str() == "-" {
        true => Ok(("<stdin>".to_owned(), stdin()?)),
        false if path.is_dir() => Err(format!("`{}` is a folder; name its files", path.display())),
        false => Ok((path.display().to_string(), read(path)?)),
    };
    paths.iter().map(one).collect()
}

fn stdin() -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MOST)
        .read_to_end(&mut bytes)
        .map_err(|err| format!("can't read standard input: {err}"))?;
    Ok(bytes)
}

/// Whether a file of this name holds rules; the configuration does not.
pub fn is_rule_file(path: &Path) -> bool {
    path.file_name().is_some_and(|it| it != "rulec.yml")
        && path.extension().is_some_and(|it| it == "yml" || it == "yaml")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fail = |err: std::io::Error| format!("can't read `{}`: {err}", path.display());
    let file = std::fs::File::open(path).map_err(fail)?;
    let size = file.metadata().map_or(0, |it| it.len().min(MOST));
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(MOST).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// The folder of the nearest `rulec.yml` at or above the first path.
fn config_folder(paths: &[PathBuf]) -> Option<PathBuf> {
    let first =
        paths.first().filter(|it| it.as_os_str() != "-").cloned().unwrap_or_else(|| ".".into());
    let start = std::fs::canonicalize(&first).ok()?;
    let has = |it: &&Path| it.is_dir() && it.join("rulec.yml").is_file();
    start.ancestors().find(has).map(Path::to_owned)
}

/// The nearest `rulec.yml` at or above the first path; none says nothing.
pub fn config(paths: &[PathBuf]) -> Result<Config, String> {
    let Some(dir) = config_folder(paths) else { return Ok(Config::default()) };
    let path = dir.join("rulec.yml");
    let text = std::fs::read_to_string(&path)
        .map_err(|err| format!("can't read `{}`: {err}", path.display()))?;
    let mut config = Config::parse(&text).map_err(|err| format!("{}: {err}", path.display()))?;
    config.templates = config.templates.map(|it| dir.join(it));
    Ok(config)
}

/// The files of pipelines, path and bytes of each: a file, all of a folder, or a name in a folder
/// `pipelines` beside the `rulec.yml` of the rules or in the working folder.
pub fn pipelines(wanted: &[String], paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let folders: Vec<PathBuf> = config_folder(paths)
        .into_iter()
        .chain([PathBuf::from(".")])
        .map(|it| it.join("pipelines"))
        .collect();
    let mut res = Vec::new();
    for name in wanted {
        if Path::new(name).exists() {
            res.extend(rules(&[PathBuf::from(name)])?);
            continue;
        }
        let named = |it: &PathBuf| ["", ".yml", ".yaml"].map(|end| it.join(format!("{name}{end}")));
        let found = folders.iter().flat_map(named).find(|it| it.is_file());
        let Some(found) = found else {
            let known: Vec<String> = folders.iter().flat_map(|it| names_in(it)).collect();
            let help = match diagnostic::nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("; did you mean `{near}`?"),
                None if known.is_empty() => {
                    "; it is no file, and there is no folder `pipelines`".to_owned()
                }
                None => format!("; known: {}", known.join(", ")),
            };
            return Err(format!("there is no pipeline `{name}`{help}"));
        };
        let bytes = read(&found)?;
        res.push((found.display().to_string(), bytes));
    }
    Ok(res)
}

/// The names of the pipelines of a folder.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let files = entries.map(|it| it.path()).filter(|it| is_rule_file(it));
    let mut res: Vec<String> =
        files.filter_map(|it| Some(it.file_stem()?.to_string_lossy().into_owned())).collect();
    res.sort();
    res
}

/// The built-in targets and those of a folder.
pub fn targets(templates: Option<&Path>) -> Result<Targets, String> {
    let show = |err: target::LoadError| format!("{}: {}", err.file, err.message);
    let mut res = Targets::builtin();
    let Some(root) = templates else { return Ok(res) };
    let entries =
        std::fs::read_dir(root).map_err(|err| format!("can't read `{}`: {err}", root.display()))?;
    let mut dirs: Vec<PathBuf> =
        entries.filter_map(|it| it.ok()).map(|it| it.path()).filter(|it| it.is_dir()).collect();
    dirs.sort();
    let mut folders = Vec::new();
    for dir in dirs {
        let name = dir.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let mut files = BTreeMap::new();
        for entry in walkdir::WalkDir::new(&dir) {
            let entry = entry.map_err(|err| err.to_string())?;
            if !entry.file_type().is_file() {
                continue;
            }
            let inside =
                entry.path().strip_prefix(&dir).map(|it| it.to_string_lossy().replace('\\', "/"));
            if let (Ok(inside), Ok(text)) = (inside, std::fs::read_to_string(entry.path())) {
                files.insert(inside, text);
            }
        }
        folders.push(Folder { name, files });
    }
    res.add_all(folders).map_err(show)?;
    Ok(res)
}

/// Writes a file through a neighbour, so that no reader sees half of it.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    let fail = |err: std::io::Error| format!("can't write `{}`: {err}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(fail)?;
    }
    let beside = path.with_extension("tmp");
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)).map_err(fail)
}
