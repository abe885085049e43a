//! What converters to Kusto are known to get wrong in silence: one test for each.
#![allow(clippy::unwrap_used)]

use rulec_driver::{Request, Targets};
use target::Fidelity;

const PLAIN: &str = "{ category: x }";
const PROCESS: &str = "{ product: windows, category: process_creation }";
const NETWORK: &str = "{ product: windows, category: network_connection }";

/// The condition in one line and its fidelity, or the messages of the refusal.
fn said(target: &str, logsource: &str, detection: &str) -> Result<(String, Fidelity), String> {
    let text = format!("title: x\nlogsource: {logsource}\ndetection:\n{detection}\n");
    let targets = Targets::builtin();
    let request = Request::parse(target, &targets).unwrap();
    let loaded = rulec_driver::load([("rule.yml".to_owned(), text.into_bytes())]);
    match request.convert(&loaded.rules[0], &targets, false).result {
        Ok(it) => {
            let condition = it.query.strip_prefix("| where ").unwrap_or(&it.query);
            let words: Vec<&str> = condition.split_whitespace().collect();
            Ok((words.join(" "), it.fidelity))
        }
        Err(all) => Err(all.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("\n")),
    }
}

/// A test on fields that have their own names there, and its negation.
#[track_caller]
fn plain(test: &str, query: &str, negated: &str, fidelity: Fidelity) {
    for (condition, wanted) in [("sel", query), ("not sel", negated)] {
        let detection = format!("  sel: {{ {test} }}\n  condition: {condition}");
        let (found, how) = said("kql/none", PLAIN, &detection).unwrap();
        assert_eq!(found, wanted);
        if condition == "sel" {
            assert_eq!(how, fidelity, "{test}");
        }
    }
}

#[track_caller]
fn profiled(target: &str, logsource: &str, test: &str, query: &str) {
    let detection = format!("  sel: {{ {test} }}\n  condition: sel");
    let (found, _) = said(target, logsource, &detection).unwrap();
    assert!(found.contains(query), "{found}");
}

#[test]
fn case_is_ignored_unless_the_rule_says_so() {
    plain("f: Ab", "f =~ 'Ab'", "not(f =~ 'Ab')", Fidelity::Exact);
    plain("f|cased: Ab", "f == 'Ab'", "not(f == 'Ab')", Fidelity::Exact);
    plain("f|contains|cased: Ab", "f contains_cs 'Ab'", "not(f contains_cs 'Ab')", Fidelity::Exact);
    plain("f: [Ab, Cd]", "f in~ ('Ab', 'Cd')", "not(f in~ ('Ab', 'Cd'))", Fidelity::Exact);
    plain("f|cased: [Ab, Cd]", "f in ('Ab', 'Cd')", "not(f in ('Ab', 'Cd'))", Fidelity::Exact);
}

#[test]
fn a_missing_text_is_asked_as_an_empty_one() {
    plain("f: null", "isempty(f)", "not(isempty(f))", Fidelity::Wider);
    plain("f: '*'", "isnotempty(f)", "not(isnotempty(f))", Fidelity::Narrower);
    profiled("kql/defender", PROCESS, "ProcessId: null", "isnull(ProcessId)");
}

#[test]
fn what_may_be_null_is_made_false_before_it_is_negated() {
    plain("f|gt: 5", "f > 5", "not(coalesce(f > 5, false))", Fidelity::Exact);
    plain(
        "f|cidr: 10.0.0.0/8",
        "ipv4_is_in_range(trim_start('(?i)::ffff:', f), '10.0.0.0/8')",
        "not(coalesce(ipv4_is_in_range(trim_start('(?i)::ffff:', f), '10.0.0.0/8'), false))",
        Fidelity::Exact,
    );
}

#[test]
fn networks_of_ipv6_have_a_function_of_their_own() {
    plain(
        "f|cidr: fe80::/10",
        "ipv6_is_in_range(f, 'fe80::/10')",
        "not(coalesce(ipv6_is_in_range(f, 'fe80::/10'), false))",
        Fidelity::Exact,
    );
}

#[test]
fn a_part_of_a_word_is_found() {
    plain("f|contains: cmd", "f contains 'cmd'", "not(f contains 'cmd')", Fidelity::Exact);
}

#[test]
fn wildcards_inside_keep_their_order_and_cover_the_value() {
    plain(
        "f: 'a*b?c'",
        "f matches regex '(?is)\\\\Aa.*b.c\\\\z'",
        "not(f matches regex '(?is)\\\\Aa.*b.c\\\\z')",
        Fidelity::Exact,
    );
}

#[test]
fn a_regex_searches_and_counts_case() {
    plain(
        "f|re: 'a.b'",
        "f matches regex '(?s)a[^\\\\n]b'",
        "not(f matches regex '(?s)a[^\\\\n]b')",
        Fidelity::Exact,
    );
    let (found, _) = said("kql/none", PLAIN, "  sel: { f|re|i: '^a' }\n  condition: sel").unwrap();
    assert!(found.contains("(?is)\\\\Aa"), "{found}");
}

#[test]
fn text_stays_in_its_quotes() {
    plain(r#"f: "a'b\\c\nd""#, r"f =~ 'a\'b\\c\nd'", r"not(f =~ 'a\'b\\c\nd')", Fidelity::Exact);
}

#[test]
fn a_name_that_is_not_plain_is_bracketed_and_no_constant() {
    plain("c-uri: x", "['c-uri'] =~ 'x'", "not(['c-uri'] =~ 'x')", Fidelity::Exact);
    plain("a.b: x", "['a.b'] =~ 'x'", "not(['a.b'] =~ 'x')", Fidelity::Exact);
    plain("where: x", "['where'] =~ 'x'", "not(['where'] =~ 'x')", Fidelity::Exact);
}

#[test]
fn numbers_are_numbers_where_the_column_is_one() {
    plain("f: [5, 6]", "f in (5, 6)", "not(f in (5, 6))", Fidelity::Exact);
    profiled("kql/defender", PROCESS, "ProcessId: '4688'", "ProcessId == 4688");
    profiled("kql/defender", PROCESS, "ProcessId: [5, 6]", "ProcessId in (5, 6)");
    // ASIM keeps it as text.
    profiled("kql/sentinel", PROCESS, "ProcessId: 5", "TargetProcessId =~ '5'");
}

#[test]
fn lists_with_wildcards_are_nested_and_none_is_lost() {
    let values: Vec<String> = (0..1_000).map(|it| format!("'*v{it}x'")).collect();
    let detection = format!("  sel: {{ f: [{}] }}\n  condition: sel", values.join(", "));
    let (found, _) = said("kql/none", PLAIN, &detection).unwrap();
    assert_eq!(found.matches("f endswith").count(), 1_000);
    let (mut depth, mut terms, mut most) = (0_usize, vec![0_usize], 0);
    for word in found.split(['\'', ' ']) {
        depth += word.matches('(').count();
        terms.resize(terms.len().max(depth + 1), 0);
        terms[depth] += usize::from(word == "or");
        most = most.max(terms[depth]);
        for _ in 0..word.matches(')').count() {
            terms[depth] = 0;
            depth -= 1;
        }
    }
    assert!(most < 400 && depth == 0, "{most} at depth {depth}");
}

#[test]
fn a_field_that_only_tells_events_apart_is_asked_of_the_action() {
    profiled("kql/defender", NETWORK, "Initiated: 'true'", "ActionType == 'ConnectionSuccess'");
    profiled(
        "kql/defender",
        NETWORK,
        "Initiated: 'false'",
        "ActionType == 'InboundConnectionAccepted'",
    );
    let security = "{ product: windows, service: security }";
    profiled("kql/defender", security, "EventID: 4625", "ActionType == 'LogonFailed'");
    let other =
        said("kql/defender", security, "  sel: { EventID: 4697 }\n  condition: sel").unwrap_err();
    assert!(other.contains("EventID"), "{other}");
}

#[test]
fn another_field_is_no_text_and_two_missing_ones_are_not_equal() {
    plain(
        "f|fieldref: g",
        "(isnotempty(f) and f =~ g)",
        "not((isnotempty(f) and f =~ g))",
        Fidelity::Exact,
    );
}

#[test]
fn keywords_are_asked_of_all_columns_and_said_to_differ() {
    let asked = |condition: &str, target: &str, logsource: &str| {
        said(target, logsource, &format!("  words: [a'b, c]\n  condition: {condition}")).unwrap()
    };
    let found = asked("words", "kql/none", PLAIN);
    assert_eq!(found, (r"* contains 'a\'b' or * contains 'c'".to_owned(), Fidelity::Both));
    let found = asked("not words", "kql/none", PLAIN);
    assert_eq!(found, (r"not(* contains 'a\'b' or * contains 'c')".to_owned(), Fidelity::Both));
    let found = asked("words", "kql/sentinel", "{ product: linux, service: auth }");
    assert!(
        found.0.contains("SyslogMessage contains 'c'") && found.1 == Fidelity::Narrower,
        "{found:?}"
    );
}

#[test]
fn a_table_keeps_its_own_spellings() {
    let set = "{ product: windows, category: registry_set }";
    let test = "TargetObject|startswith: 'HKLM\\System\\CurrentControlSet\\Lsa'";
    let detection = format!("  sel: {{ {test} }}\n  condition: sel");
    let (found, how) = said("kql/defender", set, &detection).unwrap();
    assert!(
        found.contains(r"startswith 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Lsa'"),
        "{found}"
    );
    assert!(found.contains(r"\\\\Control(?-i:[Ss])et00.\\\\L(?-i:[Ss])a'"), "{found}");
    assert_eq!(how, Fidelity::Exact);
    profiled("kql/defender", NETWORK, "DestinationHostname: a.b", "RemoteUrl) =~ 'a.b'");
    let pipe = "{ product: windows, category: pipe_created }";
    profiled("kql/defender", pipe, r"PipeName|startswith: '\x'", r".PipeName)) startswith '\\x'");
}

/// A root is found wherever the pattern has it: `contains` does not put it at the start.
#[test]
fn roots_of_the_registry_are_spelled_out_in_the_middle_too() {
    let set = "{ product: windows, category: registry_set }";
    let test = r"TargetObject|contains: 'HKLM\Run'";
    profiled("kql/defender", set, test, r"contains 'HKEY_LOCAL_MACHINE\\Run'");
    profiled("kql/sentinel", set, test, r"contains 'HKEY_LOCAL_MACHINE\\Run'");
}
