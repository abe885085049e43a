//! The table of fields: every field of real events is known where the table says that it has them
//! all, and a slip of one is found.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;

use rulec_lint::{Check, LINTS, Subject, fields};
use source::FileId;
use syntax::{Document, RuleAst};

fn parse(text: &str) -> RuleAst {
    match syntax::parse(text, FileId::FIRST).documents.pop().unwrap() {
        Document::Rule(it) => *it,
        _ => panic!("{text}"),
    }
}

fn rule(source: [&str; 3], field: &str) -> String {
    let keys = ["product", "category", "service"].iter().zip(source).filter(|(_, it)| *it != "-");
    let keys: String = keys.map(|(key, it)| format!("    {key}: {it}\n")).collect();
    format!(
        "title: x\nlogsource:\n{keys}detection:\n    selection:\n        {field}: x\n    condition: selection\n"
    )
}

/// What the lint says of a field: the message, and the name that it proposes.
fn found(source: [&str; 3], field: &str) -> Vec<String> {
    let text = rule(source, field);
    let ast = parse(&text);
    let lint = LINTS.iter().find(|it| it.code.id == "L094").unwrap();
    let Check::Rule(check) = lint.check else { panic!("L094 looks at rules") };
    let subject = Subject { path: "x.yml", text: &text, ast: &ast, lowered: None, in_file: 1 };
    let mut problems = Vec::new();
    check(&lint.code, &subject, &mut problems);
    problems.iter().map(|it| it.help.clone().unwrap_or_default()).collect()
}

#[test]
fn fields_of_real_events_are_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/events");
    if !root.is_dir() {
        eprintln!("skipped: {} is not there", root.display());
        return;
    }
    let mut pairs: BTreeSet<(String, String)> = BTreeSet::new();
    for name in ["evtx.ndjson.zst", "background.ndjson.zst"] {
        let file = std::fs::File::open(root.join(name)).unwrap();
        let reader = ruzstd::decoding::StreamingDecoder::new(BufReader::new(file)).unwrap();
        // The large file says the same over and over.
        let step = if name.starts_with("evtx") { 1 } else { 25 };
        for line in BufReader::new(reader).lines().step_by(step) {
            let event: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            let event = event.as_object().unwrap();
            let source = event.get("_ls").and_then(|it| it.as_str()).unwrap_or_default();
            // The rest is how the events were collected, or not named by Sigma.
            for field in event.keys().filter(|it| !it.starts_with('_') && !it.starts_with('@')) {
                pairs.insert((source.to_owned(), field.clone()));
            }
        }
    }
    let (mut asked, mut wrong) = (0, Vec::new());
    for (source, field) in &pairs {
        let parts: Vec<&str> =
            source.split('/').map(|it| if it.is_empty() { "-" } else { it }).collect();
        let [product, categories, service] = parts.as_slice() else { continue };
        for category in categories.split('+') {
            // A category's rules do not name the service too.
            let service = if category == "-" { service } else { "-" };
            if field.contains(' ') || field.contains(':') {
                continue;
            }
            asked += 1;
            let source = [*product, category, service];
            if !found(source, field).is_empty() {
                wrong.push(format!("{source:?} {field}"));
            }
        }
    }
    eprintln!("{asked} fields asked about");
    assert!(asked > 1000, "{asked}");
    assert_eq!(wrong, [] as [&str; 0]);
}

/// Two neighbours exchanged, one letter left out, one written twice.
fn slips(name: &str) -> Vec<String> {
    let middle = name.len() / 2;
    let (a, b) = name.split_at(middle);
    let mut exchanged: Vec<char> = name.chars().collect();
    exchanged.swap(middle - 1, middle);
    vec![
        exchanged.into_iter().collect(),
        format!("{}{b}", &a[..a.len() - 1]),
        format!("{a}{}{b}", &a[a.len() - 1..]),
    ]
}

#[test]
fn a_slip_is_found_and_the_field_proposed() {
    let (mut all, mut right) = (0, 0);
    for source in [
        ["windows", "process_creation", "-"],
        ["windows", "network_connection", "-"],
        ["windows", "-", "security"],
        ["-", "proxy", "-"],
    ] {
        let known = fields::of(&parse(&rule(source, "x")).logsource).unwrap();
        for name in known.names.iter().filter(|it| it.len() >= 8 && it.is_ascii()) {
            for slip in slips(name).iter().filter(|it| !known.names.contains(it.as_str())) {
                all += 1;
                let want = format!("did you mean `{name}`?");
                right += usize::from(found(source, slip).contains(&want));
            }
        }
    }
    eprintln!("{right} of {all} slips found");
    assert!(all > 500 && right * 100 >= all * 95, "{right} of {all}");
}
