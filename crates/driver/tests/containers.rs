//! A rule about containers in Kusto's words: what it says of its loss, and its verdicts on its own fixtures.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ::import::{Columns, Language, Reading, Shelf};
use rulec_driver::{Request, Targets};
use source::FileId;
use target::Fidelity;

const RULE: &str = "container/netcat_listener_established_inside_a_container.yml";

#[test]
fn the_joined_command_line_is_said_to_be_one_and_gives_the_verdicts_of_the_fixtures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(RULE);
    let loaded = rulec_driver::load([(RULE.to_owned(), std::fs::read(path).unwrap())]);
    let rule = &loaded.rules[0];
    let targets = Targets::builtin();
    let request = Request::parse("kql/defender", &targets).unwrap();
    let output = request.convert(rule, &targets, false).result.unwrap();
    assert!(output.text.starts_with("CloudProcessEvents\n"), "{}", output.text);
    assert_eq!(output.fidelity, Fidelity::Both);
    let joined = "the borders between its elements are lost";
    assert!(output.notes.iter().any(|it| it.reason.contains(joined)), "{:?}", output.notes);

    // The query as it is read back, asked of the rows that hold the fixtures.
    let profile = targets.get("kql").unwrap().profile("defender").unwrap();
    let language = Language::get("kql").unwrap();
    let columns = Columns::of(profile);
    let read = language.documents(&output.text, FileId::FIRST, &columns, &mut Shelf::default());
    let Reading::Event(query) = read.unwrap().pop().unwrap().query.unwrap() else {
        unreachable!("a rule is about one event")
    };
    let matcher = matcher::Matcher::new(&query.expr).unwrap();
    let (mut matched, mut quiet) = (0, 0);
    for fixture in &rule.lowered.as_ref().unwrap().rule.fixtures {
        let Some(mut row) = request.carry(rule, &fixture.event, &targets) else { continue };
        let columns = row.as_object_mut().unwrap();
        if let Some(it) = columns.remove("CommandLineElements") {
            columns.insert("ProcessCommandLine".to_owned(), it);
        }
        assert_eq!(matcher.matches(&row), fixture.matches, "{}: {row}", fixture.name);
        *if fixture.matches { &mut matched } else { &mut quiet } += 1;
    }
    assert!(matched >= 4 && quiet >= 4, "{matched} fixtures matched, {quiet} did not");
}
