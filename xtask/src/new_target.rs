//! `cargo xtask new target NAME`: the folder of a target that works, to be made into another.

use std::path::Path;

/// Path inside the folder, and text; `NAME` stands for the name.
const FILES: &[(&str, &str)] = &[
    ("target.yml", include_str!("skeleton/target.yml")),
    ("query.jinja", "{{ query }}\n"),
    ("profiles/none.yml", include_str!("skeleton/none.yml")),
    ("README.md", include_str!("skeleton/README.md")),
];

/// Writes `templates/NAME`; the files' paths, from the root on.
pub fn create(root: &Path, name: &str) -> Result<Vec<String>, String> {
    let head = name.starts_with(|ch: char| ch.is_ascii_lowercase());
    let ok = |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit() || ch == '-';
    if !head || !name.chars().all(ok) {
        return Err(format!(
            "`{name}` can't be a target's name: a lower-case letter, then lower-case letters, digits and dashes"
        ));
    }
    let dir = root.join("templates").join(name);
    let fail = |err: std::io::Error| match err.kind() {
        std::io::ErrorKind::AlreadyExists => format!("`templates/{name}` is there already"),
        _ => format!("can't write `templates/{name}`: {err}"),
    };
    std::fs::create_dir(&dir).map_err(fail)?;
    std::fs::create_dir(dir.join("profiles")).map_err(fail)?;
    let mut res = Vec::new();
    for (file, text) in FILES {
        std::fs::write(dir.join(file), text.replace("NAME", name)).map_err(fail)?;
        res.push(format!("templates/{name}/{file}"));
    }
    Ok(res)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"
title: Skeleton
logsource: { product: windows, category: process_creation }
detection:
  selection:
    Image|endswith: ['\a.exe', '\b.exe']
    CommandLine|contains|all: [one, "t\"wo"]
    User|cased: Ann
    Name: [x, y, z]
    Path: 'c*d?e'
    Port|gte: 1024
    Address|cidr: ['10.0.0.0/8', '2001:db8::/32']
    Text|re|i: '^ab+[0-9]{2,}\.c'
    Some: '*'
    There|exists: true
    Empty: null
  filter:
    odd name|startswith: '%TEMP%\'
  condition: selection and not filter
"#;

    fn temp(test: &str) -> std::path::PathBuf {
        let root = std::env::temp_dir().join(format!("rulec-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(root.join("templates")).unwrap();
        root
    }

    #[test]
    fn the_skeleton_converts_a_rule_of_every_plain_op() {
        let root = temp("skeleton");
        let written = create(&root, "my-lang2").unwrap();
        let prefix = "templates/my-lang2/";
        let files = written.iter().map(|it| {
            let text = std::fs::read_to_string(root.join(it)).unwrap();
            (it.strip_prefix(prefix).unwrap().to_owned(), text)
        });
        let folder = target::Folder { name: "my-lang2".to_owned(), files: files.collect() };
        let mut targets = driver::Targets::default();
        targets.add(folder).unwrap_or_else(|err| panic!("{}: {}", err.file, err.message));
        let loaded = driver::load(vec![("a.yml".to_owned(), RULE.as_bytes().to_vec())]);
        let request = driver::Request::parse("my-lang2/none:query", &targets).unwrap();
        let output = request.convert(&loaded.rules[0], &targets, true).result;
        let text = output.unwrap_or_else(|it| panic!("{it:#?}")).text;
        let parts = [
            r#"Image endswith "\\a.exe""#,
            r#"CommandLine contains "t\"wo""#,
            r#"User === "Ann""#,
            r#"Name in ("x", "y", "z")"#,
            "Port >= 1024",
            r#"cidr(Address, "10.0.0.0/8")"#,
            r#"not `odd name` startswith"#,
            "Empty is null",
        ];
        for part in parts {
            assert!(text.contains(part), "no {part} in {text}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn bad_names_and_folders_that_exist_are_refused() {
        let root = temp("refuse");
        for name in ["", "A", "1a", "-a", "a_b", "a/b", "..", "é"] {
            assert!(create(&root, name).unwrap_err().contains("can't be a target's name"));
        }
        assert!(std::fs::read_dir(root.join("templates")).unwrap().next().is_none());
        create(&root, "a").unwrap();
        std::fs::write(root.join("templates/a/target.yml"), "mine").unwrap();
        assert!(create(&root, "a").unwrap_err().contains("is there already"));
        assert_eq!(std::fs::read_to_string(root.join("templates/a/target.yml")).unwrap(), "mine");
        std::fs::remove_dir_all(&root).unwrap();
    }
}
