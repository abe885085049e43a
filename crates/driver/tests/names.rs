//! Names that a query gives to columns which are written as expressions.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use rulec_driver::{Request, Targets, Verified};
use target::Folder;

/// The query of a rule, which reads back as what was asked.
fn query(targets: &Targets, request: &str, logsource: &str, detection: &str) -> String {
    let text = format!("title: x\nlogsource: {logsource}\ndetection:\n{detection}\n");
    let request = Request::parse(request, targets).unwrap();
    let loaded = rulec_driver::load([("rule.yml".to_owned(), text.into_bytes())]);
    let output = request.convert(&loaded.rules[0], targets, false).result.unwrap();
    let found = request.verify(&output, targets);
    // Of what errs both ways nothing can be proved, and a search of all columns is not read.
    let open = ["more and less", "all columns are searched"];
    let both = found.reason().is_some_and(|it| open.iter().any(|part| it.contains(part)));
    assert!(found == Verified::Proved || both, "{}\n{found:?}", output.text);
    output.text
}

#[track_caller]
fn defender(logsource: &str, detection: &str, wanted: &str) {
    let found = query(&Targets::builtin(), "kql/defender", logsource, detection);
    assert_eq!(found, wanted);
}

const DNS: &str = "{ product: zeek, service: dns }";

#[test]
fn what_is_asked_again_gets_the_name_of_its_field() {
    defender(
        DNS,
        "  sel: { query|endswith: ['.a', '.b'], qtype_name: [A, AAAA] }\n  condition: sel",
        "DeviceNetworkEvents\n\
         | where ActionType == 'DnsConnectionInspected'\n  \
           and tostring(parse_json(AdditionalFields).qtype_name) in~ ('A', 'AAAA')\n\
         | extend query = tostring(parse_json(AdditionalFields).query)\n\
         | where query endswith '.a' or query endswith '.b'\n",
    );
}

#[test]
fn what_is_asked_once_is_written_there() {
    defender(
        DNS,
        "  sel: { query: [a, b, c] }\n  condition: sel",
        "DeviceNetworkEvents\n\
         | where ActionType == 'DnsConnectionInspected'\n  \
           and tostring(parse_json(AdditionalFields).query) in~ ('a', 'b', 'c')\n",
    );
}

#[test]
fn a_name_hides_nothing_from_a_search_of_all_columns() {
    let detection =
        "  sel: { query|endswith: ['.a', '.b'] }\n  words: [x]\n  condition: sel and words";
    let found = query(&Targets::builtin(), "kql/defender", DNS, detection);
    assert!(!found.contains("extend"), "{found}");
}

/// A target whose profile has expressions of columns that rules ask under the same names.
fn own() -> Targets {
    let manifest = r#"
name: mine
about: x
reader: kql
precedence: [not, and, or]
and: and
or: or
not: { before: 'not(', after: ')' }
single: true
empty_text: a missing text is an empty one
constants: { 'true': 'true', 'false': 'false' }
layout: { width: 100, indent: 2, start: 1 }
steps: { filter: '| where ', name: '| extend {name} = {column}' }
name_quoting: name
default_profile: plain
quoting:
  str: { open: "'", close: "'", escapes: { "'": "\\'", '\': '\\' } }
  name: { open: "['", close: "']", escapes: {}, plain: { first: A-Za-z_, rest: A-Za-z0-9_, not: [where] } }
ops:
  text:
    eq: '{{ field }} =~ {{ value | str }}'
    starts_with: '{{ field }} startswith {{ value | str }}'
    ends_with: '{{ field }} endswith {{ value | str }}'
formats:
  - { name: query, about: x, file: query.jinja, extension: kql }
"#;
    let profile = "
about: x
reserved: [Data]
columns:
  both: { spelled: 'strcat(one, two)' }
  all: { spelled: 'tostring(Record)' }
  Parts.*: { spelled: 'tostring(Record.{rest})' }
  Inner.*: { spelled: 'tostring(Record.inner.{rest})' }
groups:
  fields: { one: both, three: three, Data: all, c-d: all, where: all, in.*: Inner.*, part.*: Parts.* }
sources:
  - { logsource: { category: x }, with: { table: T }, fields: [fields] }
";
    let files = [
        ("target.yml", manifest),
        ("profiles/plain.yml", profile),
        ("query.jinja", "{{ source.table }}\n{{ query }}\n"),
    ];
    let files: BTreeMap<String, String> =
        files.map(|(path, it)| (path.to_owned(), it.to_owned())).into();
    let mut res = Targets::builtin();
    res.add(Folder { name: "mine".to_owned(), files }).unwrap();
    res
}

#[track_caller]
fn named(test: &str, wanted: &str) {
    let detection = format!("  sel: {{ {test} }}\n  condition: sel");
    assert_eq!(query(&own(), "mine", "{ category: x }", &detection), wanted);
}

#[test]
fn no_column_of_the_table_is_given_away() {
    named(
        "one|endswith: [a, b]",
        "T\n| extend both = strcat(one, two)\n| where both endswith 'a' or both endswith 'b'\n",
    );
    named(
        "Data|endswith: [a, b], three: c",
        "T\n| where three =~ 'c'\n| extend all = tostring(Record)\n| where all endswith 'a' or all endswith 'b'\n",
    );
}

#[test]
fn a_name_is_quoted_where_it_must_be() {
    for (field, name) in [("c-d", "['c-d']"), ("where", "['where']")] {
        named(
            &format!("{field}|endswith: [a, b]"),
            &format!(
                "T\n| extend {name} = tostring(Record)\n| where {name} endswith 'a' or {name} endswith 'b'\n"
            ),
        );
    }
}

#[test]
fn the_longest_family_that_spells_a_column_is_read() {
    named("in.a: x", "T\n| where tostring(Record.inner.a) =~ 'x'\n");
    named("part.a: x", "T\n| where tostring(Record.a) =~ 'x'\n");
}
