//! Whatever text a rule holds, it stays inside its quotes, or the rule is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use rulec_driver::{Request, Targets};

/// Texts that try to leave their quotes.
const NASTY: &[&str] = &[
    "\"",
    "'",
    "\\",
    "\\\"",
    "\n",
    "\r\n",
    "{{ 7*7 }}",
    "{% if 1 %}",
    "*/",
    "/*",
    "//",
    "${x}",
    "`",
    "\u{0}",
    "\u{1}",
    "\u{2}",
    "\u{1b}[2J",
    "\u{202e}abc",
    "\u{7f}",
    "]",
    "')] or true //",
    "\" or true //",
    "%s",
    "|",
    "\u{feff}",
    "é",
];

fn rule(field: &str, value: &str, title: &str) -> String {
    let quote = |it: &str| serde_json::to_string(it).unwrap();
    format!(
        "title: {}\nid: {}\nlogsource:\n    product: linux\n    category: process_creation\ndetection:\n    sel:\n        {}: {}\n        {}: {}\n    condition: sel\n",
        quote(title),
        quote(title),
        quote(field),
        quote(value),
        quote(&format!("{field}2|contains")),
        quote(value)
    )
}

/// The text with everything in quotes taken out; `None` when a quote stays open.
///
/// Knows the other languages' string syntax only: a quote, a backslash escape, no raw newline.
fn outside(text: &str, quotes: &str) -> Option<String> {
    let mut res = String::new();
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        if !quotes.contains(ch) {
            res.push(ch);
            continue;
        }
        loop {
            match chars.next()? {
                '\\' if ch != '`' => {
                    chars.next()?;
                }
                '\n' => return None,
                it if it == ch => break,
                _ => {}
            }
        }
    }
    Some(res)
}

/// A Kibana query with its values and quoted names taken out; `None` when a quote stays open.
///
/// Knows where a value without quotes ends: at a special character, or before an operator.
fn frame(text: &str) -> Option<String> {
    const SPECIAL: &str = "():<>{}";
    let blank = |it: Option<&char>| it.is_some_and(|it| " \t\r\n\u{a0}".contains(*it));
    let chars: Vec<char> = text.chars().collect();
    let (mut res, mut at) = (String::new(), 0);
    while at < chars.len() {
        let ahead = chars[at..].iter().take(4).collect::<String>().to_lowercase();
        let bound = at == 0 || blank(chars.get(at - 1));
        let ends = |len: usize| blank(chars.get(at + len));
        let operator = ["and", "or", "not"]
            .into_iter()
            .find(|it| ahead.starts_with(it) && ends(it.len()) && (bound || *it == "not"));
        match chars[at] {
            '"' => {
                loop {
                    at += 1;
                    match chars.get(at)? {
                        '\\' => at += 1,
                        '\n' => return None,
                        '"' => break,
                        _ => {}
                    }
                }
                res.push('V');
            }
            '\\' => {
                at += 1;
                res.push('V');
            }
            it if SPECIAL.contains(it) => res.push(it),
            _ if operator.is_some() => {
                let word = operator.unwrap_or_default();
                res.push_str(&word.to_uppercase());
                at += word.len() - 1;
            }
            it if blank(Some(&it)) => {}
            _ => res.push('V'),
        }
        at += 1;
    }
    // Only one run of text stands in each place.
    let mut pieces: Vec<char> = res.chars().collect();
    pieces.dedup_by(|a, b| *a == 'V' && *b == 'V');
    Some(pieces.into_iter().collect())
}

fn check(field: &str, value: &str, title: &str) {
    let targets = Targets::builtin();
    for target in ["eql/none", "kuery/none", "kql/none", "falco/none:condition", "rust/none"] {
        let request = Request::parse(target, &targets).unwrap();
        let query = |value: &str| {
            let loaded =
                rulec_driver::load([("r.yml".to_owned(), rule(field, value, title).into_bytes())]);
            let first = loaded.rules.first()?;
            request.convert(first, &targets, false).result.ok().map(|it| it.text)
        };
        // The frame around the strings is that of a harmless value.
        let Some(text) = query(value) else { continue };
        if target.starts_with("kuery") {
            let found = frame(&text).unwrap_or_else(|| panic!("a quote stays open in {text}"));
            // Without a name the first is a keyword.
            let wanted = if field.is_empty() { "VANDV:V" } else { "V:VANDV:V" };
            assert_eq!(found, wanted, "escaped into {text}");
            continue;
        }
        // A lifetime is no quote.
        let quotes = if target.starts_with("rust") { "\"" } else { "\"'`" };
        let frame = outside(&text, quotes)
            .unwrap_or_else(|| panic!("{target}: a quote stays open in {text}"));
        for word in ["or true", "7*7", "*/", "${", "\u{202e}", "\u{1b}"] {
            assert!(!frame.contains(word), "{target}: {word:?} escaped into {text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_and_titles_stay_inside(
        parts in proptest::collection::vec(prop_oneof![
            proptest::sample::select(NASTY).prop_map(str::to_owned),
            "\\PC{0,6}",
        ], 1..6),
    ) {
        let text = parts.concat();
        check("Field", &text, &text);
        check(&text, "x", "x");
    }

    #[test]
    fn a_data_envelope_parses_back(parts in proptest::collection::vec(proptest::sample::select(NASTY), 1..6)) {
        let title = parts.concat();
        let targets = Targets::builtin();
        let request = Request::parse("falco/none:rules", &targets).unwrap();
        let loaded = rulec_driver::load([("r.yml".to_owned(), rule("Field", "x", &title).into_bytes())]);
        if let Some(first) = loaded.rules.first()
            && let Ok(output) = request.convert(first, &targets, false).result
        {
            let data: serde_json::Value = serde_yaml::from_str(&output.text).expect("YAML");
            let rule = data.as_array().unwrap().iter().find(|it| it.get("rule").is_some()).unwrap();
            prop_assert_eq!(rule["rule"].as_str().unwrap(), title);
        }
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,200}", nasty in proptest::sample::select(NASTY)) {
        let _ = rulec_driver::load([("r.yml".to_owned(), format!("{text}{nasty}").into_bytes())]);
        let rule = format!("title: x\nlogsource: {{product: x}}\ndetection:\n  a: {text}{nasty}\n  condition: {text}\n");
        let _ = rulec_driver::load([("r.yml".to_owned(), rule.into_bytes())]);
    }
}

#[test]
fn hostile_files_end_in_a_located_finding() {
    let deep = format!(
        "title: x\nlogsource: {{product: x}}\ndetection:\n  a: {{b: c}}\n  condition: {}a",
        "(".repeat(10_000)
    );
    let nested = format!("a: {}", "[".repeat(10_000));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for idx in 1..30 {
        let one = format!("*a{}", idx - 1);
        bomb.push_str(&format!("a{idx}: &a{idx} [{}]\n", [one.as_str(); 9].join(", ")));
    }
    let cases: Vec<Vec<u8>> = vec![
        deep.into_bytes(),
        nested.into_bytes(),
        bomb.into_bytes(),
        vec![b'x'; 10 * 1024 * 1024],
        b"title: \xff\xfe".to_vec(),
        b"title: x\n\tlogsource: y\n".to_vec(),
        b"title: x\ntitle: y\nlogsource: {product: x}\ndetection: {a: {b: c}, condition: a}\n"
            .to_vec(),
        b"".to_vec(),
    ];
    for (idx, bytes) in cases.into_iter().enumerate() {
        let empty = bytes.is_empty();
        let loaded = rulec_driver::load([("r.yml".to_owned(), bytes)]);
        let found =
            loaded.problems.len() + loaded.rules.iter().map(|it| it.problems.len()).sum::<usize>();
        assert!(empty || found > 0, "case {idx} found nothing");
    }
    let text = "\u{feff}title: x\r\nlogsource: {product: x}\r\ndetection:\r\n  a: {b: c}\r\n  condition: a\r\n";
    let loaded = rulec_driver::load([("r.yml".to_owned(), text.as_bytes().to_vec())]);
    assert!(loaded.rules[0].lowered.is_some(), "a BOM and CRLF are read");
}
