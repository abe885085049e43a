//! Proposed examples: what they are for, that they hold, and how they are written into a file.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use rulec_driver::{Config, Example, Loaded, load, propose, run_fixtures, snippet, written};

fn loaded(text: &str) -> Loaded {
    load([("rule.yml".to_owned(), text.as_bytes().to_vec())])
}

fn proposed(loaded: &Loaded) -> Vec<(usize, Vec<Example>)> {
    let config = Config::default();
    let all = loaded.rules.iter().enumerate();
    all.filter_map(|(at, it)| Some((at, propose(loaded, it, &config)?.examples))).collect()
}

/// The file with what is proposed; every example in it must hold, and nothing more be proposed.
#[track_caller]
fn after(text: &str) -> String {
    let before = loaded(text);
    let (files, problems) = written(&before, &proposed(&before), &Config::default());
    assert!(problems.is_empty(), "{text}\n{problems:?}");
    let [file] = files.as_slice() else { panic!("{text}") };
    let again = loaded(&file.after);
    for rule in &again.rules {
        assert!(run_fixtures(rule).unwrap().iter().all(|it| it.passed()), "{}", file.after);
    }
    assert!(proposed(&again).iter().all(|it| it.1.is_empty()), "{}", file.after);
    file.after.clone()
}

const RULE: &str = "\
title: Certutil Fetches A File
logsource: { category: process_creation, product: windows }
detection:
    # The program, by whatever name.
    selection_image:
        - Image|endswith: '\\certutil.exe'
        - OriginalFileName: CertUtil.exe
    selection_option:
        CommandLine|contains:
            - ' -urlcache '
            - ' -verifyctl '
    filter_main_intranet:
        CommandLine|contains: 'https://files.example.com/'
    filter_main_agent:
        ParentImage|startswith: 'C:\\Program Files\\Agent\\'
        User: 'NT AUTHORITY\\SYSTEM'
    condition: all of selection_* and not 1 of filter_main_*
level: high # a comment
";

#[test]
fn each_part_has_an_example_in_which_it_decides() {
    let loaded = loaded(RULE);
    let found = proposed(&loaded);
    let shown = snippet(&found[0].1);
    insta::assert_snapshot!(shown, @r#"
    tests:
        - name: matched by entry 1 of selection_image and selection_option
          match: true
          event: { Image: C:\Windows\System32\certutil.exe, CommandLine: certutil.exe -urlcache a.txt }
        - name: matched by entry 2 of selection_image
          match: true
          event: { OriginalFileName: CertUtil.exe, CommandLine: CertUtil.exe -urlcache a.txt }
        - name: kept out by filter_main_intranet
          match: false
          event:
              Image: C:\Windows\System32\certutil.exe
              CommandLine: certutil.exe -urlcache https://files.example.com/a.txt
        - name: 'almost kept out by filter_main_intranet: another CommandLine'
          match: true
          event:
              Image: C:\Windows\System32\certutil.exe
              CommandLine: certutil.exe -urlcache https://files.example.con/a.txt
        - name: kept out by filter_main_agent
          match: false
          event:
              Image: C:\Windows\System32\certutil.exe
              CommandLine: certutil.exe -urlcache a.txt
              ParentImage: C:\Program Files\Agent\tool.exe
              User: NT AUTHORITY\SYSTEM
        - name: 'almost kept out by filter_main_agent: another User'
          match: true
          event:
              Image: C:\Windows\System32\certutil.exe
              CommandLine: certutil.exe -urlcache a.txt
              ParentImage: C:\Program Files\Agent\tool.exe
              User: CORP\jane
    "#);
}

#[test]
fn what_is_tried_already_is_not_proposed() {
    let text = format!(
        "{RULE}tests:\n    - name: mine\n      match: true\n      event: {{ Image: 'C:\\certutil.exe', \
         CommandLine: 'x -urlcache y' }}\n"
    );
    let loaded = loaded(&text);
    let names: Vec<String> = proposed(&loaded).remove(0).1.into_iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        [
            "matched by entry 2 of selection_image",
            "kept out by filter_main_intranet",
            "almost kept out by filter_main_intranet: another CommandLine",
            "kept out by filter_main_agent",
            "almost kept out by filter_main_agent: another User",
        ]
    );
}

/// Comments, order, quotes and line ends stay as they are: lines are only added.
#[test]
fn a_file_is_only_added_to() {
    let some = "\ntests:\n  - name: \"mine\" # here\n    match: true\n    event:\n      Image: C:\\certutil.exe\n      \
                CommandLine: x -urlcache y # there\n\n# between\ntargets:\n  falco: { skip: true }\n";
    let texts = [
        RULE.to_owned(),
        RULE.trim_end().to_owned(),
        RULE.replace('\n', "\r\n"),
        format!("{RULE}{some}"),
        format!("{RULE}tests: []\ntags: [attack.t1105]\n"),
        format!("---\n{RULE}---\n{}# the end\n", RULE.replace("certutil", "bitsadmin")),
        format!("{RULE}\n\n# the end\n"),
    ];
    for text in &texts {
        let new = after(text);
        let mut rest = new.lines();
        for line in text.lines().filter(|it| *it != "tests: []") {
            assert!(rest.any(|it| it == line), "{line:?} is gone\n{new}");
        }
        assert_eq!(text.contains("\r\n"), new.contains("\r\n"));
        assert_eq!(text.ends_with('\n'), new.ends_with('\n'));
    }
    let new = after(&texts[3]);
    assert!(
        new.contains("CommandLine: x -urlcache y # there\n  - name: matched by entry 2"),
        "{new}"
    );
    assert!(new.contains("\n\n# between\ntargets:\n"), "{new}");
}

#[test]
fn what_can_t_be_added_is_told() {
    let text = format!(
        "{RULE}tests: [{{ name: mine, match: true, event: {{ Image: 'C:\\certutil.exe', CommandLine: 'x -urlcache y' }} }}]\n"
    );
    let loaded = loaded(&text);
    let (files, problems) = written(&loaded, &proposed(&loaded), &Config::default());
    assert!(files.is_empty());
    assert_eq!(problems, ["rule.yml: its `tests` are written in one line; write them one by one"]);
}

#[test]
fn a_part_that_no_event_reaches_is_told() {
    let text = "title: A\nlogsource: { category: x }\ndetection:\n  sel: { f: a }\n  dead: { g|re: '^a', g: b }\n  \
                condition: sel or dead\n";
    let loaded = loaded(text);
    let found = propose(&loaded, &loaded.rules[0], &Config::default()).unwrap();
    // Two values of one field pass what one can't.
    let names: Vec<&str> = found.examples.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["matched by sel", "matched by dead", "almost matched: another f"]);
    let text = text.replace("g: b }", "g: null }");
    let loaded = self::loaded(&text);
    let found = propose(&loaded, &loaded.rules[0], &Config::default()).unwrap();
    assert_eq!(found.notes, ["no event reaches dead: it is proved that there is none"]);
}

/// Hostile names and values are written so that they are read again.
#[test]
fn hostile_values_are_written_so_that_they_are_read() {
    let values = [
        "'", "\"", ": #", "- ", "{}", "[", "%", "@", "\\n", "\\t", "`", "&x", "!!", "? ", "|", ">",
    ];
    for value in values {
        let text = format!(
            "title: A\nlogsource: {{ category: x }}\ndetection:\n  sel:\n    '{0}': \"{1}\"\n    g|contains: \"{1}\"\n  \
             condition: sel\n",
            value.replace('\'', "''").replace('|', "p"),
            value.replace('"', "\\\"")
        );
        after(&text);
    }
}

/// Every example for every rule of a large corpus holds.
#[test]
fn the_corpus_gets_examples() {
    let root =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/sigmahq/rules");
    if !root.is_dir() {
        eprintln!("notice: no corpus beside the repository; nothing is proposed for it");
        return;
    }
    let mut files = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if entry.path().extension().is_some_and(|it| it == "yml") {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    let texts =
        files.iter().step_by(12).map(|it| (it.display().to_string(), std::fs::read(it).unwrap()));
    let loaded = load(texts);
    let wanted = proposed(&loaded);
    let (files, problems) = written(&loaded, &wanted, &Config::default());
    assert!(problems.is_empty(), "{problems:?}");
    let texts = files.iter().map(|it| (it.path.clone(), it.after.clone().into_bytes()));
    let again = load(texts);
    let mut count = 0;
    for rule in &again.rules {
        for it in run_fixtures(rule).unwrap() {
            assert!(it.passed(), "{:?}", it.fixture);
            count += 1;
        }
    }
    assert!(count > 500 && again.rules.len() > 200, "{count} of {}", again.rules.len());
    assert!(proposed(&again).iter().all(|it| it.1.is_empty()));
}
