//! Every step, condition, template and finalizer, against what the reference implementation gives.
//!
//! `cases.yml` holds both; `cargo xtask pipelines` asks the reference implementation again. Where
//! the two differ on purpose a case says why, and what is given here.
#![allow(clippy::unwrap_used, clippy::panic)]

use rulec_pipeline::{Closed, Queries, Runner, Set, Subject, data, read};
use serde_json::{Value, json};
use source::FileId;
use syntax::Document;

/// The last rule of a text as it enters the first pipeline.
fn subject(text: &str) -> Subject {
    let parsed = syntax::parse(text, FileId::FIRST);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let sources = parsed.documents.iter().filter_map(|it| match it {
        Document::Rule(it) => Some(lower::logsource(&it.logsource)),
        _ => None,
    });
    let sources: Vec<_> = sources.collect();
    let mut problems = Vec::new();
    match parsed.documents.last().unwrap() {
        Document::Rule(ast) => {
            let (draft, meta) = lower::draft(ast, text, &mut problems).unwrap();
            Subject::rule(ast, draft, meta, lower::logsource(&ast.logsource))
        }
        Document::Correlation(ast) => {
            let meta = lower::meta(&ast.head, &mut problems);
            Subject::correlation(ast, meta, sources)
        }
        Document::Filter(_) => panic!("a filter"),
    }
}

fn answer(pipeline: &str, rule: &str, queries: Option<&Value>) -> Value {
    let mut problems = Vec::new();
    let Some(pipeline) = read(pipeline, FileId::FIRST, "p.yml", &mut problems) else {
        return json!({ "error": problems[0].code.id, "message": problems[0].message });
    };
    let set = Set::new(vec![pipeline]);
    let runner = Runner::new(&set, &Closed);
    let mut subject = subject(rule);
    let applied = runner.apply(&mut subject);
    let error =
        |it: Box<diagnostic::Diagnostic>| json!({ "error": it.code.id, "message": it.message });
    if let Err(it) = applied {
        return error(it);
    }
    let Some(queries) = queries else { return data(&subject) };
    let queries = queries.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    let finished: Result<Vec<String>, _> =
        queries.map(|it| runner.postprocess(&mut subject, it)).collect();
    match finished.and_then(|it| runner.finalize(it, Some(&subject))) {
        Ok(Queries::Many(it)) => json!({ "queries": it }),
        Ok(Queries::One(it)) => json!({ "queries": it }),
        Err(it) => error(it),
    }
}

#[test]
fn every_case_gives_what_the_reference_implementation_gives() {
    let cases: Vec<Value> = serde_yaml::from_str(include_str!("cases.yml")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let json = |key: &str| case[key].as_str().map(|it| serde_json::from_str(it).unwrap());
        let reference: Value = json("reference").unwrap();
        let ours: Option<Value> = json("ours");
        let found = answer(text("pipeline"), text("rule"), case.get("queries"));
        let good = match &ours {
            // A difference has a reason, and is one.
            Some(ours) => *ours == found && *ours != reference && !text("why").is_empty(),
            None if reference["error"].is_string() => found["error"].is_string(),
            None => reference == found,
        };
        if !good {
            let wanted = ours.unwrap_or(reference);
            wrong.push(format!("{}\n  wanted {wanted}\n  found  {found}", text("name")));
        }
    }
    assert!(cases.len() >= 150, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Every type of step, condition, postprocessing and finalizer is in a case.
#[test]
fn every_type_has_a_case() {
    let cases: Vec<Value> = serde_yaml::from_str(include_str!("cases.yml")).unwrap();
    let all: String = cases.iter().filter_map(|it| it["pipeline"].as_str()).collect();
    // These ask for what is outside, or for Python.
    let others =
        ["field_name_transform", "file_placeholders", "http_placeholders", "command_placeholders"];
    let mut problems = Vec::new();
    for (list, wanted) in [("transformations", 31), ("postprocessing", 6), ("finalizers", 5)] {
        problems.clear();
        let text = format!("{list}: [{{type: ''}}]");
        assert!(read(&text, FileId::FIRST, "p.yml", &mut problems).is_none());
        let help = problems[0].help.clone().unwrap();
        let known: Vec<&str> = help.trim_start_matches("known: ").split(", ").collect();
        assert!(known.len() >= wanted, "{list}: {}", known.len());
        for name in known {
            let has = all.contains(&format!("type: {name}"));
            assert!(has || others.contains(&name), "no case has a `{name}`");
        }
    }
}
