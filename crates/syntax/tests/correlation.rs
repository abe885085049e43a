//! What is read of correlations and filters, and what is said about slips in them.

#![allow(clippy::unwrap_used)]

use rulec_syntax::{
    BoundNumber, BoundOp, CorrelationAst, CorrelationConditionAst, Document, FilterRules, parse,
};
use source::FileId;

/// Code and the text that each finding points at.
fn problems(text: &str) -> Vec<(&'static str, String)> {
    let found = parse(text, FileId::FIRST).problems;
    found.iter().map(|it| (it.code.id, text[it.primary.span.range()].to_owned())).collect()
}

fn correlation(text: &str) -> CorrelationAst {
    let parsed = parse(text, FileId::FIRST);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let first = parsed.documents.into_iter().next();
    let correlation = first.and_then(|it| match it {
        Document::Correlation(it) => Some(*it),
        _ => None,
    });
    correlation.unwrap()
}

fn with(kind: &str, timespan: &str, condition: &str) -> String {
    format!(
        "title: x\ncorrelation:\n  type: {kind}\n  rules: [a, b]\n  group-by: User\n  timespan: {timespan}\n  condition: {condition}\n"
    )
}

#[test]
fn every_unit_of_time_is_read() {
    for (written, seconds) in [
        ("90s", 90),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1M", 2_629_746),
        ("1y", 31_556_952),
    ] {
        let it = correlation(&with("event_count", written, "{ gte: 2 }"));
        assert_eq!(it.timespan.map(|it| it.value), Some(seconds), "{written}");
    }
}

#[test]
fn what_is_no_span_of_time_is_reported_at_its_place() {
    for written in ["5", "m", "5 m", "1.5h", "-1h", "5H", "0s", "99999999999999999999s", "1é"] {
        let text = with("event_count", written, "{ gte: 2 }");
        assert_eq!(problems(&text), [("K001", written.to_owned())], "{written}");
    }
}

#[test]
fn a_range_and_several_fields_are_read() {
    let it = correlation(&with("value_count", "1h", "{ field: [u, v], gt: 100, lte: 200 }"));
    let Some(CorrelationConditionAst::Compare(it)) = it.condition else { unreachable!() };
    let bounds: Vec<_> = it.bounds.iter().map(|(op, it)| (op.value, it.value)).collect();
    let expected =
        [(BoundOp::Gt, BoundNumber::Whole(100)), (BoundOp::Lte, BoundNumber::Whole(200))];
    assert_eq!(bounds, expected);
    assert_eq!(it.fields.len(), 2);
}

#[test]
fn rules_of_a_formula_need_no_list() {
    let text =
        "title: x\ncorrelation:\n  type: temporal\n  timespan: 1h\n  condition: a and not b\n";
    let it = correlation(text);
    assert!(matches!(it.condition, Some(CorrelationConditionAst::Formula(..))));
}

#[test]
fn generate_stands_in_either_place() {
    let inside = with("event_count", "1h", "{ gte: 2 }\n  generate: true");
    let outside = with("event_count", "1h", "{ gte: 2 }\ngenerate: true");
    for text in [inside, outside] {
        assert_eq!(correlation(&text).generate.map(|it| it.value), Some(true));
    }
}

#[test]
fn slips_are_reported_at_their_places() {
    let found = |kind: &str, condition: &str| problems(&with(kind, "1h", condition));
    let one = |code: &'static str, at: &str| vec![(code, at.to_owned())];
    assert_eq!(found("event_counts", "{ gte: 2 }"), one("K002", "event_counts"));
    assert_eq!(found("event_count", "{ gte: 2.5 }"), one("K003", "2.5"));
    assert_eq!(found("event_count", "{ gte: -2 }"), one("K003", "-2"));
    assert_eq!(found("event_count", "{ gte: 2, field: f }"), one("K003", "f"));
    assert_eq!(found("value_sum", "{ gte: 2, field: [f, g] }"), one("K003", "g"));
    assert_eq!(
        found("value_percentile", "{ gte: 2, field: f, percentile: 101 }"),
        one("K003", "101")
    );
    assert_eq!(found("event_count", "{ gte: 2, max: 3 }"), one("R005", "max"));
    assert_eq!(found("event_count", "a and b"), one("R003", "a and b"));
    assert_eq!(found("temporal", "a AND b"), one("C001", "AND"));
    assert_eq!(found("value_count", "{ gte: 2 }").len(), 1);
    let none = "title: x\ncorrelation:\n  timespan: 1h\n";
    let codes: Vec<_> = problems(none).iter().map(|it| it.0).collect();
    assert_eq!(codes, ["R002", "R002"]);
}

#[test]
fn a_filter_is_read_as_a_detection() {
    let text = |rules: &str| {
        format!(
            "title: x\nlogsource: {{ product: windows }}\nfilter:\n  rules: {rules}\n  sel: {{ User: a }}\n  condition: not sel\n"
        )
    };
    for (rules, any) in [("any", true), ("[a, b]", false)] {
        let parsed = parse(&text(rules), FileId::FIRST);
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        let [Document::Filter(it)] = parsed.documents.as_slice() else { unreachable!() };
        assert_eq!(matches!(it.rules, FilterRules::Any), any);
        assert_eq!(it.head.detection.selections.len(), 1);
    }
    let missing = text("any").replace("  rules: any\n", "");
    assert_eq!(problems(&missing)[0].0, "R002");
}
