//! What targets say of correlations, and where they refuse them. That it is right is judged by `cargo xtask conformance correlations`.

#![allow(clippy::unwrap_used)]

use rulec_driver::{Request, Targets, load};

/// The query for a correlation of this body, or why there is none.
fn said(target: &str, body: &str) -> Result<(String, &'static str), String> {
    let mut text = format!("title: x\ncorrelation: {{ {body} }}\n");
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        text.push_str(&format!(
            "---\ntitle: {name}\nname: {name}\nlogsource: {{ product: test }}\ndetection: {{ s: {{ {name}: y }}, condition: s }}\n"
        ));
    }
    let loaded = load([("x.yml".to_owned(), text.into_bytes())]);
    let problems: Vec<&str> = loaded.all_problems().map(|it| it.message.as_str()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let targets = Targets::builtin();
    let request = Request::parse(target, &targets).unwrap();
    match request.correlate(&loaded, &loaded.correlations[0], &targets, false).result {
        Ok(it) => Ok((it.query, it.fidelity.word())),
        Err(all) => Err(format!("{}; {}", all[0].message, all[0].primary.text)),
    }
}

fn kusto(body: &str) -> Result<(String, &'static str), String> {
    said("kql/none", body)
}

#[test]
fn a_number_of_rules_in_order_is_one_of_all_chains_of_so_many() {
    let body = |rules: &str, condition: &str| {
        format!(
            "type: temporal_ordered, rules: [{rules}], timespan: 10s, condition: {{ {condition} }}"
        )
    };
    let (query, fidelity) = kusto(&body("a, b, c", "gte: 2")).unwrap();
    assert_eq!((query.matches("First = Time").count(), fidelity), (3, "exact"));
    assert_eq!(query.matches("Nth1 > Nth0").count(), 3);
    let (query, _) = kusto(&body("a, b, c", "gt: 2")).unwrap();
    assert_eq!((query.matches("First = Time").count(), query.contains("union")), (1, false));
    assert_eq!(
        kusto(&body("a, b, c, d, e, f", "gte: 3")).unwrap().0.matches("Nth2 > Nth1").count(),
        20
    );
    let refused = kusto(&body("a, b, c, d, e, f, g", "gte: 3")).unwrap_err();
    assert!(refused.contains("more than 20 chains"), "{refused}");
    let refused = kusto(&body("a, b, c", "lt: 3")).unwrap_err();
    assert!(refused.contains("no words for < 3"), "{refused}");
    assert!(said("eql/none", &body("a, b, c", "gte: 2")).is_err());
    assert_eq!(said("eql/none", &body("a, b, c", "gte: 3")).unwrap().1, "exact");
}

#[test]
fn what_must_not_match_is_looked_for_in_the_window_of_a_chain() {
    let body =
        |condition: &str| format!("type: temporal_ordered, timespan: 10s, condition: {condition}");
    let (query, fidelity) = kusto(&body("a and b and not c and not d")).unwrap();
    assert_eq!(fidelity, "exact");
    assert!(query.contains("where Rule2 == 1 or Rule3 == 1 | project NthNot = Nth"), "{query}");
    assert!(query.contains("countif(NthNot <= Nth and Time - TimeNot <= 10s)"), "{query}");
    // A chain of one rule is each of its events.
    let (query, _) = kusto(&body("a and not b")).unwrap();
    assert!(
        query
            .contains("Hits\n| where Rule0 == 1\n| project Nth, Time, Key1\n| join kind=leftouter"),
        "{query}"
    );
    assert!(said("eql/none", &body("a and b and not c")).is_err());
}
