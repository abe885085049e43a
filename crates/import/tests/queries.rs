//! Queries that exercise each language: what they mean, and what is refused at which place.
#![allow(clippy::unwrap_used, clippy::panic)]

use ir::Expr;
use rulec_import::{Columns, LANGUAGES, Language, Place, Reading, Shelf};
use serde_json::Value;
use source::FileId;

/// The queries of a language, and those that it refuses.
fn cases(language: &Language) -> (Vec<Value>, Vec<Value>) {
    let path = format!("{}/tests/queries/{}.yml", env!("CARGO_MANIFEST_DIR"), language.key);
    let value: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let list = |key: &str| value[key].as_array().unwrap().clone();
    (list("queries"), list("refused"))
}

/// What looks into several tables matches an event of any.
fn read(language: &Language, query: &str) -> Result<Expr, Vec<diagnostic::Diagnostic>> {
    let place = Place::whole(query, FileId::FIRST);
    let read = language.read(&place, &Columns::unknown())?;
    let events = read.into_iter().map(|it| match it {
        Reading::Event(it) => it.expr,
        Reading::Chain(it) => panic!("{query}\n{it:?}"),
    });
    Ok(Expr::any(events.collect()))
}

#[test]
fn queries_match_what_their_language_says() {
    for language in LANGUAGES {
        let (queries, _) = cases(language);
        assert!(queries.len() >= 40, "{}: {} queries", language.key, queries.len());
        for case in queries {
            let query = case["query"].as_str().unwrap();
            let expr = read(language, query).unwrap_or_else(|it| panic!("{query}\n{it:#?}"));
            let matcher = matcher::Matcher::new(&expr).unwrap();
            for (key, wanted) in [("match", true), ("quiet", false)] {
                for event in case[key].as_array().unwrap() {
                    assert_eq!(
                        matcher.matches(event),
                        wanted,
                        "{query}\n{event}\n{}",
                        ir::print(&expr)
                    );
                }
            }
        }
    }
}

#[test]
fn what_no_rule_can_say_is_refused_at_its_place() {
    for language in LANGUAGES {
        for case in cases(language).1 {
            let query = case["query"].as_str().unwrap();
            let problems = match read(language, query) {
                Ok(expr) => panic!("{query}\n{}", ir::print(&expr)),
                Err(it) => it,
            };
            let [problem] = problems.as_slice() else { panic!("{query}: {problems:?}") };
            let says = case["says"].as_str().unwrap();
            assert!(problem.message.contains(says), "{query}\n{}", problem.message);
            let at = query.get(problem.primary.span.range());
            assert_eq!(at, case["at"].as_str(), "{query}\n{}", problem.message);
        }
    }
}

/// Every test of a meaning points at text of the query.
#[test]
fn tests_keep_their_places() {
    let query =
        "process where process.name : (\"a\", \"b\") and not cidrMatch(source.ip, \"10.0.0.0/8\")";
    let expr = read(Language::get("eql").unwrap(), query).unwrap();
    let mut places = Vec::new();
    expr.for_each_test(&mut |it| places.push(&query[it.span.range()]));
    assert_eq!(places, ["\"a\"", "\"b\"", "\"10.0.0.0/8\""]);
}

/// Whatever the text, there is an answer and no panic.
#[test]
fn any_beginning_of_a_query_is_read_or_refused() {
    for language in LANGUAGES {
        for case in cases(language).0 {
            let query = case["query"].as_str().unwrap();
            for (at, _) in query.char_indices() {
                let _ = read(language, &query[..at]);
                let _ = read(language, &query[at..]);
                let mut shelf = Shelf::default();
                let _ = language.documents(
                    &query[at..],
                    FileId::FIRST,
                    &Columns::unknown(),
                    &mut shelf,
                );
            }
        }
        for text in ["(".repeat(100_000), "not ".repeat(50_000), "[".repeat(5_000), "\"".repeat(9)]
        {
            assert!(read(language, &format!("a where {text}")).is_err());
        }
        // Where a parser could try each parenthesis twice, and so never end.
        for text in ["a in (", "f(", "(T | where ", "let x = (", "x : (", "not (", "[\"a\"]("] {
            for start in ["T | where ", "a where ", "let a = ", ""] {
                assert!(read(language, &format!("{start}{}", text.repeat(100))).is_err());
            }
        }
    }
}
