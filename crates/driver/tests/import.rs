//! Queries become rules, and rules are the queries again.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use ::import::{Columns, LANGUAGES, Language, Reading, Shelf};
use ir::Expr;
use prove::{Schema, equivalent};
use rulec_driver::{ImportRequest, Imported, Loaded, Request, Targets, Verified, load};
use serde_json::Value;
use source::FileId;

fn import(language: &str, profile: Option<&str>, path: &str, text: &str) -> Imported {
    let targets = Targets::builtin();
    let request = ImportRequest::new(language, profile, &targets).unwrap();
    request.import([(path.to_owned(), text.as_bytes().to_vec())])
}

/// The one rule of a text, without anything wrong in it.
fn rule(text: &str) -> Loaded {
    let loaded = load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
    let [rule] = loaded.rules.as_slice() else { panic!("{text}") };
    assert!(rule.lowered.is_some() && loaded.problems.is_empty(), "{text}\n{:?}", rule.problems);
    loaded
}

fn meaning(loaded: &Loaded) -> &Expr {
    &loaded.rules[0].lowered.as_ref().unwrap().rule.expr
}

fn queries(language: &Language) -> Vec<String> {
    let folder = env!("CARGO_MANIFEST_DIR");
    let path = format!("{folder}/../import/tests/queries/{}.yml", language.key);
    let value: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = value["queries"].as_array().unwrap().iter();
    cases.map(|it| it["query"].as_str().unwrap().to_owned()).collect()
}

/// Imported, converted and read again, a query means what it meant. Field names are kept both times.
#[test]
fn the_way_there_and_back_changes_nothing() {
    let targets = Targets::builtin();
    for language in LANGUAGES {
        let target = targets.iter().find(|it| it.manifest.reader.as_deref() == Some(language.key));
        let name = &target.unwrap().manifest.name;
        let request = Request::parse(&format!("{name}/none"), &targets).unwrap();
        let mut refused = Vec::new();
        for query in queries(language) {
            let imported = import(language.key, None, "query.txt", &query);
            assert!(!imported.rules.is_empty(), "{query}\n{:#?}", imported.problems);
            for made in imported.rules {
                if let Err(why) = there_and_back(language, target.unwrap(), &request, &made.text) {
                    refused.push(format!("{query}: {why}"));
                }
            }
        }
        assert!(refused.is_empty(), "{}: {refused:#?}", language.key);
    }
}

/// Converts a rule, reads the output and compares.
fn there_and_back(
    language: &'static Language,
    target: &target::Target,
    request: &Request,
    text: &str,
) -> Result<(), String> {
    let targets = Targets::builtin();
    let loaded = rule(text);
    let converted = request.convert(&loaded.rules[0], &targets, false).result;
    let output = converted.map_err(|it| it[0].message.clone())?;
    let mut read = language
        .documents(&output.text, FileId::FIRST, &Columns::unknown(), &mut Shelf::default())
        .unwrap_or_else(|it| panic!("{}\n{it:#?}", output.text));
    let back = read.remove(0).query.unwrap_or_else(|it| panic!("{}\n{it:#?}", output.text));
    let Reading::Event(back) = back else { panic!("{}", output.text) };
    let schema = if target.manifest.single { Schema::single() } else { Schema::many() };
    // Where a missing text is kept as an empty one, a row holds no empty text.
    let rows = match &target.manifest.empty_text {
        Some(_) => not_empty(meaning(&loaded)),
        None => Expr::Const(true),
    };
    use target::Fidelity::{Exact, Narrower, Wider};
    // A language that can't say it all says so.
    let (all, none) = (meaning(&loaded), &back.expr);
    for (one, other, told) in [(all, none, Wider), (none, all, Narrower)] {
        if output.fidelity != Exact && output.fidelity != told {
            continue;
        }
        let mut prover = prove::Prover::new(&schema);
        let verdict = prover.ask(&[(one, true), (other, false), (&rows, true)]);
        assert!(verdict.is_proved(), "{text}\n{}\n{verdict:?}", output.text);
    }
    Ok(())
}

/// No field holds the empty text.
fn not_empty(expr: &Expr) -> Expr {
    let mut parts = Vec::new();
    expr.for_each_test(&mut |it| {
        let predicate = ir::Predicate::Text(ir::Pattern::default(), ir::Case::Sensitive);
        parts.push(Expr::Test(ir::Test { predicate, ..it.clone() }).not());
    });
    Expr::all(parts)
}

/// A target whose language is read back, with one op of it changed.
fn changed(name: &str, from: &str, to: &str) -> Targets {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../templates").join(name);
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let inside = entry.path().strip_prefix(&root).unwrap().display().to_string();
            files.insert(inside, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    let manifest = files.get_mut("target.yml").unwrap();
    assert!(manifest.contains(from), "{from}");
    *manifest = manifest.replace(from, to);
    let mut targets = Targets::builtin();
    targets.add(target::Folder { name: name.to_owned(), files }).unwrap();
    targets
}

/// A target that writes something else than it should is found out, with an event that shows it.
#[test]
fn wrong_words_are_found_out() {
    let text = "title: A\nlogsource: { category: x }\ndetection:\n  selection:\n    f|cased: [ab, cd]\n    \
                g|startswith: 'x y'\n  filter:\n    h: null\n  condition: selection and not filter\n";
    let loaded = rule(text);
    let verify = |targets: &Targets, name: &str| {
        let request = Request::parse(name, targets).unwrap();
        let output = request.convert(&loaded.rules[0], targets, false).result.unwrap();
        (request.verify(&output, targets), output.text)
    };
    let right = Targets::builtin();
    for name in ["eql/none", "kql/none", "falco/none"] {
        let (verified, query) = verify(&right, name);
        assert_eq!(verified, Verified::Proved, "{query}");
    }
    let cases = [
        ("eql", "in ({{ values | str", "in~ ({{ values | str"),
        (
            "eql",
            "any_value: '{{ field }} != null'\n    is_null: '{{ field }} == null'",
            "is_null: '{{ field }} != null'",
        ),
        ("eql", "any: '*'", "any: '?*'"),
        ("kql", "{{ field }} in ({{", "{{ field }} in~ ({{"),
        ("kql", "{{ field }} startswith {{", "{{ field }} contains {{"),
        (
            "kql",
            "'isempty({{ field }})'\n      effect: wider",
            "'isempty({{ field }})'\n      effect: narrower",
        ),
        ("falco", "template: '{{ field }} iglob", "template: '{{ field }} glob"),
        ("falco", "and: and", "and: or"),
    ];
    for (name, from, to) in cases {
        let targets = changed(name, from, to);
        let (verified, query) = verify(&targets, &format!("{name}/none"));
        assert!(
            matches!(verified, Verified::Differs { .. }),
            "{name}: {to}\n{query}\n{verified:?}"
        );
    }
}

/// Every reader that a built-in target names exists.
#[test]
fn readers_of_the_built_in_targets_exist() {
    let targets = Targets::builtin();
    let mut count = 0;
    for target in targets.iter() {
        let Some(reader) = &target.manifest.reader else { continue };
        assert!(Language::get(reader).is_some(), "{}: {reader}", target.manifest.name);
        count += 1;
    }
    assert_eq!(count, LANGUAGES.len());
}

/// The query that the project began with is the rule of ours.
#[test]
fn the_first_query_is_our_rule() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Ok(text) = std::fs::read_to_string(root.join("../shared/seed/netcat.eql")) else {
        eprintln!("notice: no seed beside the repository; its query is not compared");
        return;
    };
    let ours = "rules/container/netcat_listener_established_inside_a_container.yml";
    let ours = rule(&std::fs::read_to_string(root.join(ours)).unwrap());
    let imported = import("eql", None, "netcat.eql", &text);
    let loaded = rule(&imported.rules[0].text);
    let verdict = equivalent(meaning(&ours), meaning(&loaded), &Schema::many());
    assert!(verdict.is_proved(), "{verdict:?}\n{}", imported.rules[0].text);
    let sources = |it: &Loaded| it.rules[0].lowered.as_ref().unwrap().rule.logsource.key();
    assert_eq!(sources(&ours), sources(&loaded));
}

fn shown(imported: &Imported) -> String {
    let mut res = String::new();
    for it in &imported.problems {
        res.push_str(&diagnostic::concise(it, &imported.sources));
        res.push('\n');
    }
    for it in &imported.rules {
        res.push_str(&format!("--- {}.yml\n{}", it.name, it.text));
    }
    res
}

#[test]
fn rules_of_other_products_keep_what_is_said_about_them() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut count = 0;
    for (language, profile, file) in [
        ("eql", None, "elastic.toml"),
        ("eql", None, "elastic.ndjson"),
        ("eql", Some("ecs"), "windows.eql"),
        ("kql", None, "sentinel.yaml"),
        ("kql", Some("defender"), "defender.kql"),
        ("falco", None, "falco.yaml"),
        ("falco", Some("syscall"), "syscall.yaml"),
    ] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let imported = import(language, profile, file, &text);
        for it in &imported.rules {
            rule(&it.text);
            count += 1;
        }
        // The same file gives the same rules.
        assert_eq!(imported.rules, import(language, profile, file, &text).rules);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("import");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(file, shown(&imported)));
    }
    assert!(count >= 8);
}

/// Files that are not what they seem are refused at a place.
#[test]
fn broken_files_are_located() {
    for (language, file, text, says, line) in [
        ("eql", "a.toml", "[rule]\nname = 'a\n", "this is not TOML", 2),
        ("eql", "a.toml", "[rule]\nname = 'a'\ntype = 'eql'\n", "has no `query`", 1),
        ("eql", "a.ndjson", "{\"name\": \"a\",}\n", "this is not JSON", 1),
        ("eql", "a.ndjson", "\n{\"type\": \"esql\", \"query\": \"from x\"}\n", "is in `esql`", 2),
        ("kql", "a.yaml", "name: a\nquery: [\n", "this is not YAML", 3),
        (
            "kql",
            "a.yaml",
            "name: a\nquery: |\n  T | where A == 1\ntriggerOperator: lt\ntriggerThreshold: 5\n",
            "how few its matches are",
            4,
        ),
        (
            "eql",
            "a.toml",
            "[rule]\ntype = 'threshold'\nlanguage = 'kuery'\nquery = 'a: b'\n",
            "of the type `threshold` counts its matches",
            2,
        ),
        (
            "eql",
            "a.toml",
            "[rule]\ntype = 'query'\nquery = 'a: b'\n[[rule.filters]]\n[rule.filters.meta]\n",
            "has filters besides its query",
            4,
        ),
        (
            "eql",
            "a.ndjson",
            "{\"type\":\"query\",\"query\":\"a: b\",\"exceptions_list\":[{\"id\":\"x\"}]}\n",
            "has exceptions besides its query",
            1,
        ),
        ("falco", "a.yaml", "- rule: a\n  condition: x: y\n", "this is not YAML", 2),
        (
            "falco",
            "a.yaml",
            "- rule: a\n  condition: >\n    proc.name = a and\n    proc.pid ~ 5\n",
            "not a Falco condition at `~`",
            4,
        ),
    ] {
        let imported = import(language, None, file, text);
        assert!(imported.rules.is_empty(), "{text}");
        let problem = &imported.problems[0];
        assert!(problem.message.contains(says), "{text}\n{}", problem.message);
        let file = imported.sources.get(problem.primary.span.file).unwrap();
        let position = file.position(problem.primary.span.start as usize);
        assert_eq!(position.line, line, "{text}\n{}", problem.message);
    }
}

/// A rule that can't be read is told of, and the others of its file are rules.
#[test]
fn one_bad_rule_of_a_file_does_not_spoil_the_others() {
    let text = "{\"name\":\"A\",\"type\":\"eql\",\"query\":\"process where a == 1\"}\n{\"name\":\"B\"\n{\"name\":\"C\",\
                \"type\":\"esql\",\"query\":\"from x\",\"language\":\"esql\"}\n{\"name\":\"D\",\"type\":\"query\",\
                \"query\":\"a: b\"}\n{\"list_id\":\"x\",\"type\":\"detection\"}\n{\"exported_count\":4}\n";
    let imported = import("eql", None, "a.ndjson", text);
    let names: Vec<&str> = imported.rules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a", "d"]);
    let said: Vec<&str> = imported.problems.iter().map(|it| it.message.as_str()).collect();
    assert!(said[0].starts_with("this is not JSON"), "{said:?}");
    assert_eq!(
        said[1..],
        ["the query of this rule is in `esql`", "left aside: a list of exceptions"]
    );
    assert!(
        meaning(&rule(&imported.rules[1].text))
            == meaning(&rule(&import("kuery", None, "q", "a: b").rules[0].text))
    );
}

/// Kibana's language has the name of Kusto's, too.
#[test]
fn rule_files_say_which_language_a_query_is_in() {
    let toml = "[metadata]\nmaturity = 'production'\n[rule]\nname = 'A'\ntype = 'query'\nlanguage = 'kuery'\nquery = 'a: b'\n";
    let json = "{\"type\":\"query\",\"language\":\"kuery\",\"query\":\"a: b\"}\n";
    for (language, file, text) in [
        ("eql", "a.toml", toml),
        ("kql", "a.toml", toml),
        ("kuery", "a.ndjson", json),
        ("kql", "a.ndjson", json),
    ] {
        let imported = import(language, None, file, text);
        assert_eq!(imported.rules.len(), 1, "{language} {file}: {:#?}", imported.problems);
        assert!(imported.rules[0].text.contains("a|cased: b"), "{}", imported.rules[0].text);
    }
}

/// The correlation that a sequence is, with what its rules mean.
fn chain(query: &str) -> (ir::Correlation, Vec<Expr>) {
    let imported = import("eql", None, "steps.eql", query);
    let [made] = imported.rules.as_slice() else { panic!("{query}\n{:#?}", imported.problems) };
    let loaded = load([("rule.yml".to_owned(), made.text.as_bytes().to_vec())]);
    assert!(loaded.problems.is_empty(), "{}\n{:#?}", made.text, loaded.problems);
    let rules = loaded.rules.iter().map(|it| it.lowered.as_ref().unwrap().rule.expr.clone());
    let correlation = loaded.correlations[0].correlation.clone();
    (correlation.unwrap_or_else(|| panic!("{}", made.text)), rules.collect())
}

/// A sequence with a span is a correlation, and the correlation is the sequence again.
#[test]
fn sequences_are_correlations() {
    let targets = Targets::builtin();
    let request = Request::parse("eql/none", &targets).unwrap();
    for (query, seconds, keys) in [
        ("sequence with maxspan=1m [process where a == \"x\"] [file where b : \"y*\"]", 60, 0),
        (
            "sequence by host.id, user.id with maxspan=2h\n  [process where a == 1] // it's one\n  [file where \
             not b == 2]\n  [any where c == 3]",
            7200,
            2,
        ),
        ("sequence by host.id with maxspan=5s [process where a == \"x\"] with runs=10", 5, 1),
        ("sequence with maxspan=30s [process where a == 1] by p [file where b == 2] by p", 30, 1),
    ] {
        let (one, rules) = chain(query);
        assert_eq!((one.seconds.value, one.group_by.len()), (seconds, keys), "{query}");
        let imported = import("eql", None, "steps.eql", query);
        let text = &imported.rules[0].text;
        let loaded = load([("rule.yml".to_owned(), text.as_bytes().to_vec())]);
        let output = request.correlate(&loaded, &loaded.correlations[0], &targets, false).result;
        let (other, others) = chain(&output.unwrap().text);
        assert_eq!(one.question, other.question);
        assert_eq!(one.seconds.value, other.seconds.value);
        let fields = |it: &ir::Correlation| -> Vec<Vec<String>> {
            let fields = |it: &ir::Member| it.fields.iter().map(|it| it.to_string()).collect();
            it.members.iter().map(fields).collect()
        };
        assert_eq!(fields(&one), fields(&other));
        for (one, other) in rules.iter().zip(&others) {
            // Written out, each event also says that it holds the keys.
            let back = prove::includes(one, other, &Schema::many()).is_proved();
            assert!(back, "{text}");
            assert!(keys > 0 || equivalent(one, other, &Schema::many()).is_proved(), "{text}");
        }
        assert_eq!(rules.len(), others.len());
    }
    // Keys that differ from event to event are aliases.
    let (it, _) = chain(
        "sequence by h with maxspan=1m [process where a == 1] by p.id [file where b == 2] by p.parent.id",
    );
    let fields: Vec<Vec<&str>> =
        it.members.iter().map(|it| it.fields.iter().map(|it| &**it).collect()).collect();
    assert_eq!(fields, [["h", "p.id"], ["h", "p.parent.id"]]);
}

/// Queries with blank lines between them are several; a query over several tables is a rule of each.
#[test]
fn several_queries_of_a_file_are_several_rules() {
    let text = "// first\nT\n| where A == 1\n\n// only said\n\nunion U, V\n| where B == 'x'\n| take 0x1f\n";
    let imported = import("kql", None, "some_queries.kql", text);
    let titles: Vec<String> = imported.rules.iter().map(|it| it.name.clone()).collect();
    assert_eq!(titles, ["some_queries_1"]);
    assert_eq!(imported.problems[0].message, "the matches in several tables are limited together");
    let imported = import("kql", None, "some_queries.kql", &text.replace("| take 0x1f\n", ""));
    let titles: Vec<String> = imported.rules.iter().map(|it| it.name.clone()).collect();
    assert_eq!(titles, ["some_queries_1", "some_queries_2_u", "some_queries_2_v"]);
    let yaml = "id: 4fd5bb0d-4b1c-4a0a-9c3e-5b7e1f1b9f52\nname: A\ntactics: [CommandandControl, Ransomware]\n\
                triggerOperator: gt\ntriggerThreshold: 5\neventGroupingSettings: { aggregationKind: \
                SingleAlert }\nmetadata: { author: { name: Jo } }\nquery: \"```kusto\\nunion T, U\\n| where A == \
                'No'\\n| take 5\\n```\"\n";
    let imported = import("kql", None, "a.yaml", &yaml.replace("union T, U", "T"));
    assert_eq!(imported.rules.len(), 1, "{:#?}", imported.problems);
    let made = &imported.rules[0].text;
    for part in [
        "author: Jo",
        "attack.command-and-control",
        "A|cased: 'No'",
        "threshold: 5",
        "max_alerts: 5",
    ] {
        assert!(made.contains(part), "{part}\n{made}");
    }
    assert!(
        !made.contains("ansomware")
            && imported.problems.iter().any(|it| it.message.contains("`Ransomware`"))
    );
    let imported = import("kql", None, "a.yaml", &yaml.replace("\\n| take 5", ""));
    let titles = imported.rules.iter().map(|it| it.text.lines().next().unwrap());
    assert!(titles.eq(["title: A (T)", "title: A (U)"]));
    assert!(!imported.rules[0].text.contains("4fd5bb0d"));
    let text = "---\nname: A\nquery: T | where A == 1\n---\nname: B\nquery: T | count\n---\nname: C\nquery: U | where A == 2\n---\n";
    let imported = import("kql", None, "a.yaml", text);
    let names: Vec<&str> = imported.rules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert!(imported.problems[0].message.contains("`count`"));
}

/// Falco looks at a condition when it has read all of its files, so a later one changes earlier ones.
#[test]
fn a_later_file_changes_what_an_earlier_one_defines() {
    let base = "- list: shells\n  items: [sh]\n- macro: allowed\n  condition: (evt.num=0)\n- macro: started\n  \
                condition: evt.type=execve and not allowed\n- rule: A\n  desc: d\n  condition: started and proc.name in \
                (shells)\n  output: o\n  priority: INFO\n  exceptions:\n    - name: dir\n      fields: [proc.pname, \
                fd.name]\n      comps: [=, startswith]\n";
    let mine = "- list: shells\n  items: [zsh]\n  override: {items: append}\n- macro: allowed\n  condition: \
                proc.pname=make\n- rule: A\n  exceptions:\n    - name: dir\n      values:\n        - [cc, /tmp/]\n  \
                override: {exceptions: append}\n- rule: A\n  condition: and user.uid != 0\n  append: true\n";
    let targets = Targets::builtin();
    let request = ImportRequest::new("falco", None, &targets).unwrap();
    let files = [("a.yaml", base), ("b.yaml", mine)];
    let imported =
        request.import(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    assert!(imported.problems.is_empty(), "{:#?}", imported.problems);
    let [made] = imported.rules.as_slice() else { panic!("{:#?}", imported.rules) };
    let loaded = rule(&made.text);
    let wanted = "evt.type=execve and not proc.pname=make and proc.name in (sh, zsh) and user.uid != 0 and not \
                  (proc.pname=cc and fd.name startswith /tmp/)";
    let wanted = import("falco", None, "query.txt", wanted);
    let wanted = rule(&wanted.rules[0].text);
    let verdict = equivalent(meaning(&loaded), meaning(&wanted), &Schema::many());
    assert!(verdict.is_proved(), "{verdict:?}\n{}", made.text);
}
