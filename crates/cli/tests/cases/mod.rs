//! A correlation of each type, with a small stream and what it finds there.

use std::fmt::Write as _;

/// Three rules: an event is one of `a` when its `kind` is, or holds, `a`.
pub fn rules() -> String {
    let mut res = String::new();
    for name in ["a", "b", "c"] {
        writeln!(
            res,
            "title: {name}\nname: {name}\nlogsource: {{ product: test }}\ndetection:\n  s: {{ kind: {name} }}\n  condition: s\n---"
        )
        .unwrap();
    }
    res
}

/// A correlation over `u` in ten seconds.
pub fn correlation(title: &str, body: &str) -> String {
    format!(
        "title: {title}\nid: {title}\ncorrelation:\n  group-by: [u]\n  timespan: 10s\n{}\n",
        body.lines().map(|it| format!("  {}\n", it.trim())).collect::<String>()
    )
}

/// By name: a correlation, events, and the matches.
pub const CASES: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "event_count",
        "type: event_count
         rules: [a, b]
         condition: { gte: 3 }",
        // One event of two rules is one; those without a group are none; the border counts, a second later does not.
        &[
            "0 ab u=jo",
            "5 a u=jo",
            "5 a u=al",
            "6 a",
            "7 a u=null",
            "10 b u=jo",
            "11 c u=jo",
            "21 a u=jo",
        ],
        &["5 jo"],
    ),
    (
        "event_count_range",
        "type: event_count
         rules: [a]
         condition: { gt: 1, lte: 2 }",
        &["0 a u=jo", "0 a u=jo", "0 a u=jo", "11 a u=jo", "12 a u=jo"],
        &["1 jo", "4 jo"],
    ),
    (
        "value_count",
        "type: value_count
         rules: [a, b]
         condition: { field: f, gte: 2 }",
        // `x` counts from its last time on; an empty value is none, and an array has several.
        &[
            "0 a u=jo f=x",
            "8 b u=jo f=x",
            "9 a u=jo",
            "9 a u=jo f=\"\"",
            "18 a u=jo f=y",
            "40 a u=jo f=[\"x\",\"y\"]",
        ],
        &["4 jo", "5 jo"],
    ),
    (
        "value_count_sets",
        "type: value_count
         rules: [a]
         condition: { field: [f, g], gte: 2 }",
        &["0 a u=jo f=x g=1", "1 a u=jo f=x g=1", "2 a u=jo f=y", "3 a u=jo f=x g=2"],
        &["3 jo"],
    ),
    (
        "temporal",
        "type: temporal
         rules: [a, b]",
        // In any order, one event may be both, and an event of another user is none of these.
        &["0 b u=jo", "5 a u=al", "10 a u=jo", "20 b u=jo", "31 a u=jo", "50 ab u=jo"],
        &["2 jo", "3 jo", "5 jo"],
    ),
    (
        "temporal_number",
        "type: temporal
         rules: [a, b, c]
         condition: { eq: 2 }",
        &["0 a u=jo", "1 a u=jo", "2 b u=jo", "3 c u=jo", "14 c u=jo"],
        &["2 jo"],
    ),
    (
        "temporal_ordered",
        "type: temporal_ordered
         rules: [a, b]",
        // At one time the order is that of arrival; one event is not two.
        &["0 b u=jo", "0 a u=jo", "0 ab u=jo", "10 b u=jo", "30 ab u=jo", "41 b u=jo"],
        &["2 jo", "3 jo"],
    ),
    (
        "temporal_ordered_number",
        "type: temporal_ordered
         rules: [a, b, c]
         condition: { gte: 2 }",
        &["0 c u=jo", "1 b u=jo", "2 c u=jo", "20 a u=jo", "21 c u=jo"],
        &["2 jo", "4 jo"],
    ),
    (
        "value_sum",
        "type: value_sum
         rules: [a]
         condition: { field: n, gt: 10 }",
        // Texts that spell numbers count, others do not; the first is gone at the last.
        &[
            "0 a u=jo n=4",
            "1 a u=jo n=\"6.5\"",
            "2 a u=jo n=x",
            "3 a u=jo n=-0.5",
            "11 a u=jo n=3.5",
        ],
        &["1 jo"],
    ),
    (
        "value_avg",
        "type: value_avg
         rules: [a]
         condition: { field: n, gte: 5 }",
        &["0 a u=jo n=4", "1 a u=jo n=6", "2 a u=jo n=4.9", "12 a u=jo n=5.1"],
        &["1 jo", "3 jo"],
    ),
    (
        "value_median",
        "type: value_median
         rules: [a]
         condition: { field: n, eq: 2 }",
        &["0 a u=jo n=1", "1 a u=jo n=2", "2 a u=jo n=3", "3 a u=jo n=4", "4 a u=jo n=5"],
        &["2 jo", "3 jo"],
    ),
    (
        "value_percentile",
        "type: value_percentile
         rules: [a]
         condition: { field: n, percentile: 90, gt: 9 }",
        &["0 a u=jo n=1", "1 a u=jo n=10", "2 a u=jo n=2", "12 a u=jo n=3"],
        &["1 jo", "2 jo"],
    ),
    (
        "value_percentile_share",
        "type: value_percentile
         rules: [a]
         condition: { field: f, lte: 25 }",
        &["0 a u=jo f=x", "1 a u=jo f=x", "2 a u=jo f=x", "3 a u=jo f=y", "4 a u=jo f=y"],
        &["3 jo"],
    ),
    (
        "extended",
        "type: temporal
         condition: a and (b or c)",
        &["0 a u=jo", "1 a u=jo", "2 c u=jo", "13 b u=jo", "14 a u=jo"],
        &["2 jo", "4 jo"],
    ),
    (
        "extended_not",
        "type: temporal
         condition: a and not b",
        // What comes later is not known yet, and what is older than the window counts no more.
        &["0 a u=jo", "1 b u=jo", "11 a u=jo", "12 a u=jo", "13 ab u=jo"],
        &["0 jo", "3 jo"],
    ),
    (
        "extended_ordered",
        "type: temporal_ordered
         condition: a and c and not b",
        &["0 a u=jo", "1 c u=jo", "20 c u=jo", "21 a u=jo", "40 a u=jo", "41 b u=jo", "42 c u=jo"],
        &["1 jo"],
    ),
];

/// All correlations of the cases in one file.
pub fn all() -> String {
    let each: Vec<String> = CASES.iter().map(|(name, body, ..)| correlation(name, body)).collect();
    each.join("---\n")
}
