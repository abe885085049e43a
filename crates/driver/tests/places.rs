//! A refusal that says that the events are not here names the places that have them.
#![allow(clippy::unwrap_used)]

use rulec_driver::{Request, Targets};

/// The help of a refusal because of the log source.
fn help(request: &str, logsource: &str, selection: &str) -> String {
    let text = format!(
        "title: x\nlogsource: {logsource}\ndetection:\n  sel: {selection}\n  condition: sel\n"
    );
    let targets = Targets::builtin();
    let request = Request::parse(request, &targets).unwrap();
    let loaded = rulec_driver::load([("rule.yml".to_owned(), text.into_bytes())]);
    let found = request.convert(&loaded.rules[0], &targets, false).result.unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(std::ptr::eq(found[0].code, &target::NO_SOURCE), "{found:?}");
    found[0].help.clone().unwrap()
}

#[test]
fn another_profile_of_the_target_comes_first() {
    let found = help("kql/defender", "{ category: webserver }", "{ cs-method: GET }");
    assert!(found.starts_with("choose `kql/sentinel`, which has these events, or "), "{found}");
}

#[test]
fn otherwise_it_is_one_of_another_target() {
    let found = help("falco", "{ product: windows, category: process_creation }", "{ Image: x }");
    let wanted = "choose `eql/ecs` or `kql/defender` or `kql/sentinel` or `kuery/ecs` or ";
    assert!(found.starts_with(wanted), "{found}");
}

#[test]
fn a_place_without_a_column_for_a_field_is_not_named() {
    let selection = "{ Image: x, NoSuchField: y }";
    let found = help("falco", "{ product: windows, category: process_creation }", selection);
    assert!(!found.contains("kql/") && found.contains("`eql/ecs`"), "{found}");
}

#[test]
fn a_place_that_the_rule_leaves_out_is_not_named() {
    let logsource = "{ category: webserver }\ntargets: { kql: { skip: [sentinel], reason: y } }";
    let found = help("kql/defender", logsource, "{ cs-method: GET }");
    assert!(!found.contains("kql/sentinel"), "{found}");
}
