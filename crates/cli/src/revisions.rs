//! Two states of rules: files and folders, or revisions of a git repository.

use std::path::{Component, Path, PathBuf};

use driver::Config;
use git2::{ObjectType, Repository, Tree, TreeWalkMode, TreeWalkResult};

use crate::args::Diff;
use crate::files;

/// One state.
pub struct State {
    /// Path and bytes of each file; a path is what makes it the same file in both states.
    pub files: Vec<(String, Vec<u8>)>,
    /// What the team says there.
    pub config: Config,
}

/// Both states that the arguments name.
pub fn states(args: &Diff) -> Result<(State, State), String> {
    let range = ["...", ".."].iter().find_map(|it| Some((*it, args.old.split_once(it)?)));
    if let (Some((dots, (from, to))), None, false) = (range, &args.new, is_path(&args.old)) {
        let repo = repository()?;
        let or_head = |it: &str| if it.is_empty() { "HEAD".to_owned() } else { it.to_owned() };
        let (mut from, to) = (or_head(from), or_head(to));
        if dots == "..." {
            from = parting(&repo, &from, &to)?;
        }
        return Ok((revision(&repo, &from, args)?, revision(&repo, &to, args)?));
    }
    let Some(new) = &args.new else {
        if is_path(&args.old) {
            return Err(format!("`{}` is a path; give the one to compare it with", args.old));
        }
        let repo = repository()?;
        return Ok((revision(&repo, &args.old, args)?, working_tree(&repo, args)?));
    };
    match (is_path(&args.old), is_path(new)) {
        (true, true) => paths(&args.old, new),
        (false, false) => {
            let repo = repository()?;
            Ok((revision(&repo, &args.old, args)?, revision(&repo, new, args)?))
        }
        (old_is_path, _) => {
            let (path, other) = if old_is_path { (&args.old, new) } else { (new, &args.old) };
            Err(format!(
                "`{path}` is a path, and `{other}` is not there; give two paths or two revisions"
            ))
        }
    }
}

fn is_path(text: &str) -> bool {
    Path::new(text).exists()
}

/// Two files are one file changed; of folders, the paths inside count.
fn paths(old: &str, new: &str) -> Result<(State, State), String> {
    let folders = (Path::new(old).is_dir(), Path::new(new).is_dir());
    if folders.0 != folders.1 {
        return Err(format!("`{old}` and `{new}` are a file and a folder; give two of a kind"));
    }
    let read = |root: &str| -> Result<State, String> {
        let given = [PathBuf::from(root)];
        let mut files = files::rules(&given)?;
        for (path, _) in &mut files {
            *path = if folders.0 {
                let inside = Path::new(path.as_str()).strip_prefix(root);
                inside.map_or_else(|_| path.clone(), slashed)
            } else {
                new.to_owned()
            };
        }
        Ok(State { files, config: files::config(&given)? })
    };
    Ok((read(old)?, read(new)?))
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn repository() -> Result<Repository, String> {
    Repository::discover(".").map_err(|err| {
        format!(
            "what is compared is not there as a path, and here is no git repository: {}",
            err.message()
        )
    })
}

/// The commit from which both revisions come.
fn parting(repo: &Repository, from: &str, to: &str) -> Result<String, String> {
    let id = |it: &str| -> Result<git2::Oid, String> {
        Ok(resolve(repo, it)?.peel_to_commit().map_err(|err| no_such(it, &err))?.id())
    };
    let base = repo.merge_base(id(from)?, id(to)?).map_err(|err| {
        format!(
            "`{from}` and `{to}` have no commit in common ({}); a shallow clone hides it: fetch the whole history",
            err.message()
        )
    })?;
    Ok(base.to_string())
}

fn resolve<'a>(repo: &'a Repository, name: &str) -> Result<git2::Object<'a>, String> {
    repo.revparse_single(name).map_err(|err| no_such(name, &err))
}

fn no_such(name: &str, err: &git2::Error) -> String {
    format!("`{name}` is neither a path nor a revision: {}", err.message())
}

/// The files of a revision, a tree of one (`main:rules`), or a file of one.
fn revision(repo: &Repository, name: &str, args: &Diff) -> Result<State, String> {
    let object = resolve(repo, name)?;
    if object.kind() == Some(ObjectType::Blob) {
        let blob = object.peel_to_blob().map_err(|err| no_such(name, &err))?;
        let path = name.split_once(':').map_or(name, |(_, path)| path);
        let files = vec![(path.to_owned(), blob.content().to_vec())];
        return Ok(State { files, config: Config::default() });
    }
    let whole = object.kind() != Some(ObjectType::Tree);
    let tree = object.peel_to_tree().map_err(|err| no_such(name, &err))?;
    let wanted = if whole { inside(repo, &args.paths)? } else { Vec::new() };
    let mut files = Vec::new();
    let mut failed = None;
    let walked = tree.walk(TreeWalkMode::PreOrder, |dir, entry| {
        let Ok(file) = entry.name() else { return TreeWalkResult::Ok };
        if file.starts_with('.') {
            return TreeWalkResult::Skip;
        }
        let path = format!("{dir}{file}");
        let is_blob = entry.kind() == Some(ObjectType::Blob);
        if !is_blob || !files::is_rule_file(Path::new(&path)) || !chosen(&path, &wanted) {
            return TreeWalkResult::Ok;
        }
        match repo.find_blob(entry.id()) {
            Ok(blob) => {
                let most = usize::try_from(files::MOST).unwrap_or(usize::MAX);
                let bytes = blob.content();
                files.push((path, bytes[..bytes.len().min(most)].to_vec()));
            }
            Err(err) => failed = Some(format!("can't read `{name}:{path}`: {}", err.message())),
        }
        TreeWalkResult::Ok
    });
    if let Some(message) = failed {
        return Err(message);
    }
    walked.map_err(|err| format!("can't read `{name}`: {}", err.message()))?;
    files.sort();
    let config = config(repo, &tree, wanted.first().map_or("", String::as_str), name)?;
    Ok(State { files, config })
}

/// The nearest `rulec.yml` of a revision, at or above a path of it.
fn config(repo: &Repository, tree: &Tree<'_>, at: &str, name: &str) -> Result<Config, String> {
    for dir in Path::new(at).ancestors() {
        let path = dir.join("rulec.yml");
        let Ok(entry) = tree.get_path(&path) else { continue };
        let Ok(blob) = repo.find_blob(entry.id()) else { continue };
        let text = String::from_utf8_lossy(blob.content());
        let mut config =
            Config::parse(&text).map_err(|err| format!("{name}:{}: {err}", path.display()))?;
        let root = repo.workdir().unwrap_or(Path::new("."));
        config.templates = config.templates.map(|it| root.join(dir).join(it));
        return Ok(config);
    }
    Ok(Config::default())
}

/// The files of the working tree, by the paths that revisions have.
fn working_tree(repo: &Repository, args: &Diff) -> Result<State, String> {
    let root = root(repo)?;
    let wanted = inside(repo, &args.paths)?;
    let all: Vec<PathBuf> =
        wanted.iter().map(|it| root.join(it)).filter(|it| it.exists()).collect();
    let mut files = files::rules(&all)?;
    for (path, _) in &mut files {
        if let Ok(inside) = Path::new(path.as_str()).strip_prefix(&root) {
            *path = slashed(inside);
        }
    }
    Ok(State { files, config: files::config(&all)? })
}

fn root(repo: &Repository) -> Result<PathBuf, String> {
    let root = repo.workdir().ok_or("the repository has no working tree")?;
    std::fs::canonicalize(root).map_err(|err| err.to_string())
}

/// The given paths as the repository names them: no path is the current folder.
fn inside(repo: &Repository, paths: &[PathBuf]) -> Result<Vec<String>, String> {
    let Ok(root) = root(repo) else { return Ok(Vec::new()) };
    let here = std::env::current_dir()
        .and_then(std::fs::canonicalize)
        .map_err(|err| format!("can't tell the current folder: {err}"))?;
    let here_only = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here_only[..] } else { paths };
    paths
        .iter()
        .map(|path| {
            let mut res = PathBuf::new();
            for part in here.join(path).components() {
                match part {
                    Component::CurDir => {}
                    Component::ParentDir => drop(res.pop()),
                    it => res.push(it),
                }
            }
            // The root itself may have been given through a link.
            let real = std::fs::canonicalize(&res).unwrap_or(res);
            let inside = real.strip_prefix(&root);
            inside
                .map(slashed)
                .map_err(|_| format!("`{}` lies outside of the repository", path.display()))
        })
        .collect()
}

fn chosen(path: &str, wanted: &[String]) -> bool {
    let under = |it: &String| {
        it.is_empty()
            || path == it
            || path.strip_prefix(it.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    wanted.is_empty() || wanted.iter().any(under)
}
