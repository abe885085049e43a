//! A target of the user's own is a folder on disk: no Rust, nothing built in.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulec_driver::{Request, Targets};
use target::{Fidelity, Folder};

const MANIFEST: &str = r#"
name: spl
about: A toy like the Search Processing Language
precedence: [not, or, and]
and: AND
or: OR
not: { before: 'NOT ' }
constants: { 'true': '*', 'false': 'NOT *' }
name_quoting: name
default_profile: sysmon
quoting:
  str: { open: '"', close: '"', escapes: { '"': '\"', '\': '\\' }, refuse: '*' }
  glob: { escapes: {}, any: '*', refuse: '?', inside: str_with_stars }
  str_with_stars: { open: '"', close: '"', escapes: { '"': '\"', '\': '\\' } }
  name: { plain: { first: A-Za-z_, rest: A-Za-z0-9_ } }
ops:
  text:
    eq: '{{ field }}={{ value | str }}'
    eq_any: '{{ field }} IN ({{ values | str | sep(", ") }})'
    like: '{{ field }}={{ pattern | glob }}'
  number:
    num_gte: '{{ field }}>={{ value | num }}'
  all:
    is_null: { template: 'NOT {{ field }}=*', effect: wider, reason: an empty field counts as missing }
formats:
  - { name: search, about: the search, file: search.jinja, extension: spl }
  - { name: stanza, about: an entry of savedsearches, file: stanza.jinja, extension: conf }
"#;

const PROFILE: &str = "
about: Sysmon
default_kind: any
columns: { dest_port: number }
groups:
  process: { Image: process_path, CommandLine: process, Computer: dest }
  network: { DestinationPort: dest_port, Image: process_path }
sources:
  - logsource: { product: windows, category: process_creation }
    with: { code: '1' }
    fields: [process]
  - logsource: { product: windows, category: network_connection }
    with: { code: '3' }
    fields: [network]
";

const RULES: [&str; 2] = [
    r#"
title: Tools
logsource: { product: windows, category: process_creation }
detection:
  tool:
    Image|endswith: ['\psexec.exe', '\paexec.exe']
    CommandLine|contains: ' "-s" '
  host:
    Computer: [dc1, dc2]
  condition: tool and not host
"#,
    r#"
title: High ports
logsource: { product: windows, category: network_connection }
detection:
  port:
    DestinationPort|gte: 49152
  nameless:
    Image: null
  condition: port and nameless
"#,
];

/// A fresh folder with the target in it.
fn write(test: &str, extra: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&root);
    let dir = root.join("spl");
    std::fs::create_dir_all(dir.join("profiles")).unwrap();
    let files = [
        ("target.yml", MANIFEST),
        ("search.jinja", "EventCode={{ source.code }} {{ query }}\n"),
        ("stanza.jinja", "[rule]\nsearch = EventCode={{ source.code }} {{ query }}\n"),
        ("profiles/sysmon.yml", PROFILE),
    ];
    for (name, text) in files.iter().chain(extra) {
        std::fs::write(dir.join(name), text).unwrap();
    }
    dir
}

fn read(dir: &Path) -> Folder {
    fn walk(dir: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, files);
            } else {
                let inside = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(inside, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(dir, dir, &mut files);
    Folder { name: dir.file_name().unwrap().to_string_lossy().into_owned(), files }
}

fn load() -> rulec_driver::Loaded {
    let texts = RULES.iter().enumerate();
    rulec_driver::load(texts.map(|(idx, it)| (format!("{idx}.yml"), it.as_bytes().to_vec())))
}

#[test]
fn a_fifth_target_converts_rules() {
    let mut targets = Targets::builtin();
    let before = targets.iter().count();
    targets.add(read(&write("converts", &[]))).unwrap();
    assert_eq!(targets.iter().count(), before + 1);
    let loaded = load();

    let request = Request::parse("spl", &targets).unwrap();
    assert_eq!((&*request.profile, &*request.format), ("sysmon", "search"));
    let tools = request.convert(&loaded.rules[0], &targets, true).result.unwrap();
    assert_eq!(tools.fidelity, Fidelity::Exact);
    assert_eq!(
        tools.text.trim_end(),
        r#"EventCode=1 (process_path="*\\psexec.exe" OR process_path="*\\paexec.exe")
AND process="* \"-s\" *"
AND NOT dest IN ("dc1", "dc2")"#
    );

    let request = Request::parse("spl/sysmon:stanza", &targets).unwrap();
    let ports = request.convert(&loaded.rules[1], &targets, false).result.unwrap();
    assert_eq!(ports.fidelity, Fidelity::Wider);
    assert_eq!(ports.notes.len(), 1);
    assert_eq!(ports.notes[0].reason, "an empty field counts as missing");
    assert_eq!(
        ports.text.trim_end(),
        "[rule]\nsearch = EventCode=3 dest_port>=49152 AND NOT process_path=*"
    );
    let strict = request.convert(&loaded.rules[1], &targets, true).result.unwrap_err();
    assert_eq!(strict.len(), 1);
}

/// A profile of one's own over another: what it says comes first, and all else is the other's.
#[test]
fn a_profile_extends_another_and_has_families_of_columns() {
    let more = "
about: Sysmon, and a place of ours
extends: sysmon
columns: { 'Data.*': { spelled: 'spath(Data, {rest})' }, 'Data.Time.*': { spelled: 'strptime({rest})' } }
groups:
  ours: { 'data.*': 'Data.*', 'data.time.*': 'Data.Time.*' }
sources:
  - logsource: { product: windows, category: process_creation }
    with: { code: '4688' }
    fields: [ours, process]
";
    let format =
        "  - { name: sysmon, about: it, file: search.jinja, extension: spl, profiles: [sysmon] }\n";
    let manifest = format!("{MANIFEST}{format}");
    let mut targets = Targets::builtin();
    let files = [("profiles/more.yml", more), ("target.yml", manifest.as_str())];
    targets.add(read(&write("extends", &files))).unwrap();
    let rule = |logsource: &str, test: &str| {
        let text = format!(
            "title: x\nlogsource: {{ product: windows, category: {logsource} }}\n\
             detection:\n  sel:\n    {test}\n  condition: sel\n"
        );
        rulec_driver::load([("rule.yml".to_owned(), text.into_bytes())])
    };
    let said = |request: &str, logsource: &str, test: &str| {
        let request = Request::parse(request, &targets).unwrap();
        let loaded = rule(logsource, test);
        let found = request.convert(&loaded.rules[0], &targets, false).result;
        found.map(|it| it.text.trim_end().to_owned()).map_err(|it| it[0].message.clone())
    };
    // Its own source is taken before the other's of the same log source; groups of both are there.
    assert_eq!(
        said("spl/more", "process_creation", "Image: x").unwrap(),
        "EventCode=4688 process_path=\"x\""
    );
    assert_eq!(
        said("spl/sysmon", "process_creation", "Image: x").unwrap(),
        "EventCode=1 process_path=\"x\""
    );
    assert_eq!(
        said("spl/more", "network_connection", "Image: x").unwrap(),
        "EventCode=3 process_path=\"x\""
    );
    // The longest family that fits; the rest of a name is quoted part by part.
    assert_eq!(
        said("spl/more", "process_creation", "data.a.b: x").unwrap(),
        "EventCode=4688 spath(Data, a.b)=\"x\""
    );
    assert_eq!(
        said("spl/more", "process_creation", "data.time.a: x").unwrap(),
        "EventCode=4688 strptime(a)=\"x\""
    );
    assert!(
        said("spl/more", "process_creation", "data.a-b: x").is_err(),
        "a name that has no spelling"
    );
    assert!(said("spl/sysmon", "process_creation", "data.a: x").unwrap_err().contains("data.a"));
    // A format of the one is a format of the other.
    assert!(Request::parse("spl/more:sysmon", &targets).is_ok());
    for (name, wrong, why) in [
        ("circle", "about: x\nextends: circle\n", "extends itself"),
        ("gone", "about: x\nextends: nowhere\n", "`nowhere`, which is not there"),
    ] {
        let path = format!("profiles/{name}.yml");
        let error = Targets::builtin().add(read(&write(name, &[(&path, wrong)]))).unwrap_err();
        let shown = format!("{error:?}");
        assert!(shown.contains(why), "{shown}");
    }
}

#[test]
fn what_it_can_not_say_is_refused() {
    let mut targets = Targets::default();
    targets.add(read(&write("refused", &[]))).unwrap();
    let rule = RULES[0].replace("[dc1, dc2]", r"'dc\*1'");
    let loaded = rulec_driver::load(vec![("a.yml".to_owned(), rule.into_bytes())]);
    let request = Request::parse("spl", &targets).unwrap();
    let problems = request.convert(&loaded.rules[0], &targets, false).result.unwrap_err();
    assert!(problems[0].message.contains('*'), "{}", problems[0].message);
}

#[test]
fn a_wrong_folder_names_its_file() {
    let mut targets = Targets::default();
    let bad = [
        ("profiles/sysmon.yml", "about: x\nsource: []\n"),
        ("target.yml", "name: other\n"),
        ("search.jinja", "{{ query"),
    ];
    for (file, text) in bad {
        let err = targets.add(read(&write("wrong", &[(file, text)]))).unwrap_err();
        assert!(err.file.starts_with("spl/"), "{}: {}", err.file, err.message);
        assert!(!err.message.is_empty());
    }
    assert_eq!(targets.iter().count(), 0);
}

#[test]
fn a_target_borrows_from_one_beside_it_or_from_a_built_in_one() {
    let lender = read(&write("lends", &[]));
    let text = |more: &str| {
        format!(
            "name: dialect\nabout: x\nborrow: spl\nprecedence: [not, and, or]\nand: '&'\nor: '|'\nnot: {{ before: '!' }}\nconstants: {{ 'true': '1', 'false': '0' }}\nname_quoting: name\nops: {{ text: {{ like: '{{{{ field }}}} ~ {{{{ pattern | glob }}}}', any_value: '{{{{ field }}}} ?' }}, number: {{ num_eq: '{{{{ field }}}} == {{{{ value | num }}}}' }} }}\n{more}"
        )
    };
    let folder = |name: &str, files: &[(&str, String)]| Folder {
        name: name.to_owned(),
        files: files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect(),
    };
    // Its own profile of the name extends the borrowed one; the lender comes after it.
    let own = "about: mine\nextends: spl/sysmon\n".to_owned();
    let borrower = folder("dialect", &[("target.yml", text("")), ("profiles/sysmon.yml", own)]);
    let mut targets = Targets::default();
    targets.add_all(vec![borrower, lender.clone()]).unwrap();
    let request = Request::parse("dialect", &targets).unwrap();
    assert_eq!((&*request.profile, &*request.format), ("sysmon", "search"));
    assert_eq!(targets.get("dialect").unwrap().profile("sysmon").unwrap().about, "mine");
    let output = request.convert(&load().rules[0], &targets, false).result.unwrap();
    assert!(output.text.starts_with("EventCode=1 "), "{}", output.text);
    assert!(output.text.contains(r#"process ~ "* \"-s\" *""#), "{}", output.text);

    let wrong = |target: String| {
        let mut targets = Targets::builtin();
        targets.add(folder("dialect", &[("target.yml", target)])).unwrap_err()
    };
    let err = wrong(text("").replace("borrow: spl", "borrow: nothing"));
    assert_eq!(err.file, "dialect/target.yml");
    assert_eq!(err.message, "it borrows from `nothing`, which is not there");
    let err = wrong(text("").replace("borrow: spl", "borrow: dialect"));
    assert_eq!(err.message, "`dialect` borrows from itself");
    let err = wrong(text("").replace("borrow: spl", "borrow: kuery"));
    assert_eq!(err.message, "it borrows from `kuery`, which borrows itself: name `eql`");
    assert!(wrong(text("operators: x\n").replace("spl", "eql")).message.contains("operators"));
}
